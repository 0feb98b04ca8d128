"""Settling what nobody could tell: by callback, by fetched statuses, and by listing the provider's own record.

An attempt counts as not accepted only after two complete listings without it, two minutes apart, the first five
minutes after its lease. Any candidate that nothing explains keeps it unknown: rather late than twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.crashpoints import crash_point
from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Gateway, ListedText, Pulled
from notifier.jobs.receive import receive_replies, receive_statuses, take_up_early_events
from notifier.store import lanes, runs
from notifier.store.attempts import (
    Rival,
    UnknownAttempt,
    bound_sids,
    lapsed,
    note_empty_listing,
    posting_count,
    rivals_of,
    unknown_attempts,
)
from notifier.store.engine import Session, Store, database_now
from notifier.store.transitions import AttemptChange, apply_events

CLOCKS_APART = timedelta(seconds=120)
POLL_OVERLAP = timedelta(minutes=5)
POLL_AT_MOST = timedelta(days=7)
RECORD_AT_ONCE = 200
ASK_AT_ONCE = 10  # phones: after an outage thousands are to be asked about, and each answer takes its time
LOOK_AGAIN = 1.0
LOOK_AGAIN_AT_LEAST = 0.2
LOOK_AGAIN_AT_MOST = 5.0
ASK_AGAIN = timedelta(seconds=30)
Key = tuple[int, int]  # message, attempt


@dataclass(frozen=True, slots=True)
class ReconcileSettings:
    """`after`: from the end of the lease to the first listing that counts; `gap`: between the two that do.

    `post_timeout`: how long a POST may last; where a lease is shorter than that, it decides.
    """

    after: timedelta = timedelta(seconds=300)
    gap: timedelta = timedelta(seconds=120)
    post_timeout: timedelta = timedelta(seconds=8)


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
    _freed: set[Key] = field(default_factory=set)
    _unexplained: set[Key] = field(default_factory=set)
    _asked_at: dict[Key, datetime] = field(default_factory=dict)

    async def run(self, now: Callable[[], datetime], *, wait: bool) -> ReconcileResult:
        """One pass, or with `wait` as many as it takes until nothing is unknown or under way.

        What no listing can settle is left to the operator once its text is not valid any more.
        """
        pause = min(LOOK_AGAIN, max(self.settings.gap.total_seconds(), LOOK_AGAIN_AT_LEAST))
        async with self.gateway:
            while True:
                await self._pass(now())
                if not wait or not await asyncio.to_thread(self._is_open, now()):
                    break
                await asyncio.sleep(pause)
                pause = min(pause * 1.2, LOOK_AGAIN_AT_MOST)
        await asyncio.to_thread(self._finish)
        return self.result

    async def _pass(self, now: datetime) -> None:
        before = await asyncio.to_thread(self._open_attempts)
        if self.pulls and self.gateway.capabilities.pulls:
            await self._pull(now)
        by_phone = await asyncio.to_thread(self._unknown_by_phone)
        free = asyncio.Semaphore(ASK_AT_ONCE)
        asking = (self._ask_in_turn(free, phone, attempts, now) for phone, attempts in by_phone.items())
        for failed in await asyncio.gather(*asking, return_exceptions=True):
            if failed is not None:
                raise failed  # once all have come to their end, for they share the gateway's session
        after = await asyncio.to_thread(self._open_attempts)
        self._count(before, after)

    def _open_attempts(self) -> frozenset[Key]:
        with self.store.write("reconcile.lapse") as session:
            apply_events(session, lapsed(session))
            return frozenset((a.message_id, a.n) for a in unknown_attempts(session, self.gateway.name))

    def _count(self, before: frozenset[Key], after: frozenset[Key]) -> None:
        gone = before - after
        self.result.settled_accepted += len(gone - self._freed)
        self.result.settled_not_accepted += len(gone & self._freed)
        self._freed.clear()

    def _is_open(self, now: datetime) -> bool:
        """Whether anything is left that another pass may settle."""
        with self.store.read() as session:
            unknown = unknown_attempts(session, self.gateway.name)
            return posting_count(session, self.gateway.name) > 0 or any(
                attempt.valid_until > now or (attempt.message_id, attempt.n) not in self._unexplained
                for attempt in unknown
                if attempt.phone is not None
            )

    def _finish(self) -> None:
        with self.store.write("reconcile.finish") as session:
            runs.settle_done(session)
        with self.store.read() as session:
            self.result.still_unknown = len(unknown_attempts(session, self.gateway.name))

    async def _pull(self, now: datetime) -> None:
        """Fetch statuses and replies since the last complete fetch; what comes twice is kept once.

        A real provider lives by the real clock, whatever business time it is here.
        """
        at, since = await asyncio.to_thread(self._span_to_pull, now)
        crash_point("pull.before")
        pulled = await self.gateway.pull(since, at)
        crash_point("pull.after")
        await asyncio.to_thread(self._keep, pulled, at, now)

    def _span_to_pull(self, now: datetime) -> tuple[datetime, datetime]:
        with self.store.read() as session:
            at = now if self.gateway.capabilities.keeps_business_time else database_now(session)
            polled_at = lanes.lane_of(session, self.gateway.name).polled_at
        return at, min(polled_at or at - POLL_AT_MOST, at) - POLL_OVERLAP

    def _keep(self, pulled: Pulled, at: datetime, now: datetime) -> None:
        for chunk in self.store.chunks(pulled.statuses, RECORD_AT_ONCE):
            with self.store.write("reconcile.keep_statuses") as session:
                receive_statuses(session, chunk)
        for replies in self.store.chunks(pulled.replies, RECORD_AT_ONCE):
            with self.store.write("reconcile.keep_replies") as session:
                receive_replies(session, replies, secret=self.secret, region=self.region, now=now)
        if pulled.complete:
            with self.store.write("reconcile.polled") as session:
                lanes.note_polled(session, self.gateway.name, at)

    def _unknown_by_phone(self) -> Mapping[str, list[UnknownAttempt]]:
        """The open attempts of every phone that is worth asking about now."""
        by_phone: dict[str, list[UnknownAttempt]] = defaultdict(list)
        with self.store.read() as session:
            clock = database_now(session)
            for attempt in unknown_attempts(session, self.gateway.name):
                if attempt.phone is not None:
                    by_phone[attempt.phone].append(attempt)
        return {
            phone: attempts
            for phone, attempts in by_phone.items()
            if any(self._is_worth_asking(attempt, clock) for attempt in attempts)
        }

    def _is_worth_asking(self, attempt: UnknownAttempt, clock: datetime) -> bool:
        """At once, then when a listing would prove something, else only now and then: each costs a request."""
        asked_at = self._asked_at.get((attempt.message_id, attempt.n))
        if asked_at is None or clock - asked_at >= ASK_AGAIN:
            return True
        noted_at = attempt.empty_listing_at
        proves_from = self._counts_from(attempt) if noted_at is None else noted_at + self.settings.gap
        return asked_at < proves_from <= clock

    async def _ask_in_turn(
        self, free: asyncio.Semaphore, phone: str, attempts: Sequence[UnknownAttempt], now: datetime
    ) -> None:
        async with free:
            await self._ask(phone, attempts, now)

    async def _ask(self, phone: str, attempts: Sequence[UnknownAttempt], now: datetime) -> None:
        since = min(attempt.claimed_at for attempt in attempts) - CLOCKS_APART
        until = max(attempt.lease_until for attempt in attempts) + CLOCKS_APART
        asked_at = await asyncio.to_thread(self._clock)
        crash_point("list.before")
        listed = await self.gateway.list_sent(phone, since, until)
        crash_point("list.after")
        if listed is not None:
            self._asked_at |= dict.fromkeys(((attempt.message_id, attempt.n) for attempt in attempts), asked_at)
            await asyncio.to_thread(self._settle, attempts, listed, asked_at, now)

    def _clock(self) -> datetime:
        with self.store.read() as session:
            return database_now(session)

    def _settle(
        self, attempts: Sequence[UnknownAttempt], listed: Sequence[ListedText], asked_at: datetime, now: datetime
    ) -> None:
        with self.store.write("reconcile.settle") as session:
            rivals = rivals_of(session, self.gateway.name, attempts)
            bound = bound_sids(session, self.gateway.name, [row.sid for row in listed])
            candidates = [row for row in listed if row.sid not in bound]
            matched, unexplained = match_listing(attempts, candidates, rivals)
            changes = [change for attempt, row in matched for change in _accepted(attempt, row)]
            found = {(attempt.message_id, attempt.n) for attempt, _ in matched}
            for attempt in attempts:
                key = (attempt.message_id, attempt.n)
                self._unexplained.discard(key)
                if key in found or asked_at < self._counts_from(attempt):
                    continue
                if any(_is_in_time(attempt, row) for row in unexplained):
                    self._unexplained.add(key)
                else:
                    changes += self._without(session, attempt, asked_at, now)
            applied = apply_events(session, changes)  # together: their runs are locked in one order
            take_up_early_events(session, self.gateway.name, [row.sid for _attempt, row in matched])
        freed = [done.change for done in applied if done.moved and done.change.event is AttemptEvent.EMPTY_LISTINGS]
        self._freed.update((change.message_id, change.n) for change in freed)

    def _counts_from(self, attempt: UnknownAttempt) -> datetime:
        """From when on a listing without the attempt proves something: its POST is over, its row would show."""
        return max(attempt.lease_until + self.settings.after, attempt.claimed_at + self.settings.post_timeout)

    def _without(
        self, session: Session, attempt: UnknownAttempt, asked_at: datetime, now: datetime
    ) -> list[AttemptChange]:
        """A complete listing does not show it: the first is noted, the second proves that it was not accepted."""
        if attempt.empty_listing_at is None:
            note_empty_listing(session, attempt.message_id, attempt.n)
        elif asked_at - attempt.empty_listing_at >= self.settings.gap:
            proven = AttemptEvent.EMPTY_LISTINGS
            return [AttemptChange(attempt.message_id, attempt.n, proven, code="not_accepted", at=now)]
        return []


def _accepted(attempt: UnknownAttempt, row: ListedText) -> list[AttemptChange]:
    """The listing shows it: bind the provider's id, then apply the status the row already tells."""
    changes = [AttemptChange(attempt.message_id, attempt.n, AttemptEvent.ACCEPTED, sid=row.sid)]
    if row.event is not None and row.event is not AttemptEvent.ACCEPTED:
        changes.append(AttemptChange(attempt.message_id, attempt.n, row.event, sid=row.sid, code=row.error_code))
    return changes


