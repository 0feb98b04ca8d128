"""`notifier status` as a page, a line and live, in 80 columns and both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from sqlalchemy.exc import OperationalError

from notifier.cli.status_page import Picture
from notifier.cli.status_watch import watch
from notifier.cli.terminal import say, show
from notifier.locale import language
from notifier.store.lanes import LaneRow
from notifier.store.overview import Standing
from notifier.store.pauses import PauseRow

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
WORDS = "20429 Too many requests: the account's limit of 100 requests a second was exceeded"
LANE = LaneRow("twilio", NOON, NOON + timedelta(seconds=9), 3, None, None, WORDS, NOON, None)
STANDING = Standing(NOON, 1_000_000, 512_345, 480_000, 7_655, 12, 50, 3, NOON - timedelta(minutes=90), 41.5)
PICTURE = Picture(
    NOON, SHANGHAI, STANDING, LANE, "backing_off", [PauseRow("jinjiang", NOON, "王经理")],
    ["The shop jinjiang is paused."], ["winback"], [], [], None, None,
)  # fmt: skip


@pytest.mark.parametrize("spoken", ["en", "zh-CN"])
def test_the_page_fits_eighty_columns(
    spoken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Chinese character is two cells wide; a provider's long words are broken, not cut off."""
    monkeypatch.setenv("COLUMNS", "80")
    with language(spoken):
        show(PICTURE.table())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert "second was exceeded" in " ".join(" ".join(lines).split())


def test_the_page_says_what_the_lane_waits_for_and_why() -> None:
    """On the shop's clock."""
    line = PICTURE.line()
    assert line.startswith("2026-03-10 12:00:00  Waiting 1,000,000 · may go now 512,345 · for later 480,000 · paused")
    assert f"Lane waits until 12:00:09, because of {WORDS}" in line
    assert "May go since 2026-03-10 10:30:00 (90 minutes)" in line
    assert next(PICTURE.sentences()) == "The shop jinjiang is paused."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lane_state": "running"}, "Lane running"),
        ({"lane_state": "idle"}, "Lane free"),
        ({"lane_state": "idle", "pauses": [PauseRow(None, NOON, "王经理")]}, "Lane paused"),
        ({"lane_state": "probing"}, "Lane tries one text at a time, after 20429"),
        ({"lane_state": "stopped", "lane": replace(LANE, stopped="20003", stopped_at=NOON)}, "stopped, code 20003"),
    ],
)
def test_each_state_of_the_lane_has_its_words(changed: dict[str, object], said: str) -> None:
    """Stopped over our set-up is graver than a pause, so it is what is shown."""
    assert said in replace(PICTURE, **changed).line()  # type: ignore[arg-type]


def test_texts_that_nobody_takes_are_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Not in quiet hours, nor where the lane has told its reason already."""
    idle = replace(PICTURE, lane_state="idle", pauses=[], pause_words=[], paused_campaigns=[])
    say(*idle.sentences())
    assert "is notifier run running, or on a cluster notifier worker?" in capsys.readouterr().out
    say(*replace(idle, quiet_until=NOON).sentences())
    assert "reminders go from 2026-03-10 12:00" in capsys.readouterr().out
    assert list(replace(idle, lane_state="backing_off").sentences()) == []
    paused = replace(idle, quiet_until=NOON, pauses=[PauseRow(None, NOON, "王经理")], pause_words=["All is paused."])
    assert list(paused.sentences()) == ["All is paused."]


def looks(*seen: Picture | Exception) -> Callable[[], Picture]:
    """One after the other, then Ctrl-C."""
    left = iter(seen)

    def look() -> Picture:
        found = next(left, KeyboardInterrupt())
        if isinstance(found, BaseException):
            raise found
        return found

    return look


AWAY = OperationalError("SELECT 1", {}, Exception("server closed the connection"))


def test_into_a_pipe_one_line_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A database that is away for a moment is told, and looked for again; Ctrl-C is no error."""
    watch(looks(PICTURE, AWAY, PICTURE), 0.001, as_json=False)
    first, away, again = capsys.readouterr().out.splitlines()
    assert first == again == PICTURE.line()
    assert "database" in away
    watch(looks(AWAY), 0.001, as_json=True)
    assert '"code": "store"' in capsys.readouterr().out


def test_a_defect_of_ours_is_not_taken_for_a_database_that_is_away() -> None:
    """It ends the command as any other."""
    with pytest.raises(ZeroDivisionError):
        watch(looks(PICTURE, ZeroDivisionError()), 0.001, as_json=False)


@pytest.mark.parametrize(("spoken", "ends"), [("en", "every 0.001 s, Ctrl-C ends"), ("zh-CN", "Ctrl-C")])
def test_on_a_terminal_the_page_changes_in_its_place(
    spoken: str, ends: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is wiped: each line is written over, and a shorter page leaves none of the longer one behind."""
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "80"), ("LINES", "24")):
        monkeypatch.setenv(name, value)
    shorter = replace(PICTURE, pauses=[], pause_words=[], paused_campaigns=[], lane_state="running")
    with language(spoken):
        watch(looks(PICTURE, shorter), 0.001, as_json=False)
    shown = capsys.readouterr().out
    assert ends in shown
    assert "\x1b[2J" not in shown  # clears the screen, which flickers
    assert shown.count("\x1b[2K") > 10
