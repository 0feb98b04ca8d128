"""Outcomes (visits and renewals), what might have earned them, and the credit they were given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of, upsert
from notifier.store.tables import (
    Assist,
    Booking,
    Click,
    Contact,
    Coupon,
    Credit,
    Link,
    Message,
    Renewal,
    Reply,
    Run,
    Visit,
)

ASSIST = table_of(Assist)
BOOKING = table_of(Booking)
CLICK = table_of(Click)
CONTACT = table_of(Contact)
COUPON = table_of(Coupon)
CREDIT = table_of(Credit)
LINK = table_of(Link)
MESSAGE = table_of(Message)
RENEWAL = table_of(Renewal)
REPLY = table_of(Reply)
RUN = table_of(Run)
VISIT = table_of(Visit)

NO_ANSWERS = ("stop", "empty")


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """A visit or renewal whose credit is to be worked out. `amount_minor` = what the shop earned by it.

    `counts` is False for a visit that no longer counts: it gives back what it was credited with.
    """

    type: str
    id: int
    shop_id: int
    customer_id: int
    vehicle_id: int | None
    day: date
    arrived_at: datetime | None
    amount_minor: int
    counts: bool


@dataclass(frozen=True, slots=True)
class TouchRow:
    """A message that may have earned an outcome of its customer."""

    message_id: int
    campaign_id: str
    customer_id: int
    state: str
    sent_at: datetime | None
    settings: dict[str, Any]


def outcomes_to_credit(session: Session, since: date, limit: int) -> list[OutcomeRow]:
    """Outcomes never looked at, or whose candidates have changed since, dated from `since` on."""
    is_credited = sa.exists().where(CREDIT.c.outcome_type == "visit", CREDIT.c.outcome_id == VISIT.c.id)
    visit = _waiting(VISIT, "visit", since, VISIT.c.arrived_at, VISIT.c.amount_minor, VISIT.c.counted)
    visit = visit.where(sa.or_(VISIT.c.counted, is_credited))
    renewal = _waiting(RENEWAL, "renewal", since, sa.null(), RENEWAL.c.commission_minor, sa.true())
    found: list[OutcomeRow] = []
    for statement in (visit, renewal):
        if len(found) < limit:
            rows = session.connection().execute(statement.limit(limit - len(found)))
            found += [OutcomeRow(*row) for row in rows]
    return found


def _waiting(table: sa.Table, kind: str, since: date, *facts: sa.ColumnElement[Any]) -> sa.Select[Any]:
    changed_message = sa.exists().where(
        MESSAGE.c.customer_id == table.c.customer_id,
        MESSAGE.c.changed_at > table.c.attributed_at,
        # Not `sent_at`: a text that returned to planned has none, and loses the credit it had.
        MESSAGE.c.attempts > 0,
    )
    new_reply = sa.exists().where(
        REPLY.c.customer_id == table.c.customer_id, REPLY.c.received_at > table.c.attributed_at
    )
    new_click = sa.exists().where(
        CLICK.c.link_id == LINK.c.id,
        LINK.c.message_id == MESSAGE.c.id,
        MESSAGE.c.customer_id == table.c.customer_id,
        CLICK.c.received_at > table.c.attributed_at,
    )
    new_booking = sa.exists().where(
        BOOKING.c.customer_id == table.c.customer_id, BOOKING.c.created_at > table.c.attributed_at
    )
    new_call = sa.exists().where(
        CONTACT.c.customer_id == table.c.customer_id, CONTACT.c.updated_at > table.c.attributed_at
    )
    return (
        sa.select(sa.literal(kind), table.c.id, table.c.shop_id, table.c.customer_id, table.c.vehicle_id, table.c.day,
                  *facts)
        .where(table.c.day >= since, table.c.customer_id.is_not(None),
               sa.or_(table.c.attributed_at.is_(None), table.c.changed_at > table.c.attributed_at,
                      changed_message, new_reply, new_click, new_booking, new_call))
        .order_by(table.c.id)
    )  # fmt: skip


def touches_of(session: Session, customer_ids: Sequence[int]) -> dict[int, list[TouchRow]]:
    """Messages that have left, or may have, by customer."""
    statement = (
        sa.select(MESSAGE.c.id, MESSAGE.c.campaign_id, MESSAGE.c.customer_id, MESSAGE.c.state, MESSAGE.c.sent_at,
                  RUN.c.settings)
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE.c.customer_id.in_(customer_ids),
               MESSAGE.c.state.in_(("sending", "unknown", "accepted", "sent", "delivered")))
    )  # fmt: skip
    touches: dict[int, list[TouchRow]] = defaultdict(list)
    for row in session.connection().execute(statement):
        touches[row[2]].append(TouchRow(*row))
    return touches


def answers_to(session: Session, message_ids: Sequence[int]) -> dict[int, list[date]]:
    """Days on which a message was answered by a text or a click, a plain stop left out."""
    days: dict[int, list[date]] = defaultdict(list)
    replies = sa.select(REPLY.c.message_id, REPLY.c.arrived_on).where(
        REPLY.c.message_id.in_(message_ids), REPLY.c.meaning.not_in(NO_ANSWERS)
    )
    clicks = (
        sa.select(LINK.c.message_id, CLICK.c.clicked_on)
        .join(CLICK, CLICK.c.link_id == LINK.c.id)
        .where(LINK.c.message_id.in_(message_ids))
    )
    for statement in (replies, clicks):
        for message_id, day in session.connection().execute(statement):
            days[message_id].append(day)
    return days


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking of a customer; `message_id` where it names the text it answers."""

    customer_id: int
    vehicle_id: int | None
    message_id: int | None
    booked_on: date


