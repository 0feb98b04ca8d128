"""The rows of a chunk as cars: what each brings, beside what is stored of it, and therefore which way it goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from notifier.dms.workshop import MAINTENANCE, NOT_COUNTED
from notifier.domain.service_due import Reading
from notifier.store.engine import Session
from notifier.store.incoming_orders import Chunk, Counting, IncomingOrders, Known

__all__ = ["COUNTING", "CarArrivals", "Ways", "ways_of"]

COUNTING = Counting(NOT_COUNTED, MAINTENANCE, "accident")
_NOTHING = Known(0, 0, 0)


@dataclass(slots=True)
class CarArrivals:
    """What a chunk brings for one car. `vehicle_id` None = nobody knows it.

    `readings` with the places of their rows; `shared`: places of rows that are not the only order of their day;
    `maintained_on`, `counted_on`: the latest such day.
    """

    vin: str
    vehicle_id: int | None
    known: Known = _NOTHING
    rows: int = 0
    readings: list[Reading] = field(default_factory=list)
    reading_places: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    maintained_on: date | None = None
    counted_on: date | None = None
    has_coupon: bool = False


@dataclass(slots=True)
class Ways:
    """The cars of a chunk by the way they go."""

    settled: list[CarArrivals] = field(default_factory=list)
    unknown: list[CarArrivals] = field(default_factory=list)
    newcomers: dict[int, CarArrivals] = field(default_factory=dict)
    others: list[CarArrivals] = field(default_factory=list)


def ways_of(session: Session, incoming: IncomingOrders, chunk: Chunk, untold: Collection[str]) -> Ways:
    """Nothing new; nobody knows the car; its whole history is new; or its orders meet stored ones.

    `untold`: columns of an order that the file does not have.
    """
    incoming.meet_new_cars(session, chunk)
    incoming.lock_cars(session, chunk)
    known, past = incoming.known(session, chunk, untold), incoming.with_past(session, chunk)
    ways = Ways()
    for car in _cars(incoming.rows(session, chunk)):
        car.known = known.get(car.vin, _NOTHING)
        if car.vehicle_id is None:
            (ways.unknown if car.known.rows == car.known.same else ways.others).append(car)
        elif car.known.same == car.rows:
            ways.settled.append(car)
        elif car.known.rows or car.vin in past:
            ways.others.append(car)
        else:
            ways.newcomers[car.vehicle_id] = car
    return ways


def _cars(rows: Iterable[Any]) -> Iterator[CarArrivals]:
    """Rows in ARRIVAL_COLUMNS, gathered car by car."""
    car, text_before, previous = CarArrivals("", None), "", 0
    for place, vehicle_id, vin, text, category, odometer, coupon in rows:
        if vin != car.vin:
            if car.rows:
                yield car
            car, text_before = CarArrivals(vin, vehicle_id), ""
        car.rows += 1
        day = _day(text)
        if odometer:
            car.readings.append(Reading(day, odometer))
            car.reading_places.append(place)
        if category not in NOT_COUNTED:
            car.counted_on = day
            if category in MAINTENANCE:
                car.maintained_on = day
        if coupon is not None:
            car.has_coupon = True
        if text == text_before:
            car.shared += [place] if previous in car.shared[-1:] else [previous, place]
        text_before, previous = text, place
    if car.rows:
        yield car


_day = lru_cache(maxsize=16_384)(date.fromisoformat)
