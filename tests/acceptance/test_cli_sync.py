"""`notifier sync` with the real executable: a dealer's database instead of files."""

from __future__ import annotations

# moments without a zone, as databases hold them
# ruff: noqa: DTZ001  # moments without a zone, as databases hold them
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from tests.support.cli_shop import CliShop
from tests.support.dms_database import DmsDatabase
from tests.support.import_desk import phone, vin

AT = "2026-03-01T10:00+08:00"
LATER = "2026-03-01T11:00+08:00"


@pytest.fixture
def dms(tmp_path: Path) -> Iterator[DmsDatabase]:
    """The dealer's database."""
    made = DmsDatabase(f"sqlite:///{tmp_path}/dms.db", tmp_path)
    made.fill()
    yield made
    made.close()


@pytest.fixture
def shop(dms: DmsDatabase, tmp_path: Path) -> CliShop:
    """An installation that knows it, by a file of secrets."""
    (tmp_path / "dms.url").write_text(f"{dms.url}\n", encoding="utf-8")
    return CliShop(tmp_path, settings={"NOTIFIER_DMS_URL_FILE": "dms.url"})


def test_a_shop_lives_from_its_database(shop: CliShop, dms: DmsDatabase) -> None:
    """Everything at first, then what has changed; reminders are planned from it."""
    first = shop.json("sync", "--at", AT)
    assert list(first) == ["customers", "visits", "renewals"]
    assert {kind: (done["whole"], done["new"]) for kind, done in first.items()} == {
        "customers": (True, 3), "visits": (True, 2), "renewals": (True, 1)
    }  # fmt: skip
    dms.do("UPDATE people SET mobile = '', changed = :at WHERE no = 'K3'", at=datetime(2026, 3, 1, 10, 30))
    second = shop.json("sync", "customers", "--at", LATER)
    assert list(second) == ["customers"]
    assert (second["customers"]["whole"], second["customers"]["changed"]) == (False, 1)
    assert second["customers"]["warned"] == {"phone_missing": 1}
    again = shop.json("sync", "--full", "--at", LATER)
    assert {kind: (done["whole"], done["unchanged"]) for kind, done in again.items()} == {
        "customers": (True, 3), "visits": (True, 2), "renewals": (True, 1)
    }  # fmt: skip
    assert shop.json("explain", phone(1), "--at", LATER)["customers"][0]["vehicles"] == [vin(1)]
    said = shop.run("sync", "--at", LATER).stdout
    assert "Only what had changed since the last time was read." in said
    assert "The query was read from its beginning." in said
    assert "Columns nobody reads" not in said
    assert "Visits are known up to 2026-03-01 11:00." in said


def test_a_dry_run_shows_and_keeps_nothing(shop: CliShop) -> None:
    """As the dry run of an import, for all kinds in one go."""
    tried = shop.json("sync", "--dry-run", "--at", AT)
    assert tried["visits"]["new"] == 2
    assert tried["customers"]["mapping"]["phone"] == "手机"
    assert "This was a dry run" in shop.run("sync", "visits", "--dry-run", "--at", AT).stdout
    assert shop.json("sync", "--at", AT)["customers"]["new"] == 3


def test_rejected_rows_are_written_kind_by_kind(shop: CliShop, dms: DmsDatabase) -> None:
    """Each file can be mended and imported."""
    dms.do("UPDATE orders SET came_in = '2026-13-99' WHERE no = 'R1'")
    dms.do("UPDATE cars SET vin = 'LSV' WHERE owner = 'K2'")
    said = shop.run("sync", "--rejects", "bad.xlsx", "--at", AT).stdout
    assert "1 rejected row is in bad-customers.xlsx" in said
    sheet = openpyxl.load_workbook(shop.folder / "bad-visits.xlsx").active
    assert sheet is not None
    (headers, row) = sheet.iter_rows(values_only=True)
    cells = dict(zip(headers, row, strict=True))
    assert (cells["工单号"], cells["notifier_reason"]) == ("R1", "bad_date")
    shop.run("sync", "visits", "--full", "--rejects", "only.csv", "--at", AT)
    assert (shop.folder / "only.csv").exists()
    refused = shop.run("sync", "--rejects", "nowhere/bad.xlsx", "--at", AT, code=1)
    assert "cannot be written" in refused.stderr


def test_the_kinds_before_a_failure_are_done_and_said(shop: CliShop, dms: DmsDatabase) -> None:
    """One sentence for the rest, exit code 1."""
    dms.do("DROP TABLE orders")
    failed = shop.run("sync", "--at", AT, code=1)
    assert "Customers are known up to 2026-03-01 10:00." in failed.stdout
    assert failed.stderr.strip().count("\n") == 0
    assert "dms.yaml, line 7: " in failed.stderr
    error = shop.json("sync", "--at", AT, code=1)["error"]
    assert (error["code"], "no such table: orders" in error["sentence"]) == ("dms", True)
    export = shop.file("visits.csv", [{"order no": "R1", "vin": vin(1), "date in": "2026-02-01"}])
    assert shop.json("import", "visits", export, "--at", AT)["new"] == 1


