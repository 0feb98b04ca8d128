"""What happens to attempts, and what that makes of their messages: the one place that changes either's state.

Answers, callbacks, listings, lapsed leases and the operator's word all come through :func:`apply_events`.
The message rows are locked first, so whoever comes second sees what the first one did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.states import (
    AttemptEvent,
    AttemptState,
    AttemptView,
    MessageOutcome,
    MessageState,
    MessageView,
    message_outcome,
    next_attempt_state,
)
from notifier.errors import StoreError
from notifier.locale import N_
from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.tables import Attempt, Message, Run

ATTEMPT = table_of(Attempt)
MESSAGE = table_of(Message)
RUN = table_of(Run)


@dataclass(frozen=True, slots=True)
class AttemptChange:
    """One event of one attempt. `at`: its business time; None = computed from its arrival by the database clock."""

    message_id: int
    n: int
    event: AttemptEvent
    sid: str | None = None
    code: str | None = None
    text: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What one change did: whether its attempt moved, and the message's state before and after."""

    change: AttemptChange
    known: bool
    moved: bool
    before: MessageState | None = None
    after: MessageState | None = None


@dataclass(slots=True)
class _Loaded:
    """A locked message with its attempts, as they stand while the events are applied."""

    row: sa.RowMapping
    attempts: dict[int, dict[str, Any]]
    touched: set[int]
    at: datetime | None = None
    delivered_at: datetime | None = None


def apply_events(session: Session, changes: Sequence[AttemptChange]) -> list[Applied]:
    """Apply `changes` in order, inside the caller's write transaction; returns one result per change."""
    if not changes:
        return []
    clock = database_now(session)
    loaded = _lock(session, {change.message_id for change in changes})
    taken = _bound_elsewhere(session, loaded, changes)
    moved = [_apply_one(loaded, change, clock, taken) for change in changes]
    outcomes = {key: _settle(item) for key, item in loaded.items()}
    _write_attempts(session, loaded, clock)
    _write_messages(session, loaded, outcomes, clock)
    return [
        _applied(change, known, did_move, loaded.get(change.message_id), outcomes)
        for change, (known, did_move) in zip(changes, moved, strict=True)
    ]


def _applied(
    change: AttemptChange, known: bool, moved: bool, item: _Loaded | None, outcomes: dict[int, MessageOutcome | None]
) -> Applied:
    if item is None:
        return Applied(change, known, moved)
    before = MessageState(item.row["state"])
    outcome = outcomes[change.message_id]
    return Applied(change, known, moved, before, outcome.state if outcome else before)


_OF_AN_ATTEMPT = tuple(ATTEMPT.c[name] for name in (
    "id", "message_id", "n", "gateway", "state", "claimed_at", "business_at", "provider_sid", "error_code",
    "error_text",
))  # fmt: skip


def _lock(session: Session, message_ids: Iterable[int]) -> dict[int, _Loaded]:
    ids = sorted(message_ids)
    columns = (
        MESSAGE.c.id, MESSAGE.c.state, MESSAGE.c.reason, MESSAGE.c.not_before, MESSAGE.c.valid_until,
        MESSAGE.c.repeated, MESSAGE.c.sent_at, MESSAGE.c.phone,
    )  # fmt: skip
    locking = sa.select(*columns).where(MESSAGE.c.id.in_(ids)).order_by(MESSAGE.c.id).with_for_update()
    loaded = {row["id"]: _Loaded(row, {}, set()) for row in session.connection().execute(locking).mappings()}
    attempts = sa.select(*_OF_AN_ATTEMPT).where(ATTEMPT.c.message_id.in_(ids))
    for row in session.connection().execute(attempts).mappings():
        loaded[row["message_id"]].attempts[row["n"]] = dict(row)
    return loaded


Place = tuple[str, str]  # gateway, provider's id


def _bound_elsewhere(
    session: Session, loaded: dict[int, _Loaded], changes: Sequence[AttemptChange]
) -> dict[Place, tuple[int, int]]:
    """Provider ids among `changes` that belong to an attempt already → which.

    An answer that names its attempt is applied all the same; only the id stays where it is. Breaking the unique key
    would lose the whole batch.
    """
    sids = sorted({change.sid for change in changes if change.sid and change.message_id in loaded})
    if not sids:
        return {}
    # Named with its gateway, the id is found by the unique index; without, by reading the whole table.
    gateways = sorted({attempt["gateway"] for item in loaded.values() for attempt in item.attempts.values()})
    statement = sa.select(ATTEMPT.c.gateway, ATTEMPT.c.provider_sid, ATTEMPT.c.message_id, ATTEMPT.c.n).where(
        ATTEMPT.c.gateway.in_(gateways), ATTEMPT.c.provider_sid.in_(sids)
    )
    rows = session.connection().execute(statement)
    return {(gateway, sid): (message_id, n) for gateway, sid, message_id, n in rows}


