"""The worklist as a table, as JSON, and as CSV or a workbook that staff fill in and `import contacts` reads back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from notifier.domain.contacts import REASON_CODES, RESULTS
from notifier.domain.rules import rule_title
from notifier.locale import _
from notifier.locale.contact_words import reason_code_word, result_word
from notifier.locale.wrapping import Wrapped
from notifier.reports import numbers
from notifier.reports import worklist_words as words
from notifier.reports.worklist import Worklist, WorklistRow
from notifier.reports.worklist_words import ReasonWords
from notifier.spreadsheets import FormCell, FormColumn, Notes, form_csv, form_workbook

__all__ = ["form_columns", "print_worklist", "worklist_csv", "worklist_document", "worklist_json", "worklist_xlsx"]

FROZEN = 2


def form_columns() -> list[FormColumn]:
    """The columns of the list that is filled in, headed in the reader's language; read back by dms/columns.py."""
    results = tuple(result_word(result) for result in RESULTS)
    reasons = tuple(reason_code_word(code) for code in REASON_CODES)
    choose, write_day = _("Choose one of the list."), _("Write a day, like 2026-03-05.")
    return [
        FormColumn(_("Customer"), width=14), FormColumn(_("Phone"), width=14), FormColumn(_("Plate"), width=11),
        FormColumn(_("Purpose"), width=16), FormColumn(_("Why"), width=26), FormColumn(_("Due from"), "day", width=11),
        FormColumn(_("Due to"), "day", width=11),
        FormColumn(_("Clerk"), is_filled=True, width=10),
        FormColumn(_("Day of the call"), "day", is_filled=True, advice=write_day, width=11),
        FormColumn(_("Result"), is_filled=True, choices=results, advice=choose, width=14),
        FormColumn(_("Reason"), is_filled=True, choices=reasons, advice=choose, width=14),
        FormColumn(_("Mileage"), "number", is_filled=True, advice=_("Write whole kilometres."), width=10),
        FormColumn(_("Booked for"), "day", is_filled=True, advice=write_day, width=11),
        FormColumn(_("Call again on"), "day", is_filled=True, advice=write_day, width=11),
        FormColumn(_("Note"), is_filled=True, width=30),
        FormColumn(_("Texted"), width=30), FormColumn(_("Answered"), width=24), FormColumn(_("Last call"), width=30),
        FormColumn(_("Advisor"), width=10), FormColumn(_("Known mileage"), "number", width=10),
        FormColumn(_("Model"), width=14), FormColumn(_("VIN"), width=20),
        FormColumn(_("Row"), is_ours=True, width=18), FormColumn(_("List of"), "day", is_ours=True, width=9),
    ]  # fmt: skip


def _cells(report: Worklist, row: WorklistRow, reason_words: ReasonWords) -> list[FormCell]:
    car, call = row.car, row.last_call
    return [
        row.customer.name, words.phone_words(row.customer.phone, report.region), car.plate if car else None,
        rule_title(row.purpose), words.why_words(row, reason_words), row.due_from, row.due_to,
        call.clerk if call else None, *[None] * 7,
        words.texts_words(row), words.answers_words(row), words.last_call_words(row), row.advisor,
        car.last_odometer if car else None, car.model if car else None, car.vin if car else None,
        str(row.name), report.today,
    ]  # fmt: skip


def _rows(report: Worklist, reason_words: ReasonWords) -> Iterator[list[FormCell]]:
    return (_cells(report, row, reason_words) for row in report.rows)


def worklist_csv(report: Worklist, reason_words: ReasonWords) -> bytes:
    """The list as CSV, to be filled in; without drop-downs."""
    return form_csv(form_columns(), _rows(report, reason_words))


def worklist_xlsx(report: Worklist, reason_words: ReasonWords) -> bytes:
    """The list as a workbook with drop-downs, and a sheet on how to fill it in."""
    notes = Notes(_("How to fill it in"), tuple(words.advice_on_filling(report)))
    return form_workbook(
        form_columns(), _rows(report, reason_words), sheet=_("Worklist"), day=report.today, notes=notes, frozen=FROZEN
    )


def worklist_json(report: Worklist) -> str:
    """A list of rows; docs/json.md explains the keys."""
    return json.dumps(worklist_document(report), ensure_ascii=False, indent=2)


def worklist_document(report: Worklist) -> list[dict[str, Any]]:
    """The rows as plain values with fixed English words."""
    return [_document(row) for row in report.rows]


def _document(row: WorklistRow) -> dict[str, Any]:
    car, call = row.car, row.last_call
    return {
        "row": str(row.name),
        "purpose": row.purpose,
        "campaigns": list(row.campaigns),
        "group": row.group,
        "why": row.why,
        "name": row.customer.name,
        "phone": row.customer.phone,
        "plate": car.plate if car else None,
        "model": car.model if car else None,
        "vin": car.vin if car else None,
        "last_odometer": car.last_odometer if car else None,
        "advisor": row.advisor,
        "due_from": _iso(row.due_from),
        "due_to": _iso(row.due_to),
        "texts": [{"stage": text.stage, "day": text.day.isoformat(), "state": text.state} for text in row.texts],
        "answers": [
            {"day": day.isoformat(), "meaning": meaning, "text": text} for day, meaning, text in row.answers
        ],
        "last_call": None if call is None else {
            "day": call.contacted_on.isoformat(), "clerk": call.clerk, "result": call.result,
            "reason_code": call.reason_code, "note": call.note, "next_contact_on": _iso(call.next_contact_on),
        },
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def print_worklist(console: Console, report: Worklist, reason_words: ReasonWords) -> None:
    """Print the list to `console`."""
    console.print(_page(report, reason_words))


def _page(report: Worklist, reason_words: ReasonWords) -> RenderableType:
    days = _("{first} to {last}").format(first=numbers.day(report.first), last=numbers.day(report.last))
    heading = Text.assemble((_("Worklist"), "bold"), f"  {report.shop.name}  {days}")
    parts: list[RenderableType] = [heading, Wrapped(words.headline(report))]
    for group, title in words.GROUPS.items():
        rows = [row for row in report.rows if row.group == group]
        if rows:
            parts += [Text(), Text(_(title), style="bold"), _table(report, rows, reason_words)]
    return Group(*parts, Text(), *(Wrapped(remark, "dim") for remark in words.remarks(report)))


def _table(report: Worklist, rows: list[WorklistRow], reason_words: ReasonWords) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in (_("Customer"), _("Phone"), _("Plate")):
        table.add_column(heading, no_wrap=True)
    table.add_column(_("Purpose"))
    table.add_column(_("Due"), no_wrap=True)
    table.add_column(_("Why"))
    for row in rows:
        due = " –\n".join(dict.fromkeys(str(day) for day in (row.due_from, row.due_to) if day))
        why, call = Wrapped(words.why_words(row, reason_words)), words.last_call_words(row)
        table.add_row(
            *(Text(cell or "–") for cell in (
                row.customer.name, words.phone_words(row.customer.phone, report.region), row.car and row.car.plate,
            )),
            Wrapped(rule_title(row.purpose)), due or "–", Group(why, Wrapped(call)) if call else why,
        )  # fmt: skip
    return table
