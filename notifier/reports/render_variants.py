"""Texts under comparison on the terminal, as CSV, as a workbook and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from rich.console import Console
from rich.table import Table

from notifier.locale import _
from notifier.locale.wrapping import Wrapped
from notifier.reports import numbers
from notifier.reports.variants import StageComparison, VariantReport, VariantRow
from notifier.spreadsheets import CSV_ENCODING, harmless, new_workbook

__all__ = ["print_variants", "variants_csv", "variants_json", "variants_xlsx"]


def print_variants(console: Console, report: VariantReport) -> None:
    """One table a stage, and what may be said of it."""
    console.print(_("Texts under comparison, {first} – {last}").format(first=report.first, last=report.last))
    if not report.stages:
        console.print(Wrapped(_("No texts were compared. docs/schedules.md, “variants”, tells how.")))
    for stage in report.stages:
        console.print()
        console.print(f"{stage.campaign.title} · {stage.touch}")
        console.print(_table(stage))
        console.print(Wrapped(verdict_sentence(stage)))


def _table(stage: StageComparison) -> Table:
    """Two lines a text, so that all of it fits 80 cells: below its name the template, below a share its interval."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    variant, _template, *counted = _headings()
    table.add_column(variant, overflow="fold")
    for heading in counted:
        table.add_column(heading, justify="right")
    for row in stage.rows:
        name, template, *figures, came, difference = _cells(row)
        shares = (share.replace(" (", "\n(", 1).replace("（", "\n（", 1) for share in (came, difference))
        table.add_row(f"{name}\n{template}", *figures, *shares)
    return table


def _headings() -> tuple[str, ...]:
    return (
        _("Variant"), _("Template"), _("Customers"), _("Replied"), _("Opted out"), _("Booked"), _("Came"),
        _("Against the first"),
    )  # fmt: skip


def _cells(row: VariantRow) -> tuple[str, ...]:
    counts = row.counts
    came = f"{numbers.share(row.rate)} ({numbers.points(row.came.low)}–{numbers.points(row.came.high)})"
    return (
        counts.variant, row.template, numbers.count(counts.n), numbers.count(counts.replied),
        numbers.count(counts.stopped), numbers.count(counts.booked), came, _difference(row),
    )  # fmt: skip


def _difference(row: VariantRow) -> str:
    if row.against_first is None:
        return "–"
    found = row.against_first
    return _("{value} points ({low} to {high})").format(
        value=numbers.points(found.difference), low=numbers.points(found.interval.low),
        high=numbers.points(found.interval.high),
    )  # fmt: skip


def verdict_sentence(stage: StageComparison) -> str:
    """What may be said of this comparison, and when more."""
    if stage.verdict == "alone":
        return _("Only one of the texts has gone out so far, so there is nothing to compare.")
    if stage.verdict == "open":
        return _(
            "Still open: visits count until {until}. No winner is called before; the intervals are those of an early "
            "look."
        ).format(until=stage.until)
    if stage.verdict == "different":
        return _("The texts differ: the interval against the first does not hold zero.")
    return _("Not distinguishable: the difference may be chance. Keep either, or compare more customers.")


def variants_json(report: VariantReport) -> str:
    """One object a variant; docs/json.md explains the keys."""
    return json.dumps(list(_documents(report)), ensure_ascii=False, indent=2)


def _documents(report: VariantReport) -> Iterator[dict[str, Any]]:
    for stage in report.stages:
        for row in stage.rows:
            counts, against = row.counts, row.against_first
            yield {
                "campaign": stage.campaign.key,
                "stage": stage.stage,
                "variant": counts.variant,
                "template": row.template,
                "n": counts.n,
                "replied": counts.replied,
                "opted_out": counts.stopped,
                "booked": counts.booked,
                "came": counts.came,
                "rate": row.rate,
                "rate_low": row.came.low,
                "rate_high": row.came.high,
                "against_first": against and against.difference,
                "against_first_low": against and against.interval.low,
                "against_first_high": against and against.interval.high,
                "verdict": stage.verdict,
                "window_ends_on": stage.until.isoformat(),
            }


def variants_csv(report: VariantReport) -> bytes:
    """The rows of the JSON."""
    documents = list(_documents(report))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(documents[0] if documents else ())
    for document in documents:
        writer.writerow(["" if value is None else harmless(str(value)) for value in document.values()])
    return text.getvalue().encode(CSV_ENCODING)


def variants_xlsx(report: VariantReport) -> bytes:
    """One sheet, a row a variant, with what may be said of each stage."""
    file = io.BytesIO()
    workbook = new_workbook(file)
    workbook.set_properties({"created": datetime.combine(report.today, time())})
    sheet = workbook.add_worksheet(_("Texts compared"))
    bold = workbook.add_format({"bold": True, "bottom": 1})
    headings = (_("Campaign"), _("Stage"), *_headings(), _("What may be said"))
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    line = 0
    for stage in report.stages:
        for row in stage.rows:
            line += 1
            cells = (stage.campaign.title, stage.touch, *_cells(row), verdict_sentence(stage))
            for column, text in enumerate(cells):
                sheet.write_string(line, column, text)
    sheet.set_column(0, len(headings) - 1, 18)
    sheet.freeze_panes(1, 0)
    workbook.close()
    return file.getvalue()
