"""The call list of a warning or recall: everybody it names whom no text reaches, to be told by phone or letter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from notifier.locale import N_, _
from notifier.locale.wrapping import Wrapped
from notifier.reports import numbers
from notifier.spreadsheets import FormColumn, Notes, form_csv, form_workbook
from notifier.store.audiences import AUDIENCES, Ask
from notifier.store.call_lists import out_of_reach
from notifier.store.engine import Session

__all__ = [
    "CallList", "CallRow", "call_list", "call_list_csv", "call_list_json", "call_list_xlsx", "print_call_list",
]  # fmt: skip

REASONS: Mapping[str, str] = {
    "suppressed": N_("said stop"),
    "no_phone": N_("no mobile number"),
    "unreachable": N_("phone out of reach"),
    "car_gone": N_("car sold or scrapped"),
    "not_delivered": N_("text not delivered"),
    "no_owner": N_("no owner on record"),
    "unknown": N_("not in our records"),
    "unreadable": N_("number not readable"),
}
"""Why a text does not reach them, in the order of the list."""


class UnknownRow(Protocol):
    """A row of the list's file that names nobody we know."""

    @property
    def line(self) -> int: ...
    @property
    def shown(self) -> str: ...
    @property
    def why(self) -> str: ...


@dataclass(frozen=True, slots=True)
class CallRow:
    """Somebody to be told. `line` and `value`: the row of the file, where we know nobody of it."""

    reason: str
    name: str | None = None
    phone: str | None = None
    plate: str | None = None
    model: str | None = None
    vin: str | None = None
    line: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class CallList:
    """`named`: cars and customers on the list that we know; `rows`: whom of them, and of the rest, no text reaches."""

    title: str
    today: date
    named: int
    rows: Sequence[CallRow]


def call_list(
    session: Session, ask: Ask, *, campaign_id: str, title: str, today: date, unknown: Iterable[UnknownRow]
) -> CallList:
    """The people of the list that `ask` asks for; `unknown`: the rows of its file that name nobody."""
    dues = AUDIENCES["list"](session, ask)
    rows = [
        CallRow(lost.reason, lost.name, lost.phone, lost.plate, lost.model, lost.vin)
        for lost in out_of_reach(session, campaign_id, dues)
    ]
    rows += [
        CallRow(row.why if row.why in REASONS else "unreadable", line=row.line, value=row.shown) for row in unknown
    ]
    order = {reason: place for place, reason in enumerate(REASONS)}
    rows.sort(key=lambda row: (order[row.reason], row.name or "", row.vin or "", row.line or 0))
    return CallList(title, today, len(dues), rows)


def _headings() -> list[str]:
    return [_("Why by phone"), _("Name"), _("Phone"), _("Plate"), _("Model"), _("VIN"), _("Line"), _("In the list")]


def _cells(row: CallRow) -> list[str]:
    line = "" if row.line is None else str(row.line)
    known = (row.name, row.phone, row.plate, row.model, row.vin)
    return [_(REASONS[row.reason]), *(value or "" for value in known), line, row.value or ""]


def _headline(report: CallList) -> str:
    return _("{count} of {title} cannot be texted and must be told by phone or letter; {named} are on record.").format(
        count=numbers.count(len(report.rows)), title=report.title, named=numbers.count(report.named)
    )


def call_list_json(report: CallList) -> str:
    """A list, one row somebody to be told; docs/json.md explains the keys."""
    return json.dumps([asdict(row) for row in report.rows], ensure_ascii=False, indent=2)


def call_list_csv(report: CallList) -> bytes:
    """The list as CSV, with whole phones."""
    return form_csv([FormColumn(heading) for heading in _headings()], map(_cells, report.rows))


def call_list_xlsx(report: CallList) -> bytes:
    """The list as a workbook whose numbers stay text, and a sheet that says what it is."""
    widths = (18, 14, 18, 12, 16, 20, 7, 20)
    columns = [FormColumn(heading, width=width) for heading, width in zip(_headings(), widths, strict=True)]
    notes = Notes(_("How to read it"), (_headline(report),))
    return form_workbook(columns, map(_cells, report.rows), sheet=_("Call list"), day=report.today, notes=notes)


def print_call_list(console: Console, report: CallList) -> None:
    """Print the list to `console`."""
    console.print(_page(report))


def _page(report: CallList) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    filled = [any(cells[place] for cells in map(_cells, report.rows)) for place in range(len(_headings()))]
    for heading, is_filled in zip(_headings(), filled, strict=True):
        if is_filled:
            table.add_column(heading, overflow="fold")
    for row in report.rows:
        table.add_row(*(Text(cell) for cell, is_filled in zip(_cells(row), filled, strict=True) if is_filled))
    counts = Counter(row.reason for row in report.rows)
    sums = [f"{_(words)} {numbers.count(counts[reason])}" for reason, words in REASONS.items() if counts[reason]]
    parts: list[RenderableType] = [Wrapped(_headline(report), "bold")]
    parts += [Wrapped("  ".join(sums)), Text(), table] if report.rows else []
    return Group(*parts)
