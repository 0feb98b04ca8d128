"""Where a fact about a customer comes from: which file brought it, and when. For `explain --all`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.tables import Complaint, Customer, DmsImport, Renewal, RepairOrder, Visit

__all__ = ["Source", "latest_import", "open_complaint_since", "source_of_renewal", "source_of_visit"]

COMPLAINT, CUSTOMER, IMPORT, ORDER, RENEWAL, VISIT = (
    table_of(model) for model in (Complaint, Customer, DmsImport, RepairOrder, Renewal, Visit)
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file with the moment its records are known for; `reference`: the order or policy in it."""

    file: str | None
    at: datetime | None
    reference: str | None = None


def latest_import(session: Session, shop_id: int, kind: str) -> Source | None:
    """The latest finished import of a kind: the shop's records of that kind are as it left them."""
    statement = (
        sa.select(IMPORT.c.source, IMPORT.c.at)
        .where(IMPORT.c.shop_id == shop_id, IMPORT.c.kind == kind, IMPORT.c.state == "done")
        .order_by(IMPORT.c.at.desc(), IMPORT.c.id.desc())
        .limit(1)
    )
    row = session.execute(statement).first()
    return Source(*row) if row else None


def source_of_visit(session: Session, day: date, *, vehicle_id: int | None, customer_id: int) -> Source | None:
    """The order that made a visit of this car (else of any car of the customer) on a day."""
    whose = VISIT.c.vehicle_id == vehicle_id if vehicle_id is not None else VISIT.c.customer_id == customer_id
    statement = (
        sa.select(IMPORT.c.source, IMPORT.c.at, ORDER.c.order_no)
        .select_from(VISIT.join(ORDER, ORDER.c.visit_id == VISIT.c.id))
        .outerjoin(IMPORT, IMPORT.c.id == ORDER.c.import_id)
        .where(VISIT.c.day == day, whose)
    )
    return _first(session, statement, ORDER.c.id)


def source_of_renewal(session: Session, vehicle_id: int, ends_on: date) -> Source | None:
    """The policy of a car that ends on a day."""
    statement = (
        sa.select(IMPORT.c.source, IMPORT.c.at, RENEWAL.c.policy_no)
        .select_from(RENEWAL.outerjoin(IMPORT, IMPORT.c.id == RENEWAL.c.import_id))
        .where(RENEWAL.c.vehicle_id == vehicle_id, RENEWAL.c.ends_on == ends_on)
    )
    return _first(session, statement, RENEWAL.c.id)


def _first(session: Session, statement: sa.Select[Any], key: sa.Column[Any]) -> Source | None:
    row = session.execute(statement.order_by(key).limit(1)).first()
    return Source(*row) if row else None


def open_complaint_since(session: Session, customer_id: int) -> date | None:
    """Since when a complaint of the customer is open, at whatever shop of a group."""
    same = CUSTOMER.alias("same_person")
    is_same = sa.or_(same.c.id == CUSTOMER.c.id, same.c.phone_key == CUSTOMER.c.phone_key)
    statement = (
        sa.select(sa.func.min(COMPLAINT.c.opened_on))
        .select_from(CUSTOMER.join(same, is_same).join(COMPLAINT, COMPLAINT.c.customer_id == same.c.id))
        .where(CUSTOMER.c.id == customer_id, COMPLAINT.c.closed_on.is_(None))
    )
    since: date | None = session.execute(statement).scalar_one()
    return since
