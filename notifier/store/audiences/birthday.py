"""Birthdays: the occurrence of this year names the cycle. Born on 29 February, greeted on the 28th in common years."""

from __future__ import annotations

from calendar import isleap
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import CUSTOMER, Ask, Due

LEAP_DAY = "0229"


def due(session: Session, ask: Ask) -> list[Due]:
    """Customers whose solar birthday falls in the range (at most a year wide)."""
    days = {}
    for step in range((ask.latest - ask.earliest).days + 1):
        day = ask.earliest + timedelta(days=step)
        days[f"{day:%m%d}"] = day
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            days[LEAP_DAY] = day
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, CUSTOMER.c.birth_mmdd).where(
        CUSTOMER.c.shop_id == ask.shop_id, CUSTOMER.c.birth_calendar == "solar", CUSTOMER.c.birth_mmdd.in_(sorted(days))
    )
    if ask.customer_id is not None:
        statement = statement.where(CUSTOMER.c.id == ask.customer_id)
    rows = session.connection().execute(statement)
    return [Due(key, bucket_key, None, days[mmdd], days[mmdd]) for key, bucket_key, mmdd in rows]
