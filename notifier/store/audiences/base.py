"""What an audience query answers with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.tables import Shop, Vehicle, Visit

SHOP, VEHICLE, VISIT = table_of(Shop), table_of(Vehicle), table_of(Visit)


@dataclass(frozen=True, slots=True)
class Due:
    """A subject with something due on `due_on`; `anchor_on` names its cycle, `vehicle_id` the car it is about."""

    customer_id: int
    bucket_key: str
    vehicle_id: int | None
    anchor_on: date
    due_on: date


class Audience(Protocol):
    """Everybody of a shop whose due day lies in [earliest, latest], or one customer whenever due."""

    def __call__(
        self, session: Session, shop_id: int, earliest: date, latest: date, customer_id: int | None = None
    ) -> list[Due]: ...


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


def fetch(session: Session, statement: sa.Select[Any]) -> list[Due]:
    """Run a statement of (customer id, bucket key, vehicle id, anchor, due day)."""
    return [Due(*row) for row in session.connection().execute(statement)]