def match_listing(
    attempts: Sequence[UnknownAttempt], candidates: Sequence[ListedText], rivals: Sequence[Rival] = ()
) -> tuple[list[tuple[UnknownAttempt, ListedText]], list[ListedText]]:
    """(attempt, row) pairs that belong together, and the rows nothing explains.

    Time decides who may match: created while the attempt was under way, give or take the clocks' difference. The
    wording breaks ties only, since providers change it. An attempt and a row that are left with nobody but each other
    belong together, unless the row may be one of the `rivals`': texts to the same phone that are still under way.
    """
    rivals = [rival for rival in rivals if any(_is_in_time(rival, row) for row in candidates)]
    matched = _matched_by_wording(attempts, candidates, rivals)
    open_attempts = [attempt for attempt in attempts if all(attempt is not taken for taken, _ in matched)]
    left = [row for row in candidates if all(row is not taken for _, taken in matched)]
    possible = [(attempt, row) for attempt in open_attempts for row in left if _is_in_time(attempt, row)]
    alone = [
        (attempt, row)
        for attempt, row in possible
        if sum(other is attempt or candidate is row for other, candidate in possible) == 1
        and not any(_is_in_time(rival, row) for rival in rivals)
    ]
    taken_rows = [row for _, row in alone]
    still_open = [attempt for attempt in open_attempts if all(attempt is not taken for taken, _ in alone)]
    unexplained = [
        row
        for row in left
        if all(row is not taken for taken in taken_rows) and any(_is_in_time(attempt, row) for attempt in still_open)
    ]
    return matched + alone, unexplained


