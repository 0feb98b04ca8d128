"""The watched folder's turn: a look, and where there is something to do, one errand for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from notifier.engines.errand import ErrandFailed, run_errand
from notifier.engines.news import News
from notifier.engines.parts import InboxParts
from notifier.errors import BadInput

__all__ = ["InboxTurn"]


class InboxTurn:
    """One turn at a time; a folder that cannot be used is told and looked at again."""

    def __init__(self, inbox: InboxParts, clock: Callable[[], datetime], news: News) -> None:
        self._inbox, self._clock, self._news = inbox, clock, news

    async def take(self) -> None:
        """Look, and import what is ready. The look costs little; an import has a process of its own."""
        now = self._clock()
        try:
            sighting = await asyncio.to_thread(self._inbox.look, now)
        except BadInput as error:
            self._news.inbox_stuck(str(error))
            return
        self._news.inbox_seen(sighting)
        if not sighting.ready and not sighting.left_behind:
            return
        try:
            document = await run_errand(self._inbox.take_in(now, sighting.ready))
        except ErrandFailed as failure:
            if failure.code == "refused":
                self._news.inbox_refused(str(failure))
            elif failure.code == "bad_input":
                self._news.inbox_stuck(str(failure))
            else:
                raise
        else:
            self._news.inbox_taken_in(document)
