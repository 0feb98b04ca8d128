"""A car's prediction made anew between two imports, when its owner has told the kilometres.

The same rule, readings and model means as an import's, so that the next import finds nothing to change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from notifier.dms.predictions import derive, plausible_readings
from notifier.domain.model_rates import prior_of
from notifier.domain.service_due import Reading, with_told
from notifier.store.corrections import follow_visits
from notifier.store.engine import Session
from notifier.store.model_rates import rates_in_use
from notifier.store.readings import keep_reading, order_readings, told_readings
from notifier.store.vehicles import DUE_COLUMNS, cars_by_id, lock_cars, store_due_days

__all__ = ["is_plausible", "keep_told", "repredict"]


def keep_told(
    session: Session, shop_id: int, vehicle_id: int, told: Reading, *, reply_id: int | None, at: datetime
) -> None:
    """Keep plausible kilometres a reply told, and predict the car's next service with them, in the same transaction.

    Of one day the latest counts. `reply_id` None: they were told on the phone. `at` is business time.
    """
    keep_reading(session, shop_id=shop_id, vehicle_id=vehicle_id, day=told.day, km=told.km, reply_id=reply_id)
    repredict(session, shop_id, [vehicle_id], at)


def is_plausible(session: Session, vehicle_id: int, told: Reading) -> bool:
    """Whether told kilometres would count beside the car's other readings.

    Not where they fall, rise by over 400 km a day, or the workshop read its own on that day; those told before on the
    same day they replace.
    """
    chain = _chains(session, [vehicle_id])[vehicle_id]
    earlier = told_readings(session, [vehicle_id]).get(vehicle_id, ())
    return told in with_told(chain, [*(reading for reading in earlier if reading.day != told.day), told])


def repredict(session: Session, shop_id: int, vehicle_ids: Collection[int], at: datetime) -> int:
    """Derive these cars' service days anew from their orders and from what was told; returns how many changed."""
    known = rates_in_use(session, shop_id, at)
    lock_cars(session, vehicle_ids)
    chains, told = _chains(session, vehicle_ids), told_readings(session, vehicle_ids)
    changed = []
    for vehicle_id, car in cars_by_id(session, vehicle_ids).items():
        readings = with_told(chains[vehicle_id], told.get(vehicle_id, ()))
        last_maintenance_on: date | None = car.due_days[DUE_COLUMNS.index("last_maintenance_on")]
        prior = prior_of(known.rates, car.model) if known else None
        due_days = derive(car.delivered_on, last_maintenance_on, readings, prior)
        if due_days != car.due_days:
            changed.append((vehicle_id, due_days))
    store_due_days(session, changed, at)
    follow_visits(session, at, cars={vehicle_id for vehicle_id, _due_days in changed}, people=())
    return len(changed)


def _chains(session: Session, vehicle_ids: Collection[int]) -> dict[int, list[Reading]]:
    """Vehicle id → the workshop's readings to believe."""
    readings: dict[int, list[Reading]] = defaultdict(list)
    for vehicle_id, day, km in order_readings(session, vehicle_ids):
        readings[vehicle_id].append(Reading(day, km))
    return {vehicle_id: plausible_readings(readings[vehicle_id]) for vehicle_id in vehicle_ids}
