"""The cars of a chunk beside what is stored of them, and therefore which way each goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from notifier.store.engine import Session
from notifier.store.incoming_orders import Arrived, Chunk, IncomingOrders, Known

__all__ = ["Ways", "ways_of"]

_NOTHING = Known(0, 0, 0)


@dataclass(slots=True)
class Ways:
    """The cars of a chunk by the way they go; `settled` and `unknown` with what of their orders is stored.

    `are_all_new`: the newcomers are all the cars of the chunk.
    """

    settled: list[tuple[Arrived, Known]] = field(default_factory=list)
    unknown: list[tuple[Arrived, Known]] = field(default_factory=list)
    newcomers: list[Arrived] = field(default_factory=list)
    others: list[Arrived] = field(default_factory=list)
    are_all_new: bool = False


def ways_of(
    session: Session, incoming: IncomingOrders, chunk: Chunk, untold: Collection[str], *, is_sceptical: bool
) -> Ways:
    """Nothing new; nobody knows the car; its whole history is new; or its orders meet stored ones.

    `untold`: columns of an order that the file does not have. That no order of a car without a past is stored under
    another is believed, for it is seldom otherwise, and storing it again fails; unless `is_sceptical`.
    """
    incoming.lock_cars(session, chunk)
    cars = incoming.cars(session, chunk)
    past, moved = incoming.with_past(session, chunk), incoming.met(session, chunk)
    is_looked_up = is_sceptical or past or moved or any(car.vehicle_id is None for car in cars)
    known = incoming.known(session, chunk, untold) if is_looked_up else {}
    ways = Ways()
    for car in cars:
        stored = known.get(car.vin, _NOTHING)
        if car.vin in moved:
            ways.others.append(car)
        elif car.vehicle_id is None:
            if stored.rows == stored.same:
                ways.unknown.append((car, stored))
            else:
                ways.others.append(car)
        elif stored.same == car.orders:
            ways.settled.append((car, stored))
        elif stored.rows or car.vin in past or car.days is None:
            ways.others.append(car)
        else:
            ways.newcomers.append(car)
    ways.are_all_new = len(ways.newcomers) == len(cars)
    return ways
