"""Vehicles: the cars of a shop, their owners and their due days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of, update_tuples
from notifier.store.moments import written_moment
from notifier.store.portions import DUE
from notifier.store.rows import insert_written, update_rows
from notifier.store.tables import RepairOrder, Vehicle

__all__ = [
    "DUE_COLUMNS", "Car", "Holder", "cars_by_id", "deliveries_of_new", "holders_by_vin", "ids_by_vin",
    "insert_vehicles", "range_of_ids", "store_due_days", "update_vehicles", "vehicles_by_vin",
]  # fmt: skip

ORDER, VEHICLE = table_of(RepairOrder), table_of(Vehicle)


def vehicles_by_vin(session: Session, shop_id: int, vins: Collection[str]) -> dict[str, dict[str, Any]]:
    """VIN → all columns of the stored car."""
    rows = session.execute(sa.select(VEHICLE).where(VEHICLE.c.shop_id == shop_id, VEHICLE.c.vin.in_(vins)))
    names, place = VEHICLE.columns.keys(), VEHICLE.columns.keys().index("vin")
    return {row[place]: dict(zip(names, row, strict=True)) for row in rows}


def range_of_ids(session: Session, shop_id: int) -> tuple[int, int]:
    """The first and the last id of the shop's cars; (1, 0) where it has none."""
    ids = sa.select(VEHICLE.c.id).where(VEHICLE.c.shop_id + 0 == shop_id).limit(1)  # + 0: no index of the shop's
    first = session.execute(ids.order_by(VEHICLE.c.id)).scalar_one_or_none()
    last = session.execute(ids.order_by(VEHICLE.c.id.desc())).scalar_one_or_none()
    return (1, 0) if first is None or last is None else (first, last)


def ids_by_vin(session: Session, shop_id: int, vins: Collection[str]) -> dict[str, int]:
    """VIN → id, of the stored cars among thousands."""
    rows = sa.select(VEHICLE.c.vin, VEHICLE.c.id).where(VEHICLE.c.shop_id == shop_id)
    return dict(session.execute(rows.where(among(session.connection(), VEHICLE.c.vin, vins))).all())


def deliveries_of_new(session: Session, ids: Collection[int]) -> dict[int, tuple[str | None, str | None]]:
    """Id → day of delivery, written out, and model, of those among thousands of cars that have no stored orders."""
    rows = sa.select(VEHICLE.c.id, sa.cast(VEHICLE.c.delivered_on, sa.Text), VEHICLE.c.model)
    has_orders = sa.exists().where(ORDER.c.vehicle_id == VEHICLE.c.id)
    found = session.execute(rows.where(among(session.connection(), VEHICLE.c.id, ids), sa.not_(has_orders)))
    return {vehicle_id: (delivered_on, model) for vehicle_id, delivered_on, model in found}


class Holder(NamedTuple):
    """Whose a car is, and since when it has been on the road."""

    customer_id: int | None
    delivered_on: date | None


def holders_by_vin(session: Session, shop_id: int, vins: Collection[str]) -> dict[str, Holder]:
    """VIN → its holder, of the stored cars."""
    columns = sa.select(VEHICLE.c.vin, VEHICLE.c.customer_id, VEHICLE.c.delivered_on)
    rows = session.execute(columns.where(VEHICLE.c.shop_id == shop_id, VEHICLE.c.vin.in_(vins)))
    return {vin: Holder(customer_id, delivered_on) for vin, customer_id, delivered_on in rows}


DUE_COLUMNS = DUE


class Car(NamedTuple):
    """A car as its due days need it; `due_days` in DUE_COLUMNS."""

    id: int
    customer_id: int | None
    model: str | None
    delivered_on: date | None
    due_days: tuple[Any, ...]


def cars_by_id(session: Session, ids: Collection[int]) -> dict[int, Car]:
    """Id → the car."""
    names = ("id", "customer_id", "model", "delivered_on", *DUE_COLUMNS)
    rows = session.execute(sa.select(*(VEHICLE.c[name] for name in names)).where(VEHICLE.c.id.in_(ids)))
    return {
        vehicle_id: Car(vehicle_id, owner, model, delivered_on, tuple(due_days))
        for vehicle_id, owner, model, delivered_on, *due_days in rows
    }


def lock_cars(session: Session, ids: Collection[int]) -> None:
    """Nobody else predicts these cars until the transaction ends (SQLite has one writer anyway)."""
    locked = sa.select(VEHICLE.c.id).where(VEHICLE.c.id.in_(ids)).order_by(VEHICLE.c.id)
    session.execute(locked.with_for_update(key_share=True))


def store_due_days(session: Session, changed: Sequence[tuple[int, Sequence[Any]]], now: datetime) -> None:
    """Overwrite the DUE_COLUMNS of cars: id and values."""
    stamp = written_moment(now, is_sqlite=session.get_bind().dialect.name == "sqlite")
    rows = [
        (*(value.isoformat() if isinstance(value, date) else value for value in values), stamp, vehicle_id)
        for vehicle_id, values in changed
    ]
    update_tuples(session, VEHICLE, (*DUE_COLUMNS, "updated_at"), rows)


def insert_vehicles(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add cars, all with the same columns; a known VIN raises."""
    insert_written(session, Vehicle, rows)


def update_vehicles(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of cars by id."""
    update_rows(session, Vehicle, rows)
