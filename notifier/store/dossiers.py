"""What the records hold of one customer: who they are, their cars, and what they want. Each by index.

What may be long comes by pages that go backwards in time. A `Place` is where the last row of a page stood; the next
page begins behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.tables import Complaint, ConsentChange, Customer, CustomerNumber, Reply, Suppression, Vehicle

__all__ = [
    "CarFacts",
    "ComplaintRow",
    "ConsentRow",
    "PersonFacts",
    "Place",
    "StopRow",
    "car_of",
    "cars_of",
    "complaints_of",
    "consent_history",
    "id_with_phone",
    "is_behind",
    "person_of",
    "stop_of",
]

COMPLAINT, CONSENT, CUSTOMER, NUMBER, REPLY, STOP, VEHICLE = (
    table_of(model) for model in (Complaint, ConsentChange, Customer, CustomerNumber, Reply, Suppression, Vehicle)
)


class Place(NamedTuple):
    """Where a page ended."""

    day: date
    id: int


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A customer's own record, with the numbers the DMS knows them by."""

    id: int
    shop_id: int
    name: str | None
    sex: str | None
    is_company: bool
    language: str | None
    phone: str | None
    phone_key: str | None
    unreachable: str | None
    birth_on: date | None
    birth_mmdd: str | None
    birth_calendar: str
    district: str | None
    member_level: str | None
    points: int | None
    points_end_on: date | None
    consent: str
    consent_since: date | None
    consent_source: str | None
    last_visit_on: date | None
    erased_at: datetime | None
    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class CarFacts:
    """A car with the days on which something falls due."""

    id: int
    vin: str
    customer_id: int | None
    plate: str | None
    model: str | None
    state: str
    delivered_on: date | None
    insurance_ends_on: date | None
    inspection_ends_on: date | None
    loan_ends_on: date | None
    warranty_ends_on: date | None
    last_maintenance_on: date | None
    next_service_on: date | None
    next_service_from: date | None
    next_service_to: date | None
    next_service_kind: str | None
    km_per_day: float | None
    last_odometer: int | None
    irregular: bool
    in_workshop_since: date | None


class ComplaintRow(NamedTuple):
    """What they were not content with."""

    id: int
    opened_on: date
    closed_on: date | None
    note: str | None
    words: str | None


class ConsentRow(NamedTuple):
    """One change of the marketing consent."""

    value: str
    since: date | None
    source: str
    recorded_at: datetime


class StopRow(NamedTuple):
    """The stop list about a phone; `lifted_at` None = in force."""

    reason: str
    source: str | None
    since: datetime
    lifted_at: datetime | None


def person_of(session: Session, shop_id: int, customer_id: int) -> PersonFacts | None:
    """The customer's record; None where the shop has no such customer."""
    names = [name for name in PersonFacts.__dataclass_fields__ if name != "numbers"]
    mine = (CUSTOMER.c.id == customer_id, CUSTOMER.c.shop_id == shop_id)
    row = session.execute(sa.select(*(CUSTOMER.c[name] for name in names)).where(*mine)).first()
    if row is None:
        return None
    known = sa.select(NUMBER.c.number).where(NUMBER.c.customer_id == customer_id).order_by(NUMBER.c.number)
    return PersonFacts(**row._mapping, numbers=session.execute(known).scalars().all())


def id_with_phone(session: Session, shop_id: int, phone_key: str) -> tuple[int, str | None] | None:
    """Who of the shop has this phone: id and name."""
    columns = sa.select(CUSTOMER.c.id, CUSTOMER.c.name)
    row = session.execute(columns.where(CUSTOMER.c.shop_id == shop_id, CUSTOMER.c.phone_key == phone_key)).first()
    return (row[0], row[1]) if row else None


def cars_of(session: Session, customer_id: int) -> list[CarFacts]:
    """Their cars: those in use first, the newest first."""
    found = _cars(session, VEHICLE.c.customer_id == customer_id)
    return sorted(found, key=lambda car: (car.state != "in_use", -car.id))


def car_of(session: Session, customer_id: int, vehicle_id: int) -> CarFacts | None:
    """One car, where it is this customer's."""
    found = _cars(session, VEHICLE.c.id == vehicle_id, VEHICLE.c.customer_id == customer_id)
    return found[0] if found else None


def _cars(session: Session, *where: sa.ColumnElement[bool]) -> list[CarFacts]:
    columns: list[sa.Column[Any]] = [VEHICLE.c[name] for name in CarFacts.__dataclass_fields__]
    return [CarFacts(*row) for row in session.execute(sa.select(*columns).where(*where))]


def complaints_of(session: Session, customer_id: int, limit: int = 10) -> list[ComplaintRow]:
    """What they were not content with: the open ones first."""
    statement = (
        sa.select(COMPLAINT.c.id, COMPLAINT.c.opened_on, COMPLAINT.c.closed_on, COMPLAINT.c.note, REPLY.c.text)
        .outerjoin(REPLY, REPLY.c.id == COMPLAINT.c.reply_id)
        .where(COMPLAINT.c.customer_id == customer_id)
        .order_by(COMPLAINT.c.closed_on.is_not(None), COMPLAINT.c.opened_on.desc())
        .limit(limit)
    )
    return [ComplaintRow(*row) for row in session.execute(statement)]


def consent_history(session: Session, customer_id: int, limit: int = 20) -> list[ConsentRow]:
    """Every change of their consent, the latest first."""
    columns = [CONSENT.c[name] for name in ConsentRow._fields]
    mine = sa.select(*columns).where(CONSENT.c.customer_id == customer_id)
    return [ConsentRow(*row) for row in session.execute(mine.order_by(CONSENT.c.id.desc()).limit(limit))]


def stop_of(session: Session, phone_key: str, *, to_change: bool = False) -> StopRow | None:
    """What the stop list says of a phone, in force or lifted; `to_change`: nobody else changes it meanwhile."""
    columns = [STOP.c[name] for name in StopRow._fields]
    asked = sa.select(*columns).where(STOP.c.phone_key == phone_key)
    row = session.execute(asked.with_for_update() if to_change else asked).first()
    return StopRow(*row) if row else None


def is_behind(day: sa.Column[Any], key: sa.Column[Any], place: Place | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Older than `place`."""
    if place is None:
        return ()
    return (day <= place.day, sa.or_(day < place.day, key < place.id))
