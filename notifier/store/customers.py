"""Customers and the DMS numbers by which a shop knows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.consents import is_by_desk
from notifier.store.bulk import insert_returning_ids, table_of
from notifier.store.rows import insert_written, update_rows
from notifier.store.tables import ConsentChange, Customer, CustomerNumber, Vehicle, Visit

__all__ = [
    "bucket_keys_elsewhere", "customers_by_id", "customers_by_phone", "drop_numbers", "drop_stand_ins",
    "firmest_consent", "insert_customers", "insert_numbers", "is_stand_in", "numbers_known", "numbers_of",
    "phones_of", "record_consent", "refresh_last_visits", "refreshed_last_visits", "stand_in",
    "update_customers", "update_numbers",
]  # fmt: skip

CUSTOMER, NUMBER, VEHICLE, VISIT = (table_of(model) for model in (Customer, CustomerNumber, Vehicle, Visit))
_STAND_IN = "vin:"


def stand_in(vin: str) -> str:
    """What a customer with neither number nor phone is known by: the car."""
    return f"{_STAND_IN}{vin}"


def is_stand_in(number: str | None) -> bool:
    """Whether it is a car's VIN in the place of a number."""
    return number is not None and number.startswith(_STAND_IN)


def customers_by_id(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Id → all columns."""
    rows = session.execute(sa.select(CUSTOMER).where(CUSTOMER.c.id.in_(ids)))
    names, place = CUSTOMER.columns.keys(), CUSTOMER.columns.keys().index("id")
    return {row[place]: dict(zip(names, row, strict=True)) for row in rows}


def phones_of(session: Session, ids: Collection[int]) -> dict[int, str | None]:
    """Id → phone key."""
    rows = session.execute(sa.select(CUSTOMER.c.id, CUSTOMER.c.phone_key).where(CUSTOMER.c.id.in_(ids)))
    return dict(rows.all())


def customers_by_phone(session: Session, shop_id: int, phone_keys: Collection[str]) -> dict[str, int]:
    """Phone key → the one customer of the shop who has it."""
    rows = session.execute(
        sa.select(CUSTOMER.c.phone_key, CUSTOMER.c.id).where(
            CUSTOMER.c.shop_id == shop_id, CUSTOMER.c.phone_key.in_(phone_keys)
        )
    )
    return dict(rows.all())


def bucket_keys_elsewhere(session: Session, shop_id: int, phone_keys: Collection[str]) -> dict[str, str]:
    """Phone key → the bucket key another shop of the group gave that phone first."""
    rows = session.execute(
        sa.select(CUSTOMER.c.phone_key, CUSTOMER.c.bucket_key)
        .where(CUSTOMER.c.shop_id != shop_id, CUSTOMER.c.phone_key.in_(phone_keys))
        .order_by(CUSTOMER.c.id.desc())
    )
    return dict(rows.all())


def numbers_known(session: Session, shop_id: int, numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    """DMS number → all columns, of those among `numbers` the shop knows."""
    rows = session.execute(sa.select(NUMBER).where(NUMBER.c.shop_id == shop_id, NUMBER.c.number.in_(numbers)))
    names, place = NUMBER.columns.keys(), NUMBER.columns.keys().index("number")
    return {row[place]: dict(zip(names, row, strict=True)) for row in rows}


def numbers_of(session: Session, customer_ids: Collection[int]) -> Sequence[Any]:
    """All numbers of these customers: customer_id, number, phone_key."""
    columns = sa.select(NUMBER.c.customer_id, NUMBER.c.number, NUMBER.c.phone_key)
    return session.execute(columns.where(NUMBER.c.customer_id.in_(customer_ids)).order_by(NUMBER.c.number)).all()


def insert_customers(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add customers, all with the same columns; their ids in the same order."""
    if session.get_bind().dialect.name != "sqlite":
        return insert_returning_ids(session, Customer, rows)
    # SQLite's one writer may count the ids itself.
    first = session.execute(sa.select(sa.func.coalesce(sa.func.max(CUSTOMER.c.id), 0) + 1)).scalar_one()
    ids = list(range(first, first + len(rows)))
    insert_written(session, Customer, [{"id": key, **row} for key, row in zip(ids, rows, strict=True)])
    return ids


def update_customers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of customers by id."""
    update_rows(session, Customer, rows)


def insert_numbers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add DMS numbers; a known one raises."""
    insert_written(session, CustomerNumber, rows)


def update_numbers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of numbers by id."""
    update_rows(session, CustomerNumber, rows)


def drop_numbers(session: Session, shop_id: int, numbers: Collection[tuple[str, int]]) -> None:
    """Forget numbers of customers: (number, customer id)."""
    pairs = [{"gone": number, "whose": customer_id} for number, customer_id in numbers]
    if pairs:
        theirs = (NUMBER.c.number == sa.bindparam("gone"), NUMBER.c.customer_id == sa.bindparam("whose"))
        session.connection().execute(sa.delete(NUMBER).where(NUMBER.c.shop_id == shop_id, *theirs), pairs)


def drop_stand_ins(session: Session, shop_id: int, numbers: Collection[str]) -> None:
    """Forget those of these stand-ins whose customers are now known by a phone."""
    if not numbers:
        return
    by_phone = sa.select(CUSTOMER.c.id).where(CUSTOMER.c.phone_key.is_not(None))
    session.connection().execute(
        sa.delete(NUMBER).where(
            NUMBER.c.shop_id == shop_id, NUMBER.c.number.in_(numbers), NUMBER.c.customer_id.in_(by_phone)
        )
    )


def firmest_consent(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of several rows about one person: no > yes > unknown; of several no the one that is hardest to undo.

    A no without a date is undone by nothing, one of a later date only by a yes that is later still; one the customer
    said not by the shop, as one entered by staff may be.
    """
    refusals = [one for one in group if one["consent"] == "no"]
    agreed = next((one for one in group if one["consent"] == "yes"), group[0])
    last = max(refusals, key=_refused_until, default=agreed)
    own = [one for one in refusals if not is_by_desk(one["consent_source"])]
    said = max(own, key=_refused_until, default=last)
    return {"consent": last["consent"], "consent_since": last["consent_since"],
            "consent_source": said["consent_source"]}  # fmt: skip


def _refused_until(told: Mapping[str, Any]) -> date:
    """The day a yes must be later than."""
    return told["consent_since"] or date.max


def record_consent(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep each change of consent with its source."""
    insert_written(session, ConsentChange, rows)


def refresh_last_visits(session: Session, customer_ids: Collection[int], now: datetime) -> None:
    """Store for these customers the latest counted visit of any car, else the latest delivery."""
    if customer_ids:
        session.connection().execute(refreshed_last_visits(customer_ids), {"at": now})


def refreshed_last_visits(customer_ids: Collection[int] | sa.Select[Any]) -> sa.Update:
    """The statement for it, of customers that a query may name; to be run with the time, ``at``."""
    # The first of an index read backwards, not the greatest of all: most often it is the row in hand.
    visited = sa.select(VISIT.c.day).where(VISIT.c.customer_id == CUSTOMER.c.id, VISIT.c.counted)
    latest_visit = visited.order_by(VISIT.c.day.desc()).limit(1).scalar_subquery()
    delivered = sa.select(sa.func.max(VEHICLE.c.delivered_on)).where(VEHICLE.c.customer_id == CUSTOMER.c.id)
    latest = sa.func.coalesce(latest_visit, delivered.scalar_subquery())
    return (
        sa.update(CUSTOMER)
        .where(CUSTOMER.c.id.in_(customer_ids), CUSTOMER.c.last_visit_on.is_distinct_from(latest))
        .values(last_visit_on=latest, updated_at=sa.bindparam("at", type_=CUSTOMER.c.updated_at.type))
    )
