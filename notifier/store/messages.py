"""Messages after planning: closing touches that have been answered, cancelling, sweeping, finding what a reply answers.

A planned text whose car list shrank is marked by a null text: nothing claims it until it is rendered anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.rules import RULES
from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.sisters import and_at_the_sisters
from notifier.store.tables import Attempt, Customer, Cycle, Message, MessageCycle, Run, Vehicle

ATTEMPT = table_of(Attempt)
CUSTOMER = table_of(Customer)
CYCLE = table_of(Cycle)
MESSAGE = table_of(Message)
MESSAGE_CYCLE = table_of(MessageCycle)
RUN = table_of(Run)
VEHICLE = table_of(Vehicle)

PLANNED = sa.literal("planned", literal_execute=True)  # in the words of the indexes of what is planned
HANDED_OVER = ("accepted", "sent", "delivered", "undelivered")
RENEWAL_BEYOND_DAYS = RULES["insurance_expiry"].tolerance_days


class VisitLike(Protocol):
    """A counted visit: which car, whose, when."""

    @property
    def vehicle_id(self) -> int: ...
    @property
    def customer_id(self) -> int | None: ...
    @property
    def day(self) -> date: ...


@dataclass(frozen=True, slots=True)
class OpenTouch:
    """A touch of a message that has not left yet, with what its cycle is about."""

    touch_id: int
    message_id: int
    cycle_id: int
    stage: str
    subject_type: str
    subject_id: int
    anchor_on: date
    came_from: date
    answered_by: str | None


def touches_not_left(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The columns of an OpenTouch, and `more`, of every touch not closed of a message still planned."""
    return (
        sa.select(MESSAGE_CYCLE.c.id, MESSAGE.c.id, CYCLE.c.id, MESSAGE_CYCLE.c.stage, CYCLE.c.subject_type,
                  CYCLE.c.subject_id, CYCLE.c.anchor_on, CYCLE.c.came_from, CYCLE.c.answered_by, *more)
        .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(MESSAGE_CYCLE.c.closed.is_(None), MESSAGE.c.state == "planned")
    )  # fmt: skip


def open_touches(session: Session, *where: sa.ColumnElement[bool]) -> list[OpenTouch]:
    """Touches not closed, of messages still planned."""
    return [OpenTouch(*row) for row in session.connection().execute(touches_not_left().where(*where))]


def open_touches_of(session: Session, subject_type: str, ids: Iterable[int]) -> list[OpenTouch]:
    """Open touches about these vehicles or customers."""
    return open_touches(session, CYCLE.c.subject_type == subject_type, CYCLE.c.subject_id.in_(sorted(set(ids))))


def close_touches(session: Session, touches: Sequence[OpenTouch], reason: str) -> int:
    """Take these touches out of their planned texts; a text without any left is cancelled for `reason`.

    A text that still speaks of another car loses its wording and is rendered anew. A car that was sold frees its
    cycle for the new owner. Returns how many messages were cancelled.
    """
    if not touches:
        return 0
    connection = session.connection()
    # Texts first, then their touches: the order in which a claim holds them. What was claimed meanwhile is left alone.
    planned = sa.select(MESSAGE.c.id).where(
        MESSAGE.c.id.in_(sorted({touch.message_id for touch in touches})), MESSAGE.c.state == "planned"
    )
    messages = list(connection.execute(planned.order_by(MESSAGE.c.id).with_for_update()).scalars())
    touch_ids = [touch.touch_id for touch in touches if touch.message_id in set(messages)]
    closing = sa.update(MESSAGE_CYCLE).where(MESSAGE_CYCLE.c.id.in_(touch_ids), MESSAGE_CYCLE.c.closed.is_(None))
    connection.execute(closing.values(closed=reason))
    clock = database_now(session)
    still_open = sa.exists().where(MESSAGE_CYCLE.c.message_id == MESSAGE.c.id, MESSAGE_CYCLE.c.closed.is_(None))
    affected = sa.update(MESSAGE).where(MESSAGE.c.id.in_(messages), MESSAGE.c.state == "planned")
    cancelled = connection.execute(
        affected.where(~still_open).values(state="cancelled", reason=reason, changed_at=clock)
    )
    connection.execute(affected.where(still_open).values(text=None, changed_at=clock))
    if reason == "sold":
        connection.execute(sa.delete(MESSAGE_CYCLE).where(MESSAGE_CYCLE.c.id.in_(touch_ids)))
    return cancelled.rowcount


