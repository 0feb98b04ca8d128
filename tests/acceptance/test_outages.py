"""What the lane needs goes away in the middle of sending and comes back: it goes on by itself, nothing lost or doubled.

Real outages: PostgreSQL stopped, a disk that is full, a provider's line cut, or silent. The engines run as processes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.engines.queue import bring_up_queue
from notifier.jobs.window import DOUBTS_IN_A_ROW
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from notifier.web.parts import TwilioDoor, WebParts
from tests.support.cli_shop import CliShop
from tests.support.daemon import SECRET, BirthdayShop, Daemon
from tests.support.engines import running_engine
from tests.support.import_desk import NOW, phone, vin
from tests.support.line import line_to
from tests.support.own_postgres import own_postgres
from tests.support.small_disk import on_a_small_disk, small_disk
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, running_twilio
from tests.support.web_server import PUBLIC_URL, running_web

IN_FLIGHT = 20
DOUBTFUL_AT_MOST = IN_FLIGHT + DOUBTS_IN_A_ROW + 4  # the window, what follows until the lane knows, a few probes
ALERTS_OF_AN_OUTAGE = ["database_away"]


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A provider that answers after a moment, so that there is always something in flight."""
    with running_twilio(seed=3) as running:
        running.chances((1.0, Fault(FaultKind.SLOW_ANSWER, seconds=0.1)))
        yield running


def shop_at(folder: Path, database_url: str, provider_url: str, **environ: str) -> BirthdayShop:
    """A shop with short times; its texts take two seconds or three."""
    times = {
        "NOTIFIER_TWILIO_RATE": "80", "NOTIFIER_IN_FLIGHT": str(IN_FLIGHT), "NOTIFIER_POST_TIMEOUT": "0.8",
        "NOTIFIER_LEASE": "3", "NOTIFIER_RECONCILE_AFTER": "0.2", "NOTIFIER_RECONCILE_GAP": "0.2",
    }  # fmt: skip
    return BirthdayShop(
        folder, database_url, NOTIFIER_GATEWAY="twilio", NOTIFIER_PUBLIC_URL=PUBLIC_URL, TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=AUTH_TOKEN, TWILIO_MESSAGING_SERVICE_SID=SERVICE_SID, TWILIO_API_BASE_URL=provider_url,
        **times | environ,
    )  # fmt: skip


def raise_unless_each_text_came_once(twilio: TwilioHandle, expected: int) -> None:
    """Counted at the provider."""
    assert Counter(Counter(row["message"] for row in twilio.accepted()).values()) == {1: expected}


def alerts(engine: Daemon) -> list[str]:
    """What wanted a person."""
    return [line["event"] for line in engine.log() if line.get("alert")]


def test_postgresql_stopped_in_the_middle_of_sending(tmp_path: Path, twilio: TwilioHandle) -> None:
    """`pg_ctl stop -m immediate`, then started: the worker says so once, goes on, and settles what was in flight.

    What it had committed is there again, though the server is set up to be careless of it.
    """
    with own_postgres() as postgres:
        url = postgres.url_of(postgres.create())
        with closing(Store(url)) as store:
            upgrade(store)
            bring_up_queue(store)
            assert count(store, "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'on'")
        shop = shop_at(tmp_path, url, twilio.url)
        shop.born_today(150)
        with closing(shop.store), running_engine("cluster", shop.environ, tmp_path) as worker:
            worker.wait_until(lambda: twilio.posts() > 30, 60)
            with worker.frozen():  # however long the server takes to stop, it is in the middle of sending
                postgres.break_off()
            worker.wait_for("database_away", 60)
            assert twilio.posts() < 150
            postgres.start()
            worker.wait_until(lambda: shop.states() == {"accepted": 150}, 60)
            worker.wait_for("database_is_back", 60)
            assert worker.stop()[0] == 0
            assert alerts(worker) == ALERTS_OF_AN_OUTAGE, json.dumps(worker.log(), indent=1)
    raise_unless_each_text_came_once(twilio, 150)


