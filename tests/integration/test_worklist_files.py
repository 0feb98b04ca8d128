"""The list goes out as a workbook, is filled in, and comes back: nothing is lost on the way, and never twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from notifier.dms.columns import CONTACTS
from notifier.dms.headers import guess_kind, map_headers
from notifier.dms.imports import import_table
from notifier.dms.readers import open_table
from notifier.dms.report import ImportReport
from notifier.jobs.reasons import short_words
from notifier.locale import language as using_language
from notifier.reports import worklist_files as files
from notifier.reports.worklist import Worklist
from notifier.store.engine import Store
from notifier.store.tables import Booking, Contact
from tests.support.calls import bring_calls, called, cells_of, listed, settings
from tests.support.office import office, type_into
from tests.support.shop import MAINTENANCE, WINBACK, Dealership, at, yaml

MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)
DUE = MONDAY + timedelta(days=10)
LANGUAGES = ("zh-CN", "en")
Fill = Callable[[Path, Mapping[tuple[int, int], str]], Path]


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Customers texted on Monday, one of them with a name a spreadsheet would run."""
    place = Dealership(store, yaml(MAINTENANCE, WINBACK))
    for name in ("陈晓芳", "林志强", "黄美玲", "=HYPERLINK(1)"):
        place.owner(name, service_on=DUE, next_service_from=DUE, next_service_to=DUE, last_odometer=20_000)
    place.plan_at(at(MONDAY))
    place.send_at(at(MONDAY))
    return place


def _workbook(report: Worklist, path: Path) -> Path:
    path.write_bytes(files.worklist_xlsx(report, short_words))
    return path


