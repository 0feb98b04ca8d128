"""The lane: a sliding window of POSTs, topped up by claims, finished ones recorded together every few milliseconds.

Each POST is claimed (an attempt with a lease, committed) before it is made, so a crash at any point leaves either a
planned text or an attempt that reconcile can settle: never a text nobody knows about.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from notifier.domain.sending_hours import SendingHours
from notifier.gateways.base import Answer, AnswerKind, Gateway, Outgoing
from notifier.jobs.record import NOT_BEGUN, Answered, record_answers
from notifier.jobs.rerender import rerender_shrunk
from notifier.schedules import Schedules
from notifier.store import lanes, runs
from notifier.store.attempts import lapsed
from notifier.store.claims import Claim, Claimed, claim
from notifier.store.engine import Store, database_now
from notifier.store.messages import sweep_validity, waiting_count
from notifier.store.runs import RunRow
from notifier.store.shops import shop_keys
from notifier.store.transitions import apply_events

log = structlog.get_logger(__name__)
T = TypeVar("T")

LEASE_MARGIN = timedelta(seconds=7)
RECORD_EVERY = 0.005
INTERRUPTED = "interrupted"
BROKEN = "post_broke"
ALWAYS_ALLOWED_KINDS = ("safety", "transactional")


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """How the lane runs. `post_timeout`, `lease` in seconds; `in_flight` = POSTs under way at once."""

    post_timeout: float = 8.0
    lease: float = 60.0
    in_flight: int = 50

    @property
    def claim_at_least(self) -> int:
        """Free places before it claims again: a claim is a commit, but one slow POST must not hold up the others."""
        return max(1, self.in_flight // 5)

    @property
    def time_needed(self) -> float:
        """Seconds of lease without which no POST begins; a lease too short for the rule gives most of itself."""
        return min(self.post_timeout + LEASE_MARGIN.total_seconds(), 0.8 * self.lease)


@dataclass(slots=True)
class SendResult:
    """What one drain did, in messages; `waiting` = planned and not yet sent when it ended."""

    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    waiting: int = 0
    stopped: str | None = None

    def document(self) -> dict[str, int]:
        """As JSON."""
        return {name: getattr(self, name) for name in ("accepted", "failed", "unknown", "cancelled", "waiting")}


@dataclass(slots=True)
class Lane:
    """One sender of one gateway. `business_now` tells business time; `stopping` ends it after what is in flight."""

    store: Store
    gateway: Gateway
    schedules: Callable[[], Schedules]
    settings: LaneSettings
    business_now: Callable[[], datetime]
    price_micros: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    result: SendResult = field(default_factory=SendResult)
    _flying: dict[asyncio.Task[Answer], Claimed] = field(default_factory=dict)
    _database: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "lane-database"))
    _shop_keys: dict[int, str] = field(default_factory=dict)
    _clock_at_claim: datetime = field(init=False)

    async def drain(self, *, until_empty: bool) -> SendResult:
        """Send what can be sent now, then return. With `until_empty` it waits out back-off and pace as well."""
        async with self._opened():
            await self._once(until_empty=until_empty)
        return self.result

    async def keep_sending(self, told: Callable[[SendResult], Awaitable[None]]) -> None:
        """Drain again and again, on one session of the gateway, until `stopping` is set.

        `told` hears what each drain did and comes back when it is time for the next.
        """
        async with self._opened():
            while not self.stopping.is_set():
                self.result = SendResult()
                await self._once(until_empty=False)
                await told(self.result)

    def interrupt(self) -> None:
        """Wait no longer for what is in flight: nobody can tell whether it arrived, so it becomes unknown."""
        for task in self._flying:
            task.cancel()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        try:
            async with self.gateway:
                yield
        finally:
            self._database.shutdown()

    async def _once(self, *, until_empty: bool) -> None:
        await self._in_thread(self._prepare)
        try:
            await self._drain(until_empty=until_empty)
        finally:
            await self._land()
            await self._in_thread(self._finish)

    async def _land(self) -> None:
        """However the loop ended, what is in flight comes back and is written down if the database works by now.

        What cannot be written down is left to its lease: it becomes unknown, and reconcile settles it.
        """
        if self._flying:
            await asyncio.wait(self._flying)
            await self._record_landed()

    async def _drain(self, *, until_empty: bool) -> None:
        nothing_left = False
        while not (nothing_left and not self._flying):
            free = self.settings.in_flight - len(self._flying)
            wait: float | None = None
            if not nothing_left and not self.stopping.is_set() and free >= self.settings.claim_at_least:
                started = time.monotonic()
                claimed = await self._in_thread(self._claim, free)
                self._launch(claimed, started)
                wait, nothing_left = self._what_next(claimed, until_empty=until_empty)
            if self.stopping.is_set():
                nothing_left = True
            await self._collect(wait)

    def _what_next(self, claimed: Claim, *, until_empty: bool) -> tuple[float | None, bool]:
        """(seconds to wait before the next claim, nothing is left to claim)."""
        if claimed.texts or claimed.looked_at:
            return 0.0, False
        if claimed.stopped is not None:
            self.result.stopped = claimed.stopped
            return None, True
        if claimed.again_at is not None:
            pause = max((claimed.again_at - self._clock_at_claim).total_seconds(), 0.001)
            if until_empty or pause < 1.0:
                return pause, False
        return None, not self._flying

    def _launch(self, claimed: Claim, started: float) -> None:
        """Start a POST for each claimed text; `started` = monotonic time before the lease began."""
        self.result.cancelled += claimed.cancelled
        for text in claimed.texts:
            self._flying[asyncio.create_task(self._post(text, started))] = text

    async def _post(self, text: Claimed, started: float) -> Answer:
        left = self.settings.lease - (time.monotonic() - started)
        if left < self.settings.time_needed:
            return Answer(AnswerKind.FREE, code=NOT_BEGUN)
        now = self.business_now()
        validity = max(1, min(36_000, int((text.valid_until - now).total_seconds())))
        outgoing = Outgoing(text.message_id, text.n, text.phone, text.text, validity)
        try:
            return await self.gateway.post(outgoing, timeout=self.settings.post_timeout, now=now)
        except asyncio.CancelledError:
            return Answer(AnswerKind.AMBIGUOUS, code=INTERRUPTED)
        except Exception as error:  # noqa: BLE001 (whatever broke, the text may have been handed over)
            log.warning("post_broke", alert=True, gateway=self.gateway.name, error=type(error).__name__)
            return Answer(AnswerKind.AMBIGUOUS, code=BROKEN, text=type(error).__name__)

    async def _collect(self, wait: float | None) -> None:
        """Wait for POSTs to end (at most `wait` seconds for the next claim) and record those that have."""
        if not self._flying:
            await self._sleep(wait)
            return
        await asyncio.wait(self._flying, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(RECORD_EVERY)
        await self._record_landed()

    async def _record_landed(self) -> None:
        """Write down what has come back; until that is committed it stays in flight, so a failure can be repeated."""
        answered = {task: Answered(text, _answer_of(task)) for task, text in self._flying.items() if task.done()}
        if answered:
            counted = await self._in_thread(self._record, list(answered.values()))
            self._flying = {task: text for task, text in self._flying.items() if task not in answered}
            self.result.accepted += counted["accepted"]
            self.result.failed += counted["failed"]
            self.result.unknown += counted["unknown"]
            self.result.cancelled += counted["cancelled"]

    async def _sleep(self, seconds: float | None) -> None:
        if seconds:
            try:
                await asyncio.wait_for(self.stopping.wait(), seconds)
            except TimeoutError:
                return

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        """Database calls run one after the other in the lane's own thread: SQLite has one writer anyway."""
        return await asyncio.get_running_loop().run_in_executor(self._database, function, *arguments)

    def _prepare(self) -> None:
        now = self.business_now()
        with self.store.write() as session:
            apply_events(session, lapsed(session))
            self.result.cancelled += sweep_validity(session, now)
        rerender_shrunk(self.store, self.schedules(), self.gateway.capabilities, self.price_micros)
        with self.store.read() as session:
            self._shop_keys = shop_keys(session)

    def _claim(self, limit: int) -> Claim:
        now = self.business_now()
        capabilities = self.gateway.capabilities
        with self.store.write() as session:
            self._clock_at_claim = database_now(session)
            return claim(
                session, self.gateway.name, now=now, limit=limit, lease=timedelta(seconds=self.settings.lease),
                units_per_second=capabilities.units_per_second, unit=capabilities.unit,
                may_send=lambda run: self._may_send(run, now),
                held_until=lambda run, phone: self._held_until(run, phone, now),
            )  # fmt: skip

    def _may_send(self, run: RunRow, now: datetime) -> bool:
        """Nothing leaves in the shop's quiet hours or on its closed days, however long it has waited."""
        hours = self._hours(run)
        return hours is None or hours.by_phone or hours.is_open(now)

    def _held_until(self, run: RunRow, phone: str, now: datetime) -> datetime | None:
        """The same where the clock of the customer's phone counts."""
        hours = self._hours(run)
        if hours is None or not hours.by_phone:
            return None
        moment = hours.next_open(now, hours.zones_of(phone))
        return moment if moment > now else None

    def _hours(self, run: RunRow) -> SendingHours | None:
        """When texts of the run may leave; None = always: safety, answers, a shop that is not in the file any more."""
        schedules, key = self.schedules(), self._shop_keys.get(run.shop_id, "")
        if run.settings.get("kind") in ALWAYS_ALLOWED_KINDS or key not in {shop.key for shop in schedules.shops}:
            return None
        here = schedules.of_shop(key)
        return here.guards.hours(here.shops[0].zone)

    def _record(self, answered: list[Answered]) -> Counter[str]:
        """Together in one commit; where that fails, one by one, so that one answer cannot take the others with it."""
        try:
            counted = self._record_together(answered)
        except Exception as error:  # noqa: BLE001 (a deadlock, a lost line, a breach: each is tried once more)
            log.warning("answers_recorded_singly", gateway=self.gateway.name, error=type(error).__name__)
            counted = self._record_singly(answered)
        troubled = Counter(item.answer.code for item in answered if item.answer.kind is not AnswerKind.ACCEPTED)
        if troubled:
            log.warning("provider_answers", gateway=self.gateway.name, codes=dict(troubled))
        return counted

    def _record_together(self, answered: list[Answered]) -> Counter[str]:
        with self.store.write() as session:
            return record_answers(session, self.gateway.name, answered)

    def _record_singly(self, answered: list[Answered]) -> Counter[str]:
        """Raises the last error where not one answer could be written; else the others are left to their lease."""
        counted: Counter[str] = Counter()
        failed: Exception | None = None
        for item in answered:
            try:
                counted += self._record_together([item])
            except Exception as error:  # noqa: BLE001
                log.warning("answer_not_recorded", message=item.text.message_id, error=type(error).__name__)
                failed = error
        if failed is not None and not counted:
            raise failed
        return counted

    def _finish(self) -> None:
        with self.store.write() as session:
            runs.settle_done(session)
        with self.store.read() as session:
            self.result.waiting = waiting_count(session)


def _answer_of(task: asyncio.Task[Answer]) -> Answer:
    """The answer of a POST that has ended; one cancelled before its first step never began."""
    return Answer(AnswerKind.FREE, code=NOT_BEGUN) if task.cancelled() else task.result()


def start_lane(store: Store, gateway: str) -> None:
    """Let a lane that stopped over our set-up try again: a person has started it anew."""
    with store.write() as session:
        lanes.start(session, gateway)
