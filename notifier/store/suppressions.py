"""Phones no text may go to: those that said stop (kept by phone key across the group, so it outlives customers,
merges and erasure) and those the provider calls dead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.consents import BY_DESK, is_by_desk
from notifier.store.bulk import insert_missing, table_of
from notifier.store.engine import database_now
from notifier.store.messages import cancel_for_phone
from notifier.store.tables import Customer, Message, Reply, Suppression

CUSTOMER = table_of(Customer)
MESSAGE = table_of(Message)
REPLY = table_of(Reply)
SUPPRESSION = table_of(Suppression)
_ENTERED_BY_STAFF = sa.and_(
    SUPPRESSION.c.reason == "staff", sa.func.substr(SUPPRESSION.c.source, 1, len(BY_DESK)) == BY_DESK
)


def suppress(session: Session, phone_key: str, *, reason: str, source: str | None) -> int:
    """Suppress a phone and cancel everything planned for it, in the caller's transaction.

    Returns how many planned texts were cancelled. A phone suppressed already keeps its first date, and its reason too
    unless staff had entered it: the customer's own word, or the carrier's, takes the place of theirs.
    """
    clock = database_now(session)
    row = {"phone_key": phone_key, "reason": reason, "source": source, "since": clock}
    if not insert_missing(session, Suppression, [row], ["phone_key"]):
        is_lifted = SUPPRESSION.c.lifted_at.is_not(None)
        gives_way = is_lifted if _is_by_staff(reason, source) else sa.or_(is_lifted, _ENTERED_BY_STAFF)
        # One statement: who lifts the stop meanwhile is waited for, and then it stands anew.
        session.connection().execute(
            sa.update(SUPPRESSION)
            .where(SUPPRESSION.c.phone_key == phone_key, gives_way)
            .values(reason=reason, source=source, lifted_at=None,
                    since=sa.case((is_lifted, clock), else_=SUPPRESSION.c.since))
        )  # fmt: skip
    return cancel_for_phone(session, phone_key, "opted_out")


def _is_by_staff(reason: str, source: str | None) -> bool:
    """As `_ENTERED_BY_STAFF`: a reply may well begin with the same word, and is the customer's for all that."""
    return reason == "staff" and is_by_desk(source)


def suppress_messages(session: Session, codes: Mapping[int, str]) -> None:
    """The provider refused these messages (id → its code) because their phones have opted out with it."""
    statement = sa.select(MESSAGE.c.id, MESSAGE.c.phone_key).where(MESSAGE.c.id.in_(sorted(codes)))
    for message_id, phone_key in session.connection().execute(statement).all():
        if phone_key is not None:
            suppress(session, phone_key, reason="carrier", source=codes[message_id])


def lift(session: Session, phone_key: str) -> bool:
    """The person asked for texts again. Returns whether there was a suppression to lift."""
    result = session.connection().execute(
        sa.update(SUPPRESSION)
        .where(SUPPRESSION.c.phone_key == phone_key, SUPPRESSION.c.lifted_at.is_(None))
        .values(lifted_at=database_now(session))
    )
    return result.rowcount > 0


def suppression_of(session: Session, phone_key: str) -> Suppression | None:
    """The phone's suppression that is in force, or None."""
    statement = sa.select(Suppression).where(SUPPRESSION.c.phone_key == phone_key, SUPPRESSION.c.lifted_at.is_(None))
    return session.execute(statement).scalar_one_or_none()


def has_said_stop_since(session: Session, phone_key: str, since: datetime) -> bool:
    """Whether the person has texted a stop at `since` (database clock) or later, beside what stopped the phone."""
    said = (REPLY.c.phone_key == phone_key, REPLY.c.meaning == "stop", REPLY.c.received_at >= since)
    return session.execute(sa.select(REPLY.c.id).where(*said).limit(1)).first() is not None


def mark_unreachable(session: Session, reasons: Mapping[int, str]) -> None:
    """The provider says the numbers of these messages (id → its code) are of no use until the phone changes."""
    from_messages = sa.select(MESSAGE.c.id, MESSAGE.c.customer_id, MESSAGE.c.phone_key).where(
        MESSAGE.c.id.in_(sorted(reasons))
    )
    for message_id, customer_id, phone_key in session.connection().execute(from_messages).all():
        session.connection().execute(
            sa.update(CUSTOMER)
            .where(CUSTOMER.c.id == customer_id, CUSTOMER.c.phone_key == phone_key, CUSTOMER.c.unreachable.is_(None))
            .values(unreachable=reasons[message_id], updated_at=database_now(session))
        )
