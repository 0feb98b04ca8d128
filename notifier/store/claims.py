"""Claims: the texts one sender alone may post now, each written down as an attempt, with a lease, before it is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.pace import Pace
from notifier.store import lanes
from notifier.store.attempts import IS_OPEN
from notifier.store.bulk import insert_rows, table_of
from notifier.store.engine import database_now
from notifier.store.last_look import cancel_what_is_pointless
from notifier.store.paces import paces_of_shops, reserve_for_shops
from notifier.store.tables import Attempt, Message
from notifier.store.waiting import Door, Place, Waiting, first_waiting

__all__ = ["Claim", "Claimed", "Terms", "claim"]

ATTEMPT, MESSAGE = table_of(Attempt), table_of(Message)
LAST_ID = 2**63 - 1
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


@dataclass(frozen=True, slots=True)
class Terms:
    """How a gateway's texts may leave. `unit` = what the provider counts: segment or message.

    `shops`: units a second of each shop (by id) that has a pace of its own.
    """

    gateway: str
    lease: timedelta
    units_per_second: float
    unit: str
    shops: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought: texts, how many were cancelled on the way, and when to ask again where there are none.

    `clock`: the database's, at its beginning. `stopped`: the code because of which a person must mend something first.
    `troubles`: the provider's refusals in a row before it, so the next answer is news. `passed`: run → how far it was
    gone through.
    """

    texts: Sequence[Claimed]
    clock: datetime
    cancelled: int = 0
    again_at: datetime | None = None
    stopped: str | None = None
    looked_at: int = 0
    troubles: int = 0
    passed: Mapping[int, Place] = field(default_factory=dict)


def claim(
    session: Session, terms: Terms, door: Door, *, now: datetime, limit: int, passed: Mapping[int, Place] | None = None
) -> Claim:
    """Claim up to `limit` texts and reserve their pace, in the caller's write transaction.

    Re-checks at the last moment what may have changed since planning: a stop, a dead number, consent, an outcome,
    validity. Passes over, as still planned, what a complaint, the workshop or an accident holds back.
    """
    lane = lanes.lane_of(session, terms.gateway, lock=True)
    clock = database_now(session)
    allowed = lanes.may_pass(lane, clock, terms.units_per_second)
    troubles = lane.troubles
    if allowed.units <= 0:
        return Claim(
            (), clock, again_at=allowed.again_at, stopped=allowed.stopped, troubles=troubles, passed=passed or {}
        )
    if allowed.probing and _is_probing(session, lane, clock):
        return Claim((), clock, again_at=clock + LOOK_AGAIN, troubles=troubles, passed=passed or {})
    paces = paces_of_shops(session, terms.shops, clock)
    door = Door(door.may_send, door.held_until, {key: ceil(pace.room) for key, pace in paces.items()})
    at_most = 1 if allowed.probing else min(limit, ceil(allowed.units))
    waiting = first_waiting(session, terms.gateway, now, at_most, door=door, passed=passed or {})
    free, cancelled = cancel_what_is_pointless(session, waiting.rows, now)
    chosen, units = _within(free, allowed.units, paces, terms.unit)
    texts = _begin_attempts(session, terms, chosen, now=now, clock=clock)
    if texts:
        lanes.reserve(session, lane, clock, sum(units.values()), terms.units_per_second)
        reserve_for_shops(session, paces, units)
    return Claim(
        texts, clock, cancelled, looked_at=len(waiting.rows) + waiting.put_off, troubles=troubles,
        again_at=_first_again(paces, waiting.kept), passed=_passed(waiting, free, chosen, passed or {}, now),
    )  # fmt: skip


def _first_again(paces: Mapping[int, Pace], kept: Collection[int]) -> datetime | None:
    """When the first of the shops whose texts have to wait for their own pace may go on."""
    return min((paces[shop].again_at for shop in kept), default=None)


def _passed(
    waiting: Waiting,
    free: Sequence[sa.RowMapping],
    chosen: Sequence[sa.RowMapping],
    before: Mapping[int, Place],
    now: datetime,
) -> Mapping[int, Place]:
    """How far each run has been gone through: up to the first text that was free and not chosen, or to its end."""
    passed = dict(before)
    left = {row["id"] for row in free} - {row["id"] for row in chosen}
    stopped_at: set[int] = set()
    for row in waiting.rows:
        if row["id"] in left:
            stopped_at.add(row["run_id"])
        elif row["run_id"] not in stopped_at:
            passed[row["run_id"]] = (row["not_before"], row["id"])
    return passed | dict.fromkeys(set(waiting.ended) - stopped_at, (now, LAST_ID))


def _is_probing(session: Session, lane: lanes.LaneRow, clock: datetime) -> bool:
    """Whether a POST begun after the trouble is under way: its answer is awaited before the next one begins.

    Those begun before it say nothing new; one may hang for long, and one of a sender that died hangs until its lease.
    """
    statement = sa.select(ATTEMPT.c.id).where(
        ATTEMPT.c.state == "posting", IS_OPEN, ATTEMPT.c.gateway == lane.gateway, ATTEMPT.c.lease_until > clock
    )
    if lane.last_error_at is not None:
        statement = statement.where(ATTEMPT.c.claimed_at >= lane.last_error_at)
    return session.execute(statement.limit(1)).first() is not None


def _within(
    rows: Sequence[sa.RowMapping], room: float, paces: Mapping[int, Pace], unit: str
) -> tuple[list[sa.RowMapping], Mapping[int, float]]:
    """As many rows as the lane and their shops have room for, and the units of each shop.

    The first always, so that a long text is not stuck for ever.
    """
    chosen: list[sa.RowMapping] = []
    units: dict[int, float] = defaultdict(float)
    for row in rows:
        shop, cost = row["shop_id"], max(row["segments"], 1) if unit == "segment" else 1
        if chosen and sum(units.values()) + cost > room:
            break
        if units[shop] and shop in paces and units[shop] + cost > paces[shop].room:
            continue
        chosen.append(row)
        units[shop] += cost
    return chosen, units


def _begin_attempts(
    session: Session, terms: Terms, rows: Sequence[sa.RowMapping], *, now: datetime, clock: datetime
) -> list[Claimed]:
    if not rows:
        return []
    attempts: list[dict[str, Any]] = [
        {"message_id": row["id"], "n": row["attempts"] + 1, "gateway": terms.gateway, "state": "posting",
         "claimed_at": clock, "business_at": now, "lease_until": clock + terms.lease, "changed_at": clock}
        for row in rows
    ]  # fmt: skip
    insert_rows(session, Attempt, attempts)
    session.connection().execute(
        _BEGINNING, {"messages": [row["id"] for row in rows], "sent_at": now, "changed_at": clock}
    )
    return [
        Claimed(row["id"], row["attempts"] + 1, row["phone"], row["text"], row["segments"], row["valid_until"])
        for row in rows
    ]


_BEGINNING = (
    sa.update(MESSAGE)
    .where(MESSAGE.c.id.in_(sa.bindparam("messages", expanding=True)), MESSAGE.c.state == "planned")
    .values(state="sending", attempts=MESSAGE.c.attempts + 1, reason=None)
)
