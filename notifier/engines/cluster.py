"""A worker of a cluster: Procrastinate says when, one of all workers does it; each keeps its own lane sending.

No job per text: the message table is the outbox, and any number of lanes may claim from it. A tick becomes one job for
the whole cluster. While a job of its kind is under way at a worker that lives, the next one is left out; a dead
worker's no longer counts once its heartbeat is too old, so nobody waits for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from notifier.engines.child import STOP_WITHIN, end_at_the_latest
from notifier.engines.chores import Chore, Chores
from notifier.engines.news import News
from notifier.engines.parts import EngineParts
from notifier.engines.queue import overheard
from notifier.engines.sender import Sender

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.manager import JobManager
    from procrastinate.worker import Worker

__all__ = ["ClusterEngine", "Pulse", "tick_line"]

log = structlog.get_logger(__name__)

TIDY = "tidy"
TIDY_LINE = "17 * * * *"
KEEP_JOBS = 24  # hours a finished job stays, for whoever looks
NEVER = 3600.0  # seconds: nobody asks for a job to be broken off
SECONDS = (30, 20, 15, 12, 10, 6, 5, 4, 3, 2)  # what divides a minute, so that all machines tick at the same times
MINUTES = (30, 20, 15, 12, 10, 6, 5, 4, 3, 2)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Seconds between two heartbeats, until a worker without one counts as dead, between two looks for a job, and until
    a queue that was lost is joined again.
    """

    beat: float = 5.0
    dead_after: float = 30.0
    look: float = 1.0
    again_after: float = 5.0


