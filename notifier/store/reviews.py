"""What a person must see before deciding: the texts of a run, and the evidence about texts nobody can tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.tables import Attempt, Coupon, Message, TemplateVersion
from notifier.store.touches import COUNTED_ARMS

__all__ = [
    "Departure", "Evidence", "NewPlace", "SampleText", "StageTotal", "Waiting", "departures", "move", "overdue",
    "run_totals", "sample_texts", "unknown_evidence",
]  # fmt: skip

ATTEMPT = table_of(Attempt)
COUPON = table_of(Coupon)
MESSAGE = table_of(Message)
VERSION = table_of(TemplateVersion)


@dataclass(frozen=True, slots=True)
class StageTotal:
    """The rows of one stage and state of a run, with their segments and cost (millionths of the currency)."""

    stage: str
    state: str
    messages: int
    segments: int
    cost_micros: int


@dataclass(frozen=True, slots=True)
class SampleText:
    """One text as its customer would read it. `texts`: how many the run has of this stage, wording and variant."""

    stage: str
    template: str
    variant: str | None
    language: str
    texts: int
    segments: int
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of a run that has not left: planned, or withheld beside them."""

    id: int
    state: str
    customer_id: int
    cost_micros: int
    not_before: datetime
    valid_until: datetime
    phone: str | None


@dataclass(frozen=True, slots=True)
class NewPlace:
    """Another place in time for a row."""

    message_id: int
    not_before: datetime
    count_on: date


@dataclass(frozen=True, slots=True)
class Departure:
    """The planned texts of a run that count on one day, and the first moment of them."""

    day: date
    first: datetime
    texts: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One attempt nobody can tell about, with all that is known of it."""

    message_id: int
    n: int
    campaign_id: str
    gateway: str
    phone: str | None
    text: str | None
    claimed_at: datetime
    lease_until: datetime
    provider_sid: str | None
    error_code: str | None
    error_text: str | None
    empty_listing_at: datetime | None
    valid_until: datetime


def run_totals(session: Session, run_id: int) -> list[StageTotal]:
    """What a run holds, by stage and state."""
    statement = (
        sa.select(MESSAGE.c.stage, MESSAGE.c.state, sa.func.count(), sa.func.sum(MESSAGE.c.segments),
                  sa.func.sum(MESSAGE.c.cost_micros))
        .where(MESSAGE.c.run_id == run_id)
        .group_by(MESSAGE.c.stage, MESSAGE.c.state)
        .order_by(MESSAGE.c.stage, MESSAGE.c.state)
    )  # fmt: skip
    rows = session.connection().execute(statement)
    return [StageTotal(stage, state, number, int(segments), int(cost)) for stage, state, number, segments, cost in rows]


def sample_texts(session: Session, run_id: int, a_kind: int) -> list[SampleText]:
    """The longest `a_kind` texts of each stage, template, variant and language of a run."""
    kind = (MESSAGE.c.stage, VERSION.c.name, MESSAGE.c.variant, MESSAGE.c.language)
    place = sa.func.row_number().over(partition_by=kind, order_by=(MESSAGE.c.segments.desc(), MESSAGE.c.id))
    number = sa.func.count().over(partition_by=kind)
    numbered = (
        sa.select(*kind, number.label("texts"), MESSAGE.c.segments, MESSAGE.c.text, place.label("place"))
        .join(VERSION, VERSION.c.id == MESSAGE.c.template_version_id)
        .where(MESSAGE.c.run_id == run_id, MESSAGE.c.text.is_not(None))
        .subquery()
    )
    columns = [column for column in numbered.c if column.name != "place"]
    statement = sa.select(*columns).where(numbered.c.place <= a_kind).order_by(*columns[:4], numbered.c.place)
    return [SampleText(*row) for row in session.connection().execute(statement)]


def departures(session: Session, run_id: int) -> list[Departure]:
    """The planned texts of a run by the day they count on."""
    statement = (
        sa.select(MESSAGE.c.count_on, sa.func.min(MESSAGE.c.not_before), sa.func.count())
        .where(MESSAGE.c.run_id == run_id, MESSAGE.c.state == "planned")
        .group_by(MESSAGE.c.count_on)
        .order_by(MESSAGE.c.count_on)
    )
    return [Departure(*row) for row in session.connection().execute(statement)]


def overdue(session: Session, run_id: int, today: date) -> list[Waiting]:
    """Rows of a run whose day is over and whose text has not left, in the order they were to go.

    Those of a campaign's control are among them: caps, budget and spread count them like any other.
    """
    columns = [MESSAGE.c[name] for name in Waiting.__dataclass_fields__]
    statement = (
        sa.select(*columns)
        .where(MESSAGE.c.run_id == run_id, MESSAGE.c.count_on < today, MESSAGE.c.state.in_(("planned", "withheld")),
               MESSAGE.c.arm.in_(COUNTED_ARMS))
        .order_by(MESSAGE.c.not_before, MESSAGE.c.id)
    )  # fmt: skip
    return [Waiting(*row) for row in session.connection().execute(statement)]


def move(session: Session, places: Sequence[NewPlace], coupon_days: int | None) -> None:
    """Give rows another place. A coupon is valid `coupon_days` from the new day on, and its text is worded anew."""
    if not places:
        return
    connection, clock = session.connection(), database_now(session)
    moved = [{"b_id": each.message_id, "not_before": each.not_before, "count_on": each.count_on} for each in places]
    waits = sa.or_(MESSAGE.c.state == "planned", MESSAGE.c.state == "withheld")
    connection.execute(
        sa.update(MESSAGE).where(MESSAGE.c.id == sa.bindparam("b_id"), waits).values(changed_at=clock), moved
    )
    if coupon_days is None:
        return
    ids = [each.message_id for each in places]
    offered = set(connection.execute(sa.select(COUPON.c.message_id).where(COUPON.c.message_id.in_(ids))).scalars())
    issued = [
        {"b_id": each.message_id, "issued_on": each.count_on, "ends_on": each.count_on + timedelta(days=coupon_days)}
        for each in places
        if each.message_id in offered
    ]
    if issued:
        connection.execute(sa.update(COUPON).where(COUPON.c.message_id == sa.bindparam("b_id")), issued)
        spoken = sa.update(MESSAGE).where(MESSAGE.c.id.in_(offered), MESSAGE.c.state == "planned")
        connection.execute(spoken.values(text=None))


def unknown_evidence(session: Session) -> list[Evidence]:
    """Every attempt in state unknown, oldest first, with its evidence."""
    columns = [
        ATTEMPT.c.message_id, ATTEMPT.c.n, MESSAGE.c.campaign_id, ATTEMPT.c.gateway, MESSAGE.c.phone, MESSAGE.c.text,
        ATTEMPT.c.claimed_at, ATTEMPT.c.lease_until, ATTEMPT.c.provider_sid, ATTEMPT.c.error_code,
        ATTEMPT.c.error_text, ATTEMPT.c.empty_listing_at, MESSAGE.c.valid_until,
    ]  # fmt: skip
    statement = (
        sa.select(*columns)
        .join(MESSAGE, MESSAGE.c.id == ATTEMPT.c.message_id)
        .where(ATTEMPT.c.state == "unknown")
        .order_by(ATTEMPT.c.claimed_at, ATTEMPT.c.id)
    )
    return [Evidence(*row) for row in session.connection().execute(statement)]