@on_a_small_disk
def test_a_full_disk_in_the_middle_of_sending(tmp_path: Path, sqlite_template: Path, twilio: TwilioHandle) -> None:
    """One alert names it; texts, a callback and a customer's stop wait for room, and each then counts once."""
    with small_disk(tmp_path / "disk", 24) as disk:
        file = disk.folder / "notifier.sqlite3"
        file.write_bytes(sqlite_template.read_bytes())
        shop = shop_at(tmp_path, f"sqlite:///{file}", twilio.url)
        shop.born_today(150)
        parts = WebParts(shop.store, SECRET.encode(), "CN", "twilio", lambda: NOW, TwilioDoor(AUTH_TOKEN, PUBLIC_URL))
        with (
            closing(shop.store), running_web(parts) as web, ThreadPoolExecutor(2) as provider,
            running_engine("embedded", shop.environ, tmp_path) as engine,
        ):  # fmt: skip
            engine.wait_until(lambda: shop.handed_over > 20, 60)
            no_more_room_than_is_used(shop.store)
            disk.fill()
            told, stopping = twilio.accepted()[0], twilio.accepted()[1]
            delivered = provider.submit(twilio.progress, [told["sid"]], base_url=web.url)
            stopped = provider.submit(
                twilio.customer_writes, stopping["to"], "STOP", url=f"{PUBLIC_URL}/webhooks/twilio/inbound",
                base_url=web.url,
            )  # fmt: skip
            engine.wait_for("database_away", 60)
            disk.make_room()
            assert delivered.result() == [[204, 204]]
            assert stopped.result()["answer"] == 200
            engine.wait_until(lambda: shop.states() == {"accepted": 149, "delivered": 1}, 60)
            engine.wait_for("database_is_back", 60)
            assert engine.stop()[0] == 0
            (away,) = [line for line in engine.log() if line.get("alert")]
            assert (away["event"], away["reason"]) == ("database_away", "database or disk is full")
            assert count(shop.store, "SELECT count(*) FROM suppression") == 1
            assert count(shop.store, "SELECT count(*) FROM event") == 2
    raise_unless_each_text_came_once(twilio, 150)


def no_more_room_than_is_used(store: Store) -> None:
    """The journal begins anew, so that the next commit needs room on the disk."""
    with store.engine.connect() as connection:
        while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
            pass


def count(store: Store, query: str) -> int:
    """One number."""
    with store.read() as session:
        return int(session.execute(sa.text(query)).scalar_one())


@on_a_small_disk
def test_a_full_disk_in_the_middle_of_an_import(tmp_path: Path, sqlite_template: Path) -> None:
    """One sentence, nothing half-written; with room again the same command takes over the rest."""
    with small_disk(tmp_path / "disk", 2) as disk:
        database = disk.folder / "notifier.sqlite3"
        database.write_bytes(sqlite_template.read_bytes())
        shop = CliShop(tmp_path, settings={"NOTIFIER_DATABASE_URL": f"sqlite:///{database}"})
        disk.fill()
        assert f"The disk of {database} is full" in shop.run("status", code=1).stderr
        disk.make_room()
        rows = [{"客户编号": f"K{n}", "手机": phone(n), "VIN": vin(n), "生日": "1990-03-10"} for n in range(3000)]
        file = shop.file("customers.csv", rows)
        assert "its disk is full" in shop.run("import", "customers", file, code=1).stderr
        with closing(shop.store()) as store:
            kept = count(store, "SELECT count(*) FROM customer")
            assert kept == count(store, "SELECT count(*) FROM vehicle")
            assert 0 < kept < len(rows)
        assert_same_as_a_first_import(shop, disk.folder, file, kept, len(rows))


def assert_same_as_a_first_import(shop: CliShop, disk: Path, file: str, kept: int, rows: int) -> None:
    """On a larger disk: what stayed is unchanged, the rest is new."""
    elsewhere = shop.folder / "larger"
    elsewhere.mkdir()
    for part in disk.glob("notifier.sqlite3*"):
        (elsewhere / part.name).write_bytes(part.read_bytes())
    shop.settings["NOTIFIER_DATABASE_URL"] = f"sqlite:///{elsewhere}/notifier.sqlite3"
    report: Any = shop.json("import", "customers", file)
    assert (report["unchanged"], report["new"]) == (kept, rows - kept)


def test_a_provider_that_goes_silent_then_away_then_comes_back(
    tmp_path: Path, sqlite_url: str, twilio: TwilioHandle
) -> None:
    """A window of doubtful texts and a few probes at most; refused calls cost nothing; then all of them arrive."""
    with line_to(twilio.url) as line:
        shop = shop_at(tmp_path, sqlite_url, line.url)
        shop.born_today(200)
        with closing(shop.store), running_engine("embedded", shop.environ, tmp_path) as engine:
            engine.wait_until(lambda: twilio.posts() > 30, 60)
            line.fall_silent()
            engine.wait_until(lambda: troubles(shop.store) > 0, 60)
            assert 0 < count(shop.store, "SELECT count(*) FROM attempt WHERE state = 'unknown'") <= DOUBTFUL_AT_MOST
            line.cut()
            had = troubles(shop.store)
            engine.wait_until(lambda: troubles(shop.store) > had, 60)
            line.open()
            engine.wait_until(lambda: shop.states() == {"accepted": 200}, 60)
            engine.wait_until(lambda: troubles(shop.store) == 0, 60)
            assert engine.stop()[0] == 0
            assert alerts(engine) == []
    raise_unless_each_text_came_once(twilio, 200)


def troubles(store: Store) -> int:
    """Refusals and silences in a row, as the lane counts them."""
    return count(store, "SELECT troubles FROM gateway_lane")