def _matched_by_wording(
    attempts: Sequence[UnknownAttempt], candidates: Sequence[ListedText], rivals: Sequence[Rival]
) -> list[tuple[UnknownAttempt, ListedText]]:
    """Pairs whose wording is shared with no other attempt and no other row in time."""
    wordings = Counter([attempt.text for attempt in attempts] + [rival.text for rival in rivals])
    matched = []
    for attempt in attempts:
        same = [row for row in candidates if row.body == attempt.text and _is_in_time(attempt, row)]
        if len(same) == 1 and wordings[attempt.text] == 1:
            matched.append((attempt, same[0]))
    return matched


def _is_in_time(attempt: UnknownAttempt | Rival, row: ListedText) -> bool:
    return attempt.claimed_at - CLOCKS_APART <= row.created_at <= attempt.lease_until + CLOCKS_APART


def settle_by_hand(store: Store, message_id: int, *, sent: bool, now: datetime) -> int:
    """The operator knows: the unknown attempts of a message were sent, or were not. Returns how many it settled."""
    event = AttemptEvent.OPERATOR_SENT if sent else AttemptEvent.OPERATOR_NOT_SENT
    with store.write() as session:
        open_here = [a for a in unknown_attempts(session) if a.message_id == message_id]
        changes = [AttemptChange(message_id, a.n, event, code="operator", at=now) for a in open_here]
        return sum(result.moved for result in apply_events(session, changes))
