"""Settling what nobody could tell: by callback, by fetched statuses, and by listing the provider's own record.

An attempt counts as not accepted only after two complete listings without it, two minutes apart, the first five
minutes after its lease. Any candidate that nothing explains keeps it unknown: rather late than twice.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Gateway, ListedText, Pulled
from notifier.jobs.receive import receive_replies, receive_statuses, take_up_early_events
from notifier.store import lanes, runs
from notifier.store.attempts import (
    UnknownAttempt,
    bound_sids,
    lapsed,
    note_empty_listing,
    posting_count,
    unknown_attempts,
)
from notifier.store.engine import Session, Store, database_now
from notifier.store.transitions import AttemptChange, apply_events

CLOCKS_APART = timedelta(seconds=120)
POLL_OVERLAP = timedelta(minutes=5)
POLL_AT_MOST = timedelta(days=7)
RECORD_AT_ONCE = 200
LOOK_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class ReconcileSettings:
    """`after`: from the end of the lease to the first listing that counts; `gap`: between the two that do."""

    after: timedelta = timedelta(seconds=300)
    gap: timedelta = timedelta(seconds=120)


@dataclass(slots=True)
class ReconcileResult:
    """Attempts settled either way, and those nobody can tell about yet."""

    settled_accepted: int = 0
    settled_not_accepted: int = 0
    still_unknown: int = 0

    def document(self) -> dict[str, int]:
        """As JSON."""
        return {
            "settled_accepted": self.settled_accepted,
            "settled_not_accepted": self.settled_not_accepted,
            "still_unknown": self.still_unknown,
        }


@dataclass(slots=True)
class Reconciler:
    """Asks one gateway about what is open. `pulls`: statuses and replies are fetched (no public URL to push to)."""

    store: Store
    gateway: Gateway
    settings: ReconcileSettings
    secret: bytes
    region: str
    pulls: bool
    result: ReconcileResult = field(default_factory=ReconcileResult)
    _freed: set[tuple[int, int]] = field(default_factory=set)

    async def run(self, now: Callable[[], datetime], *, wait: bool) -> ReconcileResult:
        """One pass, or with `wait` as many as it takes until nothing is unknown or under way."""
        async with self.gateway:
            while True:
                await self._pass(now())
                if not wait or not await asyncio.to_thread(self._is_open):
                    break
                await asyncio.sleep(LOOK_AGAIN)
        await asyncio.to_thread(self._finish)
        return self.result

    async def _pass(self, now: datetime) -> None:
        before = await asyncio.to_thread(self._open_attempts)
        if self.pulls and self.gateway.capabilities.pulls:
            await self._pull(now)
        by_phone = await asyncio.to_thread(self._unknown_by_phone)
        for phone, attempts in by_phone.items():
            await self._ask(phone, attempts, now)
        after = await asyncio.to_thread(self._open_attempts)
        self._count(before, after)

    def _open_attempts(self) -> frozenset[tuple[int, int]]:
        with self.store.write() as session:
            apply_events(session, lapsed(session))
            return frozenset((a.message_id, a.n) for a in unknown_attempts(session, self.gateway.name))

    def _count(self, before: frozenset[tuple[int, int]], after: frozenset[tuple[int, int]]) -> None:
        gone = before - after
        self.result.settled_accepted += len(gone - self._freed)
        self.result.settled_not_accepted += len(gone & self._freed)
        self._freed.clear()

    def _is_open(self) -> bool:
        with self.store.read() as session:
            return bool(unknown_attempts(session, self.gateway.name)) or posting_count(session) > 0

    def _finish(self) -> None:
        with self.store.write() as session:
            runs.settle_done(session)
        with self.store.read() as session:
            self.result.still_unknown = len(unknown_attempts(session, self.gateway.name))

    async def _pull(self, now: datetime) -> None:
        """Fetch statuses and replies since the last complete fetch; what comes twice is kept once."""
        with self.store.read() as session:
            polled_at = lanes.lane_of(session, self.gateway.name).polled_at
        since = (polled_at or now - POLL_AT_MOST) - POLL_OVERLAP
        pulled = await self.gateway.pull(since, now)
        await asyncio.to_thread(self._keep, pulled, now)

    def _keep(self, pulled: Pulled, now: datetime) -> None:
        for chunk in self.store.chunks(pulled.statuses, RECORD_AT_ONCE):
            with self.store.write() as session:
                receive_statuses(session, chunk)
        for replies in self.store.chunks(pulled.replies, RECORD_AT_ONCE):
            with self.store.write() as session:
                receive_replies(session, replies, secret=self.secret, region=self.region, now=now)
        if pulled.complete:
            with self.store.write() as session:
                lanes.note_polled(session, self.gateway.name, now)

    def _unknown_by_phone(self) -> Mapping[str, list[UnknownAttempt]]:
        by_phone: dict[str, list[UnknownAttempt]] = defaultdict(list)
        with self.store.read() as session:
            for attempt in unknown_attempts(session, self.gateway.name):
                if attempt.phone is not None:
                    by_phone[attempt.phone].append(attempt)
        return by_phone

    async def _ask(self, phone: str, attempts: Sequence[UnknownAttempt], now: datetime) -> None:
        since = min(attempt.claimed_at for attempt in attempts) - CLOCKS_APART
        until = max(attempt.lease_until for attempt in attempts) + CLOCKS_APART
        asked_at = await asyncio.to_thread(self._clock)
        listed = await self.gateway.list_sent(phone, since, until)
        if listed is not None:
            await asyncio.to_thread(self._settle, attempts, listed, asked_at, now)

    def _clock(self) -> datetime:
        with self.store.read() as session:
            return database_now(session)

    def _settle(
        self, attempts: Sequence[UnknownAttempt], listed: Sequence[ListedText], asked_at: datetime, now: datetime
    ) -> None:
        with self.store.write() as session:
            bound = bound_sids(session, self.gateway.name, [row.sid for row in listed])
            candidates = [row for row in listed if row.sid not in bound]
            matched, unexplained = match_listing(attempts, candidates)
            for attempt, row in matched:
                self._accept(session, attempt, row)
            if unexplained:
                return
            found = {(attempt.message_id, attempt.n) for attempt, _ in matched}
            for attempt in attempts:
                if (attempt.message_id, attempt.n) not in found:
                    self._note_empty(session, attempt, asked_at, now)

    def _accept(self, session: Session, attempt: UnknownAttempt, row: ListedText) -> None:
        """The listing shows it: bind the provider's id, then apply the status the row already tells."""
        changes = [AttemptChange(attempt.message_id, attempt.n, AttemptEvent.ACCEPTED, sid=row.sid)]
        if row.event is not None and row.event is not AttemptEvent.ACCEPTED:
            changes.append(AttemptChange(attempt.message_id, attempt.n, row.event, sid=row.sid, code=row.error_code))
        apply_events(session, changes)
        take_up_early_events(session, self.gateway.name, [row.sid])

    def _note_empty(self, session: Session, attempt: UnknownAttempt, asked_at: datetime, now: datetime) -> None:
        if asked_at < attempt.lease_until + self.settings.after:
            return
        if attempt.empty_listing_at is None:
            note_empty_listing(session, attempt.message_id, attempt.n)
        elif asked_at - attempt.empty_listing_at >= self.settings.gap:
            change = AttemptChange(
                attempt.message_id, attempt.n, AttemptEvent.EMPTY_LISTINGS, code="not_accepted", at=now
            )
            if apply_events(session, [change])[0].moved:
                self._freed.add((attempt.message_id, attempt.n))


