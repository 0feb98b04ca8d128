"""A customer's phone, when it changes: what is planned goes to the new one, and a stop follows the person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.rows import update_rows
from notifier.store.tables import Customer, Message, Suppression

__all__ = ["Phone", "give_phones", "stops_follow", "take_phones"]

CUSTOMER, MESSAGE, SUPPRESSION = table_of(Customer), table_of(Message), table_of(Suppression)

NO_PHONE = "missing"


class Phone(NamedTuple):
    """A phone and the key it is remembered by."""

    e164: str
    key: str


def take_phones(session: Session, customer_ids: Collection[int]) -> None:
    """Leave these customers without a phone, so that others, or the same anew, can have theirs."""
    session.connection().execute(
        sa.update(CUSTOMER)
        .where(CUSTOMER.c.id.in_(customer_ids))
        .values(phone=None, phone_key=None, unreachable=NO_PHONE)
    )


def give_phones(session: Session, phones: Mapping[int, Phone], now: datetime) -> None:
    """Customer → phone. A new phone is reachable until the contrary is learnt; planned texts go there."""
    rows = [
        {"id": key, "phone": phone.e164, "phone_key": phone.key, "unreachable": None, "updated_at": now}
        for key, phone in phones.items()
    ]
    update_rows(session, Customer, rows)
    planned = (
        sa.update(MESSAGE)
        .where(MESSAGE.c.customer_id == sa.bindparam("owner"), MESSAGE.c.state == "planned")
        .values(phone=sa.bindparam("to"), phone_key=sa.bindparam("to_key"))
    )
    if phones:
        session.connection().execute(
            planned, [{"owner": key, "to": phone.e164, "to_key": phone.key} for key, phone in phones.items()]
        )


def stops_follow(session: Session, moved: Sequence[tuple[str, str]]) -> None:
    """(old phone key, new phone key): whoever said stop on the old phone has said it for the new one."""
    keys = {key for pair in moved for key in pair}
    if not keys:
        return
    stored = {
        row["phone_key"]: dict(row)
        for row in session.execute(sa.select(SUPPRESSION).where(SUPPRESSION.c.phone_key.in_(keys))).mappings()
    }
    new: dict[str, dict[str, Any]] = {}
    renewed = []
    for old_key, new_key in sorted(moved):
        stop, there = stored.get(old_key), stored.get(new_key)
        if stop is None or stop["lifted_at"] is not None:
            continue
        if there is None:
            new.setdefault(new_key, {name: stop[name] for name in ("reason", "source", "since")})
        elif there["lifted_at"] is not None and stop["since"] > there["lifted_at"]:
            renewed.append({"id": there["id"], "lifted_at": None, "since": stop["since"]})
    insert_rows(session, Suppression, [{"phone_key": key, "lifted_at": None, **row} for key, row in new.items()])
    update_rows(session, Suppression, renewed)
