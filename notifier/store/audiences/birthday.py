"""Birthdays, solar and lunar: the solar day of this occurrence names the cycle.

Born on 29 February, greeted on the 28th in common years. A lunar birthday is kept once in a lunar year, never in a leap
month; born on the 30th, greeted on the 29th where the month is short.
"""

from __future__ import annotations

from calendar import isleap
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.lunar import celebrated_on
from notifier.store.audiences.base import CUSTOMER, Ask, Due, belongs_here

LEAP_DAY = "0229"

Days = Mapping[str, list[date]]
"""Month and day as it is stored → the solar days of the range on which it is kept."""


def due(session: Session, ask: Ask) -> list[Due]:
    """Customers whose birthday falls in the range, once for each time it does."""
    kept = _days_kept(ask.earliest, ask.latest)
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, CUSTOMER.c.birth_calendar, CUSTOMER.c.birth_mmdd).where(
        CUSTOMER.c.shop_id == ask.shop_id, _is_born_on(kept), ask.wants_person(), belongs_here(ask)
    )
    if ask.customer_id is not None:
        statement = statement.where(CUSTOMER.c.id == ask.customer_id)
    rows = session.connection().execute(statement)
    return [
        Due(key, bucket_key, None, day, day) for key, bucket_key, calendar, mmdd in rows for day in kept[calendar][mmdd]
    ]


def _is_born_on(kept: Mapping[str, Days]) -> sa.ColumnElement[bool]:
    calendar, mmdd = CUSTOMER.c.birth_calendar, CUSTOMER.c.birth_mmdd
    of_each = (sa.and_(calendar == name, mmdd.in_(sorted(days))) for name, days in kept.items())
    # Said once more for both calendars together: that is what the index on birth_mmdd can look up.
    return sa.and_(mmdd.in_(sorted({key for days in kept.values() for key in days})), sa.or_(*of_each))


def _days_kept(earliest: date, latest: date) -> Mapping[str, Days]:
    solar: dict[str, list[date]] = defaultdict(list)
    lunar: dict[str, list[date]] = defaultdict(list)
    for step in range((latest - earliest).days + 1):
        day = earliest + timedelta(days=step)
        solar[f"{day:%m%d}"].append(day)
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            solar[LEAP_DAY].append(day)
        for month, number in celebrated_on(day):
            lunar[f"{month:02d}{number:02d}"].append(day)
    return {"solar": solar, "lunar": lunar}
