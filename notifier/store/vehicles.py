"""Vehicles: the cars of a shop, their owners and their due days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.rows import update_rows
from notifier.store.tables import Vehicle

__all__ = ["insert_vehicles", "latest_deliveries", "update_vehicles", "vehicles_by_vin"]

VEHICLE = table_of(Vehicle)


def vehicles_by_vin(session: Session, shop_id: int, vins: Collection[str]) -> dict[str, dict[str, Any]]:
    """VIN → all columns of the stored car."""
    rows = session.execute(sa.select(VEHICLE).where(VEHICLE.c.shop_id == shop_id, VEHICLE.c.vin.in_(vins))).mappings()
    return {row["vin"]: dict(row) for row in rows}


def insert_vehicles(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add cars; a known VIN raises."""
    insert_rows(session, Vehicle, rows)


def update_vehicles(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of cars by id."""
    update_rows(session, Vehicle, rows)


def latest_deliveries(session: Session, customer_ids: Collection[int]) -> dict[int, date]:
    """Customer → the latest delivery of a car they own now; without any, no key."""
    rows = session.execute(
        sa.select(VEHICLE.c.customer_id, sa.func.max(VEHICLE.c.delivered_on, type_=sa.Date))
        .where(VEHICLE.c.customer_id.in_(customer_ids), VEHICLE.c.delivered_on.is_not(None))
        .group_by(VEHICLE.c.customer_id)
    )
    return dict(rows.all())
