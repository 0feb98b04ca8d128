"""The month's due list on the terminal, as CSV (the list), as a workbook (list and reconciliation), and as JSON.

Phones are whole in the list's files, which staff call from, and masked everywhere else.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from rich.console import Console

from notifier.domain.phone import as_dialled, mask
from notifier.domain.rules import RULES
from notifier.locale import N_, _
from notifier.locale.wrapping import wrapped
from notifier.reports import numbers
from notifier.reports.due_list import EXPORTED, LINES, WORKLIST, DueList, Listed
from notifier.reports.tables import table
from notifier.spreadsheets import CSV_ENCODING, SHEET_ROWS, harmless, new_workbook

__all__ = ["due_list_csv", "due_list_document", "due_list_json", "due_list_xlsx", "print_due_list"]

SHOWN = 15
"""Rows of the list on the terminal."""
MINUS = "\N{MINUS SIGN}"
WIDTHS = (14, 11, 24, 12, 14, 11, 20, 16, 14, 10, 11, 9, 10, 24)
CONSENTS = {"yes": N_("yes"), "no": N_("no"), "unknown": N_("unknown")}


def due_list_document(found: DueList) -> dict[str, Any]:
    """One JSON object; docs/json.md explains the keys. Phones are masked."""
    return {
        "shop": found.shop.name,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "exported": found.total_exported(),
        "reconciliation": [
            {"line": line, "count": found.of_line(line), "by_purpose": {
                purpose: found.of_line(line, purpose) for purpose in found.purposes if found.of_line(line, purpose)}}
            for line in LINES
        ],
        "worklist": found.listed(),
        "by_purpose": {purpose: {"exported": found.exported[purpose], "worklist": found.listed(purpose)}
                       for purpose in found.purposes},
        "rows": [_row_document(row) for row in found.rows],
    }  # fmt: skip


def due_list_json(found: DueList) -> str:
    """The document as text."""
    return json.dumps(due_list_document(found), ensure_ascii=False, indent=2)


def _row_document(row: Listed) -> dict[str, Any]:
    car = row.car
    return {
        "purpose": row.purpose,
        "due_on": car.due_on.isoformat(),
        "name": car.name,
        "phone": mask(car.phone or ""),
        "vin": car.vin,
        "plate": car.plate,
        "model": car.model,
        "last_visit_on": car.last_visit_on.isoformat() if car.last_visit_on else None,
        "also": list(row.also),
        "asked_on": car.asked_on.isoformat() if car.asked_on else None,
    }


def _headings() -> tuple[str, ...]:
    return (
        _("Purpose"), _("Due on"), _("Expected between"), _("Name"), _("Phone"), _("Plate"), _("VIN"), _("Model"),
        _("District"), _("Member level"), _("Last visit"), _("Odometer"), _("Marketing"), _("Also due"),
    )  # fmt: skip


def _cells(row: Listed) -> tuple[str, ...]:
    car = row.car
    between = f"{car.due_from} – {car.due_to}" if car.due_from and car.due_to else ""
    texts = (
        _(RULES[row.purpose].title), car.due_on, between, car.name, as_dialled(car.phone or ""), car.plate, car.vin,
        car.model, car.district, car.member_level, car.last_visit_on, car.last_odometer,
        _(CONSENTS.get(car.consent or "", "")),
        ", ".join(row.also),
    )  # fmt: skip
    return tuple("" if text is None else str(text) for text in texts)


def due_list_csv(found: DueList) -> bytes:
    """The list alone, one row a car and purpose."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_headings())
    for row in found.rows:
        writer.writerow(map(harmless, _cells(row)))
    return text.getvalue().encode(CSV_ENCODING)


def due_list_xlsx(found: DueList) -> bytes:
    """Two sheets: the list with a filter, and the reconciliation by purpose."""
    file = io.BytesIO()
    workbook = new_workbook(file, in_stream=True)
    workbook.set_properties({"title": _title(found), "created": datetime.combine(found.today, time())})
    _list_sheet(workbook, found)
    _reconciliation_sheet(workbook, found)
    workbook.close()
    return file.getvalue()


