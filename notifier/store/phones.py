"""A customer's phone, when it changes: what is planned goes to the new one, and a stop follows the person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.messages import cancel_for_phone
from notifier.store.rows import update_rows
from notifier.store.tables import Attempt, Customer, Message, Suppression

__all__ = [
    "PHONE_DOUBTS", "Phone", "dead_phones_back", "give_phones", "inherit_phones", "is_learnt", "planned_texts_follow",
    "stops_follow", "take_phones",
]  # fmt: skip

ATTEMPT, CUSTOMER, MESSAGE = table_of(Attempt), table_of(Customer), table_of(Message)
SUPPRESSION = table_of(Suppression)

NO_PHONE = "missing"
PHONE_DOUBTS = ("not_mobile", "too_long", "rounded", "too_short", "not_a_number", NO_PHONE)
"""Why an import could not use a phone; of several, the first that fits is kept. All else was learnt otherwise."""


def is_learnt(unreachable: str | None) -> bool:
    """Whether replies or a carrier said so, which no import undoes while the phone is the same."""
    return unreachable is not None and unreachable not in PHONE_DOUBTS


class Phone(NamedTuple):
    """A phone and the key it is remembered by."""

    e164: str
    key: str


def take_phones(session: Session, customer_ids: Collection[int]) -> None:
    """Leave these customers without a phone, so that others, or the same anew, can have theirs.

    What was learnt of the phone stays noted: it may come back.
    """
    unlearnt = sa.or_(CUSTOMER.c.unreachable.is_(None), CUSTOMER.c.unreachable.in_(PHONE_DOUBTS))
    taken = sa.update(CUSTOMER).where(CUSTOMER.c.id.in_(customer_ids))
    session.connection().execute(taken.where(unlearnt).values(unreachable=NO_PHONE))
    session.connection().execute(taken.values(phone=None, phone_key=None))


def give_phones(session: Session, phones: Mapping[int, Phone], now: datetime, marks: Mapping[int, str | None]) -> None:
    """Customer → phone; planned texts go there. `marks`: customer → what was learnt of that very phone.

    A new phone is reachable until the contrary is learnt. An erased customer is known by the key alone.
    """
    if not phones:
        return
    erased = set(
        session.execute(
            sa.select(CUSTOMER.c.id).where(CUSTOMER.c.id.in_(phones), CUSTOMER.c.erased_at.is_not(None))
        ).scalars()
    )
    rows = [
        {"id": key, "phone": None if key in erased else phone.e164, "phone_key": phone.key,
         "unreachable": marks.get(key), "updated_at": now}
        for key, phone in phones.items()
    ]  # fmt: skip
    update_rows(session, Customer, rows)
    planned_texts_follow(session, phones)


def planned_texts_follow(session: Session, customer_ids: Collection[int]) -> None:
    """What is planned for these customers goes to the phones they have now, or nowhere where that one has said stop."""
    phone, key = (
        sa.select(column).where(CUSTOMER.c.id == MESSAGE.c.customer_id).scalar_subquery()
        for column in (CUSTOMER.c.phone, CUSTOMER.c.phone_key)
    )
    with_phone = sa.select(CUSTOMER.c.id).where(CUSTOMER.c.id.in_(customer_ids), CUSTOMER.c.phone_key.is_not(None))
    session.connection().execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.customer_id.in_(with_phone), MESSAGE.c.state == "planned")
        .values(phone=phone, phone_key=key)
    )
    stopped = (
        sa.select(MESSAGE.c.phone_key)
        .distinct()
        .join(SUPPRESSION, SUPPRESSION.c.phone_key == MESSAGE.c.phone_key)
        .where(MESSAGE.c.customer_id.in_(with_phone), MESSAGE.c.state == "planned", SUPPRESSION.c.lifted_at.is_(None))
    )
    for phone_key in sorted(session.scalars(stopped)):
        cancel_for_phone(session, phone_key, "opted_out")


def inherit_phones(session: Session, merges: Mapping[int, int]) -> None:
    """Loser → survivor: a survivor without a phone takes that of a loser, with what was learnt of it."""
    stored = {
        row["id"]: row
        for row in session.execute(
            sa.select(CUSTOMER.c.id, CUSTOMER.c.phone, CUSTOMER.c.phone_key, CUSTOMER.c.unreachable).where(
                CUSTOMER.c.id.in_({*merges, *merges.values()})
            )
        ).mappings()
    }
    heirs = {
        survivor: stored[loser]
        for loser, survivor in sorted(merges.items(), reverse=True)
        if stored[survivor]["phone_key"] is None and stored[loser]["phone_key"] is not None
    }
    take_phones(session, [row["id"] for row in heirs.values()])
    update_rows(session, Customer, [{**row, "id": survivor} for survivor, row in heirs.items()])


def dead_phones_back(session: Session, phones: Mapping[int, Phone]) -> dict[int, str]:
    """Customers without a phone who get back the very one that a carrier called dead → the carrier's code."""
    noted = session.execute(
        sa.select(CUSTOMER.c.id, CUSTOMER.c.unreachable).where(
            CUSTOMER.c.id.in_(phones), CUSTOMER.c.phone_key.is_(None), CUSTOMER.c.unreachable.not_in(PHONE_DOUBTS)
        )
    ).all()
    codes = dict(noted)
    if not codes:
        return {}
    tried = session.execute(
        sa.select(MESSAGE.c.customer_id, MESSAGE.c.phone_key, ATTEMPT.c.error_code)
        .join(ATTEMPT, ATTEMPT.c.message_id == MESSAGE.c.id)
        .where(MESSAGE.c.customer_id.in_(codes))
    )
    return {
        customer_id: code for customer_id, key, code in tried
        if code == codes[customer_id] and key == phones[customer_id].key
    }  # fmt: skip


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
    renewed: dict[str, dict[str, Any]] = {}
    for old_key, new_key in sorted(moved):
        stop, there = stored.get(old_key), stored.get(new_key)
        if stop is None or stop["lifted_at"] is not None:
            continue
        if there is None:
            copy = {name: stop[name] for name in ("reason", "source", "since")}
            new[new_key] = min(new.get(new_key, copy), copy, key=lambda row: row["since"])
        elif there["lifted_at"] is not None and stop["since"] > there["lifted_at"]:
            renewed[new_key] = {"id": there["id"], "lifted_at": None, "since": stop["since"]}
    insert_rows(session, Suppression, [{"phone_key": key, "lifted_at": None, **row} for key, row in new.items()])
    update_rows(session, Suppression, list(renewed.values()))
    for key in sorted({*new, *renewed}):
        cancel_for_phone(session, key, "opted_out")
