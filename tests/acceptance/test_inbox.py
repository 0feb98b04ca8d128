"""Files dropped into a folder: the real daemon imports them, survives whatever happens to the folder, and says so."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.cli_shop import CliShop
from tests.support.daemon import BirthdayShop, Daemon, running_daemon
from tests.support.import_desk import car, order, phone

OWNERS = [car("C1", phone(1), 1, 姓名="陈晓芳"), car("C2", phone(2), 2, 姓名="林建国")]
ORDERS = [order("R1", 1, "2026-01-10", "5000"), order("R2", 2, "2026-01-11", "9000")]


def drop(inbox: Path, name: str, rows: list[dict[str, str]]) -> None:
    """A file as a DMS exports it; there whole at once, however long this process is kept from going on."""
    headers = list(rows[0])
    lines = [",".join(headers), *(",".join(row[header] for header in headers) for row in rows)]
    written = inbox.parent / f"{name}.part"
    written.write_text("\r\n".join(lines), "gbk")
    written.rename(inbox / name)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The folder."""
    folder = tmp_path / "导入"
    folder.mkdir()
    return folder


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str, inbox: Path) -> BirthdayShop:
    """A shop whose daemon watches the folder; a file has to rest for a second only."""
    return BirthdayShop(tmp_path, sqlite_url, NOTIFIER_INBOX=str(inbox), NOTIFIER_INBOX_RESTS="1")


@pytest.fixture
def daemon(shop: BirthdayShop, tmp_path: Path) -> Iterator[Daemon]:
    """`notifier run` for that shop, started."""
    with running_daemon(shop.environ, tmp_path) as running:
        running.wait_for("engine_started")
        yield running


def lines(daemon: Daemon, event: str) -> list[dict[str, Any]]:
    """What the log says of an event."""
    return [line for line in daemon.log() if line["event"] == event]


