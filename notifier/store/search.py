"""Looking customers up: by the beginning of a name or plate, by a phone, by the end of a phone, plate or VIN.

Each way is answered by an index (store/tables/lookups.py) and looks at no more than `LOOKED_AT` rows, so that a box
in which somebody types stays quick with a million customers. Nothing here is a pattern: nothing typed is a wildcard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import Customer, Suppression, Vehicle
from notifier.store.tables.lookups import (
    LOWER_NAME,
    PHONE_TAIL,
    PLATE_REST,
    PLATE_TAIL,
    TAIL,
    VIN_TAIL,
    VIN_TAIL_LENGTH,
)

__all__ = [
    "LOOKED_AT", "FoundCar", "FoundCustomer", "by_name", "by_phone", "by_phone_end", "by_plate", "by_plate_end",
    "by_vin", "by_vin_end", "found_customers", "recent_customers",
]  # fmt: skip

CUSTOMER, SUPPRESSION, VEHICLE = table_of(Customer), table_of(Suppression), table_of(Vehicle)
LOOKED_AT = 1_000
"""Of a beginning that many names have, so many are looked at; who wants another types more."""
_BEHIND_ALL = "\U0010ffff"


class FoundCar(NamedTuple):
    """A car of a customer found."""

    vin: str
    plate: str | None
    model: str | None
    state: str


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer as a list shows them. `is_stopped`: the phone is on the stop list."""

    id: int
    name: str | None
    phone: str | None
    unreachable: str | None
    consent: str
    last_visit_on: date | None
    is_erased: bool
    is_stopped: bool
    cars: Sequence[FoundCar]


def by_name(session: Session, shop_id: int, beginning: str) -> list[int]:
    """Customers whose name begins so; in Latin letters great and small are the same."""
    found = _begins(session, LOWER_NAME, beginning, sa.func.lower)
    return _ids(session, sa.select(CUSTOMER.c.id).where(CUSTOMER.c.shop_id == shop_id, *found))


def by_phone(session: Session, shop_id: int, phone_key: str) -> list[int]:
    """The customer with this very phone."""
    theirs = (CUSTOMER.c.shop_id == shop_id, CUSTOMER.c.phone_key == phone_key)
    return _ids(session, sa.select(CUSTOMER.c.id).where(*theirs))


def by_phone_end(session: Session, shop_id: int, end: str) -> list[int]:
    """Customers whose phone ends in these digits, four or more."""
    statement = sa.select(CUSTOMER.c.id).where(_at_shop(CUSTOMER, shop_id), _is(PHONE_TAIL, end[-TAIL:]))
    return _ids(session, statement.where(_ends(CUSTOMER.c.phone, end)))


def by_plate(session: Session, shop_id: int, first: str | None, rest: str) -> list[int]:
    """Owners of cars whose plate is, or begins with, `first` and `rest`; without `first`, of any province."""
    statement = _owners().where(VEHICLE.c.shop_id == shop_id, *_begins(session, PLATE_REST, rest, sa.literal))
    if first is not None:
        statement = statement.where(sa.func.substr(VEHICLE.c.plate, 1, 1) == first)
    return _ids(session, statement)


def by_plate_end(session: Session, shop_id: int, end: str) -> list[int]:
    """Owners of cars whose plate ends so: four characters or more."""
    statement = _owners().where(_at_shop(VEHICLE, shop_id), _is(PLATE_TAIL, end[-TAIL:]))
    return _ids(session, statement.where(_ends(VEHICLE.c.plate, end)))


def by_vin(session: Session, shop_id: int, vin: str) -> list[int]:
    """The owner of the car with this VIN."""
    return _ids(session, _owners().where(VEHICLE.c.shop_id == shop_id, VEHICLE.c.vin == vin))


def by_vin_end(session: Session, shop_id: int, end: str) -> list[int]:
    """Owners of cars whose VIN ends so: six characters or more."""
    statement = _owners().where(_at_shop(VEHICLE, shop_id), _is(VIN_TAIL, end[-VIN_TAIL_LENGTH:]))
    return _ids(session, statement.where(_ends(VEHICLE.c.vin, end)))


