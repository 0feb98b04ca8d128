"""Claims: the texts one sender alone may post now, each written down as an attempt, with a lease, before it is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import NO_LONGER_THEIRS
from notifier.store import lanes
from notifier.store.bulk import insert_rows, table_of
from notifier.store.engine import database_now
from notifier.store.holds import is_held_back, shop_zones
from notifier.store.messages import RENEWAL_BEYOND_DAYS, OpenTouch, cancel_by_ids, close_touches, open_touches
from notifier.store.runs import RunRow, ready_runs
from notifier.store.tables import (
    Attempt,
    Booking,
    Customer,
    Cycle,
    Message,
    MessageCycle,
    Renewal,
    Suppression,
    Vehicle,
    Visit,
)

ATTEMPT = table_of(Attempt)
BOOKING = table_of(Booking)
CUSTOMER = table_of(Customer)
CYCLE = table_of(Cycle)
MESSAGE = table_of(Message)
MESSAGE_CYCLE = table_of(MessageCycle)
RENEWAL = table_of(Renewal)
SUPPRESSION = table_of(Suppression)
VEHICLE = table_of(Vehicle)
VISIT = table_of(Visit)
LOOK_AGAIN = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One text this sender alone may post now, as attempt `n`."""

    message_id: int
    n: int
    phone: str
    text: str
    segments: int
    valid_until: datetime


HeldUntil = Callable[[RunRow, str], datetime | None]
"""Of a run and a phone: until when the text is held back, or None where it may leave."""