def close_answered(
    session: Session,
    *,
    visits: Sequence[VisitLike] = (),
    renewed: Mapping[int, date] | None = None,
    sold: Sequence[int] = (),
) -> int:
    """Cancel what is planned and now pointless: who came, renewed (vehicle → new policy end), or sold the car.

    Runs inside the transaction that stores the outcome. Returns how many messages were cancelled.
    """
    cancelled = _close_visited(session, visits)
    if renewed:
        everywhere = and_at_the_sisters(session, {("vehicle", key): ends_on for key, ends_on in renewed.items()})
        renewed = {key: ends_on for (_vehicle, key), ends_on in everywhere.items()}
        touches = open_touches_of(session, "vehicle", renewed)
        done = [
            touch for touch in touches
            if touch.answered_by == "renewal"
            and (renewed[touch.subject_id] - touch.anchor_on).days > RENEWAL_BEYOND_DAYS
        ]  # fmt: skip
        cancelled += close_touches(session, done, "renewed")
    if sold:
        cancelled += close_touches(session, open_touches_of(session, "vehicle", sold), "sold")
    return cancelled


def is_anything_planned(session: Session) -> bool:
    """Asked first, for a first import brings a million visits to a shop that has planned nothing."""
    return bool(session.execute(sa.select(sa.exists().where(MESSAGE.c.state == PLANNED))).scalar_one())


def _close_visited(session: Session, visits: Sequence[VisitLike]) -> int:
    if not visits or not is_anything_planned(session):
        return 0
    latest: dict[tuple[str, int], date] = {}
    for visit in visits:
        for key in (("vehicle", visit.vehicle_id), ("customer", visit.customer_id)):
            if key[1] is not None:
                subject = (key[0], key[1])
                latest[subject] = max(latest.get(subject, visit.day), visit.day)
    latest = and_at_the_sisters(session, latest)
    touches = [
        touch
        for subject_type in ("vehicle", "customer")
        for touch in open_touches_of(session, subject_type, [k[1] for k in latest if k[0] == subject_type])
        if touch.answered_by == "visit" and latest[(subject_type, touch.subject_id)] >= touch.came_from
    ]
    return close_touches(session, touches, "came")


def close_booked(session: Session, customer_id: int, vehicle_id: int | None, day: date) -> int:
    """Cancel planned reminders that a booking answers: of that car, or of all the customer's where none is named.

    Those of the other shops of a group too.
    """
    named = {("vehicle", vehicle_id): day} if vehicle_id is not None else {}
    everywhere = and_at_the_sisters(session, {("customer", customer_id): day, **named})
    customers, cars = ([key for kind, key in everywhere if kind == wanted] for wanted in ("customer", "vehicle"))
    vehicle = sa.and_(CYCLE.c.subject_type == "vehicle", CYCLE.c.customer_id.in_(customers))
    if vehicle_id is not None:
        at_others = CYCLE.c.subject_id.in_([car for car in cars if car != vehicle_id])
        vehicle = sa.and_(
            CYCLE.c.subject_type == "vehicle",
            sa.or_(at_others, sa.and_(CYCLE.c.customer_id == customer_id, CYCLE.c.subject_id == vehicle_id)),
        )
    customer = sa.and_(CYCLE.c.subject_type == "customer", CYCLE.c.subject_id.in_(customers))
    touches = open_touches(session, sa.or_(vehicle, customer), CYCLE.c.answered_by == "visit", CYCLE.c.came_from <= day)
    return close_touches(session, touches, "booked")


def close_cycles_of_message(session: Session, message_id: int, reason: str) -> int:
    """Cancel what is still planned of the cycles this message was about ("already done")."""
    cycles = sa.select(MESSAGE_CYCLE.c.cycle_id).where(MESSAGE_CYCLE.c.message_id == message_id)
    return close_touches(session, open_touches(session, CYCLE.c.id.in_(cycles)), reason)


def vehicles_of_message(session: Session, message_id: int) -> list[int]:
    """The cars a message spoke of."""
    statement = (
        sa.select(CYCLE.c.subject_id)
        .join(MESSAGE_CYCLE, MESSAGE_CYCLE.c.cycle_id == CYCLE.c.id)
        .where(MESSAGE_CYCLE.c.message_id == message_id, CYCLE.c.subject_type == "vehicle")
        .order_by(CYCLE.c.subject_id)
    )
    return list(session.execute(statement).scalars())


