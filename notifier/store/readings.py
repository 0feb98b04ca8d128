"""Odometer readings: those of the repair orders, and those customers tell us by SMS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.service_due import Reading
from notifier.store.bulk import table_of, upsert
from notifier.store.engine import database_now
from notifier.store.messages import vehicles_of_message
from notifier.store.tables import OdometerReading, RepairOrder, Vehicle

__all__ = ["CarReading", "car_of_reply", "keep_reading", "latest_told", "order_readings", "told_readings"]

ORDER, TOLD, VEHICLE = table_of(RepairOrder), table_of(OdometerReading), table_of(Vehicle)

_CARS_A_QUERY = 500

CarReading = tuple[int, date, int]
"""Vehicle id, day, kilometres."""


def order_readings(session: Session, vehicle_ids: Collection[int]) -> Iterator[CarReading]:
    """Every odometer that the orders of these cars name, believed or not, in a stream; zero is none."""
    columns = sa.select(ORDER.c.vehicle_id, ORDER.c.date_in, ORDER.c.odometer).where(ORDER.c.odometer > 0)
    for some in _parts(vehicle_ids):
        yield from cast(Iterator[CarReading], session.execute(columns.where(ORDER.c.vehicle_id.in_(some))))


def told_readings(session: Session, vehicle_ids: Collection[int]) -> Mapping[int, Sequence[Reading]]:
    """Vehicle id → the readings its owner told us, by day; without any, no key."""
    columns = sa.select(TOLD.c.vehicle_id, TOLD.c.day, TOLD.c.km).order_by(TOLD.c.vehicle_id, TOLD.c.day)
    told: dict[int, list[Reading]] = defaultdict(list)
    for some in _parts(vehicle_ids):
        for vehicle_id, day, km in session.execute(columns.where(TOLD.c.vehicle_id.in_(some))):
            told[vehicle_id].append(Reading(day, km))
    return told


def latest_told(session: Session, vehicle_ids: Collection[int]) -> Mapping[int, Reading]:
    """Vehicle id → the latest reading its owner told us."""
    return {vehicle_id: told[-1] for vehicle_id, told in told_readings(session, vehicle_ids).items()}


def keep_reading(session: Session, *, shop_id: int, vehicle_id: int, day: date, km: int, reply_id: int | None) -> None:
    """Keep what a reply told, or a call (`reply_id` None); of one day the latest counts."""
    row: dict[str, Any] = {
        "shop_id": shop_id, "vehicle_id": vehicle_id, "day": day, "km": km, "reply_id": reply_id,
        "created_at": database_now(session),
    }  # fmt: skip
    upsert(session, OdometerReading, [row], ["vehicle_id", "day"], ["km", "reply_id", "created_at"])


def car_of_reply(session: Session, customer_id: int, message_id: int | None) -> int | None:
    """The one car a reply can be about: that of the text it answers, else the customer's only one in use.

    None where several could be meant, or the car has changed hands since.
    """
    about = vehicles_of_message(session, message_id) if message_id is not None else []
    theirs = sa.select(VEHICLE.c.id).where(VEHICLE.c.customer_id == customer_id, VEHICLE.c.state == "in_use")
    if about:
        theirs = theirs.where(VEHICLE.c.id.in_(about))
    cars = set(about) or set(session.execute(theirs.limit(2)).scalars())
    if len(cars) != 1:
        return None
    return session.execute(theirs.where(VEHICLE.c.id.in_(cars))).scalar_one_or_none()


def _parts(ids: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CARS_A_QUERY):
        yield ordered[start : start + _CARS_A_QUERY]
