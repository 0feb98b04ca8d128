"""Customers and the DMS numbers by which a shop knows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_returning_ids, insert_rows, table_of
from notifier.store.rows import update_rows
from notifier.store.tables import ConsentChange, Customer, CustomerNumber
from notifier.store.vehicles import latest_deliveries
from notifier.store.visits import latest_visit_days

__all__ = [
    "bucket_keys_elsewhere", "customers_by_id", "customers_by_phone", "insert_customers", "insert_numbers",
    "numbers_known", "numbers_of", "record_consent", "refresh_last_visits", "update_customers", "update_numbers",
]  # fmt: skip

CUSTOMER, NUMBER = table_of(Customer), table_of(CustomerNumber)


def customers_by_id(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Id → all columns."""
    rows = session.execute(sa.select(CUSTOMER).where(CUSTOMER.c.id.in_(ids))).mappings()
    return {row["id"]: dict(row) for row in rows}


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
    rows = session.execute(
        sa.select(NUMBER).where(NUMBER.c.shop_id == shop_id, NUMBER.c.number.in_(numbers))
    ).mappings()
    return {row["number"]: dict(row) for row in rows}


def numbers_of(session: Session, customer_ids: Collection[int]) -> Sequence[Any]:
    """All numbers of these customers: customer_id, number, phone_key."""
    columns = sa.select(NUMBER.c.customer_id, NUMBER.c.number, NUMBER.c.phone_key)
    return session.execute(columns.where(NUMBER.c.customer_id.in_(customer_ids)).order_by(NUMBER.c.number)).all()


def insert_customers(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add customers; their ids in the same order."""
    return insert_returning_ids(session, Customer, rows)


def update_customers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of customers by id."""
    update_rows(session, Customer, rows)


def insert_numbers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add DMS numbers; a known one raises."""
    insert_rows(session, CustomerNumber, rows)


def update_numbers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of numbers by id."""
    update_rows(session, CustomerNumber, rows)


def record_consent(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep each change of consent with its source."""
    insert_rows(session, ConsentChange, rows)


def refresh_last_visits(session: Session, customer_ids: Collection[int], now: datetime) -> None:
    """Store for these customers the latest counted visit of any car, else the latest delivery."""
    if not customer_ids:
        return
    visited, delivered = latest_visit_days(session, customer_ids), latest_deliveries(session, customer_ids)
    stored = session.execute(sa.select(CUSTOMER.c.id, CUSTOMER.c.last_visit_on).where(CUSTOMER.c.id.in_(customer_ids)))
    moved = []
    for customer_id, known in stored:
        latest = visited.get(customer_id) or delivered.get(customer_id)
        if latest != known:
            moved.append({"id": customer_id, "last_visit_on": latest, "updated_at": now})
    update_rows(session, Customer, moved)
