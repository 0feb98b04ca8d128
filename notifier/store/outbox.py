"""Writing what planning decided: enrolments, cycles, messages, decisions and coupons of one chunk, all or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of, upsert
from notifier.store.engine import database_now
from notifier.store.messages import close_touches, open_touches
from notifier.store.rows import insert_columns, insert_numbered, insert_written
from notifier.store.tables import Coupon, Cycle, Decision, Enrolment, Message, MessageCycle

CYCLE = table_of(Cycle)
DECISION = table_of(Decision)
MESSAGE_CYCLE = table_of(MessageCycle)


@dataclass(slots=True)
class NewEnrolment:
    """A customer entering a campaign for a period."""

    customer_id: int
    period: str
    arm: str
    stage: str
    enrolled_at: datetime
    enrolled_on: date
    first_opens_on: date
    lift_until: date
    out_of_lift: str | None
    id: int | None = None


@dataclass(slots=True)
class PlannedCycle:
    """A cycle a touch belongs to: a new one (`id` None), or a known one, written again where it `has_changed`.

    `is_freed`: it was about a former owner of the car, whose touches of it are forgotten.
    """

    subject_type: str
    subject_id: int
    subject_key: str
    anchor_on: date
    customer_id: int
    came_from: date
    answered_by: str | None
    id: int | None = None
    has_changed: bool = False
    is_freed: bool = False
    enrolment: NewEnrolment | None = None
    enrolment_id: int | None = None


@dataclass(slots=True)
class PlannedTouch:
    """One stage of one cycle with its decision; `supersedes` names earlier stages that still wait to be sent."""

    cycle: PlannedCycle
    stage: str
    verdict: str
    reason: str | None
    closes_on: date
    supersedes: tuple[str, ...] = ()


@dataclass(slots=True)
class PlannedText:
    """One message to write, for one or several touches of one customer."""

    touches: Sequence[PlannedTouch]
    enrolment: NewEnrolment | None
    enrolment_id: int | None
    values: Mapping[str, Any]
    coupon: Mapping[str, Any] | None = None


@dataclass(slots=True)
class PlannedChunk:
    """Everything one chunk of candidates came to. `moved`: cycles planned before whose anchor has moved since."""

    enrolments: list[NewEnrolment] = field(default_factory=list)
    touches: list[PlannedTouch] = field(default_factory=list)
    texts: list[PlannedText] = field(default_factory=list)
    moved: list[PlannedCycle] = field(default_factory=list)


def record_chunk(session: Session, chunk: PlannedChunk, *, shop_id: int, run_id: int, campaign_id: str) -> None:
    """Write the chunk inside the caller's transaction; the unique keys refuse a touch made twice."""
    shared = {"shop_id": shop_id, "campaign_id": campaign_id}
    known = {touch.cycle.id for touch in chunk.touches if touch.cycle.id is not None}
    _write_enrolments(session, chunk.enrolments, shared | {"run_id": run_id})
    _write_cycles(session, [*chunk.moved, *(touch.cycle for touch in chunk.touches)], shared)
    _close_superseded(session, {(touch.cycle.id, stage) for touch in chunk.touches for stage in touch.supersedes})
    _write_texts(session, chunk.texts, shared | {"run_id": run_id})
    _write_decisions(session, [touch for touch in chunk.touches if touch.cycle.id in known], run_id, are_new=False)
    _write_decisions(session, [touch for touch in chunk.touches if touch.cycle.id not in known], run_id, are_new=True)


def _write_decisions(session: Session, touches: Sequence[PlannedTouch], run_id: int, *, are_new: bool) -> None:
    """`are_new`: nothing was ever decided about these cycles; of the others the latest decision stays."""
    decisions = _columns(touches, ("stage", "verdict", "reason", "closes_on"), {"run_id": run_id})
    decisions["cycle_id"] = [touch.cycle.id for touch in touches]
    if are_new:
        insert_columns(session, Decision, decisions)
    else:
        rows = [dict(zip(decisions, row, strict=True)) for row in zip(*decisions.values(), strict=True)]
        upsert(session, Decision, rows, ("cycle_id", "stage"), ("verdict", "reason", "closes_on", "run_id"))


