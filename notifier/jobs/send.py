"""The lane: a sliding window of POSTs, topped up by claims, finished ones recorded together, some dozens at a time.

Each POST is claimed (an attempt with a lease, committed) before it is made, so a crash at any point leaves either a
planned text or an attempt that reconcile can settle: never a text nobody knows about.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from notifier.crashpoints import Step, crash_point
from notifier.gateways.base import Answer, AnswerKind, Gateway, Outgoing
from notifier.jobs.doorkeeper import Doorkeeper
from notifier.jobs.record import GIVEN_BACK, INTERRUPTED, NOT_BEGUN, OUR_OWN_DOING, Answered, record_answers
from notifier.jobs.rerender import rerender_shrunk
from notifier.jobs.window import Window
from notifier.schedules import Schedules
from notifier.store import lanes, runs
from notifier.store.attempts import lapsed
from notifier.store.claims import Claim, Claimed, Terms, claim
from notifier.store.engine import Store
from notifier.store.messages import sweep_validity, waiting_count
from notifier.store.pauses import PauseRow, pauses_in_force
from notifier.store.shops import shop_keys
from notifier.store.transitions import apply_events
from notifier.store.waiting import Place

log = structlog.get_logger(__name__)
T = TypeVar("T")

LEASE_MARGIN = timedelta(seconds=7)
RECORD_EVERY = 0.02
DOUBTS_IN_A_ROW = 10
"""POSTs without a clear answer, and none with one begun since, that are an outage and no accident."""
BROKEN = "post_broke"
CLEAR = frozenset({AnswerKind.ACCEPTED, AnswerKind.REFUSED})
"""The provider is there, and has said what becomes of the text."""
PREPARE_EVERY = 30.0
"""Seconds after which a drain sweeps and looks from the beginning again: one of a million texts takes a day."""


def _elapsed() -> float:
    """Seconds that go on while the machine sleeps, where it can tell: leases do."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """How the lane runs. `post_timeout`, `lease` in seconds; `in_flight` = POSTs under way at once."""

    post_timeout: float = 8.0
    lease: float = 60.0
    in_flight: int = 50

    @property
    def time_needed(self) -> float:
        """Seconds of lease without which no POST begins; a lease too short for the rule gives most of itself."""
        return min(self.post_timeout + LEASE_MARGIN.total_seconds(), 0.8 * self.lease)


@dataclass(slots=True)
class SendResult:
    """What one drain did, in messages; `waiting` = planned and not yet sent when it ended, under these `pauses`.

    `stopped`: the code of our set-up that is wrong. `trouble`: what the provider said last, if the lane is in trouble.
    """

    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    waiting: int = 0
    stopped: str | None = None
    trouble: str | None = None
    pauses: Sequence[PauseRow] = ()

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
    _window: Window = field(init=False)
    _database: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "lane-database"))
    _doorkeeper: Doorkeeper = field(init=False)
    _is_troubled: bool = False
    _gone_through: Mapping[int, Place] = field(default_factory=dict)
    _began_anew: bool = True
    _prepare_again_at: float = 0.0

    def __post_init__(self) -> None:
        self._doorkeeper = Doorkeeper(self.schedules)
        self._window = Window(self._post, self.settings.in_flight, may_begin=lambda: not self.stopping.is_set())

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
        self._window.interrupt()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        try:
            async with self.gateway:
                yield
        finally:
            self._database.shutdown()

    async def _once(self, *, until_empty: bool) -> None:
        self._prepare_again_at = 0.0
        try:
            await self._drain(until_empty=until_empty)
        finally:
            await self._land()
            await self._in_thread(self._finish)

    async def _land(self) -> None:
        """However the loop ended, what is in flight comes back and is written down if the database works by now.

        What cannot be written down is left to its lease: it becomes unknown, and reconcile settles it.
        """
        await self._window.land()
        await self._record_landed()

    async def _drain(self, *, until_empty: bool) -> None:
        window, nothing_left = self._window, False
        while not (nothing_left and window.is_empty):
            await self._record_landed()
            wait: float | None = None
            nothing_left = nothing_left or self.stopping.is_set()
            if not nothing_left and window.room >= window.claim_at_least:
                if _elapsed() >= self._prepare_again_at:
                    await self._in_thread(self._prepare)
                started = _elapsed()
                claimed = await self._in_thread(self._claim, window.room)
                self.result.cancelled += claimed.cancelled
                window.take(claimed.texts, started)
                wait, nothing_left = self._what_next(claimed, until_empty=until_empty)
            await self._wait(wait)

    def _what_next(self, claimed: Claim, *, until_empty: bool) -> tuple[float | None, bool]:
        """(seconds to wait before the next claim, nothing is left to claim)."""
        if claimed.texts or claimed.looked_at:
            return 0.0, False
        if claimed.stopped is not None:
            self.result.stopped = claimed.stopped
            return None, True
        if claimed.again_at is not None:
            pause = max((claimed.again_at - claimed.clock).total_seconds(), 0.001)
            if until_empty or pause < 1.0:
                return pause, False
        return None, self._is_done()

    def _is_done(self) -> bool:
        """Nothing is under way that could go back to planned, and nothing lies behind the place of this claim."""
        if not self._window.is_empty:
            return False
        self._gone_through = {}
        return self._began_anew

    async def _wait(self, seconds: float | None) -> None:
        """For POSTs to come back, some together; or until it is time for the next claim."""
        if seconds == 0.0 and self._window.room >= self._window.claim_at_least:
            return
        if not self._window.is_flying:
            await self._sleep(seconds)
            return
        await self._window.wait(seconds or None)
        await asyncio.sleep(RECORD_EVERY)

    async def _hand_over(self, outgoing: Outgoing, now: datetime) -> Answer:
        crash_point("post.before")
        answer = await self.gateway.post(outgoing, timeout=self.settings.post_timeout, now=now)
        crash_point("post.after")
        return answer

    async def _post(self, text: Claimed, started: float) -> Answer:
        left = self.settings.lease - (_elapsed() - started)
        if left < self.settings.time_needed:
            return Answer(AnswerKind.FREE, code=NOT_BEGUN)
        now = self.business_now()
        if text.valid_until <= now:
            return Answer(AnswerKind.FREE, code=GIVEN_BACK)
        validity = max(1, min(36_000, int((text.valid_until - now).total_seconds())))
        outgoing = Outgoing(text.message_id, text.n, text.phone, text.text, validity)
        try:
            return await self._hand_over(outgoing, now)
        except asyncio.CancelledError:
            return Answer(AnswerKind.AMBIGUOUS, code=INTERRUPTED)
        except Exception as error:  # noqa: BLE001 (whatever broke, the text may have been handed over)
            log.warning("post_broke", alert=True, gateway=self.gateway.name, error=type(error).__name__)
            return Answer(AnswerKind.AMBIGUOUS, code=BROKEN, text=type(error).__name__)

    async def _record_landed(self) -> None:
        """Write down what has come back; until that is committed it is kept, so a failure can be repeated."""
        answered = self._window.landed()
        if answered:
            counted = await self._in_thread(self._record, answered)
            self._window.written_down(len(answered))
            self.result.accepted += counted["accepted"]
            self.result.failed += counted["failed"]
            self.result.unknown += counted["unknown"]
            self.result.cancelled += counted["cancelled"]
            kinds = [item.answer.kind for item in answered if item.answer.code not in OUR_OWN_DOING]
            if CLEAR.issuperset(kinds):
                self._window.widen(len(kinds))

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
        with self.store.write("send.prepare") as session:
            apply_events(session, lapsed(session))
            self.result.cancelled += sweep_validity(session, now)
        rerender_shrunk(self.store, self.schedules(), self.gateway.capabilities, self.price_micros)
        with self.store.read() as session:
            self._doorkeeper.knows_shops(shop_keys(session))
        self._gone_through, self._prepare_again_at = {}, _elapsed() + PREPARE_EVERY

    def _claim(self, limit: int) -> Claim:
        now, capabilities = self.business_now(), self.gateway.capabilities
        terms = Terms(
            self.gateway.name, timedelta(seconds=self.settings.lease), capabilities.units_per_second, capabilities.unit,
            self._doorkeeper.paces,
        )  # fmt: skip
        passed = self._gone_through
        with self.store.write("send.claim") as session:
            claimed = claim(session, terms, self._doorkeeper.door(now), now=now, limit=limit, passed=passed)
        self._is_troubled, self._began_anew, self._gone_through = claimed.troubles > 0, not passed, claimed.passed
        if claimed.troubles > 1:
            self._window.narrow()
        return claimed

    def _record(self, answered: list[Answered]) -> Counter[str]:
        """Together in one commit; where that fails, one by one, so that one answer cannot take the others with it."""
        try:
            counted = self._record_together(answered)
        except Exception as error:  # noqa: BLE001 (a deadlock, a lost line, a breach: each is tried once more)
            log.warning("answers_recorded_singly", gateway=self.gateway.name, error=type(error).__name__)
            counted = self._record_singly(answered)
        troubled = Counter(item.answer.code for item in answered if _is_trouble(item.answer))
        if troubled:
            log.warning("provider_answers", gateway=self.gateway.name, codes=dict(troubled))
        return counted

    def _record_together(self, answered: list[Answered], step: Step = "send.record") -> Counter[str]:
        with self.store.write(step) as session:
            return record_answers(
                session,
                self.gateway.name,
                answered,
                in_doubt=self._window.doubts >= DOUBTS_IN_A_ROW,
                was_troubled=self._is_troubled,
            )

    def _record_singly(self, answered: list[Answered]) -> Counter[str]:
        """Raises the last error where not one answer could be written; else the others are left to their lease."""
        counted: Counter[str] = Counter()
        failed: Exception | None = None
        for item in answered:
            try:
                counted += self._record_together([item], "send.record_singly")
            except Exception as error:  # noqa: BLE001
                log.warning("answer_not_recorded", message=item.text.message_id, error=type(error).__name__)
                failed = error
        if failed is not None and not counted:
            raise failed
        return counted

    def _finish(self) -> None:
        with self.store.write("send.finish") as session:
            runs.settle_done(session)
        with self.store.read() as session:
            self.result.waiting, self.result.pauses = waiting_count(session), pauses_in_force(session)
            lane = lanes.lane_of(session, self.gateway.name)
        self.result.trouble = lane.last_error if lane.troubles else None


def _is_trouble(answer: Answer) -> bool:
    return answer.kind is not AnswerKind.ACCEPTED and answer.code not in OUR_OWN_DOING


def start_lane(store: Store, gateway: str) -> None:
    """Let a lane that stopped over our set-up try again: a person has started it anew."""
    with store.write() as session:
        lanes.start(session, gateway)
