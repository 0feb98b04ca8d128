"""The campaign summary as an Excel workbook: the table, and a sheet that says how to read it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from rich.cells import cell_len

from notifier.locale import _
from notifier.reports import numbers, sentences
from notifier.reports.columns import Column, Value, cell, headings, shown_columns
from notifier.reports.figures import CampaignReport
from notifier.spreadsheets import new_workbook

__all__ = ["campaigns_xlsx"]

HEADER_ROW = 4
NUMBER_FORMATS = {"text": "@", "count": "#,##0", "number": "#,##0.0", "share": "0.0%", "minor": "#,##0.00",
                  "micros": "#,##0.00"}  # fmt: skip
WIDEST = 40


def campaigns_xlsx(report: CampaignReport) -> bytes:
    """The whole workbook. Text is written as text, never as a formula or a link, whatever it begins with."""
    file = io.BytesIO()
    workbook = new_workbook(file)
    # The file's own date is the report's: the same figures give the same bytes.
    workbook.set_properties({"title": _("Campaign summary"), "created": datetime.combine(report.today, time())})
    _table_sheet(workbook, report)
    _notes_sheet(workbook, report)
    workbook.close()
    return file.getvalue()


def _table_sheet(workbook: Any, report: CampaignReport) -> None:
    sheet = workbook.add_worksheet(_("Campaign summary"))
    period = _("{first} to {last}").format(first=numbers.day(report.from_day), last=numbers.day(report.to_day))
    sheet.write_string(
        0, 0, f"{_('Campaign summary')}  {report.shop.name}  {period}", workbook.add_format({"bold": True})
    )
    sheet.write_string(1, 0, sentences.opening_sentence(report))
    sheet.write_string(2, 0, sentences.data_sentence(report))
    columns = shown_columns()
    formats = {name: workbook.add_format({"num_format": code}) for name, code in NUMBER_FORMATS.items()}
    header = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    for index, (column, heading) in enumerate(zip(columns, headings(columns), strict=True)):
        sheet.write_string(HEADER_ROW, index, heading, header)
        values = [cell(column, row, report) for row in report.rows]
        for offset, value in enumerate(values, start=1):
            _write(sheet, HEADER_ROW + offset, index, value, formats[column.format])
        sheet.set_column(index, index, _width(column, heading, values))
    sheet.freeze_panes(HEADER_ROW + 1, 2)


def _write(sheet: Any, row: int, index: int, value: Value, style: Any) -> None:
    if value is None:
        sheet.write_blank(row, index, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, index, value, style)
    else:
        sheet.write_number(row, index, value, style)


def _width(column: Column, heading: str, values: list[Value]) -> int:
    """Wide enough for heading and values in cells, where a Chinese character is two, and not endless."""
    shown = [value if isinstance(value, str) else f"{value or 0:,.2f}" for value in values]
    least = 10 if column.format == "text" else 8
    return min(WIDEST, max(least, *(cell_len(text) + 2 for text in (heading, *shown))))


def _notes_sheet(workbook: Any, report: CampaignReport) -> None:
    """In words: each campaign's verdict and windows, then what must be known to read them."""
    sheet = workbook.add_worksheet(_("How to read it"))
    bold = workbook.add_format({"bold": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    line = 0
    for row in report.rows:
        sentences_of: Mapping[str, str | None] = {
            row.campaign.title: sentences.verdict_sentence(row.lift.first, row.campaign.success),
            _("Revenue gained"): sentences.revenue_sentence(row.lift.first, report.shop.currency),
            _("Smallest effect"): sentences.smallest_sentence(row.lift.first),
            _("Note"): sentences.phoned_sentence(row.lift.first),
            _("Out of lift"): sentences.out_of_lift_sentence(row.lift),
            _("Windows"): sentences.windows_sentence(row.campaign),
        }
        for label, sentence in sentences_of.items():
            if sentence is not None:
                sheet.write_string(line, 0, label, bold)
                sheet.write_string(line, 1, sentence, wrapped)
                line += 1
    for note in sentences.footnotes(report):
        line += 1
        sheet.write_string(line, 1, note, wrapped)
