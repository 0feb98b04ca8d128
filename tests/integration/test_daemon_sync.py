"""`notifier run` on a shop with a DMS database: what changes there is brought without anybody's doing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.config import load_settings
from notifier.wiring import House, engine_parts
from tests.support.daemon import BirthdayShop, running_daemon
from tests.support.dms_database import DmsDatabase
from tests.support.import_desk import phone, rows_of, vin


@pytest.fixture
def dms(tmp_path: Path) -> Iterator[DmsDatabase]:
    """The dealer's database."""
    made = DmsDatabase(f"sqlite:///{tmp_path}/dms.db", tmp_path)
    made.fill()
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str, dms: DmsDatabase) -> BirthdayShop:
    """An installation that reads it."""
    return BirthdayShop(tmp_path, sqlite_url, NOTIFIER_DMS_URL=dms.url, NOTIFIER_DMS_QUERIES=str(dms.file))


def test_it_reads_the_database_at_its_start(shop: BirthdayShop, tmp_path: Path) -> None:
    """The log counts, and names nobody."""
    with running_daemon(shop.environ, tmp_path) as daemon:
        daemon.wait_until(lambda: sum(line["event"] == "synced" for line in daemon.log()) == 3, 20)
        daemon.stop()
        synced = {line["kind"]: line for line in daemon.log() if line["event"] == "synced"}
    assert {kind: (line["whole"], line["new"]) for kind, line in synced.items()} == {
        "customers": (True, 3), "visits": (True, 2), "renewals": (True, 1)
    }  # fmt: skip
    assert {row["vin"] for row in rows_of(shop.store, "vehicle")} >= {vin(1), vin(2), vin(3)}
    assert not any(word in str(daemon.log()) for word in ("王强", phone(1), vin(1)))


def test_a_database_that_is_away_stops_nothing_else(shop: BirthdayShop, dms: DmsDatabase, tmp_path: Path) -> None:
    """One alert with the sentence; texts go out all the same."""
    dms.do("DROP TABLE people")
    shop.born_today(2)
    with running_daemon(shop.environ, tmp_path) as daemon:
        daemon.wait_for("sync_failed")
        daemon.wait_until(lambda: shop.handed_over == 2, 20)
        code, _seconds = daemon.stop()
        failed = [line for line in daemon.log() if line["event"] == "sync_failed"]
    assert code == 0
    assert [(line["alert"], line["code"]) for line in failed] == [(True, "dms")]
    assert "no such table: people" in failed[0]["reason"]


@pytest.mark.parametrize(
    "change, minutes",
    [({}, 60), ({"NOTIFIER_DMS_EVERY": "5"}, 5), ({"NOTIFIER_DMS_EVERY": "0"}, None), ({"NOTIFIER_DMS_URL": ""}, None)],
)
def test_how_often_is_a_setting(shop: BirthdayShop, change: dict[str, str], minutes: int | None) -> None:
    """With 0 only a person reads it; without an address there is nothing to read."""
    house = House(load_settings(shop.environ | change, env_file=None))
    sync = engine_parts(house).sync
    assert (sync and sync.every) == (minutes and timedelta(minutes=minutes))
    house.close()
