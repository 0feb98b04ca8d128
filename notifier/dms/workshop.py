"""Orders → visits → due days, for the cars one transaction touches: everything a car's orders say, said again.

Taking all stored orders of a car each time is what makes the result independent of the order of rows and files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from notifier.dms.job import ImportJob
from notifier.dms.predictions import derive, plausible_readings
from notifier.dms.words import MAINTENANCE, NOT_COUNTED
from notifier.domain.model_rates import prior_of
from notifier.domain.service_due import Reading, with_told
from notifier.store.corrections import VISITED, follow_corrections
from notifier.store.customers import refresh_last_visits
from notifier.store.engine import Session, database_now
from notifier.store.messages import close_answered
from notifier.store.orders import (
    Redemption,
    earliest_redemptions,
    insert_orders,
    orders_of,
    redeem_coupons,
    update_orders,
)
from notifier.store.readings import told_readings
from notifier.store.vehicles import DUE_COLUMNS, store_due_days, vehicles_by_vin
from notifier.store.visits import VISIT_FACTS, VisitRef, insert_visits, update_visits, visits_of

__all__ = ["Order", "Settled", "settle"]

OPTIONAL = {
    "category": "category", "odometer": "odometer", "amount": "amount_minor", "advisor": "advisor",
    "coupon": "coupon_code",
}  # fmt: skip
"""Field → column: one the file does not have leaves what is stored of the order."""


@dataclass(slots=True)
class Order:
    """A repair order as stored, or about to be; `id` None = not stored yet."""

    id: int | None
    order_no: str
    vin: str
    date_in: date
    arrived_at: datetime | None
    category: str
    odometer: int | None
    amount_minor: int
    advisor: str | None
    coupon_code: str | None
    vehicle_id: int | None = None
    visit_id: int | None = None
    odometer_kept: bool = True

    def content(self) -> tuple[Any, ...]:
        """What the DMS says, without what we made of it."""
        return (
            self.vin, self.date_in, self.arrived_at, self.category, self.odometer, self.amount_minor, self.advisor,
            self.coupon_code,
        )  # fmt: skip


_COLUMNS = tuple(item.name for item in fields(Order))


@dataclass(frozen=True, slots=True)
class Settled:
    """Verdict of each incoming order by number, and how many waiting orders found their car.

    `predicted`: the cars whose due days moved; `seen`: the customers whose last visit may have.
    """

    verdicts: Mapping[str, str]
    doubted: frozenset[str]
    released: int
    predicted: frozenset[int]
    seen: frozenset[int]


def settle(session: Session, job: ImportJob, vins: Iterable[str], incoming: Sequence[Order] = ()) -> Settled:
    """Bring orders, visits, due days, coupons and planned texts of these cars up to date, `incoming` orders included.

    Runs in the caller's transaction. Incoming orders have distinct numbers; cars nobody knows keep their orders parked.
    """
    return _Bench(session, job, set(vins)).settle(incoming)


class _Bench:
    """The cars of one transaction, with their stored orders and visits."""

    def __init__(self, session: Session, job: ImportJob, vins: set[str]) -> None:
        self.session, self.import_id, self.settings, shop_id = session, job.import_id, job.settings, job.shop_id
        self.rates = job.rates
        self.untold = [column for field, column in OPTIONAL.items() if field in job.report.mapped.absent]
        self.shop_id, self.clock = shop_id, database_now(session)
        self.vehicles = vehicles_by_vin(session, shop_id, vins)
        ids = [vehicle["id"] for vehicle in self.vehicles.values()]
        stored = [Order(*row) for row in orders_of(session, shop_id, vins, ids)]
        self.orders = {order.order_no: order for order in stored}
        self.before = {order.order_no: (order.content(), _made_of(order)) for order in stored}
        self.visits = {(visit.vin, visit.day): visit for visit in visits_of(session, ids)}
        self.occupied = {(order.vin, order.date_in) for order in stored}
        self.withdrawn: set[int] = set()

    def settle(self, incoming: Sequence[Order]) -> Settled:
        """All steps, in the order in which each needs the one before."""
        released = self._release({order.order_no for order in incoming})
        verdicts = {order.order_no: self._take(order) for order in incoming}
        days, by_vin = self._grouped()
        readings = {vin: _doubt_readings(orders) for vin, orders in by_vin.items()}
        counted, customers = self._write_visits(days)
        self._write_orders()
        predicted = self._write_vehicles(by_vin, readings)
        redeem_coupons(self.session, self.shop_id, earliest_redemptions(_coupons(self.orders.values())))
        refresh_last_visits(self.session, customers, self.settings.now)
        # What was no visit after all is taken back before the one that came in its place answers anything.
        follow_corrections(self.session, self.settings.now, cars=dict.fromkeys(self.withdrawn, (VISITED,)))
        close_answered(self.session, visits=counted)
        doubted = frozenset(order.order_no for order in incoming if order.odometer and not order.odometer_kept)
        return Settled(verdicts, doubted, released, frozenset(predicted), frozenset(customers))

    def _release(self, arriving: set[str]) -> int:
        """Give waiting orders the car that has meanwhile become known; those arriving anew speak for themselves."""
        waiting = [o for o in self.orders.values() if o.vehicle_id is None and o.vin in self.vehicles]
        for order in waiting:
            order.vehicle_id = self.vehicles[order.vin]["id"]
        return sum(order.order_no not in arriving for order in waiting)

    def _take(self, order: Order) -> str:
        """Put an incoming order in the place of the stored one of its number, and say what it is."""
        known = self.orders.get(order.order_no)
        vehicle = self.vehicles.get(order.vin)
        shares_day = (order.vin, order.date_in) in self.occupied
        if known is not None:
            order.id, order.visit_id, order.odometer_kept = known.id, known.visit_id, known.odometer_kept
            for column in self.untold:
                setattr(order, column, getattr(known, column))
        order.vehicle_id = vehicle["id"] if vehicle else None
        self.orders[order.order_no] = order
        self.occupied.add((order.vin, order.date_in))
        if vehicle is None:
            order.visit_id, order.odometer_kept = None, order.odometer is None or order.odometer > 0
            return "parked"
        if known is None:
            return "merged" if shares_day else "new"
        return "unchanged" if known.content() == order.content() else "changed"

    def _grouped(self) -> tuple[dict[tuple[str, date], list[Order]], dict[str, list[Order]]]:
        """Orders of known cars by (VIN, day) and by VIN, each in one fixed order."""
        days: dict[tuple[str, date], list[Order]] = defaultdict(list)
        by_vin: dict[str, list[Order]] = defaultdict(list)
        for order in sorted(self.orders.values(), key=lambda order: (order.vin, order.date_in, order.order_no)):
            if order.vehicle_id is not None:
                days[order.vin, order.date_in].append(order)
                by_vin[order.vin].append(order)
        return days, by_vin

    def _write_visits(self, days: Mapping[tuple[str, date], list[Order]]) -> tuple[list[VisitRef], set[int]]:
        """Make and change visits; returns those that count from now on, and whose last visit may have moved."""
        made, changed, counted = [], [], []
        customers: set[int] = set()
        for key in days.keys() | self.visits.keys():
            facts, visit = merge_orders(days.get(key, ())), self.visits.get(key)
            was_counted = visit is not None and visit.counted
            if visit is not None and facts == {name: getattr(visit, name) for name in VISIT_FACTS}:
                continue
            owner = self._owner(key[0]) if visit is None else visit.customer_id
            if visit is None:
                made.append(self._new_visit(key, facts))
            else:
                changed.append({"id": visit.id, **facts, "changed_at": self.clock, "attributed_at": None})
            if was_counted and not facts["counted"]:
                self.withdrawn.add(self.vehicles[key[0]]["id"])
            if facts["counted"] and not was_counted:
                counted.append(VisitRef(self.vehicles[key[0]]["id"], owner, key[1]))
            if owner is not None:
                customers.add(owner)
        update_visits(self.session, changed)
        made.sort(key=lambda row: (row["vin"], row["day"]))
        ids = {key: visit.id for key, visit in self.visits.items()}
        ids |= insert_visits(self.session, made)
        for key, orders in days.items():
            for order in orders:
                order.visit_id = ids[key]
        return sorted(counted, key=lambda ref: (ref.vehicle_id, ref.day)), customers

    def _owner(self, vin: str) -> int | None:
        owner: int | None = self.vehicles[vin]["customer_id"]
        return owner

    def _new_visit(self, key: tuple[str, date], facts: Mapping[str, Any]) -> dict[str, Any]:
        vin, day = key
        return {
            "shop_id": self.shop_id, "vin": vin, "day": day, "vehicle_id": self.vehicles[vin]["id"],
            "customer_id": self._owner(vin), **facts, "changed_at": self.clock,
        }  # fmt: skip

    def _write_orders(self) -> None:
        new, changed = [], []
        for order in self.orders.values():
            content, made = self.before.get(order.order_no, (None, None))
            if content == order.content() and made == _made_of(order):
                continue
            row = {name: getattr(order, name) for name in _COLUMNS}
            row |= {"import_id": self.import_id, "updated_at": self.settings.now}
            if order.id is None:
                del row["id"]
                new.append(row | {"shop_id": self.shop_id})
            else:
                changed.append(row)
        insert_orders(self.session, new)
        update_orders(self.session, changed)

    def _write_vehicles(self, by_vin: Mapping[str, list[Order]], readings: Mapping[str, list[Reading]]) -> set[int]:
        changed = []
        told = told_readings(self.session, [vehicle["id"] for vehicle in self.vehicles.values()])
        for vin, vehicle in self.vehicles.items():
            days = [order.date_in for order in by_vin.get(vin, ()) if order.category in MAINTENANCE]
            prior = prior_of(self.rates, vehicle["model"])
            believed = with_told(readings.get(vin, []), told.get(vehicle["id"], ()))
            due_days = derive(vehicle["delivered_on"], max(days, default=None), believed, prior)
            if due_days != tuple(vehicle[name] for name in DUE_COLUMNS):
                changed.append((vehicle["id"], due_days))
        store_due_days(self.session, changed, self.settings.now)
        return {vehicle_id for vehicle_id, _due_days in changed}


def merge_orders(orders: Sequence[Order]) -> dict[str, Any]:
    """The orders of one car and day as one visit (the columns of VISIT_FACTS).

    PDI, internal and accident orders bring neither a visit nor money; a day of nothing else is kept, uncounted.
    """
    counted = [order for order in orders if order.category not in NOT_COUNTED]
    return {
        "counted": bool(counted),
        "is_maintenance": any(order.category in MAINTENANCE for order in counted),
        "has_accident": any(order.category == "accident" for order in orders),
        "arrived_at": min((order.arrived_at for order in orders if order.arrived_at), default=None),
        "amount_minor": sum(order.amount_minor for order in counted),
        "odometer": max((order.odometer for order in orders if order.odometer and order.odometer_kept), default=None),
        "advisor": next((order.advisor for order in [*counted, *orders] if order.advisor), None),
    }


def _made_of(order: Order) -> tuple[Any, ...]:
    return order.vehicle_id, order.visit_id, order.odometer_kept


def _doubt_readings(orders: Sequence[Order]) -> list[Reading]:
    """Mark each order whose odometer is not to be believed; returns the readings that are."""
    kept = plausible_readings(Reading(order.date_in, order.odometer) for order in orders if order.odometer)
    believed = set(kept)
    for order in orders:
        order.odometer_kept = order.odometer is None or Reading(order.date_in, order.odometer) in believed
    return kept


def _coupons(orders: Iterable[Order]) -> Iterator[Redemption]:
    for order in orders:
        if order.coupon_code and order.visit_id is not None:
            yield Redemption(order.coupon_code, order.date_in, order.vin, order.visit_id)
