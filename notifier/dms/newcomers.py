"""Cars of which no order is stored yet: their whole history arrives at once, and is written in a few statements.

A first import brings ten years of orders; taking them one by one costs five times as much. What is stored in the end
is what workshop.py would have stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from notifier.dms.job import ImportJob
from notifier.store.corrections import follow_visits
from notifier.store.engine import Session, database_now
from notifier.store.incoming_orders import Arrived, Chunk, IncomingOrders
from notifier.store.messages import close_answered, is_anything_planned
from notifier.store.orders import earliest_redemptions, redeem_coupons
from notifier.store.visits import VisitRef

__all__ = ["take_histories"]


def take_histories(
    session: Session, job: ImportJob, incoming: IncomingOrders, chunk: Chunk, cars: Sequence[Arrived], *, are_all: bool
) -> None:
    """Orders, visits, due days and last visits of these `cars`; `are_all`: of all cars of the chunk."""
    ids = None if are_all else [car.vehicle_id for car in cars if car.vehicle_id is not None]
    incoming.insert_visits(session, chunk, ids, database_now(session))
    incoming.insert_orders(session, chunk, ids)
    incoming.store_due_days(session, chunk, ids, job.settings.now)
    if any(car.coupons for car in cars):
        redeem_coupons(session, job.shop_id, earliest_redemptions(incoming.coupons(session, chunk, ids)))
    incoming.refresh_last_visits(session, chunk, ids, job.settings.now)
    if is_anything_planned(session):
        owners = incoming.owners(session, chunk)
        _close_answered(session, owners, cars)
        known = {car.vehicle_id for car in cars if car.vehicle_id is not None}
        people = {owner for key in known if (owner := owners.get(key)) is not None}
        follow_visits(session, job.settings.now, cars=known, people=people)


def _close_answered(session: Session, owners: Mapping[int, int | None], cars: Sequence[Arrived]) -> None:
    close_answered(session, visits=[
        VisitRef(car.vehicle_id, owners.get(car.vehicle_id), date.fromisoformat(car.counted_on))
        for car in cars if car.vehicle_id is not None and car.counted_on is not None
    ])  # fmt: skip
