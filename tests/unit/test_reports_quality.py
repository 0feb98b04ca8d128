"""The data quality page on a terminal, as JSON, CSV and XLSX."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.cells import cell_len
from rich.console import Console

from notifier.domain.freshness import Freshness
from notifier.jobs.reasons import import_words
from notifier.locale import language
from notifier.reports import quality_words as words
from notifier.reports.quality import BLOCKED, LEFT_STATES, QualityReport
from notifier.reports.quality_files import quality_csv, quality_json, quality_xlsx
from notifier.reports.render_quality import print_quality
from notifier.spreadsheets import SHEET_ROWS
from notifier.store.quality import CAR_CONDITIONS
from notifier.store.quality_lists import LISTED, Case
from tests.support.quality_page import CASES, quality_page

ROOT = Path(__file__).parents[2]


def printed(report: QualityReport, width: int) -> str:
    """What a terminal of that width shows."""
    out = io.StringIO()
    print_quality(Console(file=out, width=width, force_terminal=False), report, import_words)
    return out.getvalue()


@pytest.mark.parametrize("name", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(width: int, name: str) -> None:
    """Chinese counts double; no figure ends in an ellipsis."""
    with language(name):
        shown = printed(quality_page(), width)
    assert max(map(cell_len, shown.splitlines())) <= width
    assert "…" not in shown
    assert all(figure in shown for figure in ("1,234,567", "97.2%", "123,456,789", "LSVAU2A31N0009761"))


def test_the_headline_comes_first_and_the_steps_follow() -> None:
    """Of how many customers how many can be reached; empty steps are left out, totals never."""
    lines = [line.rstrip() for line in printed(quality_page(), 100).splitlines()]
    assert lines[1] == "Of 1,234,567 customers, 1,200,000 can be reached by SMS today (97.2%)."
    assert lines[3:8] == [
        "  All customers          1,234,567  100.0%  ████████████████████",
        "− No phone on record        34,567    2.8%  ▌",
        "= reached by SMS         1,200,000   97.2%  ███████████████████▌",
        "− No car in use            200,000   16.2%  ███▎",
        "= reached for service    1,000,000   81.0%  ████████████████▎",
    ]


def test_each_finding_says_what_it_costs_and_what_to_do() -> None:
    """The estimate is called one and begins at 0; what was looked for and not found is said."""
    shown = " ".join(printed(quality_page(), 160).split())
    assert "customers out of reach: 34,567; estimate: 0 to ¥123,456,789 a year → Ask at the next visit" in shown
    assert "customers out of reach: 7; they came as often as the others" in shown
    assert "cars 4,000, under 30 days old 1,000, older 4,000 → Import the customers" in shown
    assert "Looked for, and not found Number dead" in shown
    assert "Left out on purpose Said stop 321" in shown
    assert "(1.50 visits a year of one in reach − 0.60 of one out of reach) × ¥103 a visit (50 visits" in shown


def test_imports_are_told_in_words() -> None:
    """Age, limit, who waits, what never ended, and that a wholly rejected file does not count."""
    shown = " ".join(printed(quality_page(), 160).split())
    assert "customers: known to 2026-03-01 09:10, 50 minutes ago; no limit is set." in shown
    assert "An import of visits from broken.csv began on 2026-03-01 09:00 and has not finished; repeat it." in shown
    assert "visits: known to 2026-02-26 10:00, 3 days ago; 2 days are allowed. Planning waits: 定期保养." in shown
    assert "Last import of visits (工单.xlsx): 9 rows read, 2 rejected, 1 doubts. rejected: VIN not usable 2" in shown
    assert "renewals: never imported. Planning waits: Insurance expiry." in shown
    assert "Last import of renewals (r.csv): all 3 rows rejected, so it does not count as fresh." in shown


def test_a_shop_without_customers_is_told_what_to_do() -> None:
    """No empty table, and no share of nothing."""
    steps = tuple(replace(step, customers=0) for step in quality_page().waterfall)
    shown = printed(quality_page(waterfall=steps, findings=()), 100)
    assert "There are no customers yet" in shown
    assert "%" not in shown


def test_every_finding_has_its_words() -> None:
    """A title for each, a mend for all that is listed, as some are not listed but can still be mended."""
    keys = {*BLOCKED, *CAR_CONDITIONS, *LISTED, *(f"car_{state}" for state in LEFT_STATES), "time_alone", "model_alone"}
    assert all(words.finding_title(key) for key in keys)
    assert [key for key in sorted(LISTED) if not words.mend_sentence(key)] == []


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        (CASES[0], "K00031 林** 闽C00031 LSVAU2A37N0000031"),
        (CASES[1], "=1+1 泉州海丝物流有限公司 闽C00078 LSVAU2A30N0000078"),
        (CASES[2], "R004761 2024-03-10 LSVAU2A31N0009761 79980"),
        (Case(name="Li"), "L**"),
        (Case(), ""),
    ],
)
def test_a_person_is_masked_and_a_company_is_not(case: Case, shown: str) -> None:
    """The DMS number finds the record; the page may be passed on."""
    assert words.case_words(case) == shown


def test_json_has_fixed_keys_in_any_language() -> None:
    """Programs read these keys; no name and no phone is whole."""
    with language("zh-CN"):
        chinese = json.loads(quality_json(quality_page()))
    page = json.loads(quality_json(quality_page()))
    assert chinese == page
    assert list(page) == [
        "shop", "currency", "at", "customers", "reached", "reached_share", "waterfall", "greeted_without_car",
        "out_of_reach_at_most_minor", "estimate", "findings", "imports",
    ]  # fmt: skip
    assert page["waterfall"][1] == {"key": "no_phone", "customers": 34_567, "is_total": False}
    assert page["estimate"] == {
        "from": "2025-03-02", "to": "2026-03-01", "visits": 50, "visit_minor": 103_00.0,
        "visits_a_year_reached": 1.5, "visits_a_year_out_of_reach": 0.6,
    }  # fmt: skip
    first = page["findings"][0]
    assert (first["finding"], first["costs"], first["cost"]) == ("no_phone", "customers", 34_567)
    assert (first["examples"][0]["name"], first["examples"][0]["phone"]) == ("林**", "138****5678")
    assert page["imports"][1]["waiting"] == ["定期保养"]
    assert page["imports"][1]["unfinished"] == [{"source": "broken.csv", "at": "2026-03-01T01:00:00+00:00"}]
    assert (page["imports"][0]["waiting"], page["imports"][0]["limit_seconds"]) == ([], None)


def listed(times: int = 1) -> list[tuple[Any, Case]]:
    """The work list of one finding."""
    finding = quality_page().findings[0]
    return [(finding, case) for case in CASES] * times


def test_csv_is_the_work_list_and_runs_nothing() -> None:
    """With a byte-order mark; a DMS number that begins like a formula is made harmless."""
    content = quality_csv(listed())
    assert content.startswith(b"\xef\xbb\xbf")
    heading, first, second, third = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert heading[:3] == ["Finding", "DMS number", "Name"]
    assert first[:6] == ["No phone on record", "K00031", "林**", "138****5678", "LSVAU2A37N0000031", "闽C00031"]
    assert second[1] == "'=1+1"
    assert third[6:9] == ["R004761", "2024-03-10", "79980"]


def test_xlsx_has_the_page_the_list_and_how_to_read_it() -> None:
    """Figures are numbers, what a person types from is text, and the list can be filtered."""
    content = quality_xlsx(quality_page(), listed(), import_words)
    page, work, notes = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    assert page["A2"].value.startswith("Of 1,234,567 customers")
    assert (page["A5"].value, page["B5"].value, page["C5"].number_format) == ("− No phone on record", 34_567, "0.0%")
    row = next(row for row in page.iter_rows() if row[0].value == "No phone on record" and row[3].value)
    assert [cell.value for cell in row[1:6]] == [
        34_567, pytest.approx(34_567 / 1_234_567), "customers", "customers out of reach: 34,567", 123_456_789,
    ]  # fmt: skip
    assert (work["B3"].value, work["B3"].data_type, work.auto_filter.ref) == ("=1+1", "s", "A1:J4")
    said = [cell.value for row in notes.iter_rows() for cell in row]
    assert any("does not count as fresh" in str(sentence) for sentence in said)


def test_a_list_longer_than_a_worksheet_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is dropped in silence: the page names the format that holds all."""
    assert SHEET_ROWS == 1_048_575
    monkeypatch.setattr("notifier.reports.quality_files.SHEET_ROWS", 3)
    _page, work, notes = openpyxl.load_workbook(
        io.BytesIO(quality_xlsx(quality_page(), listed(2), import_words))
    ).worksheets
    assert work.max_row == 4
    assert "take it as CSV" in notes["A1"].value


def test_every_finding_and_step_is_documented() -> None:
    """docs/json.md lists the words programs meet."""
    documented = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs/json.md").read_text(encoding="utf-8")))
    keys = {*BLOCKED, *CAR_CONDITIONS, *LISTED, *(f"car_{state}" for state in LEFT_STATES), "time_alone", "model_alone"}
    assert keys - documented == set()
    assert {"reached", "no_car", "service", "marketing", "erased", *(f.value for f in Freshness)} <= documented
