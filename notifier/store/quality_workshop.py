"""What is wrong in a shop's orders and policies, and what the service days of its cars rest on, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.quality import CAR, IN_USE, of_shop, sum_of
from notifier.store.tables import OdometerReading, Renewal, RepairOrder

__all__ = ["WaitingCounts", "basis_counts", "order_counts", "policy_counts"]

ORDER, POLICY, READING = table_of(RepairOrder), table_of(Renewal), table_of(OdometerReading)

PARKED_AGES = {"under_30_days": 30, "under_365_days": 365}
"""Days since the order; what is older stands in ``older``."""


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """Rows of one kind: all, and those parked because their car is not known; `cars` = how many VINs wait.

    `doubted` orders have an odometer reading nobody believes, on `doubted_cars` cars.
    """

    rows: int
    parked: int
    cars: int
    by_age: Mapping[str, int]
    doubted: int = 0
    doubted_cars: int = 0


def _readings(session: Session, shop_id: int) -> sa.Subquery:
    """Cars with the first and the last day of a reading that is believed."""
    orders = sa.select(ORDER.c.vehicle_id, ORDER.c.date_in.label("day")).where(
        of_shop(session, ORDER, shop_id), ORDER.c.vehicle_id.is_not(None), ORDER.c.odometer > 0, ORDER.c.odometer_kept
    )
    told = sa.select(READING.c.vehicle_id, READING.c.day).where(READING.c.shop_id == shop_id)
    both = sa.union_all(orders, told).subquery("read")
    days = (sa.func.min(both.c.day).label("first"), sa.func.max(both.c.day).label("last"))
    return sa.select(both.c.vehicle_id, *days).group_by(both.c.vehicle_id).subquery("readings")


def basis_counts(session: Session, shop_id: int) -> dict[str, int]:
    """What the service days of cars in use rest on, where it is not the car's own use: basis → cars.

    ``time_alone``: no daily distance is known. ``model_alone``: it is the model's mean, for want of an interval between
    two readings (the delivery counts as one until the first service).
    """
    read = _readings(session, shop_id)
    due = (of_shop(session, CAR, shop_id), CAR.c.state == IN_USE, CAR.c.next_service_on.is_not(None))
    by_distance = CAR.c.km_per_day.is_not(None)
    all_ = session.execute(sa.select(sum_of(~by_distance), sum_of(by_distance)).where(*due)).one()
    since_delivery = (CAR.c.next_service_kind == "first") & (CAR.c.delivered_on < read.c.first)
    own_use = sa.select(sa.func.count()).select_from(read.join(CAR, CAR.c.id == read.c.vehicle_id))
    known = session.execute(
        own_use.where(*due, by_distance, (read.c.first < read.c.last) | since_delivery)
    ).scalar_one()
    return {"time_alone": int(all_[0]), "model_alone": int(all_[1]) - known}


def _by_age(parked: sa.ColumnElement[bool], day: sa.ColumnElement[date], today: date) -> list[Any]:
    ages, last = [], today
    for days in PARKED_AGES.values():
        first = today - timedelta(days=days - 1)
        ages.append(sum_of(parked & day.between(first, last)))
        last = first - timedelta(days=1)
    return [*ages, sum_of(parked & (day <= last))]


def order_counts(session: Session, shop_id: int, today: date) -> WaitingCounts:
    """The shop's orders, those that wait for their car by the age of the order, and doubted readings."""
    parked = ORDER.c.vehicle_id.is_(None)
    doubted = ~ORDER.c.odometer_kept
    statement = sa.select(
        sa.func.count(), sum_of(parked), _distinct(ORDER.c.vin, parked), sum_of(doubted),
        _distinct(ORDER.c.vin, doubted), *_by_age(parked, ORDER.c.date_in, today),
    ).where(of_shop(session, ORDER, shop_id))  # fmt: skip
    rows, waiting, cars, wrong, wrong_cars, *ages = map(int, session.execute(statement).one())
    return WaitingCounts(rows, waiting, cars, _aged(ages), doubted=wrong, doubted_cars=wrong_cars)


def policy_counts(session: Session, shop_id: int, today: date) -> WaitingCounts:
    """The shop's policies, and those that wait for their car by the day they were written."""
    parked = POLICY.c.vehicle_id.is_(None)
    statement = sa.select(
        sa.func.count(), sum_of(parked), _distinct(POLICY.c.vin, parked), *_by_age(parked, POLICY.c.day, today)
    ).where(of_shop(session, POLICY, shop_id))
    rows, waiting, cars, *ages = map(int, session.execute(statement).one())
    return WaitingCounts(rows, waiting, cars, _aged(ages))


def _distinct(column: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(sa.case((condition, column))))


def _aged(ages: list[int]) -> dict[str, int]:
    return dict(zip((*PARKED_AGES, "older"), ages, strict=True))
