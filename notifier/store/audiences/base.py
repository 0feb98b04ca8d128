"""What an audience query is asked, and what it answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.options import Options
from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Shop, Vehicle, Visit

__all__ = [
    "CUSTOMER", "VEHICLE", "VISIT", "Ask", "Audience", "Due", "customers_due", "everybody", "fetch", "is_ours",
    "vehicles_due",
]  # fmt: skip

CUSTOMER, SHOP, VEHICLE, VISIT = (table_of(model) for model in (Customer, Shop, Vehicle, Visit))


@dataclass(frozen=True, slots=True)
class Ask:
    """Of whom an audience is asked: everybody of a shop due in [earliest, latest], or one customer whenever due.

    `has_first_service`: a campaign of its own speaks of first services.
    """

    shop_id: int
    earliest: date
    latest: date
    customer_id: int | None = None
    options: Options = field(default_factory=Options)
    has_first_service: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A subject with something due on `due_on`; `anchor_on` and `subject_key` name its cycle.

    `vehicle_id`: the car it is about, None for a rule about the customer. `subject_key`: which festival, list …
    """

    customer_id: int
    bucket_key: str
    vehicle_id: int | None
    anchor_on: date
    due_on: date
    subject_key: str = ""


class Audience(Protocol):
    """Who is due."""

    def __call__(self, session: Session, ask: Ask) -> list[Due]: ...


def is_ours() -> sa.ColumnElement[bool]:
    """Of a vehicle: no other shop of the group has seen the car later. Source: rules.md, "Identity".

    A VIN known to two shops belongs to the shop of its latest visit; of one day, to the shop that knew it first.
    """
    elsewhere, theirs = VEHICLE.alias("elsewhere"), VISIT.alias("theirs")
    ours = sa.select(sa.func.max(VISIT.c.day)).where(VISIT.c.vehicle_id == VEHICLE.c.id, VISIT.c.counted)
    latest = sa.func.coalesce(ours.correlate(VEHICLE).scalar_subquery(), sa.literal(date.min, sa.Date))
    # Through the shops, so that the unique key (shop, VIN) finds the car.
    others = sa.select(SHOP.c.id).where(SHOP.c.id != VEHICLE.c.shop_id).correlate(VEHICLE)
    later = (
        sa.select(sa.literal(1))
        .select_from(elsewhere.join(theirs, theirs.c.vehicle_id == elsewhere.c.id))
        .where(
            elsewhere.c.shop_id.in_(others), elsewhere.c.vin == VEHICLE.c.vin, theirs.c.counted,
            sa.or_(theirs.c.day > latest, sa.and_(theirs.c.day == latest, elsewhere.c.id < VEHICLE.c.id)),
        )
        .correlate(VEHICLE)
    )  # fmt: skip
    return ~sa.exists(later)


def vehicles_due(
    session: Session,
    ask: Ask,
    due_on: sa.ColumnElement[Any],
    *where: sa.ColumnElement[bool],
    anchor_on: sa.ColumnElement[Any] | None = None,
) -> list[Due]:
    """Cars of the shop whose `due_on` falls in the range; `anchor_on` names the cycle, the due day by default."""
    anchor = due_on if anchor_on is None else anchor_on
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id, anchor, due_on)
        .join(VEHICLE, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .where(VEHICLE.c.shop_id == ask.shop_id, due_on.is_not(None), *where, is_ours())
    )
    if ask.customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == ask.customer_id))
    return fetch(session, statement.where(due_on.between(ask.earliest, ask.latest)))


def customers_due(
    session: Session,
    ask: Ask,
    due_on: sa.ColumnElement[Any],
    *where: sa.ColumnElement[bool],
    subject_key: sa.ColumnElement[Any] | None = None,
) -> list[Due]:
    """Customers of the shop whose column `due_on` falls in the range; the day names the cycle."""
    key = sa.literal("") if subject_key is None else subject_key
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, sa.null(), due_on, due_on, key).where(
        CUSTOMER.c.shop_id == ask.shop_id, due_on.is_not(None), *where
    )
    if ask.customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == ask.customer_id))
    return fetch(session, statement.where(due_on.between(ask.earliest, ask.latest)))


def everybody(session: Session, ask: Ask, occasions: Sequence[tuple[str, date]]) -> list[Due]:
    """Every customer of the shop, once for each occasion: (subject key, day)."""
    if not occasions:
        return []
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key).where(CUSTOMER.c.shop_id == ask.shop_id)
    if ask.customer_id is not None:
        statement = statement.where(CUSTOMER.c.id == ask.customer_id)
    people = session.connection().execute(statement).all()
    return [Due(key, bucket_key, None, day, day, name) for name, day in occasions for key, bucket_key in people]


def fetch(session: Session, statement: sa.Select[Any]) -> list[Due]:
    """Run a statement of (customer id, bucket key, vehicle id, anchor, due day[, subject key])."""
    return [Due(*row) for row in session.connection().execute(statement)]
