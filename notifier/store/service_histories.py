"""Each car's past maintenance and odometers, a few hundred cars at a time: memory does not grow with the base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.service_due import Reading
from notifier.store.bulk import table_of
from notifier.store.readings import order_readings, told_readings
from notifier.store.tables import Vehicle, Visit

__all__ = ["ServiceHistory", "service_histories"]

VEHICLE, VISIT = table_of(Vehicle), table_of(Visit)

CARS_AT_ONCE = 500


@dataclass(slots=True)
class ServiceHistory:
    """A car: the days of its maintenance visits, the odometers of its orders as written, and what its owner told."""

    vehicle_id: int
    model: str | None
    state: str
    maintained_on: list[date] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    told: Sequence[Reading] = ()


def service_histories(session: Session, shop_id: int) -> Iterator[ServiceHistory]:
    """Every car of the shop that ever came for maintenance, by id; its days and readings are by day."""
    after = 0
    # `+ 0` keeps the shop's indexes out of it: the cars are wanted by id, an order such an index does not have.
    cars = sa.select(VEHICLE.c.id, VEHICLE.c.model, VEHICLE.c.state).where(VEHICLE.c.shop_id + 0 == shop_id)
    while rows := session.execute(cars.where(VEHICLE.c.id > after).order_by(VEHICLE.c.id).limit(CARS_AT_ONCE)).all():
        after = rows[-1].id
        histories = {row.id: ServiceHistory(*row) for row in rows}
        for vehicle_id, days in _maintained_on(session, histories[rows[0].id].vehicle_id, after, shop_id).items():
            histories[vehicle_id].maintained_on = days
        serviced = {key: history for key, history in histories.items() if history.maintained_on}
        for vehicle_id, day, km in order_readings(session, serviced):
            serviced[vehicle_id].readings.append(Reading(day, km))
        for vehicle_id, told in told_readings(session, serviced).items():
            serviced[vehicle_id].told = told
        for history in serviced.values():
            history.readings.sort()
            yield history


def _maintained_on(session: Session, first: int, last: int, shop_id: int) -> dict[int, list[date]]:
    """Vehicle id → the days it was maintained on, of the cars of the shop from `first` to `last`."""
    visits = (
        sa.select(VISIT.c.vehicle_id, VISIT.c.day)
        .where(VISIT.c.vehicle_id.between(first, last), VISIT.c.shop_id + 0 == shop_id, VISIT.c.is_maintenance)
        .order_by(VISIT.c.vehicle_id, VISIT.c.day)
    )
    days: dict[int, list[date]] = defaultdict(list)
    for vehicle_id, day in session.execute(visits):
        days[vehicle_id].append(day)
    return days
