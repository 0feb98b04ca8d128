"""A dry run's people: what `plan --dry-run --list` writes, and that nothing else happens."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from notifier.jobs.plan import plan
from notifier.jobs.rehearsed import HEADINGS, People
from notifier.spreadsheets import write_texts
from notifier.store.engine import Store
from tests.support.shop import MAINTENANCE, WINBACK, Dealership, at, control_key, days, yaml

TUESDAY = date(2026, 3, 10)
NOW = at(TUESDAY)


def rehearsed(shop: Dealership) -> People:
    """Everybody a dry run decides about."""
    shop.fresh(NOW)
    people = People(shop.store)
    plan(replace(shop.planner(), seen=people), NOW, dry_run=True)
    return people


@pytest.fixture
def shop(store: Store) -> Dealership:
    """One of each verdict: due, said stop, on hold, in a control group."""
    shop = Dealership(store, yaml(MAINTENANCE, WINBACK + "    control: 20%\n    first_run: catch_up\n"))
    for name in ("陈晓芳", "王强", "林志强"):
        shop.owner(name, service_on=TUESDAY + days(10))
    shop.suppression("王强")
    shop.complaint("林志强", TUESDAY)
    key = control_key("winback", 2026, 2000)
    shop.customer("=李娜", bucket_key=key, last_visit_on=TUESDAY - days(400))
    shop.car("闽C77777", "=李娜")
    return shop


def test_every_touch_is_a_row_with_verdict_reason_and_text(shop: Dealership) -> None:
    """Who is texted has the text; who is not, the reason."""
    rows = {(row.name, row.campaign): row for row in rehearsed(shop).rows}
    verdicts = {name: (str(row.verdict), row.reason, row.text is not None) for (name, _), row in rows.items()}
    assert verdicts == {
        "陈晓芳": ("planned", None, True),
        "王强": ("excluded", "suppressed", False),
        "林志强": ("deferred", "complaint_open", False),
        "=李娜": ("withheld", "campaign_control", False),
    }


def test_a_rehearsal_stores_nothing(shop: Dealership) -> None:
    """Every table stays as it was."""
    shop.fresh(NOW)
    before = shop.everything()
    rehearsed(shop)
    assert shop.everything() == before


def test_the_counts_are_those_of_the_list(shop: Dealership) -> None:
    """A dry run's tally and its people agree."""
    people = rehearsed(shop)
    result = plan(shop.planner(), NOW, dry_run=True)
    verdicts = [str(row.verdict) for row in people.rows]
    assert verdicts.count("planned") == result.total.planned
    assert verdicts.count("excluded") == result.total.excluded.total()
    assert verdicts.count("deferred") == result.total.deferred.total()


def test_planning_in_earnest_does_what_was_rehearsed(shop: Dealership) -> None:
    """The same texts to the same people."""
    said = {row.name: row.text for row in rehearsed(shop).rows if row.text}
    shop.plan_at(NOW)
    assert {shop.name_of(row["customer_id"]): row["text"] for row in shop.messages(state="planned")} == said


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_file_has_whole_phones_and_runs_no_formula(shop: Dealership, tmp_path: Path, ending: str) -> None:
    """One row a touch under the headings."""
    file = tmp_path / f"people.{ending}"
    assert write_texts(file, HEADINGS, rehearsed(shop).cells(), sheet="Dry run") == 4
    if ending == "csv":
        rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    else:
        sheet = openpyxl.load_workbook(file).worksheets[0]
        rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    by_name = {row[2]: row for row in rows}
    assert by_name["陈晓芳"][3].isdecimal()
    assert by_name["陈晓芳"][8:12] == ["gets a text", "", "", "2026-03-10 10:00"]
    assert by_name["王强"][8:10] == ["left out", "said stop"]
    assert ("'=李娜" if ending == "csv" else "=李娜") in by_name