def count(shop: BirthdayShop, table: str) -> int:
    """Rows of a table."""
    with shop.store.read() as session:
        return int(session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_daemon_imports_what_is_dropped_and_goes_on_whatever_is(
    shop: BirthdayShop, daemon: Daemon, inbox: Path
) -> None:
    """Two good files, a PDF, a link; then the folder vanishes and comes back. No person is named in the log."""
    drop(inbox, "维修.csv", ORDERS)
    drop(inbox, "客户.csv", OWNERS)
    (inbox / "报价.pdf").write_bytes(b"%PDF-1.7")
    (inbox / "link.csv").symlink_to("/etc/hostname")
    daemon.wait_until(lambda: len(lines(daemon, "file_imported")) == 2 and lines(daemon, "file_rejected"), 30)
    daemon.wait_for("inbox_passed_over")
    assert {line["kind"]: line["read"] for line in lines(daemon, "file_imported")} == {"customers": 2, "visits": 2}
    assert (count(shop, "vehicle"), count(shop, "visit")) == (2, 2)
    (rejected,) = lines(daemon, "file_rejected")
    assert rejected["alert"] is True
    assert "报价.pdf" in rejected["reason"]
    assert [line["names"] for line in lines(daemon, "inbox_passed_over")] == [["link.csv"]]
    assert sorted(path.name for path in inbox.iterdir()) == ["done", "link.csv", "rejected", "working"]
    assert len(list((inbox / "done").rglob("*.report.json"))) == 2

    shutil.move(inbox, inbox.with_name("away"))
    daemon.wait_for("inbox_stuck")
    shutil.move(inbox.with_name("away"), inbox)
    daemon.wait_for("inbox_goes_on")
    drop(inbox, "客户.csv", [*OWNERS, car("C3", phone(3), 3, 姓名="陈晓芳")])
    daemon.wait_until(lambda: len(lines(daemon, "file_imported")) == 3, 30)
    assert count(shop, "vehicle") == 3
    assert len(lines(daemon, "inbox_stuck")) == 1
    log = str(daemon.log())
    assert "陈晓芳" not in log
    assert phone(1) not in log
    assert daemon.stop()[0] == 0


def test_a_file_the_daemon_died_over_is_completed_at_the_next_start(
    shop: BirthdayShop, tmp_path: Path, inbox: Path
) -> None:
    """kill -9 of everything while it imports: nothing is done twice, nothing is left."""
    drop(inbox, "客户.csv", [car(f"C{n}", phone(n), n, 姓名=f"客户{n}") for n in range(6000)])
    with running_daemon(shop.environ, tmp_path) as daemon:
        daemon.wait_until(lambda: count(shop, "vehicle") > 500, 40)
        os.killpg(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
    # The errand ends with its parent, at once or when it next looks; either way the file is left in working.
    assert [path.name for path in (inbox / "working" / "1").iterdir()] == ["客户.csv"]
    assert count(shop, "vehicle") < 6000
    with running_daemon(shop.environ, tmp_path) as daemon:
        daemon.wait_for("file_imported", 60)
        (line,) = lines(daemon, "file_imported")
        assert line["read"] == 6000
    assert count(shop, "vehicle") == 6000
    assert [path for path in (inbox / "working").rglob("*") if path.is_file() and path.name != ".lock"] == []


def test_a_folder_with_files_of_ours_is_refused_before_anything_starts(tmp_path: Path, shop: BirthdayShop) -> None:
    """schedules.yaml would not be filed away, but what lies beside it would be."""
    with running_daemon(shop.environ | {"NOTIFIER_INBOX": str(shop.schedules.parent)}, tmp_path) as daemon:
        assert daemon.process.wait(60) != 0
        assert "NOTIFIER_INBOX" in (tmp_path / "daemon.log").read_text()


# By hand


@pytest.fixture
def hand(tmp_path: Path) -> CliShop:
    """A shop's command line, and a folder."""
    (tmp_path / "files").mkdir()
    return CliShop(tmp_path)


def test_a_round_by_hand(hand: CliShop) -> None:
    """The same moves at once, and an account on the screen; --json for programs."""
    files = hand.folder / "files"
    drop(files, "客户.csv", OWNERS)
    drop(files, "维修.csv", ORDERS)
    at = datetime.now(UTC) + timedelta(hours=1)
    told = hand.json("import", "folder", str(files), "--at", at.isoformat())
    assert [(filed["file"], filed["state"], filed["import"]["new"]) for filed in told["files"]] == [
        ("客户.csv", "done", 2), ("维修.csv", "done", 2),
    ]  # fmt: skip
    assert (told["trouble"], told["settling"], told["passed_over"]) == (None, [], [])
    first = told["files"][0]
    assert json.loads((files / f"{first['filed']}.report.json").read_text("utf-8")) == {
        **first["import"],
        "rejects": None,
    }
    assert first["import"]["at"] == at.isoformat()
    assert first["import"]["as_of"] < at.isoformat()

    hand.settings["NOTIFIER_INBOX"] = str(files)
    (files / "报价.pdf").write_bytes(b"%PDF-1.7")
    drop(files, "客户.csv", OWNERS)
    shown = hand.run("import", "folder", code=1).stdout
    assert "rejected" in shown
    assert "done/" in shown
    headings, *rows = shown.splitlines()
    assert headings.split() == ["File", "Read", "New", "Changed", "Unchanged", "Merged", "Parked", "Rejected"]
    figures = next(row.split()[-7:] for row in rows if row.startswith("客户.csv"))
    assert int(figures[0]) == sum(map(int, figures[1:])) == 2
    assert "Nothing lies there" in hand.run("import", "folder").stdout


def test_of_a_folder_that_is_no_inbox_only_what_is_meant_is_taken(hand: CliShop) -> None:
    """A folder named by mistake stays as it was: other files are named, tables of something else said to be so."""
    files = hand.folder / "files"
    hand.settings["NOTIFIER_INBOX"] = str(hand.folder / "inbox")
    (files / "报价.pdf").write_bytes(b"%PDF-1.7")
    (files / "budget.csv").write_text("month,rent\n1,2\n", "utf-8")
    before = sorted(path.name for path in files.iterdir())
    told = hand.json("import", "folder", str(files), code=1)
    assert [(filed["file"], filed["state"], filed["filed"]) for filed in told["files"]] == [
        ("budget.csv", "left", None)
    ]
    assert told["passed_over"] == ["报价.pdf"]
    assert sorted(path.name for path in files.iterdir()) == before

    drop(files, "客户.csv", OWNERS)
    shown = hand.run("import", "folder", str(files), code=1).stdout
    assert "报价.pdf is not called like a table" in shown
    assert "budget.csv was left where it lies." in shown
    assert "no column name we know" in shown
    assert sorted(path.name for path in files.iterdir()) == sorted({*before, "done", "rejected", "working"})
    assert not any((files / "rejected").iterdir())

    (files / "budget.csv").unlink()
    drop(files, "客户.csv", OWNERS)
    assert "报价.pdf" in hand.run("import", "folder", str(files)).stdout


def test_a_working_folder_of_somebody_else_is_not_touched(hand: CliShop) -> None:
    """What lies in it would be taken for files somebody died over."""
    files = hand.folder / "files"
    (files / "working" / "1").mkdir(parents=True)
    drop(files / "working" / "1", "客户.csv", OWNERS)
    drop(files, "客户.csv", OWNERS)
    assert "has a folder working" in hand.run("import", "folder", str(files), code=1).stderr
    assert (files / "working" / "1" / "客户.csv").exists()


def test_a_round_by_hand_needs_a_folder(hand: CliShop) -> None:
    """One sentence for none, for one that is not there, and for our own."""
    assert hand.json("import", "folder", code=1)["error"]["code"] == "config"
    assert "cannot be worked in" in hand.run("import", "folder", str(hand.folder / "nowhere"), code=1).stderr
    assert "make a new" in hand.run("import", "folder", str(hand.folder), code=1).stderr