def bookings_of(session: Session, customer_ids: Sequence[int]) -> dict[int, list[BookingRow]]:
    """Bookings by customer, cancelled ones left out."""
    statement = sa.select(BOOKING.c.customer_id, BOOKING.c.vehicle_id, BOOKING.c.message_id, BOOKING.c.booked_on).where(
        BOOKING.c.customer_id.in_(customer_ids), BOOKING.c.state != "cancelled"
    )
    bookings: dict[int, list[BookingRow]] = defaultdict(list)
    for row in session.connection().execute(statement):
        bookings[row[0]].append(BookingRow(*row))
    return bookings


def coupons_redeemed(session: Session, visit_ids: Sequence[int]) -> dict[int, set[int]]:
    """Visit → messages whose unique coupon was redeemed in it."""
    statement = sa.select(COUPON.c.visit_id, COUPON.c.message_id).where(
        COUPON.c.visit_id.in_(visit_ids), COUPON.c.message_id.is_not(None)
    )
    redeemed: dict[int, set[int]] = defaultdict(set)
    for visit_id, message_id in session.connection().execute(statement):
        redeemed[visit_id].add(message_id)
    return redeemed


@dataclass(frozen=True, slots=True)
class CreditRow:
    """What an outcome came to: the message that earned it (None = nobody), by what, and who assisted."""

    outcome: OutcomeRow
    message_id: int | None
    campaign_id: str | None
    evidence: str | None
    assisted: Sequence[tuple[int, str]]


def record_credits(session: Session, rows: Sequence[CreditRow], clock: datetime) -> None:
    """Write the credit of each outcome anew. `clock` = the database's time when its candidates were read."""
    for kind, table in (("visit", VISIT), ("renewal", RENEWAL)):
        ids = [item.outcome.id for item in rows if item.outcome.type == kind]
        if not ids:
            continue
        here = [item for item in rows if item.outcome.type == kind]
        _forget(session, kind, [item.outcome.id for item in here if item.message_id is None])
        connection = session.connection()
        connection.execute(sa.delete(ASSIST).where(ASSIST.c.outcome_type == kind, ASSIST.c.outcome_id.in_(ids)))
        upsert(session, Credit, [_credit(item, clock) for item in here if item.message_id is not None],
               ("outcome_type", "outcome_id"),
               ("message_id", "campaign_id", "evidence", "day", "amount_minor", "credited_at"))  # fmt: skip
        insert_rows(session, Assist, [assist for item in here for assist in _assists(item)])
        connection.execute(sa.update(table).where(table.c.id.in_(ids)).values(attributed_at=clock))


def _forget(session: Session, kind: str, ids: Sequence[int]) -> None:
    session.connection().execute(sa.delete(CREDIT).where(CREDIT.c.outcome_type == kind, CREDIT.c.outcome_id.in_(ids)))


def _credit(item: CreditRow, clock: datetime) -> dict[str, Any]:
    outcome = item.outcome
    return {"shop_id": outcome.shop_id, "outcome_type": outcome.type, "outcome_id": outcome.id,
            "message_id": item.message_id, "campaign_id": item.campaign_id, "evidence": item.evidence,
            "day": outcome.day, "amount_minor": outcome.amount_minor, "credited_at": clock}  # fmt: skip


def _assists(item: CreditRow) -> list[dict[str, Any]]:
    outcome = item.outcome
    return [
        {"shop_id": outcome.shop_id, "outcome_type": outcome.type, "outcome_id": outcome.id,
         "message_id": message_id, "campaign_id": campaign_id}
        for message_id, campaign_id in item.assisted
    ]  # fmt: skip


def visit_days_of(session: Session, customer_ids: Sequence[int], since: date) -> dict[int, list[tuple[int, date]]]:
    """Customer → (vehicle, day) of every counted visit from `since` on."""
    statement = sa.select(VISIT.c.customer_id, VISIT.c.vehicle_id, VISIT.c.day).where(
        VISIT.c.customer_id.in_(customer_ids), VISIT.c.counted, VISIT.c.day >= since
    )
    days: dict[int, list[tuple[int, date]]] = defaultdict(list)
    for customer_id, vehicle_id, day in session.connection().execute(statement):
        days[customer_id].append((vehicle_id, day))
    return days