def match_listing(
    attempts: Sequence[UnknownAttempt], candidates: Sequence[ListedText]
) -> tuple[list[tuple[UnknownAttempt, ListedText]], list[ListedText]]:
    """(attempt, row) pairs that belong together, and the rows nothing explains.

    Time decides who may match: created while the attempt was under way, give or take the clocks' difference. The
    wording breaks ties only, since providers change it. One attempt and one row left over belong together.
    """
    left = list(candidates)
    open_attempts = list(attempts)
    matched: list[tuple[UnknownAttempt, ListedText]] = []
    for attempt in list(open_attempts):
        same = [row for row in left if row.body == attempt.text and _is_in_time(attempt, row)]
        rivals = [other for other in open_attempts if other.text == attempt.text]
        if len(same) == 1 and len(rivals) == 1:
            matched.append((attempt, same[0]))
            left.remove(same[0])
            open_attempts.remove(attempt)
    if len(open_attempts) == 1 and len(left) == 1 and _is_in_time(open_attempts[0], left[0]):
        matched.append((open_attempts[0], left[0]))
        return matched, []
    return matched, [row for row in left if any(_is_in_time(attempt, row) for attempt in open_attempts)]


def _is_in_time(attempt: UnknownAttempt, row: ListedText) -> bool:
    return attempt.claimed_at - CLOCKS_APART <= row.created_at <= attempt.lease_until + CLOCKS_APART


def settle_by_hand(store: Store, message_id: int, *, sent: bool, now: datetime) -> int:
    """The operator knows: the unknown attempts of a message were sent, or were not. Returns how many it settled."""
    event = AttemptEvent.OPERATOR_SENT if sent else AttemptEvent.OPERATOR_NOT_SENT
    with store.write() as session:
        open_here = [a for a in unknown_attempts(session) if a.message_id == message_id]
        changes = [AttemptChange(message_id, a.n, event, code="operator", at=now) for a in open_here]
        return sum(result.moved for result in apply_events(session, changes))
