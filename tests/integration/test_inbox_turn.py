"""The daemon's turn at the watched folder: what it says in the log, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from structlog.testing import capture_logs

from notifier.dms.inbox import FolderWatch, folder_lock
from notifier.engines.inbox import InboxTurn
from notifier.engines.news import News
from notifier.engines.parts import InboxParts
from notifier.jobs.inbox import InboxResult

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)


def _round(folder: Path) -> Mapping[str, object]:
    """In a process of its own: the lock of the real round, and nothing to import."""
    with folder_lock(folder):
        return InboxResult().document()


def _says(turn: InboxTurn) -> list[str]:
    with capture_logs() as lines:
        asyncio.run(turn.take())
    return [line["event"] for line in lines]


def test_a_folder_somebody_else_works_in_is_told_once_until_our_turn_has_come(tmp_path: Path) -> None:
    """A second daemon looks every two seconds, and would fill the log."""
    (tmp_path / "客户.csv").write_text("VIN,手机\n", "utf-8")
    minutes = iter(range(100))
    parts = InboxParts(
        look=FolderWatch(tmp_path, timedelta(minutes=1)).look,
        take_in=lambda _now, _ready: partial(_round, tmp_path),
        every=timedelta(seconds=2),
    )
    turn = InboxTurn(parts, lambda: NOON + timedelta(minutes=next(minutes)), News())
    assert _says(turn) == []
    with folder_lock(tmp_path):
        assert [_says(turn) for _look in range(3)] == [["inbox_refused"], [], []]
    assert _says(turn) == []
    with folder_lock(tmp_path):
        assert [_says(turn) for _look in range(2)] == [["inbox_refused"], []]
