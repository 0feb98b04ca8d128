"""People to try a wording on: a sample of a shop's customers, with what makes a text hard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import Customer, Vehicle

__all__ = ["SampledPerson", "sampled_people"]

CUSTOMER, VEHICLE = table_of(Customer), table_of(Vehicle)


@dataclass(frozen=True, slots=True)
class SampledPerson:
    """A customer with a phone, and the cars in use: (plate, model) of each."""

    id: int
    phone: str | None
    name: str | None
    sex: str | None
    is_company: bool
    language: str | None
    cars: Sequence[tuple[str | None, str | None]]


def sampled_people(session: Session, shop_id: int, *, start: str, size: int) -> list[SampledPerson]:
    """At most `size` customers of a shop, everybody where there are no more: a read of an index and of their rows.

    Phone keys are hashes, so whoever comes behind `start` (hex digits) is a fair sample, and another start another one.
    """
    people = _behind(session, shop_id, CUSTOMER.c.phone_key >= start, size)
    if len(people) < size:
        people += _behind(session, shop_id, CUSTOMER.c.phone_key < start, size - len(people))
    connection = session.connection()
    cars: dict[int, list[tuple[str | None, str | None]]] = defaultdict(list)
    wanted = (
        sa.select(VEHICLE.c.customer_id, VEHICLE.c.plate, VEHICLE.c.model)
        .where(among(connection, VEHICLE.c.customer_id, [row[0] for row in people]), VEHICLE.c.state == "in_use")
        .order_by(VEHICLE.c.id)
    )
    for customer_id, plate, model in connection.execute(wanted):
        cars[customer_id].append((plate, model))
    return [
        SampledPerson(key, phone, name, sex, is_company, language, tuple(cars[key]))
        for key, phone, name, sex, is_company, language in people
    ]


def _behind(session: Session, shop_id: int, place: sa.ColumnElement[bool], size: int) -> list[Any]:
    columns = [CUSTOMER.c[name] for name in ("id", "phone", "name", "sex", "is_company", "language")]
    wanted = sa.select(*columns).where(CUSTOMER.c.shop_id == shop_id, place).order_by(CUSTOMER.c.phone_key).limit(size)
    return list(session.connection().execute(wanted))
