"""notifier/web/writer.py: one transaction for all that waits, one poisoned item alone, and no promise unkept."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import InboundText, StatusReport
from notifier.store.engine import Store
from notifier.store.tables import Event, Reply
from notifier.web import writer as writer_module
from notifier.web.writer import Item, Writer

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


def writer_of(store: Store, size: int = 100) -> Writer:
    """A writer that has not begun yet."""
    return Writer(store, secret=b"secret", region="CN", clock=lambda: NOW, size=size)


def status(number: int) -> StatusReport:
    """A status nobody has seen."""
    return StatusReport("twilio", f"SM{number}", "sent", AttemptEvent.SENT)


def text(number: int, words: str) -> InboundText:
    """A text from a customer."""
    return InboundText("twilio", f"SM{number}", "+8613800138000", words)


def poison() -> InboundText:
    """A lone surrogate: neither database can write it."""
    return text(99, "1\ud800")


def kept(store: Store) -> tuple[int, int]:
    """How many events and replies there are."""
    with store.read() as session:
        counts = [
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one() for model in (Event, Reply)
        ]
    return counts[0], counts[1]


async def keep_together(writer: Writer, *items: Item) -> list[bool]:
    """All wait before the writer begins, so that they are one batch."""
    tasks = [asyncio.create_task(writer.keep(item)) for item in items]
    await asyncio.sleep(0)
    writer.start()
    results = await asyncio.gather(*tasks)
    await asyncio.to_thread(writer.stop)
    return results


async def test_all_that_waits_is_one_transaction(sqlite_store: Store) -> None:
    """A hundred callbacks and replies cost one commit."""
    commits: list[None] = []
    sa.event.listen(sqlite_store.engine, "commit", lambda _connection: commits.append(None))
    items: list[Item] = [*map(status, range(60)), *(text(number, "1") for number in range(40))]
    assert await keep_together(writer_of(sqlite_store), *items) == [True] * 100
    assert len(commits) == 1
    assert kept(sqlite_store) == (60, 40)


async def test_a_poisoned_item_blocks_no_other(store: Store) -> None:
    """Its sender is told that it was not kept; the others are."""
    items: list[Item] = [status(1), poison(), status(2), text(3, "1")]
    assert await keep_together(writer_of(store), *items) == [True, False, True, True]
    assert kept(store) == (2, 1)


async def test_a_full_queue_turns_away_at_once(sqlite_store: Store) -> None:
    """Better told to come back than kept waiting for nothing."""
    writer = writer_of(sqlite_store, size=1)
    first = asyncio.create_task(writer.keep(status(1)))
    await asyncio.sleep(0)
    assert not await writer.keep(status(2))
    writer.start()
    assert await first
    await asyncio.to_thread(writer.stop)
    assert kept(sqlite_store) == (1, 0)


async def test_who_waited_too_long_is_told_so_and_the_item_is_still_written(sqlite_store: Store) -> None:
    """The provider will send it again; the second time changes nothing."""
    writer = writer_of(sqlite_store)
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with sqlite_store.write() as session:
            session.execute(sa.text("SELECT 1"))
            locked.set()
            release.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    writer.start()
    assert not await writer.keep(status(1), within=0.2)
    release.set()
    holder.join()
    assert await writer.keep(status(1))
    await asyncio.to_thread(writer.stop)
    assert kept(sqlite_store) == (1, 0)


async def test_a_database_out_of_reach_is_told_once_nobody_waits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again and again until then."""
    monkeypatch.setattr(writer_module, "ANSWER_WITHIN", 0.5)
    store = Store("postgresql://nobody@127.0.0.1:1/none")
    writer = writer_of(store)
    writer.start()
    started = time.monotonic()
    assert not await writer.keep(status(1), within=30)
    assert 0.4 < time.monotonic() - started < 20
    await asyncio.to_thread(writer.stop)
    assert not writer.is_alive
    store.close()