def recent_customers(session: Session, shop_id: int, limit: int) -> list[FoundCustomer]:
    """Those who were here (or bought a car) last."""
    latest = (
        sa.select(CUSTOMER.c.id)
        .where(CUSTOMER.c.shop_id == shop_id, CUSTOMER.c.last_visit_on.is_not(None))
        .order_by(CUSTOMER.c.last_visit_on.desc())
        .limit(limit)
    )
    return found_customers(session, session.execute(latest).scalars().all(), limit)


def found_customers(session: Session, ids: Collection[int], limit: int) -> list[FoundCustomer]:
    """So many of these customers, those who were here last first."""
    if not ids:
        return []
    columns = ("id", "name", "phone", "unreachable", "consent", "last_visit_on", "erased_at", "phone_key")
    statement = (
        sa.select(*(CUSTOMER.c[name] for name in columns))
        .where(among(session.connection(), CUSTOMER.c.id, list(ids)))
        .order_by(CUSTOMER.c.last_visit_on.desc().nulls_last(), CUSTOMER.c.id.desc())
        .limit(limit)
    )
    rows = session.execute(statement).all()
    cars = _cars(session, [row.id for row in rows])
    stopped = _stopped(session, {row.phone_key for row in rows if row.phone_key})
    return [
        FoundCustomer(
            row.id, row.name, row.phone, row.unreachable, row.consent, row.last_visit_on,
            row.erased_at is not None, row.phone_key in stopped, cars[row.id],
        )
        for row in rows
    ]  # fmt: skip


def _cars(session: Session, customer_ids: Sequence[int]) -> dict[int, list[FoundCar]]:
    columns = sa.select(VEHICLE.c.customer_id, VEHICLE.c.vin, VEHICLE.c.plate, VEHICLE.c.model, VEHICLE.c.state)
    found: dict[int, list[FoundCar]] = defaultdict(list)
    for owner, *car in session.execute(
        columns.where(VEHICLE.c.customer_id.in_(customer_ids)).order_by(VEHICLE.c.id.desc())
    ):
        found[owner].append(FoundCar(*car))
    return found


def _stopped(session: Session, phone_keys: Iterable[str]) -> set[str]:
    in_force = (SUPPRESSION.c.phone_key.in_(sorted(phone_keys)), SUPPRESSION.c.lifted_at.is_(None))
    return set(session.execute(sa.select(SUPPRESSION.c.phone_key).where(*in_force)).scalars())


def _owners() -> sa.Select[Any]:
    return sa.select(VEHICLE.c.customer_id).where(VEHICLE.c.customer_id.is_not(None))


def _ids(session: Session, statement: sa.Select[Any]) -> list[int]:
    return list(session.execute(statement.limit(LOOKED_AT)).scalars())


def _at_shop(table: sa.Table, shop_id: int) -> sa.ColumnElement[bool]:
    """Asked of what the tail has found: + 0 keeps SQLite, which knows no figures, from taking an index of the shop."""
    return table.c.shop_id + 0 == shop_id


def _begins(
    session: Session, words: sa.ColumnElement[str], beginning: str, as_kept: Callable[[str], sa.ColumnElement[Any]]
) -> tuple[sa.ColumnElement[bool], ...]:
    """From the beginning itself to whatever stands behind all that goes on from it, byte by byte."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    not_before, before = (">=", "<") if is_sqlite else ("~>=~", "~<~")
    return (
        words.bool_op(not_before)(as_kept(beginning)),
        words.bool_op(before)(as_kept(f"{beginning}{_BEHIND_ALL}")),
    )


def _is(tail: sa.ColumnElement[str], end: str) -> sa.ColumnElement[bool]:
    return tail == end


def _ends(column: sa.Column[Any], end: str) -> sa.ColumnElement[bool]:
    return sa.func.substr(column, sa.func.length(column) - (len(end) - 1)) == end