def _bring(shop: Dealership, path: Path, day: date = TUESDAY) -> ImportReport:
    return import_table("contacts", shop.store, shop.id, open_table(path), settings(at(day, "18:00")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_is_read_back_or_known_to_be_ours(shop: Dealership, language: str) -> None:
    """In the language of whoever made the list: no column is a stranger, none is taken for another."""
    with using_language(language):
        headings = [column.heading for column in files.form_columns()]
    mapped = map_headers(headings, CONTACTS)
    assert mapped.unrecognised == ()
    assert mapped.absent == ()
    assert guess_kind(headings) == "contacts"
    filled = [heading for heading, column in zip(headings, files.form_columns(), strict=True) if column.is_filled]
    read = {heading: field for field, heading in mapped.columns.items()}
    assert [read[heading] for heading in filled] == [
        "clerk", "contacted_on", "result", "reason_code", "odometer", "booked_for", "next_contact_on", "note",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_is_made_for_filling_in(shop: Dealership, tmp_path: Path, language: str) -> None:
    """Drop-downs, shaded columns, a frozen header with a filter; phones and VINs are text, days are days."""
    with using_language(language):
        path = _workbook(listed(shop, TUESDAY), tmp_path / "list.xlsx")
        columns = files.form_columns()
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:X5"
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    words = [column.choices for column in columns if column.choices]
    assert [rule.formula1 for rule in lists] == [f'"{",".join(choices)}"' for choices in words]
    assert all(len(rule.formula1) <= 255 for rule in lists)
    assert [str(rule.sqref) for rule in lists] == ["J2:J5", "K2:K5"]
    first = {column.heading: cell for column, cell in zip(columns, sheet[2], strict=True)}
    kinds = [type(cell.value) for cell in sheet[2]]
    assert kinds[:3] == [str, str, str]
    shaded = [column.heading for column in columns if first[column.heading].fill.fgColor.rgb == "FFFFF7DB"]
    assert shaded == [column.heading for column in columns if column.is_filled]
    assert sheet["F2"].value.date() == DUE
    assert sheet["V2"].value == shop.one_car("陈晓芳")["vin"]


def test_a_formula_in_a_name_stays_a_name(shop: Dealership, tmp_path: Path) -> None:
    """In the workbook as a text, in the CSV behind an apostrophe."""
    report = listed(shop, TUESDAY)
    sheet = openpyxl.load_workbook(_workbook(report, tmp_path / "list.xlsx")).worksheets[0]
    cell = next(row[0] for row in sheet.iter_rows(min_row=2) if "HYPER" in str(row[0].value))
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
    rows = list(csv.reader(io.StringIO(files.worklist_csv(report, short_words).decode("utf-8-sig"))))
    assert "'=HYPERLINK(1)" in [row[0] for row in rows]


def test_an_empty_list_is_a_list(store: Store, tmp_path: Path) -> None:
    """With its headings and nothing below; it comes back without a word."""
    shop = Dealership(store, yaml(MAINTENANCE))
    path = _workbook(listed(shop, TUESDAY), tmp_path / "list.xlsx")
    assert len(cells_of(path)[0]) == 24
    assert _bring(shop, path).read == 0


# — there and back —


def _with_openpyxl(path: Path, cells: Mapping[tuple[int, int], str]) -> Path:
    book = openpyxl.load_workbook(path)
    for (row, column), text in cells.items():
        book.worksheets[0].cell(row + 1, column + 1).value = text
    target = path.with_name("filled.xlsx")
    book.save(target)
    return target


def _with_office(path: Path, cells: Mapping[tuple[int, int], str]) -> Path:
    if office() is None:
        pytest.skip("LibreOffice is not on this machine")
    return type_into(path, path.with_name("filled.xlsx"), cells, path.parent)


def _filled(path: Path, plate: str, answers: Mapping[str, str]) -> dict[tuple[int, int], str]:
    """The cells a clerk types for one car: by heading."""
    headings, rows = cells_of(path)
    line = next(n for n, row in enumerate(rows, start=1) if row[2] == plate)
    return {(line, headings.index(heading)): text for heading, text in answers.items()}


@pytest.mark.parametrize("fill", [_with_openpyxl, _with_office], ids=["openpyxl", "libreoffice"])
def test_filled_in_and_brought_back_nothing_is_lost(shop: Dealership, tmp_path: Path, fill: Fill) -> None:
    """What was typed is known; drop-downs and text cells survive; a second import changes nothing."""
    with using_language("en"):
        path = _workbook(listed(shop, TUESDAY), tmp_path / "list.xlsx")
        booked = {"Clerk": "李娜", "Day of the call": "2026-03-03", "Result": "booked", "Mileage": "20500",
                  "Booked for": "2026-03-06", "Note": "带儿子来, 00123"}  # fmt: skip
        again = {"Day of the call": "2026-03-03", "Result": "call again", "Reason": "too far",
                 "Call again on": "2026-03-10"}  # fmt: skip
        target = fill(path, _filled(path, "陈晓芳", booked) | _filled(path, "林志强", again))
    before, after = cells_of(path), cells_of(target)
    assert after[0] == before[0]
    assert [(row[1], row[21], row[22]) for row in after[1]] == [(row[1], row[21], row[22]) for row in before[1]]
    assert all(type(row[1]) is str and type(row[21]) is str for row in after[1])
    rules = openpyxl.load_workbook(target).worksheets[0].data_validations.dataValidation
    assert sum(rule.type == "list" for rule in rules) == 2
    report = _bring(shop, target)
    assert (report.read, report.new, report.unchanged, dict(report.rejected), dict(report.warned)) == (4, 2, 2, {}, {})
    calls: dict[Any, Any] = {row["vehicle_id"]: row for row in shop.rows(Contact)}
    chen, lin = calls[shop.car_id("陈晓芳")], calls[shop.car_id("林志强")]
    assert (chen["result"], chen["clerk"], chen["odometer"], chen["note"]) == (
        "booked",
        "李娜",
        20_500,
        "带儿子来, 00123",
    )
    assert (chen["contacted_on"], chen["booked_for"]) == (TUESDAY, date(2026, 3, 6))
    assert (lin["result"], lin["reason_code"], lin["next_contact_on"]) == ("call_again", "distance", date(2026, 3, 10))
    assert shop.one(Booking)["wanted_on"] == date(2026, 3, 6)
    again_report = _bring(shop, target, TUESDAY + timedelta(days=1))
    assert (again_report.new, again_report.changed, again_report.unchanged) == (0, 0, 4)


def test_the_csv_comes_back_as_well(shop: Dealership, tmp_path: Path) -> None:
    """Without drop-downs; the note keeps its minus sign."""
    rows = list(csv.reader(io.StringIO(files.worklist_csv(listed(shop, TUESDAY), short_words).decode("utf-8-sig"))))
    place = rows[0].index
    rows[1][place("Day of the call")], rows[1][place("Result")] = "2026/3/3", "无人接听"
    rows[1][place("Note")] = "'-下午再打"
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
    report = _bring(shop, path)
    assert (report.new, report.unchanged) == (1, 3)
    contact = shop.one(Contact)
    assert (contact["result"], contact["note"], contact["contacted_on"]) == ("no_answer", "-下午再打", TUESDAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_drop_down_are_read_in_either_language(shop: Dealership, language: str) -> None:
    """A list made in Chinese may be brought back on an English screen."""
    from notifier.dms.calls import clean_purpose, clean_reason_code, clean_result
    from notifier.domain.contacts import REASON_CODES, RESULTS
    from notifier.domain.rules import RULES
    from notifier.locale import _
    from notifier.locale.contact_words import reason_code_word, result_word

    with using_language(language):
        assert [clean_result(result_word(result)) for result in RESULTS] == [(result, None) for result in RESULTS]
        assert [clean_reason_code(reason_code_word(code)) for code in REASON_CODES] == [(c, None) for c in REASON_CODES]
        assert [clean_purpose(_(rule.title)) for rule in RULES.values()] == [(name, None) for name in RULES]


def test_the_list_as_json_speaks_fixed_words(shop: Dealership) -> None:
    """One object a row, with everything a program needs."""
    bring_calls(shop, at(TUESDAY), called(shop, "陈晓芳", "2026-03-03", "再联系", 备注="晚上"))
    row = next(row for row in files.worklist_document(listed(shop, TUESDAY)) if row["name"] == "陈晓芳")
    assert (row["group"], row["why"], row["purpose"]) == ("not_come", "visit", "maintenance_due")
    assert row["texts"] == [{"stage": "early", "day": "2026-03-02", "state": "delivered"}]
    assert row["last_call"] == {
        "day": "2026-03-03", "clerk": "李娜", "result": "call_again", "reason_code": None, "note": "晚上",
        "next_contact_on": None,
    }  # fmt: skip
