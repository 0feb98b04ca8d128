"""Purchase anniversary (爱车周年): each year's day of delivery, from the first on, names a cycle.

Whoever took the car over later has no delivery to celebrate.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.months import months_back, months_forward
from notifier.store.audiences.base import CUSTOMER, VEHICLE, Ask, Due, fetch, is_of_shop, is_ours, took_delivery

MOST_YEARS = 40


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars delivered on a day whose anniversary falls in the range (at most a year wide)."""
    delivered_on = VEHICLE.c.delivered_on
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id, delivered_on, delivered_on)
        .join(VEHICLE, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .where(is_of_shop(ask), delivered_on.is_not(None), took_delivery())
        .where(ask.wants_car(), is_ours(ask))
    )
    if ask.customer_id is not None:
        statement = statement.where(CUSTOMER.c.id == ask.customer_id)
    else:
        years = [_delivered_between(ask.earliest, ask.latest, back) for back in range(1, MOST_YEARS + 1)]
        statement = statement.where(sa.or_(*(delivered_on.between(*days) for days in years)))
    occurrences = ((row, _occurrence(row.anchor_on, ask.earliest, ask.latest)) for row in fetch(session, statement))
    return [row._replace(anchor_on=day, due_on=day) for row, day in occurrences if day is not None]


def _delivered_between(earliest: date, latest: date, years: int) -> tuple[date, date]:
    """Days of delivery so many years back. One day more at both ends: 29 February is kept on the 28th."""
    return months_back(earliest, 12 * years), max(months_back(latest, 12 * years), _leap_day(latest, years))


def _leap_day(day: date, years: int) -> date:
    """29 February of the year so many years back where the range ends on the 28th and that year has one."""
    back = months_back(day, 12 * years)
    is_eve = (back.month, back.day) == (2, 28)
    following = date.fromordinal(back.toordinal() + 1)
    return following if is_eve and following.day == 29 else back


def _occurrence(delivered_on: date, earliest: date, latest: date) -> date | None:
    for year in range(earliest.year, latest.year + 1):
        if year > delivered_on.year:
            day = months_forward(delivered_on, 12 * (year - delivered_on.year))
            if earliest <= day <= latest:
                return day
    return None
