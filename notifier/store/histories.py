"""What the records hold of one person or one car, for `explain`: who it is, what was told, and what they said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Message, Reply, Run, Vehicle

__all__ = [
    "CarRow", "PersonRow", "ToldRow", "cars_of_person", "cars_with_vin", "latest_stop", "people_with_phone", "person",
    "person_if_any", "told", "vins_of",
]  # fmt: skip

CUSTOMER = table_of(Customer)
MESSAGE = table_of(Message)
REPLY = table_of(Reply)
RUN = table_of(Run)
VEHICLE = table_of(Vehicle)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A customer as `explain` speaks of them."""

    id: int
    shop_id: int
    name: str | None
    phone: str | None
    phone_key: str | None
    unreachable: str | None
    consent: str
    consent_since: date | None
    consent_source: str | None


@dataclass(frozen=True, slots=True)
class CarRow:
    """A car; `next_service_from` and `next_service_to`: the range its next service is expected in.

    `irregular`: it is used so unevenly that the day is a guess.
    """

    id: int
    shop_id: int
    customer_id: int | None
    vin: str
    plate: str | None
    next_service_from: date | None
    next_service_to: date | None
    irregular: bool


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A message made of a touch, and the state of the run it belongs to."""

    id: int
    state: str
    reason: str | None
    not_before: datetime
    sent_at: datetime | None
    run_id: int
    run_state: str


def people_with_phone(session: Session, phone_key: str) -> list[PersonRow]:
    """Everybody known under a phone: at most one customer a shop."""
    return _people(session, CUSTOMER.c.phone_key == phone_key)


def person(session: Session, customer_id: int) -> PersonRow:
    """One customer by id."""
    return _people(session, CUSTOMER.c.id == customer_id)[0]


def person_if_any(session: Session, customer_id: int) -> PersonRow | None:
    """One customer by id; None where nobody has it."""
    return next(iter(_people(session, CUSTOMER.c.id == customer_id)), None)


def _people(session: Session, where: sa.ColumnElement[bool]) -> list[PersonRow]:
    columns = [CUSTOMER.c[name] for name in PersonRow.__dataclass_fields__]
    statement = sa.select(*columns).where(where).order_by(CUSTOMER.c.id)
    return [PersonRow(*row) for row in session.connection().execute(statement)]


def cars_of_person(session: Session, customer_id: int) -> list[CarRow]:
    """The cars of one customer."""
    return _cars(session, VEHICLE.c.customer_id == customer_id)


def cars_with_vin(session: Session, vin: str) -> list[CarRow]:
    """The car of a VIN, once for each shop that knows it."""
    return _cars(session, VEHICLE.c.vin == vin)


def _cars(session: Session, where: sa.ColumnElement[bool]) -> list[CarRow]:
    columns: list[sa.Column[Any]] = [VEHICLE.c[name] for name in CarRow.__dataclass_fields__]
    statement = sa.select(*columns).where(where).order_by(VEHICLE.c.id)
    return [CarRow(*row) for row in session.connection().execute(statement)]


def told(session: Session, message_ids: Collection[int]) -> dict[int, ToldRow]:
    """Message id → where it stands."""
    statement = (
        sa.select(MESSAGE.c.id, MESSAGE.c.state, MESSAGE.c.reason, MESSAGE.c.not_before, MESSAGE.c.sent_at,
                  RUN.c.id, RUN.c.state)
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE.c.id.in_(message_ids))
    )  # fmt: skip
    return {row[0]: ToldRow(*row) for row in session.connection().execute(statement)}


def latest_stop(session: Session, phone_key: str) -> tuple[str | None, date] | None:
    """The words of the phone's latest stop, and the shop's day they came on."""
    statement = (
        sa.select(REPLY.c.text, REPLY.c.arrived_on)
        .where(REPLY.c.phone_key == phone_key, REPLY.c.meaning == "stop")
        .order_by(REPLY.c.id.desc())
        .limit(1)
    )
    row = session.connection().execute(statement).first()
    return (row[0], row[1]) if row else None


def vins_of(session: Session, vehicle_ids: Collection[int]) -> dict[int, str]:
    """Car id → VIN."""
    statement = sa.select(VEHICLE.c.id, VEHICLE.c.vin).where(VEHICLE.c.id.in_(vehicle_ids))
    return dict(session.connection().execute(statement).all())
