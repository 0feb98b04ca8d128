"""Attempts: what became of each POST, and what is known of those nobody can tell about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.states import AttemptEvent
from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.tables import Attempt, Message
from notifier.store.transitions import AttemptChange

ATTEMPT = table_of(Attempt)
MESSAGE = table_of(Message)
IS_OPEN = sa.text("attempt.state IN ('posting', 'unknown')")
"""In the words of the index of open attempts, without which SQLite reads all there ever were."""
MAY_BE_LISTED = ("posting", "unknown", "accepted", "sent", "delivered", "undelivered")


def lapsed(session: Session) -> list[AttemptChange]:
    """POSTs whose lease is over without a record: nobody knows what became of them."""
    clock = database_now(session)
    statement = sa.select(ATTEMPT.c.message_id, ATTEMPT.c.n).where(
        ATTEMPT.c.state == "posting", IS_OPEN, ATTEMPT.c.lease_until < clock
    )
    rows = session.connection().execute(statement)
    return [AttemptChange(message_id, n, AttemptEvent.AMBIGUOUS, code="lease_lapsed") for message_id, n in rows]


@dataclass(frozen=True, slots=True)
class UnknownAttempt:
    """An attempt nobody can tell about yet, with what a listing is matched by."""

    message_id: int
    n: int
    gateway: str
    phone: str | None
    text: str | None
    claimed_at: datetime
    lease_until: datetime
    business_at: datetime
    empty_listing_at: datetime | None
    valid_until: datetime


def unknown_attempts(session: Session, gateway: str | None = None) -> list[UnknownAttempt]:
    """Every attempt in state unknown, oldest first."""
    columns = [
        ATTEMPT.c.message_id, ATTEMPT.c.n, ATTEMPT.c.gateway, MESSAGE.c.phone, MESSAGE.c.text, ATTEMPT.c.claimed_at,
        ATTEMPT.c.lease_until, ATTEMPT.c.business_at, ATTEMPT.c.empty_listing_at, MESSAGE.c.valid_until,
    ]  # fmt: skip
    statement = (
        sa.select(*columns)
        .join(MESSAGE, MESSAGE.c.id == ATTEMPT.c.message_id)
        .where(ATTEMPT.c.state == "unknown", IS_OPEN)
        .order_by(ATTEMPT.c.claimed_at, ATTEMPT.c.id)
    )  # fmt: skip
    if gateway is not None:
        statement = statement.where(ATTEMPT.c.gateway == gateway)
    return [UnknownAttempt(*row) for row in session.connection().execute(statement)]


def posting_count(session: Session, gateway: str) -> int:
    """How many POSTs are under way (or were, when their sender died)."""
    statement = (
        sa.select(sa.func.count())
        .select_from(ATTEMPT)
        .where(ATTEMPT.c.state == "posting", IS_OPEN, ATTEMPT.c.gateway == gateway)
    )
    return session.execute(statement).scalar_one()


@dataclass(frozen=True, slots=True)
class Rival:
    """Another attempt to a phone whose provider id is not known: rows of a listing may be its own."""

    text: str | None
    claimed_at: datetime
    lease_until: datetime


def rivals_of(session: Session, gateway: str, attempts: Sequence[UnknownAttempt]) -> list[Rival]:
    """What else may stand, under an id nobody has bound, in the listing of the phone of these `attempts`.

    Attempts under way, and those known to be accepted by other proof. Read before the bound ids: an answer recorded
    in between then shows in one of the two.
    """
    asked = {(attempt.message_id, attempt.n) for attempt in attempts}
    keys = sa.select(MESSAGE.c.phone_key).where(MESSAGE.c.id.in_([attempt.message_id for attempt in attempts]))
    statement = (
        sa.select(MESSAGE.c.id, ATTEMPT.c.n, MESSAGE.c.text, ATTEMPT.c.claimed_at, ATTEMPT.c.lease_until)
        .join(MESSAGE, MESSAGE.c.id == ATTEMPT.c.message_id)
        .where(MESSAGE.c.phone_key.in_(keys), ATTEMPT.c.gateway == gateway, ATTEMPT.c.provider_sid.is_(None),
               ATTEMPT.c.state.in_(MAY_BE_LISTED))
    )  # fmt: skip
    rows = session.connection().execute(statement).all()
    return [Rival(*row[2:]) for row in rows if (row[0], row[1]) not in asked]


def bound_sids(session: Session, gateway: str, sids: Sequence[str]) -> frozenset[str]:
    """Which of these provider ids belong to an attempt already."""
    statement = sa.select(ATTEMPT.c.provider_sid).where(ATTEMPT.c.gateway == gateway, ATTEMPT.c.provider_sid.in_(sids))
    return frozenset(sid for sid in session.execute(statement).scalars() if sid)


def attempts_by_sid(session: Session, gateway: str, sids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Provider id → (message id, attempt number)."""
    statement = sa.select(ATTEMPT.c.provider_sid, ATTEMPT.c.message_id, ATTEMPT.c.n).where(
        ATTEMPT.c.gateway == gateway, ATTEMPT.c.provider_sid.in_(sids)
    )
    return {row[0]: (row[1], row[2]) for row in session.connection().execute(statement)}


def may_be_misbound(session: Session, owner: tuple[int, int], named: tuple[int, int]) -> bool:
    """Whether an id bound to `owner` may be that of `named`, both (message id, attempt number).

    Only a listing can bind wrongly, and only among texts to one phone; what has an id of its own needs no other.
    """
    phone_key = sa.select(MESSAGE.c.phone_key).where(MESSAGE.c.id == owner[0]).scalar_subquery()
    statement = (
        sa.select(ATTEMPT.c.id)
        .join(MESSAGE, MESSAGE.c.id == ATTEMPT.c.message_id)
        .where(ATTEMPT.c.message_id == named[0], ATTEMPT.c.n == named[1], ATTEMPT.c.provider_sid.is_(None),
               MESSAGE.c.phone_key == phone_key)
    )  # fmt: skip
    return session.execute(statement).first() is not None


def claimed_at(session: Session, message_id: int, n: int) -> datetime:
    """When an attempt was claimed, by the database's clock."""
    statement = sa.select(ATTEMPT.c.claimed_at).where(ATTEMPT.c.message_id == message_id, ATTEMPT.c.n == n)
    moment: datetime = session.execute(statement).scalar_one()
    return moment


def note_empty_listing(session: Session, message_id: int, n: int) -> None:
    """A complete listing did not show the attempt: the first of the two that prove it was not accepted."""
    session.connection().execute(
        sa.update(ATTEMPT)
        .where(ATTEMPT.c.message_id == message_id, ATTEMPT.c.n == n, ATTEMPT.c.state == "unknown")
        .values(empty_listing_at=database_now(session))
    )
