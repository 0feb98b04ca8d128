"""The embedded engine: APScheduler in one process, for one machine. Triggers only; every job decides for itself.

Nothing is remembered between two ticks that the database does not know better: a run missed while the engine was
away is due at the next tick, as long as its grace lasts, and its unique due time keeps it from being made twice.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from notifier.engines.errand import ErrandFailed, run_errand
from notifier.engines.inbox import InboxTurn
from notifier.engines.news import News
from notifier.engines.parts import EngineParts, SyncParts
from notifier.jobs.send import Lane, SendResult

__all__ = ["EmbeddedEngine"]

log = structlog.get_logger(__name__)

IDLE = 2.0  # seconds between two drains when nothing is left to send
AGAIN_AFTER = 5.0  # seconds until a failed drain is tried again
IN_FLIGHT_AT_MOST = 8.0  # seconds after SIGTERM that POSTs under way may take
STOP_WITHIN = 9.0  # seconds after SIGTERM; the supervisor waits half a second more


class EmbeddedEngine:
    """Plans each minute, sends all the time, reconciles, attributes, imports; ends cleanly on SIGTERM and SIGINT."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._news = News()
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._jobs: set[asyncio.Task[Any]] = set()
        self._lane: Lane | None = None

    async def run(self) -> int:
        """Run until told to stop; returns the process's exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        await asyncio.to_thread(self._parts.start_lane)
        scheduler = self._scheduler()
        scheduler.start()
        sender = asyncio.create_task(self._send())
        log.info("engine_started")
        told = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({told, sender}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        await self._stop(scheduler, sender)
        return 0 if sender.done() and not sender.cancelled() and sender.exception() is None else 1

    async def _stop(self, scheduler: AsyncIOScheduler, sender: asyncio.Task[None]) -> None:
        """No new claims, no new jobs; what is in flight lands."""
        log.info("engine_stopping")
        self._stopping.set()
        self._wake.set()
        scheduler.shutdown(wait=False)  # cancels what runs, at the loop's next step
        lane = self._lane
        if lane is not None:
            lane.stopping.set()
            asyncio.get_running_loop().call_later(IN_FLIGHT_AT_MOST, lane.interrupt)
        _done, pending = await asyncio.wait({sender, *self._jobs}, timeout=STOP_WITHIN)
        log.info("engine_stopped", unfinished=len(pending))

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        every = self._parts.reconcile_every.total_seconds()
        triggers = (
            ("plan", self._plan, CronTrigger(second=0, timezone=UTC)),
            ("reconcile", self._reconcile, IntervalTrigger(seconds=every, timezone=UTC)),
            ("attribute", self._attribute, CronTrigger(minute="*/5", second=30, timezone=UTC)),
        )
        for name, job, trigger in triggers:
            scheduler.add_job(self._guarded, trigger, args=(name, job), id=name)
        if inbox := self._parts.inbox:
            turn = InboxTurn(inbox, self._parts.clock, self._news)
            trigger = IntervalTrigger(seconds=inbox.every.total_seconds(), timezone=UTC)
            scheduler.add_job(self._guarded, trigger, args=("inbox", turn.take), id="inbox")
            scheduler.modify_job("inbox", next_run_time=datetime.now(UTC))  # what was left behind is completed at once
        if sync := self._parts.sync:
            trigger = IntervalTrigger(seconds=sync.every.total_seconds(), timezone=UTC)
            scheduler.add_job(self._guarded, trigger, args=("sync", partial(self._sync, sync)), id="sync")
            scheduler.modify_job("sync", next_run_time=datetime.now(UTC))
        scheduler.modify_job("plan", next_run_time=datetime.now(UTC))  # what was missed is made up at once
        return scheduler

    async def _guarded(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """A job that fails is told and tried again at its next time; it never ends the engine."""
        task = asyncio.current_task()
        assert task is not None
        self._jobs.add(task)
        try:
            await job()
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                raise
            log.info(f"{name}_interrupted")  # the next tick after the next start does it
        except ErrandFailed as failure:
            if failure.code == "refused":  # somebody does the same by hand at this moment
                log.info(f"{name}_refused", reason=str(failure))
            else:
                log.exception(f"{name}_failed", alert=True, code=failure.code)
        except Exception:
            log.exception(f"{name}_failed", alert=True)
        finally:
            self._jobs.discard(task)

    async def _plan(self) -> None:
        self._news.edits(await asyncio.to_thread(self._parts.take_up_edits))
        document: Mapping[str, Any] = await run_errand(self._parts.plan(self._parts.clock()))
        self._news.planned(document)
        self._wake.set()

    async def _attribute(self) -> None:
        document: Mapping[str, Any] = await run_errand(self._parts.attribute(self._parts.clock()))
        self._news.attributed(document)

    async def _sync(self, sync: SyncParts) -> None:
        try:
            document: Mapping[str, Any] = await run_errand(sync.read(self._parts.clock()))
        except ErrandFailed as failure:
            self._news.sync_failed(failure.code, str(failure))
        else:
            self._news.synced(document)

    async def _reconcile(self) -> None:
        result = await self._parts.reconciler().run(self._parts.clock, wait=False)
        self._news.reconciled(result)

    async def _send(self) -> None:
        while not self._stopping.is_set():
            self._lane = self._parts.lane()
            try:
                await self._lane.keep_sending(self._sent)
            except Exception:
                log.exception("send_failed", alert=True)
                await self._rest(AGAIN_AFTER)

    async def _sent(self, result: SendResult) -> None:
        self._news.sent(result)
        await self._rest(IDLE)

    async def _rest(self, seconds: float) -> None:
        """Until something is planned or we stop; at most `seconds`."""
        if not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._wake.wait(), seconds)
            except TimeoutError:
                return
            self._wake.clear()
