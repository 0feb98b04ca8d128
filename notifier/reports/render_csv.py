"""The campaign summary as CSV for spreadsheets: UTF-8 with a byte order mark, or Excel reads Chinese as GBK."""

from __future__ import annotations

import csv
import io

from notifier.reports.columns import Value, cell, headings, shown_columns
from notifier.reports.figures import CampaignReport

__all__ = ["campaigns_csv", "harmless"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins like this is run as a formula by a spreadsheet, full-width signs by some. Source: OWASP, "CSV
Injection"."""


def campaigns_csv(report: CampaignReport) -> bytes:
    """The whole file; headings in the reader's language, figures plain so that a spreadsheet takes them as numbers."""
    columns = shown_columns()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings(columns))
    for row in report.rows:
        writer.writerow([harmless(cell(column, row, report)) for column in columns])
    return text.getvalue().encode("utf-8-sig")


def harmless(value: Value) -> Value:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