def _columns(items: Sequence[Any], names: Sequence[str], shared: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """Attributes of the items column by column, and what is the same for all of them."""
    columns: dict[str, Sequence[Any]] = {name: [getattr(item, name) for item in items] for name in names}
    return columns | {name: [value] * len(items) for name, value in shared.items()}


def _write_enrolments(session: Session, enrolments: Sequence[NewEnrolment], shared: Mapping[str, Any]) -> None:
    names = ("customer_id", "period", "arm", "stage", "enrolled_at", "enrolled_on", "first_opens_on", "lift_until",
             "out_of_lift")  # fmt: skip
    ids = insert_numbered(session, Enrolment, _columns(enrolments, names, shared))
    for item, key in zip(enrolments, ids, strict=True):
        item.id = key


def _write_cycles(session: Session, cycles: Sequence[PlannedCycle], shared: Mapping[str, Any]) -> None:
    _free(session, [cycle.id for cycle in cycles if cycle.id is not None and cycle.is_freed])
    new = [cycle for cycle in cycles if cycle.id is None]
    names = ("subject_type", "subject_id", "subject_key", "anchor_on", "customer_id", "came_from", "answered_by")
    columns = _columns(new, names, shared) | {"enrolment_id": [_enrolment_of(cycle) for cycle in new]}
    moved = [
        {"b_id": cycle.id, "anchor_on": cycle.anchor_on, "came_from": cycle.came_from,
         "enrolment_id": _enrolment_of(cycle), "customer_id": cycle.customer_id}
        for cycle in cycles
        if cycle.id is not None and cycle.has_changed
    ]  # fmt: skip
    for cycle, key in zip(new, insert_numbered(session, Cycle, columns), strict=True):
        cycle.id = key
    if moved:
        session.connection().execute(sa.update(CYCLE).where(CYCLE.c.id == sa.bindparam("b_id")), moved)


def _free(session: Session, cycle_ids: Sequence[int]) -> None:
    """Cars that have a new owner, who was told nothing yet."""
    if cycle_ids:
        close_touches(session, open_touches(session, CYCLE.c.id.in_(cycle_ids)), "sold")
        for table in (MESSAGE_CYCLE, DECISION):
            session.connection().execute(sa.delete(table).where(table.c.cycle_id.in_(cycle_ids)))


def _enrolment_of(cycle: PlannedCycle) -> int | None:
    return cycle.enrolment.id if cycle.enrolment is not None else cycle.enrolment_id


def _close_superseded(session: Session, earlier: Collection[tuple[int | None, str]]) -> None:
    """A still planned earlier touch is pointless once a later one opens."""
    if earlier:
        touches = open_touches(session, CYCLE.c.id.in_({cycle_id for cycle_id, _ in earlier}))
        close_touches(session, [touch for touch in touches if (touch.cycle_id, touch.stage) in earlier], "next_stage")


def _write_texts(session: Session, texts: Sequence[PlannedText], shared: Mapping[str, Any]) -> None:
    if not texts:
        return
    clock = database_now(session)
    columns: dict[str, Sequence[Any]] = {name: [text.values[name] for text in texts] for name in texts[0].values}
    columns |= _columns(
        texts, (), {**shared, "created_at": clock, "changed_at": clock, "attempts": 0, "repeated": False}
    )
    columns["enrolment_id"] = [text.enrolment.id if text.enrolment is not None else text.enrolment_id for text in texts]
    ids = insert_numbered(session, Message, columns)
    links = [(touch, key) for text, key in zip(texts, ids, strict=True) for touch in text.touches]
    insert_columns(
        session,
        MessageCycle,
        {
            "cycle_id": [touch.cycle.id for touch, _ in links],
            "stage": [touch.stage for touch, _ in links],
            "message_id": [key for _, key in links],
        },
    )
    _write_coupons(session, [(text.coupon, key) for text, key in zip(texts, ids, strict=True) if text.coupon], shared)


def _write_coupons(
    session: Session, coupons: Sequence[tuple[Mapping[str, Any], int]], shared: Mapping[str, Any]
) -> None:
    rows = [
        {**coupon, "shop_id": shared["shop_id"], "campaign_id": shared["campaign_id"], "message_id": key}
        for coupon, key in coupons
    ]
    insert_written(session, Coupon, rows)


def close_deferred(session: Session, *, shop_id: int, campaign_id: str, today: date) -> int:
    """Deferred touches whose stage has closed become excluded, with that reason. Returns how many."""
    cycles = sa.select(CYCLE.c.id).where(CYCLE.c.shop_id == shop_id, CYCLE.c.campaign_id == campaign_id)
    result = session.connection().execute(
        sa.update(DECISION)
        .where(DECISION.c.verdict == "deferred", DECISION.c.closes_on < today, DECISION.c.cycle_id.in_(cycles))
        .values(verdict="excluded", reason="window_closed")
    )
    return result.rowcount
