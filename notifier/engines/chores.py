"""The chores: what an engine has done at its times. The engines differ only in who says that it is time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from notifier.engines.errand import ErrandFailed, run_errand
from notifier.engines.inbox import InboxTurn
from notifier.engines.news import News
from notifier.engines.parts import EngineParts, SyncParts

__all__ = ["Chore", "Chores"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """One of them. `every`: how often it is due, in whole minutes at that second where there is an `at_second`.

    `at_once`: what was missed is made up at the engine's start. `is_due`: has its time come? Only for who asks often.
    """

    name: str
    do: Callable[[], Awaitable[None]]
    every: timedelta
    at_second: int | None = None
    at_once: bool = False
    is_due: Callable[[], bool] | None = None


EMBEDDED = "embedded"


class Chores:
    """Every chore of one engine, called `name`. `planned` is called when there may be something new to send."""

    def __init__(self, parts: EngineParts, news: News, planned: Callable[[], None], name: str = EMBEDDED) -> None:
        self._parts, self._news, self._planned, self._name = parts, news, planned, name
        self._has_beaten = False
        self._is_stopping = False
        self._planned_at: datetime | None = None
        self._running: set[asyncio.Task[None]] = set()

    def all(self) -> tuple[Chore, ...]:
        """What this house has to do; an inbox or a DMS database only where there is one."""
        parts = self._parts
        chores = [
            Chore("plan", self._plan, parts.plan_every, at_second=0, at_once=True),
            Chore("reconcile", self._reconcile, parts.reconcile_every),
            Chore("attribute", self._attribute, parts.attribute_every, at_second=30),
            Chore("tally", self._tally, parts.tally_every, at_second=45, at_once=True),
        ]
        if inbox := parts.inbox:
            turn = InboxTurn(inbox, parts.clock, self._news)
            chores.append(Chore("inbox", turn.take, inbox.every, at_once=True))  # what was left behind is completed
        if sync := parts.sync:
            due = partial(_is_sync_due, sync, parts.clock)
            chores.append(Chore("sync", partial(self._sync, sync), sync.every, at_once=True, is_due=due))
        return tuple(chores)

    def own(self) -> tuple[Chore, ...]:
        """What each engine does for itself, however many share the others."""
        return (Chore("beat", self._beat, self._parts.plan_every, at_once=True),)

    async def do(self, chore: Chore) -> None:
        """Do it once. One that fails is told and tried again at its next time; it never ends the engine."""
        if self._is_stopping:
            return
        task = asyncio.create_task(self._guarded(chore))
        self._running.add(task)
        try:
            await task
        finally:
            self._running.discard(task)

    def stop(self) -> set[asyncio.Task[None]]:
        """No new ones, and those under way break off: the next tick after the next start does them. The latter."""
        self._is_stopping = True
        for task in self._running:
            task.cancel()
        return set(self._running)

    async def _guarded(self, chore: Chore) -> None:
        try:
            await chore.do()
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
            log.info(f"{chore.name}_interrupted")
        except ErrandFailed as failure:
            if failure.code == "refused":  # somebody does the same by hand at this moment
                log.info(f"{chore.name}_refused", reason=str(failure))
            elif not self._news.database_is_away(failure):
                log.exception(f"{chore.name}_failed", alert=True, code=failure.code)
        except Exception as error:
            if not self._news.database_is_away(error):
                log.exception(f"{chore.name}_failed", alert=True)

    async def _plan(self) -> None:
        self._news.edits(await asyncio.to_thread(self._parts.take_up_edits))
        now = self._parts.clock()
        document: Mapping[str, Any] = await run_errand(self._parts.plan(now))
        since, self._planned_at = self._planned_at or now, now
        missing = self._news.planned(document)
        self._planned()
        for campaign, reason in missing.items():
            if not await asyncio.to_thread(self._parts.is_run_made, campaign, since):
                self._news.run_missed(campaign, reason)

    async def _attribute(self) -> None:
        document: Mapping[str, Any] = await run_errand(self._parts.attribute(self._parts.clock()))
        self._news.attributed(document)

    async def _tally(self) -> None:
        await asyncio.to_thread(self._parts.tally, self._parts.clock())

    async def _beat(self) -> None:
        await asyncio.to_thread(self._parts.beat, self._name, not self._has_beaten)
        self._has_beaten = True

    async def _sync(self, sync: SyncParts) -> None:
        try:
            document: Mapping[str, Any] = await run_errand(sync.read(self._parts.clock()))
        except ErrandFailed as failure:
            if not self._news.database_is_away(failure):
                self._news.sync_failed(failure.code, str(failure))
        else:
            self._news.synced(document)

    async def _reconcile(self) -> None:
        result = await self._parts.reconciler().run(self._parts.clock, wait=False)
        self._news.reconciled(result)


def _is_sync_due(sync: SyncParts, clock: Callable[[], datetime]) -> bool:
    """Has nobody tried it for as long as it is to be left alone?"""
    last = sync.tried_at()
    return last is None or not last <= clock() < last + sync.every