@pytest.mark.parametrize(
    "change, code, said",
    [
        ({"NOTIFIER_DMS_URL_FILE": ""}, "config", "NOTIFIER_DMS_URL is missing"),
        ({"NOTIFIER_DMS_QUERIES": "other.yaml"}, "config", "other.yaml does not exist"),
        ({"NOTIFIER_DMS_URL_FILE": "", "NOTIFIER_DMS_URL": "sqlite:///notifier.sqlite3"}, "config", "own database"),
        ({"NOTIFIER_DMS_URL_FILE": "", "NOTIFIER_DMS_URL": "mssql://u:geheim-9f3@h/d"}, "config", 'install "pyodbc"'),
        ({"NOTIFIER_DMS_URL_FILE": "", "NOTIFIER_DMS_URL": "sqlite:///none.db"}, "dms", "cannot be opened"),
    ],
)
def test_a_set_up_that_cannot_work_is_one_sentence(shop: CliShop, change: dict[str, str], code: str, said: str) -> None:
    """With the mend, and without a password."""
    shop.settings |= change
    error = shop.json("sync", "--at", AT, code=1)["error"]
    assert error["code"] == code
    assert said in error["sentence"]
    assert "geheim" not in error["sentence"]


def test_the_doctor_asks_the_database(shop: CliShop, dms: DmsDatabase) -> None:
    """A line where it answers, a mend where it does not, and not a word where there is none."""
    assert "dms.db answers; it is asked for customers, visits, renewals." in shop.run("doctor", code=1).stdout
    dms.write(dms.file.read_text(encoding="utf-8").replace("visits:", "visit:"))
    assert "did you mean visits?" in shop.run("doctor", code=1).stdout
    shop.settings["NOTIFIER_DMS_URL_FILE"] = ""
    assert "DMS database" not in shop.run("doctor", code=1).stdout


def test_a_sync_that_failed_is_remembered_until_one_has_worked(shop: CliShop, dms: DmsDatabase) -> None:
    """Under cron nobody sees it: doctor and status say when, since when and why."""
    shop.run("sync", "--at", AT)
    assert shop.json("status")["failed_sync"] is None
    dms.do("ALTER TABLE orders RENAME TO jobs")
    shop.run("sync", "--at", AT, code=1)
    shop.run("sync", "--at", LATER, code=1)
    said = "notifier sync has failed since 2026-03-01 10:00, last on 2026-03-01 11:00, at the visits: "
    assert f"✗ {said}" in shop.run("doctor", "--at", LATER, code=1).stdout
    assert said in shop.run("status").stdout
    failed = shop.json("status")["failed_sync"]
    assert (failed["kind"], failed["code"], "no such table: orders" in failed["sentence"]) == ("visits", "dms", True)
    dms.do("ALTER TABLE jobs RENAME TO orders")
    shop.run("sync", "customers", "--at", LATER)
    assert shop.json("status")["failed_sync"] is not None
    shop.run("sync", "visits", "--at", LATER)
    assert shop.json("status")["failed_sync"] is None


def test_a_database_that_was_away_is_remembered_without_its_secrets(shop: CliShop) -> None:
    """Whichever kind works again, the database does."""
    address = shop.settings.pop("NOTIFIER_DMS_URL_FILE")
    shop.settings["NOTIFIER_DMS_URL"] = "postgresql://me:geheim-9f3@127.0.0.1:1/dms?password=geheim-9f3"
    shop.run("sync", "--at", AT, code=1)
    told = shop.run("status").stdout
    assert "notifier sync failed on 2026-03-01 10:00, at the customers: " in told
    assert "127.0.0.1" in told
    assert "geheim" not in told
    del shop.settings["NOTIFIER_DMS_URL"]
    assert shop.json("status")["failed_sync"] is None
    shop.settings["NOTIFIER_DMS_URL_FILE"] = address
    shop.run("sync", "renewals", "--at", AT)
    assert shop.json("status")["failed_sync"] is None


def test_a_query_that_suddenly_gives_nothing_is_said_and_does_not_count(shop: CliShop, dms: DmsDatabase) -> None:
    """A wrong database or a broken query looks like a shop without visits."""
    shop.run("sync", "--at", AT)
    dms.do("DELETE FROM orders")
    said = shop.run("sync", "visits", "--full", "--at", LATER).stdout
    assert "It gave no row, though some are known here" in said
    assert "Visits are known up to 2026-03-01 10:00." in said
    assert shop.json("sync", "visits", "--full", "--at", LATER)["visits"]["news"] is False


def test_an_unknown_kind_is_wrong_usage(shop: CliShop) -> None:
    """There are three."""
    assert "cars is none of customers, visits, renewals" in shop.run("sync", "cars", code=2).stderr


def test_help_says_what_it_does(shop: CliShop) -> None:
    """In the list of commands, and on its own page."""
    assert "sync" in shop.run("--help").stdout
    page = shop.run("sync", "--help").stdout
    assert "--full" in page
    assert "KIND…" in page
