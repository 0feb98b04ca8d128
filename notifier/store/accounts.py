"""The books: is every planned text accounted for, and was nobody texted twice, or after a stop?

Each figure is counted from what the rows say, not from what the unique keys promise.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.tables import (
    Attempt,
    Cycle,
    Enrolment,
    Message,
    MessageCycle,
    Reply,
    Vehicle,
    Visit,
)

__all__ = [
    "EnrolledCustomer",
    "PlannedText",
    "arrivals_of",
    "doubled_touches",
    "enrolled_customers",
    "messages_by_state",
    "newer_texts",
    "sample_texts",
    "texts_after_stop",
    "visits_counted",
]

ATTEMPT, CYCLE, ENROLMENT, MESSAGE, MESSAGE_CYCLE, REPLY, VEHICLE, VISIT = (
    table_of(model) for model in (Attempt, Cycle, Enrolment, Message, MessageCycle, Reply, Vehicle, Visit)
)
ARRIVED = ("accepted", "sent", "delivered")
LEFT = (*ARRIVED, "undelivered")
SAME_THING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PlannedText:
    """A message to be sent: whose stage it is, and the cars it speaks of (none where it is about the customer)."""

    message_id: int
    campaign_id: str
    stage: str
    vins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnrolledCustomer:
    """An enrolment in one of a campaign's two arms that counts for lift, with the cars of its customer."""

    arm: str
    enrolled_on: date
    first_opens_on: date
    lift_until: date
    vins: tuple[str, ...]


def newer_texts(session: Session, after_id: int) -> list[PlannedText]:
    """Messages with an id above `after_id` that are to be sent, by id."""
    statement = (
        sa.select(MESSAGE.c.id, MESSAGE.c.campaign_id, MESSAGE.c.stage, VEHICLE.c.vin)
        .outerjoin(MESSAGE_CYCLE, MESSAGE_CYCLE.c.message_id == MESSAGE.c.id)
        .outerjoin(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .outerjoin(VEHICLE, sa.and_(CYCLE.c.subject_type == "vehicle", VEHICLE.c.id == CYCLE.c.subject_id))
        .where(MESSAGE.c.id > after_id, MESSAGE.c.state != "withheld")
        .order_by(MESSAGE.c.id, VEHICLE.c.vin)
    )
    cars: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for message_id, campaign_id, stage, vin in session.connection().execute(statement):
        cars[message_id, campaign_id, stage] += [vin] if vin is not None else []
    return [PlannedText(*key, tuple(vins)) for key, vins in cars.items()]


def messages_by_state(session: Session) -> dict[str, int]:
    """State → how many messages are in it, over all campaigns."""
    statement = sa.select(MESSAGE.c.state, sa.func.count()).group_by(MESSAGE.c.state)
    return dict(session.connection().execute(statement).all())


def doubled_touches(session: Session) -> int:
    """How often a stage of the same thing was told in two messages that left: the same car or customer, the same
    campaign, and days that differ by less than the least tolerance of any rule.
    """
    statement = (
        sa.select(CYCLE.c.campaign_id, CYCLE.c.subject_type, CYCLE.c.subject_id, MESSAGE_CYCLE.c.stage,
                  CYCLE.c.anchor_on, MESSAGE.c.id)
        .join(MESSAGE_CYCLE, MESSAGE_CYCLE.c.cycle_id == CYCLE.c.id)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(MESSAGE.c.state.in_(LEFT))
        .order_by(CYCLE.c.campaign_id, CYCLE.c.subject_type, CYCLE.c.subject_id, MESSAGE_CYCLE.c.stage,
                  CYCLE.c.anchor_on, MESSAGE.c.id)
    )  # fmt: skip
    told = session.connection().execute(statement).all()
    return sum(
        before[:4] == after[:4] and before[5] != after[5] and after[4] - before[4] < SAME_THING
        for before, after in pairwise(told)
    )


def arrivals_of(session: Session) -> dict[int, int]:
    """Message → how many of its attempts reached the phone, or may have, as far as the provider said."""
    statement = (
        sa.select(ATTEMPT.c.message_id, sa.func.count())
        .where(ATTEMPT.c.state.in_(ARRIVED))
        .group_by(ATTEMPT.c.message_id)
    )
    return dict(session.connection().execute(statement).all())


def texts_after_stop(session: Session) -> int:
    """Texts that left for a phone after the moment at which it had said stop."""
    late = (
        sa.select(MESSAGE.c.id)
        .join(REPLY, REPLY.c.phone_key == MESSAGE.c.phone_key)
        .where(REPLY.c.meaning == "stop", MESSAGE.c.state.in_(LEFT), MESSAGE.c.sent_at > REPLY.c.business_at)
        .distinct()
    )
    return _count(session, late)


def visits_counted(session: Session, first: date, last: date) -> int:
    """Visits of [first, last] that count for the shop."""
    return _count(session, sa.select(VISIT.c.id).where(VISIT.c.counted, VISIT.c.day.between(first, last)))


def enrolled_customers(session: Session, campaign_id: str, first: date, last: date) -> list[EnrolledCustomer]:
    """Treatment and control enrolled in [first, last] and not left out of lift, each with the customer's cars."""
    statement = (
        sa.select(ENROLMENT.c.id, ENROLMENT.c.arm, ENROLMENT.c.enrolled_on, ENROLMENT.c.first_opens_on,
                  ENROLMENT.c.lift_until, VEHICLE.c.vin)
        .join(VEHICLE, VEHICLE.c.customer_id == ENROLMENT.c.customer_id)
        .where(ENROLMENT.c.campaign_id == campaign_id, ENROLMENT.c.arm.in_(("treatment", "control")),
               ENROLMENT.c.out_of_lift.is_(None), ENROLMENT.c.enrolled_on.between(first, last))
        .order_by(ENROLMENT.c.id, VEHICLE.c.vin)
    )  # fmt: skip
    cars: dict[tuple[int, str, date, date, date], list[str]] = defaultdict(list)
    for *key, vin in session.connection().execute(statement):
        cars[tuple(key)].append(vin)
    return [EnrolledCustomer(*key[1:], tuple(vins)) for key, vins in cars.items()]


def sample_texts(session: Session) -> dict[str, str]:
    """Campaign id → its latest text that was delivered."""
    latest = (
        sa.select(sa.func.max(MESSAGE.c.id))
        .where(MESSAGE.c.state == "delivered", MESSAGE.c.text.is_not(None))
        .group_by(MESSAGE.c.campaign_id)
    )
    statement = sa.select(MESSAGE.c.campaign_id, MESSAGE.c.text).where(MESSAGE.c.id.in_(latest))
    return dict(session.connection().execute(statement).all())


def _count(session: Session, rows: sa.Select[tuple[int]]) -> int:
    return session.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one()
