"""Foresight and review with the real executable: what is coming, who would be texted, what a person releases."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest

from tests.acceptance.test_cli_way import AT, fill
from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> CliShop:
    """A shop with its customers and visits."""
    shop = CliShop(tmp_path_factory.mktemp("foresight"))
    fill(shop)
    return shop


@pytest.fixture
def shop(filled: CliShop, tmp_path: Path) -> CliShop:
    """A copy of it of one's own."""
    return filled.copy_to(tmp_path)


def with_review(shop: CliShop) -> None:
    """From now on a person releases the maintenance reminders."""
    text = shop.schedules.read_text("utf-8")
    shop.schedules.write_text(
        text.replace("    success: visit ", "    review: required\n    success: visit ", 1), "utf-8"
    )


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
def test_what_is_coming_fits_a_terminal_and_adds_up(shop: CliShop, language: str) -> None:
    """Runs, campaigns and weeks hold the same sum."""
    shop.language = language
    said = shop.run("schedules", "next", "--days", "30", "--at", AT).stdout
    document = shop.json("schedules", "next", "--days", "30", "--at", AT)
    listed = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d", said, re.MULTILINE)
    assert len(listed) == sum(run["expected"] > 0 for run in document["runs"])  # the others are only counted
    assert re.search(rf"^{len(document['runs']) - len(listed)} ", said, re.MULTILINE)
    expected = sum(run["expected"] for run in document["runs"])
    assert expected > 0
    assert sum(each["expected"] for each in document["campaigns"]) == expected
    assert sum(each["expected"] for each in document["weeks"]) == expected


def test_a_range_nobody_can_look_ahead_is_refused(shop: CliShop) -> None:
    """A sentence with what is right."""
    assert "give 1 to 366" in shop.run("schedules", "next", "--days", "900", code=1).stderr


def test_a_dry_run_writes_its_people(shop: CliShop) -> None:
    """As a workbook and as CSV; the document is the same with and without."""
    plain = shop.json("plan", "--dry-run", "--at", AT)
    listed = shop.json("plan", "--dry-run", "--list", str(shop.folder / "people.csv"), "--at", AT)
    assert listed == plain
    rows = list(csv.DictReader(io.StringIO((shop.folder / "people.csv").read_text("utf-8-sig"))))
    assert sum(row["Verdict"] == "gets a text" for row in rows) == plain["planned"]
    said = shop.run("plan", "--dry-run", "--list", str(shop.folder / "people.xlsx"), "--at", AT).stdout
    assert f"{len(rows)} row" in said
    assert openpyxl.load_workbook(shop.folder / "people.xlsx").worksheets[0].max_row == len(rows) + 1


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("plan", "--list", "people.csv"), "--list goes with --dry-run"),
        (("plan", "--dry-run", "--list", "people.pdf"), "neither .xlsx nor .csv"),
        (("plan", "--dry-run", "--list", "nowhere/people.csv", "--at", AT), "cannot be written"),
    ],
)
def test_a_list_that_cannot_be_is_refused(shop: CliShop, words: tuple[str, ...], sentence: str) -> None:
    """Before or after planning, in one sentence."""
    assert sentence in shop.run(*words, code=1).stderr


def test_the_due_list_of_the_month_comes_in_every_format(shop: CliShop) -> None:
    """On the terminal, as JSON that adds up, as CSV, as a workbook of two sheets."""
    days = ("--from", "2026-03-01", "--to", "2026-03-31", "--at", AT)
    assert "Worklist" in shop.run("report", "due_list", *days).stdout
    document = json.loads(shop.run("report", "due_list", *days, "--format", "json").stdout)
    lines = sum(line["count"] for line in document["reconciliation"])
    assert document["exported"] == lines + document["worklist"] == lines + len(document["rows"]) > 0
    shop.run("report", "due_list", *days, "--format", "xlsx", "--out", "due.xlsx")
    book = openpyxl.load_workbook(shop.folder / "due.xlsx")
    assert len(book.sheetnames) == 2
    assert book.worksheets[0].max_row == document["worklist"] + 1
    shop.run("report", "due_list", *days, "--format", "csv", "--out", "due.csv")
    assert len((shop.folder / "due.csv").read_text("utf-8-sig").splitlines()) == document["worklist"] + 1


def test_without_days_the_due_list_is_that_of_next_month(shop: CliShop) -> None:
    """On 10 March: April."""
    assert "2026-04-01 to 2026-04-30" in shop.run("report", "due_list", "--at", AT).stdout


def test_a_run_is_looked_at_and_released_by_name(shop: CliShop) -> None:
    """review → shown with samples and days → approved by somebody, which is kept."""
    with_review(shop)
    made = shop.json("plan", "--campaign", "maintenance_due", "--at", AT)
    run = str(made["runs"][0]["run"])
    assert made["runs"][0]["state"] == "review"
    assert "review until" in shop.run("runs", "list").stdout
    page = shop.run("runs", "show", run, "--at", AT).stdout
    assert "Approved now:" in page
    assert "maintenance_due · zh-CN" in page
    assert shop.json("status")["reviews"][0]["run"] == int(run)
    said = shop.run("runs", "approve", run, "--by", "王经理", "--at", AT).stdout
    assert "goes out from 2026-03-10 10:00" in said or "go out from 2026-03-10 10:00" in said
    assert "Approved by 王经理 on 2026-03-10 10:00." in shop.run("runs", "show", run).stdout


def test_a_run_nobody_reviewed_is_told_everywhere(shop: CliShop) -> None:
    """plan, runs list and doctor say it with the mend."""
    with_review(shop)
    run = shop.json("plan", "--campaign", "maintenance_due", "--at", AT)["runs"][0]["run"]
    later = "2026-03-14T11:00+08:00"
    assert f"Run {run} of Maintenance due" in shop.run("doctor", "--at", later, code=1).stdout
    said = shop.run("plan", "--at", later).stdout
    assert f"Run {run} of Maintenance due is void: nobody reviewed its" in said
    assert "notifier plan --campaign maintenance_due" in said
    assert "void, not reviewed" in shop.run("runs", "list").stdout
    assert "is void: nobody reviewed" in shop.run("doctor", "--at", later, code=1).stdout


def test_the_whole_walk_is_shown_on_request(shop: CliShop) -> None:
    """Guards with their value and source, in a table and in JSON."""
    document = shop.json("explain", phone(1), "--campaign", "maintenance_due", "--at", AT)
    guards = [step["guard"] for step in document["customers"][0]["answers"][0]["guards"]]
    assert guards[0] == "audience"
    assert "quiet_hours" in guards
    page = shop.run("explain", phone(1), "--campaign", "maintenance_due", "--all", "--at", AT).stdout
    assert "Stop list" in page
    assert "schedules.yaml, line" in page
    assert "customers.csv" in page