def cars_named_by(session: Session, message_id: int) -> list[int]:
    """The cars a message named: those it was about, else (a text about the customer) their newest car in use."""
    about = vehicles_of_message(session, message_id)
    if about:
        return about
    owner = sa.select(MESSAGE.c.customer_id).where(MESSAGE.c.id == message_id).scalar_subquery()
    newest = sa.select(sa.func.max(VEHICLE.c.id)).where(VEHICLE.c.customer_id == owner, VEHICLE.c.state == "in_use")
    found = session.execute(newest).scalar_one()
    return [] if found is None else [found]


def cancel_for_phone(session: Session, phone_key: str, reason: str) -> int:
    """Cancel everything planned for a phone, whoever it is for. Returns how many."""
    return _cancel(session, reason, MESSAGE.c.phone_key == phone_key)


def cancel_marketing(session: Session, customer_ids: Collection[int]) -> int:
    """Cancel the offers and greetings planned for customers who want none. Returns how many.

    Who has said no, and not merely never said yes, is sent none by the other shops of a group either.
    """
    if not customer_ids:
        return 0
    said_no = sa.select(CUSTOMER.c.id).where(CUSTOMER.c.id.in_(sorted(customer_ids)), CUSTOMER.c.consent == "no")
    subjects = {("customer", key): date.min for key in session.connection().execute(said_no).scalars()}
    everywhere = {key for _customer, key in and_at_the_sisters(session, subjects)}
    theirs = MESSAGE.c.customer_id.in_(sorted(everywhere.union(customer_ids)))
    return _cancel(session, "consent_refused", theirs, MESSAGE.c.kind == "marketing")


def cancel_by_ids(session: Session, message_ids: Sequence[int], reason: str) -> int:
    """Cancel those of these messages that are still planned. Returns how many."""
    return _cancel(session, reason, MESSAGE.c.id.in_(message_ids)) if message_ids else 0


def sweep_validity(session: Session, now: datetime) -> int:
    """Cancel planned texts whose last day is over. Returns how many."""
    return _cancel(session, "validity_over", MESSAGE.c.valid_until <= now)


def _cancel(session: Session, reason: str, *where: sa.ColumnElement[bool]) -> int:
    result = session.connection().execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.state == "planned", *where)
        .values(state="cancelled", reason=reason, changed_at=database_now(session))
    )
    return result.rowcount


@dataclass(frozen=True, slots=True)
class AnsweredMessage:
    """The message a reply most likely answers, and how its business time maps to the database clock."""

    id: int
    shop_id: int
    customer_id: int
    replies: Mapping[str, Any]
    sent_at: datetime
    claimed_at: datetime


def message_answered_by(session: Session, phone_key: str) -> AnsweredMessage | None:
    """The latest text that has left, or may have left, for this phone."""
    statement = (
        sa.select(MESSAGE.c.id, MESSAGE.c.shop_id, MESSAGE.c.customer_id, MESSAGE.c.replies, MESSAGE.c.sent_at,
                  ATTEMPT.c.claimed_at)
        .join(ATTEMPT, sa.and_(ATTEMPT.c.message_id == MESSAGE.c.id, ATTEMPT.c.n == MESSAGE.c.attempts))
        .where(MESSAGE.c.phone_key == phone_key, MESSAGE.c.state.in_((*HANDED_OVER, "sending", "unknown")),
               MESSAGE.c.sent_at.is_not(None))
        .order_by(MESSAGE.c.sent_at.desc(), MESSAGE.c.id.desc())
        .limit(1)
    )  # fmt: skip
    row = session.connection().execute(statement).first()
    return AnsweredMessage(*row) if row else None


def texts_to_render(session: Session, limit: int) -> list[int]:
    """Planned messages whose wording was taken away because a car left it."""
    statement = (
        sa.select(MESSAGE.c.id)
        .where(MESSAGE.c.state == "planned", MESSAGE.c.text.is_(None))
        .order_by(MESSAGE.c.id)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def waiting_count(session: Session) -> int:
    """Texts planned in runs that may be sent."""
    statement = (
        sa.select(sa.func.count())
        .select_from(MESSAGE)
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE.c.state == "planned", RUN.c.state == "ready")
    )
    return session.execute(statement).scalar_one()
