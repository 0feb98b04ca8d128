"""What holds back texts that are planned already: an open complaint, a car in the workshop, a fresh accident repair.

Source: rules.md, the hold guard; `notifier.domain.guards.is_not_on_hold` asks the same before a text is planned.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import ACCIDENT_HOLD
from notifier.store.bulk import table_of
from notifier.store.tables import Complaint, Customer, Message, Shop, Vehicle, Visit

__all__ = ["HELD_KINDS", "held_since", "is_held_back", "shop_zones"]

COMPLAINT, CUSTOMER, MESSAGE = (table_of(model) for model in (Complaint, Customer, Message))
SHOP, VEHICLE, VISIT = (table_of(model) for model in (Shop, Vehicle, Visit))
HELD_KINDS = ("marketing", "service")


def shop_zones(session: Session) -> dict[int, ZoneInfo]:
    """Shop → its time zone, which says what day it is there."""
    rows = session.connection().execute(sa.select(SHOP.c.id, SHOP.c.timezone))
    return {shop_id: ZoneInfo(name) for shop_id, name in rows}


def held_since(now: datetime, zone: ZoneInfo) -> date:
    """From what day on, at a shop in `zone`, an accident repair holds texts back at `now`."""
    return now.astimezone(zone).date() - ACCIDENT_HOLD


def is_held_back(since: sa.ColumnElement[date], shops: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether a message has to wait; `since` as `held_since` says. Safety and answers never do.

    `shops`: the ids of all there are; what one of a group knows of the person, by the phone, holds at the others too.
    """

    def is_theirs(customer_id: sa.Column[int]) -> sa.ColumnElement[bool]:
        if len(shops) < 2:
            return customer_id == MESSAGE.c.customer_id
        same = sa.select(CUSTOMER.c.id).where(
            CUSTOMER.c.shop_id.in_(sorted(shops)), CUSTOMER.c.phone_key == MESSAGE.c.phone_key
        )
        return customer_id.in_(same.correlate(MESSAGE))

    found = (
        sa.select(sa.true()).where(is_theirs(COMPLAINT.c.customer_id), COMPLAINT.c.closed_on.is_(None)),
        sa.select(sa.true()).where(is_theirs(VEHICLE.c.customer_id), VEHICLE.c.in_workshop_since.is_not(None)),
        sa.select(sa.true()).where(is_theirs(VISIT.c.customer_id), VISIT.c.has_accident, VISIT.c.day >= since),
    )
    # Values rather than EXISTS: PostgreSQL looks each customer up by index and never hashes a whole table for a few.
    reasons = (one.limit(1).correlate(MESSAGE).scalar_subquery() for one in found)
    return sa.and_(MESSAGE.c.kind.in_(HELD_KINDS), sa.func.coalesce(*reasons, sa.false()))
