"""What pages say of a run."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from notifier.reports.run_words import reviewed_sentence
from notifier.store.runs import RunRow

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 3, 10, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "at", "said"),
    [
        ("approved", MOMENT.isoformat(), "Approved by 王经理 on 2026-03-10 10:00."),
        ("void", MOMENT.isoformat(), "Rejected by 王经理 on 2026-03-10 10:00."),
        ("approved", None, "Approved by 王经理."),
        ("void", None, "Rejected by 王经理."),
        ("expired", None, None),
    ],
)
def test_who_decided_is_told_with_the_moment_where_it_is_known(verdict: str, at: str | None, said: str | None) -> None:
    """A run of an older version has none, and a dash in its place would read as a mistake."""
    counts = {"review": {"verdict": verdict, "by": "王经理", "at": at}}
    run = RunRow(7, 1, "winback", None, "ready", {}, counts, MOMENT, None)
    assert reviewed_sentence(run, SHANGHAI) == said
