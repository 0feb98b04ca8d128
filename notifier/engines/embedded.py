"""The embedded engine: APScheduler in one process, for one machine. Triggers only; every chore decides for itself.

Nothing is remembered between two ticks that the database does not know better: a run missed while the engine was
away is due at the next tick, as long as its grace lasts, and its unique due time keeps it from being made twice.
"""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from notifier.engines.child import STOP_WITHIN
from notifier.engines.chores import Chore, Chores
from notifier.engines.news import News
from notifier.engines.parts import EngineParts
from notifier.engines.sender import Sender

__all__ = ["EmbeddedEngine"]

log = structlog.get_logger(__name__)


class EmbeddedEngine:
    """Plans each minute, sends all the time, reconciles, attributes, imports; ends cleanly on SIGTERM and SIGINT."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        news = News()
        self._sender = Sender(parts.lane, news)
        self._chores = Chores(parts, news, self._sender.wake)
        self._told = asyncio.Event()

    async def run(self) -> int:
        """Run until told to stop; returns the process's exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told.set)
        await asyncio.to_thread(self._parts.start_lane)
        scheduler = self._scheduler()
        scheduler.start()
        sender = asyncio.create_task(self._sender.run())
        log.info("engine_started")
        told = asyncio.create_task(self._told.wait())
        await asyncio.wait({told, sender}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        await self._stop(scheduler, sender)
        return 0 if sender.done() and not sender.cancelled() and sender.exception() is None else 1

    async def _stop(self, scheduler: AsyncIOScheduler, sender: asyncio.Task[None]) -> None:
        """No new claims, no new chores; what is in flight lands."""
        log.info("engine_stopping")
        self._sender.stop()
        _done, pending = await asyncio.wait({sender, *self._chores.stop()}, timeout=STOP_WITHIN)
        scheduler.shutdown(wait=False)  # not before: it would cancel a second time what is just ending its processes
        log.info("engine_stopped", unfinished=len(pending))

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for chore in (*self._chores.own(), *self._chores.all()):
            scheduler.add_job(self._chores.do, _trigger(chore), args=(chore,), id=chore.name)
            if chore.at_once:
                scheduler.modify_job(chore.name, next_run_time=datetime.now(UTC))
        return scheduler


def _trigger(chore: Chore) -> BaseTrigger:
    minutes = chore.every // timedelta(minutes=1)
    if chore.at_second is None or minutes == 0:
        return IntervalTrigger(seconds=chore.every.total_seconds(), timezone=UTC)
    return CronTrigger(minute=f"*/{minutes}", second=chore.at_second, timezone=UTC)