def _list_sheet(workbook: Any, found: DueList) -> None:
    sheet = workbook.add_worksheet(_("Due list"))
    bold, text = workbook.add_format({"bold": True, "bottom": 1}), workbook.add_format({"num_format": "@"})
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width, text)
    for column, heading in enumerate(_headings()):
        sheet.write_string(0, column, heading, bold)
    line = 0
    for line, row in enumerate(found.rows[:SHEET_ROWS], start=1):
        for column, cell in enumerate(_cells(row)):
            sheet.write_string(line, column, cell, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, line, len(WIDTHS) - 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _reconciliation_sheet(workbook: Any, found: DueList) -> None:
    sheet = workbook.add_worksheet(_("Reconciliation"))
    bold = workbook.add_format({"bold": True, "num_format": "#,##0"})
    count = workbook.add_format({"num_format": "#,##0"})
    sheet.set_column(0, 0, 52)
    sheet.set_column(1, 1 + len(found.purposes), 14)
    sheet.write_string(0, 0, _title(found), bold)
    headings = (_("Total"), *(_(RULES[purpose].title) for purpose in found.purposes))
    for column, heading in enumerate(headings, start=1):
        sheet.write_string(2, column, heading, bold)
    for line, (words, figures, is_total) in enumerate(_reconciliation(found), start=3):
        sheet.write_string(line, 0, words, bold if is_total else None)
        for column, figure in enumerate(figures, start=1):
            sheet.write_number(line, column, figure, bold if is_total else count)


def _reconciliation(found: DueList) -> Iterator[tuple[str, list[int], bool]]:
    """Each line in words, its figures (the total, then each purpose), and whether it is one of the two ends."""
    purposes = (None, *found.purposes)
    yield _(EXPORTED), [found.total_exported(purpose) for purpose in purposes], True
    for line, words in LINES.items():
        yield f"{MINUS} {_(words)}", [found.of_line(line, purpose) for purpose in purposes], False
    yield f"= {_(WORKLIST)}", [found.listed(purpose) for purpose in purposes], True


def _title(found: DueList) -> str:
    return _("Due list of {shop}, {first} to {last}").format(shop=found.shop.name, first=found.first, last=found.last)


def print_due_list(console: Console, found: DueList) -> None:
    """The reconciliation, the purposes, and the first rows."""
    console.print(_title(found), style="bold")
    console.print()
    made = table("", _("Number"), right=(1,))
    for words, figures, is_total in _reconciliation(found):
        made.add_row(words, numbers.count(figures[0]), style="bold" if is_total else None)
    console.print(made)
    console.print()
    if not found.purposes:
        _say(console, _("Nothing is due in these days, or nothing was imported yet: notifier import customers FILE."))
        return
    made = table(_("Purpose"), _("Exported"), _("Worklist"), right=(1, 2))
    for purpose in found.purposes:
        made.add_row(
            _(RULES[purpose].title), numbers.count(found.exported[purpose]), numbers.count(found.listed(purpose))
        )
    console.print(made)
    console.print()
    made = table(_("Due on"), _("Purpose"), _("Name"), _("Phone"), _("Car"), _("Also due"))
    for row in found.rows[:SHOWN]:
        car = row.car
        made.add_row(
            str(car.due_on), _(RULES[row.purpose].title), car.name or "", mask(car.phone or ""), car.plate or car.vin,
            ", ".join(row.also),
        )  # fmt: skip
    console.print(made)
    console.print()
    more = len(found.rows) - SHOWN
    if more > 0:
        _say(console, _("… and {count} more.").format(count=numbers.count(more)))
    _say(console, _("The whole list, with phones: notifier report due_list --format xlsx --out due.xlsx"))


def _say(console: Console, sentence: str) -> None:
    console.print("\n".join(wrapped(sentence, console.width)))
