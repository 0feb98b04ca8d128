"""What campaigns are called by key, by id and by run: the file's word first, the run's own where it is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from notifier.locale import language
from notifier.reports.titles import Titles
from notifier.store.runs import RunRow
from tests.unit.test_schedules import entry, read

HERE = read(
    entry("spring_ac", id="spring", name="春季空调检查"),
    entry("birthday", rule="birthday", stages="{day: 0}"),
    entry("plain"),
).campaigns
GONE: dict[str, dict[str, Any]] = {
    "winter": {"key": "winter_tyres", "name": "冬季换胎", "list": None},
    "week": {"key": "check_week", "name": None, "list": {"title": "免费检测周"}},
    "old": {"key": "old_key"},
}
TITLES = Titles(HERE, GONE)


def run(campaign_id: str, **settings: Any) -> RunRow:
    """One that was planned once, with these settings."""
    return RunRow(7, 1, campaign_id, None, "ready", settings, {}, datetime(2026, 3, 10, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("spring_ac", "春季空调检查"), ("spring", "春季空调检查"), ("birthday", "Birthday"), ("plain", "plain"),
        ("winter_tyres", "冬季换胎"), ("check_week", "免费检测周"), ("old_key", "old_key"), ("winback", "Win-back"),
        ("never_heard", "never_heard"),
    ],
)  # fmt: skip
def test_by_key(key: str, title: str) -> None:
    """Of the file, else of what ran once, else of the rule of that name."""
    assert TITLES.of_key(key) == title


@pytest.mark.parametrize(
    ("campaign_id", "title"),
    [("spring", "春季空调检查"), ("winter", "冬季换胎"), ("old", "old_key"), ("spring_ac", "spring_ac")],
)
def test_by_id(campaign_id: str, title: str) -> None:
    """A key is no id, though most are written alike."""
    assert TITLES.of_id(campaign_id) == title


def test_by_run() -> None:
    """The file's name holds for old runs too; of a campaign that is gone the run knows its own."""
    assert TITLES.of_run(run("spring", key="spring_ac", name="空调", rule="maintenance_due")) == "春季空调检查"
    gone = Titles(HERE)
    assert gone.of_run(run("winter", key="winter_tyres", name="冬季换胎")) == "冬季换胎"
    assert gone.of_run(run("winback_2", key="winback_2")) == "winback_2"
    assert gone.of_run(run("anything")) == "anything"
    with language("zh-CN"):
        assert gone.of_run(run("winback", key="winback")) == "流失招揽"
