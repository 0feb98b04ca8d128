"""A broadcast: the list and its day name the cycle, of the car where a row names a VIN we know, else of the customer.

Without a file it is for whoever the campaign's filter leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.options import Members
from notifier.store.audiences.base import CUSTOMER, SHOP, VEHICLE, Ask, Due, belongs_here, everybody, is_ours

AT_ONCE = 5_000
"""Phones or VINs one query looks for: a list of 100,000 takes 20 queries."""

Rows = Sequence[tuple[str | None, str | None]]


class _Car(NamedTuple):
    """A car that has an owner here; `is_wanted`: it is ours, and the filter is for it."""

    vehicle_id: int
    customer_id: int
    bucket_key: str
    is_wanted: bool


def due(session: Session, ask: Ask) -> list[Due]:
    """Who is on the list, each once: whoever is there with a car is not there a second time by phone."""
    listed = ask.options.listed
    if listed is None or (ask.customer_id is None and not ask.earliest <= listed.day <= ask.latest):
        return []
    if ask.members is None:
        return everybody(session, ask, [(listed.id, listed.day)])
    rows = ask.members.rows if ask.customer_id is None else _rows_of(session, ask.members.rows, ask.customer_id)
    known = _cars(session, ask, {vin for vin, _key in rows if vin is not None})
    cars = [car for car in known.values() if car.is_wanted and ask.customer_id in (None, car.customer_id)]
    by_phone = [(vin, key) for vin, key in rows if key is not None and vin not in known]
    theirs = _known_elsewhere(session, ask, {vin for vin, _key in by_phone if vin is not None})
    people = _people(session, ask, {key for vin, key in by_phone if vin not in theirs})
    with_car = {car.customer_id for car in cars}
    day, name = listed.day, listed.id
    return [
        *(Due(car.customer_id, car.bucket_key, car.vehicle_id, day, day, name) for car in cars),
        *(Due(key, bucket, None, day, day, name) for key, bucket in people if key not in with_car),
    ]


def unknown_rows(session: Session, members: Members) -> dict[int, str]:
    """Place of a row that names nobody we know → ``no_owner`` (the car is known, its owner is not) or ``unknown``.

    Asked of all shops: what another shop of the group knows is its business.
    """
    owned = _owned(session, {vin for vin, _key in members.rows if vin is not None})
    phones = _known_phones(session, {key for _vin, key in members.rows if key is not None})
    return {
        place: "no_owner" if vin is not None and vin in owned else "unknown"
        for place, (vin, key) in enumerate(members.rows)
        if not owned.get(vin or "") and (key is None or key not in phones)
    }


def _rows_of(session: Session, rows: Rows, customer_id: int) -> Rows:
    """The rows that name this customer or a car of theirs."""
    connection = session.connection()
    vins = set(connection.execute(sa.select(VEHICLE.c.vin).where(VEHICLE.c.customer_id == customer_id)).scalars())
    phone = sa.select(CUSTOMER.c.phone_key).where(CUSTOMER.c.id == customer_id)
    own_key = connection.execute(phone).scalar_one_or_none()
    return [(vin, key) for vin, key in rows if vin in vins or (own_key is not None and key == own_key)]


def _cars(session: Session, ask: Ask, vins: Collection[str]) -> dict[str, _Car]:
    """VIN → a car of the shop that has an owner."""
    is_wanted = sa.and_(ask.wants_car(), is_ours(ask))
    statement = (
        sa.select(VEHICLE.c.vin, VEHICLE.c.id, CUSTOMER.c.id, CUSTOMER.c.bucket_key, is_wanted)
        .join(CUSTOMER, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .where(VEHICLE.c.shop_id == ask.shop_id)
    )
    found = (session.connection().execute(statement.where(VEHICLE.c.vin.in_(some))) for some in _portions(vins))
    return {vin: _Car(*car) for rows in found for vin, *car in rows}


def _known_elsewhere(session: Session, ask: Ask, vins: Collection[str]) -> set[str]:
    """The VINs whose owner another shop of the group knows: they are told there, of the car, and not here by phone."""
    if not ask.elsewhere:
        return set()
    statement = sa.select(VEHICLE.c.vin).where(VEHICLE.c.shop_id.in_(ask.elsewhere), VEHICLE.c.customer_id.is_not(None))
    return {
        vin
        for some in _portions(vins)
        for vin in session.connection().execute(statement.where(VEHICLE.c.vin.in_(some))).scalars()
    }


def _people(session: Session, ask: Ask, keys: Collection[str]) -> list[tuple[int, str]]:
    """(id, bucket key) of the shop's customers with these phones."""
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key).where(CUSTOMER.c.shop_id == ask.shop_id)
    statement = statement.where(ask.wants_person(), belongs_here(ask))
    if ask.customer_id is not None:
        statement = statement.where(CUSTOMER.c.id == ask.customer_id)
    found = (session.connection().execute(statement.where(CUSTOMER.c.phone_key.in_(some))) for some in _portions(keys))
    return [(key, bucket_key) for rows in found for key, bucket_key in rows]


def _owned(session: Session, vins: Collection[str]) -> dict[str, bool]:
    """VIN → whether some shop knows its owner, of the VINs any shop knows."""
    owned: dict[str, bool] = {}
    for some in _portions(vins):
        statement = sa.select(VEHICLE.c.vin, VEHICLE.c.customer_id.is_not(None)).where(VEHICLE.c.vin.in_(some))
        for vin, has_owner in session.connection().execute(_through_shops(statement)):
            owned[vin] = owned.get(vin, False) or bool(has_owner)
    return owned


def _through_shops(statement: sa.Select[Any]) -> sa.Select[Any]:
    """With the shops named, so that the unique key (shop, VIN) finds the cars."""
    shops = sa.select(SHOP.c.id)
    return statement.where(VEHICLE.c.shop_id.in_(shops))


def _known_phones(session: Session, keys: Collection[str]) -> set[str]:
    statement = sa.select(CUSTOMER.c.phone_key)
    return {
        key
        for some in _portions(keys)
        for key in session.connection().execute(statement.where(CUSTOMER.c.phone_key.in_(some))).scalars()
        if key is not None
    }


def _portions(items: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(sorted(items))
    while some := list(islice(rest, AT_ONCE)):
        yield some
