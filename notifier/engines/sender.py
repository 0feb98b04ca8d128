"""The sender: one lane that keeps sending beside everything else the event loop does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from notifier.engines.news import News
from notifier.jobs.send import Lane, SendResult

__all__ = ["Sender"]

log = structlog.get_logger(__name__)

IDLE = 2.0  # seconds between two drains when nothing is left to send
AGAIN_AFTER = 5.0  # seconds until a failed drain is tried again
IN_FLIGHT_AT_MOST = 8.0  # seconds after the end was asked for that POSTs under way may take


class Sender:
    """Sends until told to stop; a lane that broke is replaced by a new one. Made inside the running event loop."""

    def __init__(self, make_lane: Callable[[], Lane], news: News) -> None:
        self._make_lane, self._news = make_lane, news
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._lane: Lane | None = None

    async def run(self) -> None:
        """Until `stop`, however often sending fails."""
        while not self._stopping.is_set():
            self._lane = self._make_lane()
            try:
                await self._lane.keep_sending(self._sent)
            except Exception as error:
                if not self._news.database_is_away(error):
                    log.exception("send_failed", alert=True)
                await self._rest(AGAIN_AFTER)

    def wake(self) -> None:
        """There may be something new to send: do not wait for the next look."""
        self._wake.set()

    def stop(self) -> None:
        """No new claims; what is in flight lands, and is waited for no longer than `IN_FLIGHT_AT_MOST`."""
        self._stopping.set()
        self._wake.set()
        lane = self._lane
        if lane is not None:
            lane.stopping.set()
            asyncio.get_running_loop().call_later(IN_FLIGHT_AT_MOST, lane.interrupt)

    async def _sent(self, result: SendResult) -> None:
        self._news.database_answers()
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
