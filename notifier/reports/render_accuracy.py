"""The accuracy of the prediction as a page, a list, a CSV and a workbook."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from notifier.domain.accuracy import Errors
from notifier.locale import N_, _
from notifier.locale.money import MINUS
from notifier.locale.wrapping import Wrapped
from notifier.reports import numbers
from notifier.reports.accuracy import AccuracyReport
from notifier.spreadsheets import CSV_ENCODING, harmless, new_workbook

__all__ = ["accuracy_csv", "accuracy_json", "accuracy_rows", "accuracy_xlsx", "print_accuracy"]

HEADINGS = (
    N_("Rule"), N_("Visits"), N_("Mean error, days"), N_("Within 15 days"), N_("Within 30 days"),
    N_("Late, days"),
)  # fmt: skip
SHEET_FORMATS = ("@", "#,##0", "#,##0.0", "0.0%", "0.0%", "#,##0.0")
HEADER_ROW = 2

Cell = str | int | float | None


def print_accuracy(console: Console, report: AccuracyReport) -> None:
    """Print the page: the two rules one above the other, what they mean, and whom they leave out."""
    console.print(_page(report))


def accuracy_json(report: AccuracyReport) -> str:
    """One JSON list, a row a rule; docs/json.md lists the keys."""
    return json.dumps(accuracy_rows(report), ensure_ascii=False, indent=2)


def accuracy_rows(report: AccuracyReport) -> list[dict[str, Any]]:
    """The rows as plain values; what holds for the whole page is repeated in each."""
    figures = report.accuracy
    page = {"shop": report.shop.name, "from": report.from_day.isoformat(), "to": report.to_day.isoformat()}
    rest = {
        "in_range": _part(figures.in_range, figures.prediction.n),
        "overdue": figures.overdue,
        "readings": figures.readings,
        "readings_rejected": figures.rejected,
        "known_to": {kind: at.isoformat() for kind, at in report.known_to.items()},
    }
    return [
        {
            **page, "rule": rule, "n": errors.n, "mean_error_days": _rounded(errors.mean),
            "within_15": _part(errors.within_15, errors.n), "within_30": _part(errors.within_30, errors.n),
            "bias_days": _rounded(errors.bias), **rest,
        }
        for rule, errors in report.rows()
    ]  # fmt: skip


def accuracy_csv(report: AccuracyReport) -> bytes:
    """The table alone; figures plain, so that a spreadsheet takes them as numbers."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_(heading) for heading in HEADINGS])
    for rule, errors in report.rows():
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in _cells(report, rule, errors)])
    return text.getvalue().encode(CSV_ENCODING)


def accuracy_xlsx(report: AccuracyReport) -> bytes:
    """The whole workbook: the table, and below it what must be known to read it."""
    file = io.BytesIO()
    workbook = new_workbook(file)
    workbook.set_properties({"title": _title(), "created": datetime.combine(report.today, time())})
    sheet = workbook.add_worksheet(_("Service prediction"))
    bold = workbook.add_format({"bold": True})
    formats = [workbook.add_format({"num_format": code}) for code in SHEET_FORMATS]
    sheet.write_string(0, 0, f"{_title()}  {report.shop.name}  {_period(report)}", bold)
    for place, heading in enumerate(HEADINGS):
        sheet.write_string(HEADER_ROW, place, _(heading), bold)
        sheet.set_column(place, place, max(12, cell_len(_(heading)) + 2))
    for row, (rule, errors) in enumerate(report.rows(), start=HEADER_ROW + 1):
        for place, cell in enumerate(_cells(report, rule, errors)):
            if cell is not None:
                sheet.write(row, place, cell, formats[place])
    below = HEADER_ROW + len(report.rows()) + 2
    for row, sentence in enumerate((*_findings(report), *_notes(report)), start=below):
        sheet.write_string(row, 0, sentence)
    sheet.set_column(0, 0, 34)
    workbook.close()
    return file.getvalue()


def _cells(report: AccuracyReport, rule: str, errors: Errors) -> tuple[Cell, ...]:
    return (
        _rule_words(report, rule), errors.n, _rounded(errors.mean), _part(errors.within_15, errors.n),
        _part(errors.within_30, errors.n), _rounded(errors.bias),
    )  # fmt: skip


def _page(report: AccuracyReport) -> RenderableType:
    heading = Text.assemble((_title(), "bold"), "  ", report.shop.name, "  ", _period(report))
    parts: list[RenderableType] = [heading, Text()]
    if report.accuracy.prediction.n:
        parts += [_table(report), Text()]
    parts += [Wrapped(sentence) for sentence in _findings(report)]
    return Group(*parts, Text(), Rule(style="dim"), *(Wrapped(note, "dim") for note in _notes(report)))


def _table(report: AccuracyReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for place, title in enumerate(HEADINGS):
        table.add_column(_(title), justify="right" if place else "left", overflow="fold")
    for rule, errors in report.rows():
        table.add_row(
            _rule_words(report, rule), numbers.count(errors.n), _tenths(errors.mean),
            numbers.share(_part(errors.within_15, errors.n)), numbers.share(_part(errors.within_30, errors.n)),
            _tenths(errors.bias), style="bold" if rule == "prediction" else "",
        )  # fmt: skip
    return table


def _title() -> str:
    return _("Accuracy of the service prediction")


def _period(report: AccuracyReport) -> str:
    return _("{first} to {last}").format(first=numbers.day(report.from_day), last=numbers.day(report.to_day))


def _rule_words(report: AccuracyReport, rule: str) -> str:
    if rule == "prediction":
        return _("Prediction")
    return _("Every {months} months").format(months=report.interval.months)


def _findings(report: AccuracyReport) -> Iterator[str]:
    """The figures in sentences."""
    figures = report.accuracy
    ours, fixed = figures.prediction.mean, figures.fixed_months.mean
    if ours is None or fixed is None:
        yield _("No car came for maintenance a second time in these days; choose others with --from and --to.")
    else:
        nearer = _("The prediction is {days} days nearer on average than fixed months.")
        farther = _("The prediction is {days} days farther off on average than fixed months.")
        yield (nearer if ours <= fixed else farther).format(days=numbers.times(abs(ours - fixed)))
        yield _("{share} of the visits fell into the range shown beside the day.").format(
            share=numbers.share(_part(figures.in_range, figures.prediction.n))
        )
    yield _("Odometer readings of these days: {readings}; not believed: {rejected} ({share}).").format(
        readings=numbers.count(figures.readings), rejected=numbers.count(figures.rejected),
        share=numbers.share(_part(figures.rejected, figures.readings)),
    )  # fmt: skip


def _notes(report: AccuracyReport) -> Iterator[str]:
    """Whom the figures leave out, and what they rest on."""
    yield _("Late: how many days after the day predicted cars came on average; with a minus, before it.")
    if report.accuracy.overdue:
        yield _(
            "Cars that have not come back are in none of these figures: {count} whose day fell into this time. "
            "With them the error would be larger."
        ).format(count=numbers.count(report.accuracy.overdue))
    else:
        yield _("Cars that have not come back are in none of these figures; no car's day passed without it here.")
    yield _(
        "Each visit is compared with the day predicted on the eve of it, from what was known then; only the model's "
        "mean is today's. A car's first maintenance is not among them."
    )
    yield _("A reminder brings customers in near the day it names, so some of the nearness is its own doing.")


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _tenths(value: float | None) -> str:
    if value is None:
        return "–"
    return numbers.times(round(value, 1) + 0.0).replace("-", MINUS)  # + 0.0: no "-0"
