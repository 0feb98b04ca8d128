"""Visits: a car's day in the workshop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.rows import update_rows
from notifier.store.tables import Visit

__all__ = ["VISIT_FACTS", "VisitRef", "insert_visits", "update_visits", "visits_of"]

VISIT = table_of(Visit)

VISIT_FACTS = ("counted", "is_maintenance", "has_accident", "arrived_at", "amount_minor", "odometer", "advisor")
"""What the orders of the day say; a change of any of them is a change of the visit."""


class VisitRef(NamedTuple):
    """A visit that now counts: which car, whose, on which day."""

    vehicle_id: int
    customer_id: int | None
    day: date


def visits_of(session: Session, vehicle_ids: Collection[int]) -> Sequence[Any]:
    """Every stored visit of these cars: id, VIN, day, vehicle, customer and the columns of VISIT_FACTS."""
    names = ("id", "vin", "day", "vehicle_id", "customer_id", *VISIT_FACTS)
    columns = sa.select(*(VISIT.c[name] for name in names))
    return session.execute(columns.where(VISIT.c.vehicle_id.in_(vehicle_ids))).all()


def insert_visits(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, date], int]:
    """Add visits; (VIN, day) → id. Ids asked for in the order of the rows would cost a statement a row on SQLite."""
    if not rows:
        return {}
    statement = sa.insert(VISIT).returning(VISIT.c.id, VISIT.c.vin, VISIT.c.day)
    return {(vin, day): visit_id for visit_id, vin, day in session.connection().execute(statement, list(rows))}


def update_visits(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite visits by id."""
    update_rows(session, Visit, rows)