def _apply_one(
    loaded: dict[int, _Loaded], change: AttemptChange, clock: datetime, taken: dict[Place, tuple[int, int]]
) -> tuple[bool, bool]:
    """(the attempt is known, it moved); a SID that contradicts the bound one is not this attempt's."""
    item = loaded.get(change.message_id)
    attempt = item.attempts.get(change.n) if item else None
    if item is None or attempt is None:
        return False, False
    if change.sid and attempt["provider_sid"] not in (None, change.sid):
        return False, False
    if change.sid and attempt["provider_sid"] is None:
        here = (change.message_id, change.n)
        if taken.setdefault((attempt["gateway"], change.sid), here) == here:
            attempt["provider_sid"] = change.sid
            item.touched.add(change.n)
    following = next_attempt_state(AttemptState(attempt["state"]), change.event)
    if following is None:
        return True, False
    attempt["state_before"] = attempt.get("state_before", attempt["state"])
    attempt.update(state=following, error_code=change.code, error_text=change.text)
    item.touched.add(change.n)
    item.at = change.at or attempt["business_at"] + max(clock - attempt["claimed_at"], timedelta(0))
    if change.event is AttemptEvent.DELIVERED:
        item.delivered_at = item.at
    return True, True


def _settle(item: _Loaded) -> MessageOutcome | None:
    """The message's new standing, or None where no attempt moved."""
    if item.at is None:
        return None
    row = item.row
    view = MessageView(
        MessageState(row["state"]), row["not_before"], row["valid_until"], row["repeated"], row["reason"],
        is_erased=row["phone"] is None,
    )  # fmt: skip
    attempts = [
        AttemptView(a["n"], AttemptState(a["state"]), a["business_at"], a["error_code"]) for a in item.attempts.values()
    ]
    return message_outcome(view, attempts, item.at)


def _write_attempts(session: Session, loaded: dict[int, _Loaded], clock: datetime) -> None:
    rows = [
        {
            "b_id": attempt["id"], "b_from": attempt.get("state_before", attempt["state"]),
            "state": str(attempt["state"]), "provider_sid": attempt["provider_sid"],
            "error_code": attempt["error_code"], "error_text": attempt["error_text"], "changed_at": clock,
        }
        for item in loaded.values()
        for attempt in (item.attempts[n] for n in sorted(item.touched))
    ]  # fmt: skip
    statement = sa.update(ATTEMPT).where(
        ATTEMPT.c.id == sa.bindparam("b_id"), ATTEMPT.c.state == sa.bindparam("b_from")
    )
    _execute_all(session, statement, rows)


def _write_messages(
    session: Session, loaded: dict[int, _Loaded], outcomes: dict[int, MessageOutcome | None], clock: datetime
) -> None:
    by_shape: dict[bool, list[dict[str, Any]]] = defaultdict(list)
    for key, outcome in outcomes.items():
        item = loaded[key]
        if outcome is None or (outcome.state == item.row["state"] and outcome.state in ("withheld", "cancelled")):
            continue
        row = {
            "b_id": key, "b_from": item.row["state"], "state": str(outcome.state), "sent_at": outcome.sent_at,
            "not_before": outcome.not_before, "repeated": outcome.repeated, "reason": outcome.reason,
            "changed_at": clock,
        }  # fmt: skip
        if item.delivered_at is not None:
            row["delivered_at"] = item.delivered_at
        by_shape[item.delivered_at is not None].append(row)
    statement = sa.update(MESSAGE).where(
        MESSAGE.c.id == sa.bindparam("b_id"), MESSAGE.c.state == sa.bindparam("b_from")
    )
    for rows in by_shape.values():
        _execute_all(session, statement, rows)
    _reopen_runs(session, [key for key, outcome in outcomes.items() if outcome and outcome.state == "planned"])


def _reopen_runs(session: Session, planned_again: Sequence[int]) -> None:
    """A run that was done has something to send once more.

    Ready ones are written as well, which makes this wait for a `settle_done` under way: it may be about to say done.
    """
    if planned_again:
        runs = sa.select(MESSAGE.c.run_id).where(MESSAGE.c.id.in_(planned_again))
        connection = session.connection()
        ids = sorted(set(connection.execute(runs).scalars()))
        for run_id in ids:  # one by one in order: two of these must not wait for each other
            connection.execute(
                sa.update(RUN)
                .where(RUN.c.id == run_id, RUN.c.state.in_(("ready", "done")))
                .values(state="ready", finished_at=None)
            )


def _execute_all(session: Session, statement: sa.Update, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    result = session.connection().execute(statement, rows)
    if result.rowcount != len(rows):
        raise StoreError(
            N_("{missed} of {all} state changes found their row changed by somebody else; nothing was written. "
               "Run the step again."), missed=len(rows) - result.rowcount, all=len(rows),
        )  # fmt: skip
