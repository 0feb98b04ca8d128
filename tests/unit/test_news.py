"""notifier/engines/news.py: a database that is away is one line, and its return another."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from notifier.engines import news
from notifier.engines.errand import DATABASE, ErrandFailed
from notifier.engines.news import News
from notifier.errors import SourceError, StoreError
from notifier.jobs.send import SendResult


def wrapped(error: Exception, cause: Exception) -> Exception:
    """As `raise error from cause` leaves it."""
    error.__cause__ = cause
    return error


GONE = sa.exc.OperationalError("SELECT 1", {}, psycopg.OperationalError("gone"))


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (GONE, True),
        (psycopg.errors.AdminShutdown("terminating"), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (wrapped(RuntimeError("the queue's own"), psycopg.OperationalError("gone")), True),
        (wrapped(StoreError("cannot be read"), GONE), True),
        (ErrandFailed(DATABASE, "OperationalError"), True),
        (ErrandFailed("crashed", "ZeroDivisionError"), False),
        (wrapped(SourceError("the DMS's database"), GONE), False),
        (psycopg.errors.ForeignKeyViolation("a worker nobody knows"), False),
        (ConnectionResetError("the provider's"), False),
        (ValueError(), False),
    ],
)
def test_whose_trouble_it_is(error: Exception, is_away: bool) -> None:
    """The database's own is told apart from the provider's, the DMS's and a defect of ours."""
    with capture_logs() as lines:
        assert News().database_is_away(error) is is_away
    assert [line["event"] for line in lines] == ["database_away"] * is_away


def test_an_outage_is_one_line_and_its_end_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever part meets it; what only now notices the outage that is over says nothing, the next one is told."""
    with capture_logs() as lines:
        told = News()
        for _ in range(3):
            told.database_is_away(GONE)
        for _ in range(2):
            told.database_answers()
        assert told.database_is_away(GONE)
        told.database_answers()
        monkeypatch.setattr(news, "ECHO", 0.0)
        told.database_is_away(GONE)
    assert [line["event"] for line in lines] == ["database_away", "database_is_back", "database_away"]
    assert [line.get("alert", False) for line in lines] == [True, False, True]


UNDEFINED = psycopg.errors.UndefinedTable("no such table")


def test_a_queue_that_is_broken_is_one_line_and_its_end_another() -> None:
    """What the library caught says why; that its worker ended is then no news."""
    with capture_logs() as lines:
        told = News()
        told.queue_works()
        told.queue_failed(wrapped(RuntimeError("the queue's own"), UNDEFINED))
        told.queue_failed()
        told.queue_works()
        told.queue_failed()
    assert [line["event"] for line in lines] == ["queue_failed", "queue_works_again", "queue_failed"]
    assert [line.get("reason") for line in lines] == ["UndefinedTable", None, "it ended by itself"]


def test_a_queue_that_alone_cannot_reach_the_database_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has lasted; and texts that go out meanwhile do not say that anything is back."""
    with capture_logs() as lines:
        told = News()
        told.queue_failed(GONE)
        assert not lines
        monkeypatch.setattr(news, "ECHO", 0.0)
        for _ in range(3):
            told.queue_failed(GONE)
            told.database_answers()
        told.queue_works()
    assert [line["event"] for line in lines] == ["queue_failed", "queue_works_again"]
    assert "exc_info" not in lines[0] or lines[0]["exc_info"] is None


def test_a_database_that_is_away_is_not_told_as_the_queue_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """One outage, one alert."""
    monkeypatch.setattr(news, "ECHO", 0.0)
    with capture_logs() as lines:
        told = News()
        told.database_is_away(GONE)
        told.queue_failed(GONE)
        told.queue_failed()
        told.database_answers()
        told.queue_works()
    assert [line["event"] for line in lines] == ["database_away", "database_is_back"]


def test_a_job_whose_end_was_written_twice_over_an_outage_is_no_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not found the second time; what still fails when the outage is long over is the queue's own trouble."""
    lost = wrapped(RuntimeError("the queue's own"), psycopg.errors.RaiseException("Job was not found"))
    with capture_logs() as lines:
        told = News()
        told.database_is_away(GONE)
        told.queue_failed(lost)
        told.database_answers()
        told.queue_failed(lost)
        told.queue_failed()
        monkeypatch.setattr(news, "ECHO", 0.0)
        told.queue_failed(lost)
    assert [line["event"] for line in lines] == ["database_away", "database_is_back", "queue_failed"]
    assert lines[-1]["reason"] == "RaiseException"


def test_a_worker_that_keeps_ending_by_itself_after_an_outage_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it did so while the outage was hardly over does not use up the word."""
    with capture_logs() as lines:
        told = News()
        told.database_is_away(GONE)
        told.database_answers()
        told.queue_failed()
        monkeypatch.setattr(news, "ECHO", 0.0)
        told.queue_failed()
        told.queue_failed()
    assert [line["event"] for line in lines] == ["database_away", "database_is_back", "queue_failed"]


def planned(waiting: dict[str, str], *runs: str) -> dict[str, object]:
    """A plan's document."""
    made = [
        {"shop": "main", "campaign": name, "run": 1, "state": "ready", "planned": 1, "withheld": 0} for name in runs
    ]
    return {"runs": made, "waiting": waiting, "expired": []}


@pytest.mark.parametrize(
    ("waited", "waits", "made", "missing"),
    [
        ({"birthday": "data_too_old"}, {}, (), {"birthday": "data_too_old"}),
        ({"birthday": "data_too_old"}, {"birthday": "list_unreadable"}, (), {}),
        ({"birthday": "data_too_old"}, {}, ("birthday",), {}),
        ({"main/birthday": "data_too_old"}, {}, ("birthday",), {}),
        ({"east/birthday": "data_too_old"}, {}, ("birthday",), {"east/birthday": "data_too_old"}),
    ],
)
def test_what_waits_no_more_was_made_or_may_be_missed(
    waited: dict[str, str], waits: dict[str, str], made: tuple[str, ...], missing: dict[str, str]
) -> None:
    """Of one shop or of a group."""
    told = News()
    assert told.planned(planned(waited)) == {}
    assert told.planned(planned(waits, *made)) == missing


def test_a_provider_that_is_away_for_long_is_one_line_and_its_return_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals of some minutes are the lane's own business."""
    with capture_logs() as lines:
        told = News()
        told.sent(SendResult(trouble="ClientConnectorError", waiting=5))
        told.sent(SendResult(trouble="ClientConnectorError", waiting=5))
        assert not lines
        monkeypatch.setattr(news, "PATIENCE", 0.0)
        for _ in range(3):
            told.sent(SendResult(trouble="ClientConnectorError", waiting=5))
        for _ in range(2):
            told.sent(SendResult())
    assert [line["event"] for line in lines] == ["provider_away", "provider_is_back"]
    assert (lines[0]["alert"], lines[0]["reason"], lines[0]["waiting"]) == (True, "ClientConnectorError", 5)
