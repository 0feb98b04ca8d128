"""What a person must see before deciding: the texts of a run, and the evidence about texts nobody can tell of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.tables import Attempt, Message

__all__ = ["Evidence", "SampleText", "StageTotal", "run_totals", "sample_texts", "unknown_evidence"]

ATTEMPT = table_of(Attempt)
MESSAGE = table_of(Message)


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
    """One text as its customer would read it."""

    stage: str
    language: str
    segments: int
    text: str


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


def sample_texts(session: Session, run_id: int, a_stage: int) -> list[SampleText]:
    """The first `a_stage` texts of each stage and language of a run."""
    place = sa.func.row_number().over(
        partition_by=(MESSAGE.c.stage, MESSAGE.c.language), order_by=(MESSAGE.c.segments.desc(), MESSAGE.c.id)
    )
    numbered = (
        sa.select(MESSAGE.c.stage, MESSAGE.c.language, MESSAGE.c.segments, MESSAGE.c.text, place.label("place"))
        .where(MESSAGE.c.run_id == run_id, MESSAGE.c.text.is_not(None))
        .subquery()
    )
    columns = (numbered.c.stage, numbered.c.language, numbered.c.segments, numbered.c.text)
    statement = sa.select(*columns).where(numbered.c.place <= a_stage).order_by(*columns[:2], numbered.c.place)
    return [SampleText(*row) for row in session.connection().execute(statement)]


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