def _never_held(_run: RunRow, _phone: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought: texts, how many were cancelled on the way, and when to ask again where there are none."""

    texts: Sequence[Claimed]
    cancelled: int = 0
    again_at: datetime | None = None
    stopped: str | None = None
    looked_at: int = 0


def claim(
    session: Session,
    gateway: str,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    units_per_second: float,
    unit: str,
    may_send: Callable[[RunRow], bool],
    held_until: HeldUntil = _never_held,
) -> Claim:
    """Claim up to `limit` texts and reserve their pace, in the caller's write transaction.

    Re-checks at the last moment what may have changed since planning: a stop, a dead number, consent, an outcome,
    validity. Passes over, as still planned, what a complaint, the workshop or an accident holds back.
    `may_send` refuses runs whose shop is closed or in its quiet hours; `held_until` puts off single texts whose reader
    is. `unit` = what the provider counts: segment or message.
    """
    lane = lanes.lane_of(session, gateway, lock=True)
    clock = database_now(session)
    allowed = lanes.may_pass(lane, clock, units_per_second)
    if allowed.units <= 0:
        return Claim((), again_at=allowed.again_at, stopped=allowed.stopped)
    if allowed.probing and _is_posting(session, gateway, clock):
        return Claim((), again_at=clock + LOOK_AGAIN)
    at_most = 1 if allowed.probing else limit
    rows, held = _candidates(session, gateway, now, at_most, may_send=may_send, held_until=held_until)
    refused = _refused_now(session, rows, now)
    cancelled = sum(cancel_by_ids(session, ids, reason) for reason, ids in refused.items())
    cancelled += _close_answered_touches(session, [row["id"] for row in rows])
    chosen, units = _within(_still_planned(session, rows), allowed.units, unit)
    texts = _begin_attempts(session, gateway, chosen, now=now, clock=clock, lease=lease)
    if texts:
        lanes.reserve(session, lane, clock, units, units_per_second)
    return Claim(texts, cancelled, looked_at=len(rows) + held)


def _is_posting(session: Session, gateway: str, clock: datetime) -> bool:
    """Whether a POST is under way: after trouble its answer is awaited before the next one begins."""
    statement = sa.select(ATTEMPT.c.id).where(
        ATTEMPT.c.state == "posting", ATTEMPT.c.gateway == gateway, ATTEMPT.c.lease_until > clock
    )
    return session.execute(statement.limit(1)).first() is not None


def _candidates(
    session: Session,
    gateway: str,
    now: datetime,
    limit: int,
    *,
    may_send: Callable[[RunRow], bool],
    held_until: HeldUntil,
) -> tuple[list[sa.RowMapping], int]:
    """The first planned texts, run by run in order of priority: each look is one step into one index.

    And how many were put off on the way.
    """
    columns = [MESSAGE.c[name] for name in (
        "id", "phone", "phone_key", "text", "segments", "valid_until", "attempts", "customer_id", "state", "kind",
    )]  # fmt: skip
    found: list[sa.RowMapping] = []
    held = 0
    zones = shop_zones(session)
    for run in ready_runs(session):
        if len(found) >= limit:
            break
        if not may_send(run):
            continue
        statement = (
            sa.select(*columns)
            .where(MESSAGE.c.run_id == run.id, MESSAGE.c.state == "planned", MESSAGE.c.not_before <= now,
                   MESSAGE.c.gateway == gateway, MESSAGE.c.text.is_not(None),
                   ~is_held_back(now, zones[run.shop_id], zones.keys()))
            .order_by(MESSAGE.c.not_before, MESSAGE.c.id)
            .limit(limit - len(found))
            .with_for_update(skip_locked=True)
        )  # fmt: skip
        rows = session.connection().execute(statement).mappings().all()
        until = {row["id"]: held_until(run, row["phone"]) for row in rows}
        held += _put_off(session, until)
        found += [row for row in rows if until[row["id"]] is None]
    return found, held


def _put_off(session: Session, until: Mapping[int, datetime | None]) -> int:
    """Texts whose moment has become another since they were planned; returns how many. None = may leave now."""
    later = [{"b_id": key, "not_before": moment} for key, moment in until.items() if moment is not None]
    if later:
        statement = sa.update(MESSAGE).where(MESSAGE.c.id == sa.bindparam("b_id"), MESSAGE.c.state == "planned")
        session.connection().execute(statement.values(changed_at=database_now(session)), later)
    return len(later)


def _refused_now(session: Session, rows: Sequence[sa.RowMapping], now: datetime) -> Mapping[str, list[int]]:
    """Texts whose last day is over, or whose reader refused them or is out of reach by now: reason → message ids."""
    connection = session.connection()
    keys = [row["phone_key"] for row in rows]
    stopped = set(
        connection.execute(
            sa.select(SUPPRESSION.c.phone_key).where(
                SUPPRESSION.c.phone_key.in_(keys), SUPPRESSION.c.lifted_at.is_(None)
            )
        ).scalars()
    )
    people = sa.select(CUSTOMER.c.id, CUSTOMER.c.unreachable, CUSTOMER.c.consent).where(
        CUSTOMER.c.id.in_([row["customer_id"] for row in rows])
    )
    standing = {key: (unreachable, consent) for key, unreachable, consent in connection.execute(people)}
    reasons: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row["valid_until"] <= now:
            reasons["validity_over"].append(row["id"])
        elif row["phone_key"] in stopped:
            reasons["opted_out"].append(row["id"])
        elif standing[row["customer_id"]][0] is not None:
            reasons["unreachable"].append(row["id"])
        elif row["kind"] == "marketing" and standing[row["customer_id"]][1] != "yes":
            reasons["consent_refused"].append(row["id"])
    return reasons


def _close_answered_touches(session: Session, message_ids: Sequence[int]) -> int:
    """Touches answered since planning by something that did not come through an import of ours."""
    if not message_ids:
        return 0
    cancelled = 0
    for reason, condition in _ANSWERED:
        touches = open_touches(session, MESSAGE_CYCLE.c.message_id.in_(message_ids), condition)
        cancelled += close_touches(session, _renewed_only(session, touches) if reason == "renewed" else touches, reason)
    return cancelled


def _renewed_only(session: Session, touches: Sequence[OpenTouch]) -> list[OpenTouch]:
    statement = sa.select(RENEWAL.c.vehicle_id, sa.func.max(RENEWAL.c.ends_on)).group_by(RENEWAL.c.vehicle_id)
    ends = dict(
        session.connection()
        .execute(statement.where(RENEWAL.c.vehicle_id.in_([touch.subject_id for touch in touches])))
        .all()
    )
    return [
        touch for touch in touches
        if touch.subject_id in ends and (ends[touch.subject_id] - touch.anchor_on).days > RENEWAL_BEYOND_DAYS
    ]  # fmt: skip


_VISITED = sa.or_(
    sa.and_(
        CYCLE.c.subject_type == "vehicle",
        sa.exists().where(VISIT.c.vehicle_id == CYCLE.c.subject_id, VISIT.c.counted, VISIT.c.day >= CYCLE.c.came_from),
    ),
    sa.and_(
        CYCLE.c.subject_type == "customer",
        sa.exists().where(VISIT.c.customer_id == CYCLE.c.subject_id, VISIT.c.counted, VISIT.c.day >= CYCLE.c.came_from),
    ),
)
_BOOKED = sa.exists().where(
    BOOKING.c.customer_id == CYCLE.c.customer_id,
    BOOKING.c.state != "cancelled",
    BOOKING.c.booked_on >= CYCLE.c.came_from,
    sa.or_(
        BOOKING.c.vehicle_id.is_(None), CYCLE.c.subject_type == "customer", BOOKING.c.vehicle_id == CYCLE.c.subject_id
    ),
)
_SOLD = sa.exists().where(
    CYCLE.c.subject_type == "vehicle",
    VEHICLE.c.id == CYCLE.c.subject_id,
    sa.or_(VEHICLE.c.state.in_(NO_LONGER_THEIRS), VEHICLE.c.customer_id != MESSAGE.c.customer_id),
)
_ANSWERED: Sequence[tuple[str, sa.ColumnElement[bool]]] = (
    ("came", sa.and_(CYCLE.c.answered_by == "visit", _VISITED)),
    ("booked", sa.and_(CYCLE.c.answered_by == "visit", _BOOKED)),
    ("renewed", CYCLE.c.answered_by == "renewal"),
    ("sold", _SOLD),
)


def _still_planned(session: Session, rows: Sequence[sa.RowMapping]) -> list[sa.RowMapping]:
    statement = sa.select(MESSAGE.c.id).where(
        MESSAGE.c.id.in_([row["id"] for row in rows]), MESSAGE.c.state == "planned", MESSAGE.c.text.is_not(None)
    )
    planned = set(session.execute(statement).scalars())
    return [row for row in rows if row["id"] in planned]


def _within(rows: Sequence[sa.RowMapping], room: float, unit: str) -> tuple[list[sa.RowMapping], float]:
    """As many rows as the lane has room for: the first always, so that a long text is not stuck for ever."""
    chosen: list[sa.RowMapping] = []
    units = 0.0
    for row in rows:
        cost = max(row["segments"], 1) if unit == "segment" else 1
        if chosen and units + cost > room:
            break
        chosen.append(row)
        units += cost
    return chosen, units


def _begin_attempts(
    session: Session,
    gateway: str,
    rows: Sequence[sa.RowMapping],
    *,
    now: datetime,
    clock: datetime,
    lease: timedelta,
) -> list[Claimed]:
    if not rows:
        return []
    attempts: list[dict[str, Any]] = [
        {"message_id": row["id"], "n": row["attempts"] + 1, "gateway": gateway, "state": "posting",
         "claimed_at": clock, "business_at": now, "lease_until": clock + lease, "changed_at": clock}
        for row in rows
    ]  # fmt: skip
    insert_rows(session, Attempt, attempts)
    session.connection().execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.id.in_([row["id"] for row in rows]), MESSAGE.c.state == "planned")
        .values(state="sending", attempts=MESSAGE.c.attempts + 1, sent_at=now, reason=None, changed_at=clock)
    )
    return [
        Claimed(row["id"], row["attempts"] + 1, row["phone"], row["text"], row["segments"], row["valid_until"])
        for row in rows
    ]
