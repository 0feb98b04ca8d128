"""Health, metrics and what every answer carries, asked of a real server."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.store.engine import Store
from notifier.store.lanes import stop
from notifier.web.parts import WebParts
from tests.support.hand_made_shop import NOON, HandMadeShop
from tests.support.quiet_log import configured_log
from tests.support.web_server import running_web

NOW = NOON + timedelta(minutes=5)
DAY = date(2026, 1, 1)


def parts_of(store: Store) -> WebParts:
    """A web part without Twilio, over http."""
    return WebParts(store, b"secret", "CN", "simulator", lambda: NOW)


def test_ready_means_reachable_and_migrated(store: Store) -> None:
    """200 as long as it is so; else 503 with a fixed word and nothing about the set-up."""
    with running_web(parts_of(store)) as web:
        assert json.loads(web.ask("/healthz").body) == {"alive": True}
        answer = web.ask("/readyz")
        assert (answer.status, json.loads(answer.body)) == (200, {"ready": True, "reasons": []})
        with store.write() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
        answer = web.ask("/readyz")
        assert answer.status == 503
        assert json.loads(answer.body) == {"ready": False, "reasons": ["database_not_migrated"]}


def test_an_unreachable_database_is_not_ready_but_alive() -> None:
    """Nobody listens at that port."""
    store = Store("postgresql://nobody:secret@127.0.0.1:1/none")
    with running_web(parts_of(store)) as web:
        assert web.ask("/healthz").status == 200
        answer = web.ask("/readyz")
        assert (answer.status, json.loads(answer.body)["reasons"]) == (503, ["database_unreachable"])
        assert web.ask("/metrics").status == 500
    store.close()


def test_metrics_tell_how_it_stands(store: Store) -> None:
    """By state, what waits and since when, and a lane that stands still."""
    with store.write() as session:
        shop = HandMadeShop(session)
        for name, state in (("陈晓芳", "planned"), ("李强", "planned"), ("王芳", "unknown"), ("赵敏", "delivered")):
            shop.message(name, state, DAY, text="…")
        shop.message("孙丽", "planned", DAY, run_id=shop.run("review"))
        stop(session, "simulator", code="20003", error="…")
    with running_web(parts_of(store)) as web:
        web.ask("/readyz")
        answer = web.ask("/metrics")
    lines = set(answer.body.splitlines())
    assert answer.headers["content-type"].startswith("text/plain")
    assert {
        'notifier_messages{state="planned"} 3.0', 'notifier_messages{state="unknown"} 1.0',
        'notifier_messages{state="delivered"} 1.0', "notifier_messages_waiting 2.0", "notifier_messages_unknown 1.0",
        "notifier_oldest_waiting_seconds 300.0", "notifier_lane_stopped 1.0", "notifier_pauses 0.0",
        'notifier_request_seconds_count{route="/readyz",status="200"} 1.0',
    } <= lines  # fmt: skip


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/", "/webhooks", "/healthz/"])
def test_nothing_else_is_there(sqlite_store: Store, path: str) -> None:
    """A quiet 404: no pages about the routes, and no banner."""
    with running_web(parts_of(sqlite_store)) as web:
        answer = web.ask(path)
    assert (answer.status, answer.body) == (404, "")
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


def test_the_log_of_requests_knows_no_person(sqlite_store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    """It names the route: neither the code of a link, nor a phone in a query, nor the caller's address."""
    with configured_log("json"), running_web(parts_of(sqlite_store)) as web:
        web.ask("/l/chens-own-code?phone=%2B8613800138000")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    request = next(line for line in lines if line["event"] == "request")
    assert request["route"] == "/l/{code}"
    assert request["status"] == 404
    assert datetime.fromisoformat(request["timestamp"]).tzinfo == UTC
    assert "chens-own-code" not in str(lines)
    assert "13800138000" not in str(lines)
    assert "127.0.0.1" not in str(lines)
