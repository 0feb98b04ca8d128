"""Cars of which no order is stored yet: their whole history arrives at once, and is written in a few statements.

A first import brings ten years of orders; taking them one by one costs five times as much. What is stored in the end
is what workshop.py would have stored.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifier.dms.arrivals import CarArrivals
from notifier.dms.job import ImportJob
from notifier.dms.predictions import derive
from notifier.domain.model_rates import prior_of
from notifier.domain.service_due import Reading, keep_plausible_chain
from notifier.store.customers import refresh_last_visits
from notifier.store.engine import Session, database_now
from notifier.store.incoming_orders import Chunk, IncomingOrders
from notifier.store.messages import close_answered
from notifier.store.orders import earliest_redemptions, redeem_coupons
from notifier.store.vehicles import Car, cars_by_id, store_due_days
from notifier.store.visits import VisitRef

__all__ = ["take_histories"]


def take_histories(
    session: Session, job: ImportJob, incoming: IncomingOrders, chunk: Chunk, arrivals: Mapping[int, CarArrivals]
) -> tuple[int, int]:
    """Orders, visits, due days and last visits of these cars (vehicle → arrivals).

    Returns how many visits there are, and how many odometers were doubted.
    """
    rows = sum(car.rows for car in arrivals.values())
    ids = None if rows == chunk.until - chunk.after else arrivals.keys()
    readings, doubted = _readings(arrivals)
    incoming.mark(session, [place for car in arrivals.values() for place in car.shared], doubted)
    visits = incoming.insert_visits(session, chunk, ids, database_now(session))
    incoming.insert_orders(session, chunk, ids)
    cars = cars_by_id(session, arrivals.keys())
    _store_due_days(session, job, arrivals, cars, readings)
    if any(car.has_coupon for car in arrivals.values()):
        redeem_coupons(session, job.shop_id, earliest_redemptions(incoming.coupons(session, chunk, ids)))
    refresh_last_visits(session, {car.customer_id for car in cars.values() if car.customer_id}, job.settings.now)
    close_answered(session, visits=[
        VisitRef(vehicle_id, cars[vehicle_id].customer_id, car.counted_on)
        for vehicle_id, car in arrivals.items() if car.counted_on is not None
    ])  # fmt: skip
    return visits, len(doubted)


def _readings(arrivals: Mapping[int, CarArrivals]) -> tuple[dict[int, list[Reading]], list[int]]:
    """The readings of each car that are to be believed, and the rows of those that are not."""
    kept: dict[int, list[Reading]] = {}
    doubted: list[int] = []
    for vehicle_id, car in arrivals.items():
        kept[vehicle_id] = chain = keep_plausible_chain(car.readings)
        if len(chain) < len(car.readings):
            believed = set(chain)
            rows = zip(car.readings, car.reading_places, strict=True)
            doubted += [place for reading, place in rows if reading not in believed]
    return kept, doubted


def _store_due_days(
    session: Session,
    job: ImportJob,
    arrivals: Mapping[int, CarArrivals],
    cars: Mapping[int, Car],
    readings: Mapping[int, list[Reading]],
) -> None:
    changed = []
    for vehicle_id, car in cars.items():
        prior = prior_of(job.rates, car.model)
        due_days = derive(car.delivered_on, arrivals[vehicle_id].maintained_on, readings[vehicle_id], prior)
        if due_days != car.due_days:
            changed.append((vehicle_id, due_days))
    store_due_days(session, changed, job.settings.now)
