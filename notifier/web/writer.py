"""One writer for everything that arrives: a queue, and group commit.

SQLite has one writer, and its busy handler polls: fifty webhooks that each open a transaction wait for each other
longest when it matters most. Here they wait together and are committed together; none is answered before that.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from notifier.gateways.base import InboundText, StatusReport
from notifier.jobs.clicks import receive_click
from notifier.jobs.receive import receive_replies, receive_statuses
from notifier.store.engine import Session, Store
from notifier.store.trouble import is_database_trouble

__all__ = ["LinkOpened", "Writer"]

log = structlog.get_logger(__name__)

AT_ONCE = 100
QUEUE_SIZE = 2000
ANSWER_WITHIN = 12.0  # seconds; Twilio waits 15
PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """Somebody opened a short link."""

    code: str


Item = StatusReport | InboundText | LinkOpened


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An item with the future its sender waits for: True = committed, False = not kept."""

    item: Item
    since: float
    kept: Future[bool] = field(default_factory=Future)


class Writer:
    """The thread that writes what arrives. `size`: how many may wait before new ones are turned away."""

    def __init__(
        self, store: Store, *, secret: bytes, region: str, clock: Callable[[], datetime], size: int = QUEUE_SIZE
    ) -> None:
        self._store = store
        self._secret = secret
        self._region = region
        self._clock = clock
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(size)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self, within: float = 3.0) -> None:
        """Write what waits, then end; at most `within` seconds."""
        try:
            self._queue.put(None, timeout=within)
        except queue.Full:
            return
        self._thread.join(within)

    @property
    def is_alive(self) -> bool:
        """Does anybody write?"""
        return self._thread.is_alive()

    async def keep(self, item: Item, *, within: float = ANSWER_WITHIN) -> bool:
        """Write `item`; True only once it is committed.

        False: the queue is full, the database is in trouble, or it took longer than `within` seconds. The provider
        then sends it again, and an item that is committed after all by then is not counted twice.
        """
        waiting = _Waiting(item, time.monotonic())
        if not self._enqueue(waiting):
            log.error("webhook_queue_full", alert=True, size=self._queue.maxsize)
            return False
        future = asyncio.wrap_future(waiting.kept)
        done, _ = await asyncio.wait({future}, timeout=within)
        return bool(done) and future.result()

    def _enqueue(self, waiting: _Waiting) -> bool:
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, is_last = self._all_that_waits(first)
            self._write(batch)
            if is_last:
                return

    def _all_that_waits(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """`first` and what came meanwhile, and whether the writer was told to end."""
        batch = [first]
        while len(batch) < AT_ONCE:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return batch, True
            batch.append(following)
        return batch, False

    def _write(self, batch: Sequence[_Waiting]) -> None:
        """All in one transaction; where that fails over one of them, each alone, so that it holds up no other."""
        if self._commit(batch):
            return
        for waiting in batch:
            if not self._commit([waiting]):
                log.error("webhook_not_kept", alert=True, kind=type(waiting.item).__name__)
                waiting.kept.set_result(False)

    def _commit(self, batch: Sequence[_Waiting]) -> bool:
        """Write the batch and tell its senders; False where its data cannot be written.

        A database in trouble is tried again as long as the first of the senders still waits.
        """
        while True:
            try:
                with self._store.write("web.receive") as session:
                    self._receive(session, [waiting.item for waiting in batch])
            except Exception as error:
                if not is_database_trouble(error):
                    log.exception("webhook_write_failed", items=len(batch))
                    return False
                if time.monotonic() - batch[0].since < ANSWER_WITHIN:
                    time.sleep(PAUSE)
                    continue
                log.exception("webhook_database_trouble", alert=True, items=len(batch))
                _answer(batch, kept=False)
            else:
                _answer(batch, kept=True)
            return True

    def _receive(self, session: Session, items: Sequence[Item]) -> None:
        now = self._clock()
        receive_statuses(session, [item for item in items if isinstance(item, StatusReport)])
        texts = [item for item in items if isinstance(item, InboundText)]
        receive_replies(session, texts, secret=self._secret, region=self._region, now=now)
        for item in items:
            if isinstance(item, LinkOpened):
                receive_click(session, item.code, now=now)


def _answer(batch: Sequence[_Waiting], *, kept: bool) -> None:
    for waiting in batch:
        waiting.kept.set_result(kept)
