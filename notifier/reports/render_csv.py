"""The campaign summary as CSV for spreadsheets: UTF-8 with a byte order mark, or Excel reads Chinese as GBK."""

from __future__ import annotations

import csv
import io

from notifier.reports.columns import Value, cell, headings, shown_columns
from notifier.reports.figures import CampaignReport
from notifier.spreadsheets import CSV_ENCODING, harmless

__all__ = ["campaigns_csv"]


def campaigns_csv(report: CampaignReport) -> bytes:
    """The whole file; headings in the reader's language, figures plain so that a spreadsheet takes them as numbers."""
    columns = shown_columns()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings(columns))
    for row in report.rows:
        writer.writerow([_safe(cell(column, row, report)) for column in columns])
    return text.getvalue().encode(CSV_ENCODING)


def _safe(value: Value) -> Value:
    """Only text can be a formula: numbers stay numbers."""
    return harmless(value) if isinstance(value, str) else value