class ClusterEngine:
    """One worker: its share of the chores, and a lane. Ends cleanly on SIGTERM and SIGINT.

    A lane that was stopped over our set-up stays stopped: workers come and go by themselves, so a person lets it run.
    """

    def __init__(self, parts: EngineParts, open_queue: Callable[[], App], pulse: Pulse | None = None) -> None:
        self._parts, self._open_queue, self._pulse = parts, open_queue, pulse or Pulse()
        self._news = News()
        self._sender = Sender(parts.lane, self._news)
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._chores = Chores(parts, self._news, self._sender.wake, self.name)
        self._told = asyncio.Event()
        self._worker: Worker | None = None
        self._joined_at = 0.0
        self._done_since: set[str] = set()

    async def run(self) -> int:
        """Run until told to stop; returns the process's exit code."""
        structlog.contextvars.bind_contextvars(worker=self.name)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._something_broke)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told.set)
        running = {asyncio.create_task(part()) for part in (self._sender.run, self._work, self._do_own)}
        log.info("worker_started")
        told = asyncio.create_task(self._told.wait())
        ended, _running = await asyncio.wait({told, *running}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        await self._stop(running)
        return 0 if told in ended else 1

    async def _stop(self, running: set[asyncio.Task[None]]) -> None:
        """No new claims, no new jobs; what is in flight lands."""
        log.info("worker_stopping")
        end_at_the_latest()
        self._told.set()
        self._sender.stop()
        broken_off = self._chores.stop()
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]
        _done, pending = await asyncio.wait({*running, *broken_off}, timeout=STOP_WITHIN)
        log.info("worker_stopped", unfinished=len(pending))

    async def _work(self) -> None:
        """Take jobs until told to stop, whatever becomes of the database meanwhile."""
        with overheard(self._queue_broke):
            while not self._told.is_set():
                try:
                    await self._take_jobs()
                except Exception as error:  # noqa: BLE001  # told there; what it can be is the database driver's business
                    self._queue_broke(error)
                await self._rest(self._pulse.again_after)

    async def _take_jobs(self) -> None:
        """As one worker of the queue, until told to stop, or until a side task of the queue's library has failed."""
        async with self._open_queue().open_async() as app:
            if self._told.is_set():
                return
            self._worker = self._made_worker(app)
            self._joined_at, self._done_since = time.monotonic(), set()
            await self._worker.run()  # type: ignore[no-untyped-call]
        self._queue_broke(None)

    def _queue_broke(self, error: BaseException | None) -> None:
        """Tell it, unless it is the end that was asked for. What is taken before this worker ends proves nothing."""
        self._joined_at = time.monotonic()
        if not self._told.is_set():
            self._news.queue_failed(error)

    def _queue_works(self, name: str) -> None:
        """A job of this chore is taken. That it works is told once an earlier one of this worker's has ended well."""
        if name in self._done_since and time.monotonic() - self._joined_at >= self._pulse.dead_after:
            self._news.queue_works()
        self._done_since.add(name)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), seconds)

    def _made_worker(self, app: App) -> Worker:
        from procrastinate.worker import Worker

        chores = self._chores.all()
        for chore in chores:
            self._register(app, chore.name, tick_line(chore), self._turn_of(chore))
        self._register(app, TIDY, TIDY_LINE, self._tidy_up)
        names = [chore.name for chore in chores] + [TIDY]
        return Worker(
            app, queues=names, name=self.name, concurrency=len(names), install_signal_handlers=False,
            listen_notify=False, fetch_job_polling_interval=self._pulse.look, abort_job_polling_interval=NEVER,
            update_heartbeat_interval=self._pulse.beat, stalled_worker_timeout=self._pulse.dead_after,
        )  # fmt: skip

    def _register(self, app: App, name: str, line: str, turn: Callable[..., Any]) -> None:
        """One queue a task: a worker without an inbox, or of a former release, takes nothing it does not know."""
        task = app.task(name=name, queue=name, queueing_lock=name, pass_context=True)(turn)
        app.periodic(cron=line)(task)

    def _turn_of(self, chore: Chore) -> Callable[..., Any]:
        async def turn(context: JobContext, timestamp: int) -> None:  # noqa: ARG001  # the tick it was made for
            if await self._is_under_way(context):
                return
            self._queue_works(chore.name)
            if chore.is_due is None or await asyncio.to_thread(chore.is_due):
                await self._chores.do(chore)

        return turn

    async def _is_under_way(self, context: JobContext) -> bool:
        """Is a worker that lives at an earlier job of this kind?"""
        task, jobs = context.job.task_name, context.app.job_manager
        doing = {job.id for job in await jobs.list_jobs_async(task=task, status="doing") if job.id is not None}
        dead = await jobs.get_stalled_jobs(task_name=task, seconds_since_heartbeat=self._pulse.dead_after)
        return any(job_id < (context.job.id or 0) for job_id in doing - {job.id for job in dead})

    async def _tidy_up(self, context: JobContext, timestamp: int) -> None:  # noqa: ARG002
        await self.tidy(context.app.job_manager)

    async def tidy(self, jobs: JobManager) -> None:
        """Once an hour: forget what was finished long ago, and what died with its worker."""
        from procrastinate.jobs import Status

        for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=NEVER):
            if job.id is not None:
                await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        await jobs.prune_stalled_workers(NEVER)
        await jobs.delete_old_jobs(KEEP_JOBS, include_failed=True, include_cancelled=True, include_aborted=True)

    async def _do_own(self) -> None:
        """Each worker has files and a lane of its own: it reads them itself, whoever plans, and says that it lives."""
        while not self._told.is_set():
            for chore in (*self._chores.own(), Chore("edits", self._edits, self._parts.plan_every)):
                await self._chores.do(chore)
            await self._rest(self._parts.plan_every.total_seconds())

    async def _edits(self) -> None:
        self._news.edits(await asyncio.to_thread(self._parts.take_up_edits))

    def _something_broke(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What a task nobody waits for has raised, such as a job whose end could not be written down.

        That one would count as under way for as long as its worker lives, so the worker ends and joins anew as another.
        """
        error = context.get("exception")
        if error is None:
            loop.default_exception_handler(context)
            return
        with structlog.contextvars.bound_contextvars(worker=self.name):  # there may be none where this is called from
            self._queue_broke(error)
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]


def tick_line(chore: Chore) -> str:
    """When it is due, as a cron line with seconds last; what no clock divides is asked for each minute (`is_due`)."""
    if chore.every < timedelta(minutes=1):
        seconds = next((number for number in SECONDS if number <= chore.every.total_seconds()), 1)
        return f"* * * * * */{seconds}"
    minutes = 1
    if chore.is_due is None:
        minutes = next((number for number in MINUTES if timedelta(minutes=number) <= chore.every), 1)
    return f"*/{minutes} * * * * {chore.at_second or 0}"
