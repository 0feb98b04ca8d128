"""The campaign summary as JSON, CSV and XLSX."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pytest

from notifier.locale import language
from notifier.reports.render_csv import campaigns_csv
from notifier.reports.render_json import campaigns_json
from notifier.reports.render_xlsx import campaigns_xlsx
from tests.support.report_page import page

KEYS = [
    "shop", "currency", "from", "to", "campaign", "key", "title", "kind", "success", "enrolled", "enrolled_treatment",
    "enrolled_control", "enrolled_universal", "planned", "sending", "withheld", "sent", "delivered", "undelivered",
    "failed", "unknown", "cancelled", "replied", "booked", "opted_out", "segments", "cost_micros", "credited",
    "attributed_revenue_minor", "assisted", "treatment_n", "treatment_came", "treatment_rate", "treatment_buyers",
    "treatment_phoned", "treatment_revenue_minor", "control_n", "control_came", "control_rate", "control_buyers",
    "control_phoned", "control_revenue_minor", "verdict", "window_ends_on", "incremental", "incremental_low",
    "incremental_high", "p_value", "incremental_revenue_minor", "incremental_revenue_low_minor",
    "incremental_revenue_high_minor", "credited_per_gained", "smallest_effect", "ratio_p", "second_verdict",
    "second_incremental", "second_incremental_low", "second_incremental_high", "lift_window_days", "credit_sent_days",
    "credit_reply_days", "out_of_lift", "reconciliation", "known_to",
]  # fmt: skip


@pytest.mark.parametrize("name", ["en", "zh-CN"])
def test_json_is_a_list_of_rows_with_fixed_keys_in_any_language(name: str) -> None:
    """Programs read these keys: a change here is a change of the interface."""
    with language(name):
        rows = json.loads(campaigns_json(page()))
    assert [list(row) for row in rows] == [KEYS] * 4
    assert [row["verdict"] for row in rows] == ["distinguishable", "not_distinguishable", "ratio_alarm", "interim"]


def test_json_values_are_the_figures() -> None:
    """Ids, minor units and plain numbers; what is not known is null."""
    proven, _few, uneven, interim = json.loads(campaigns_json(page()))
    assert (proven["kind"], proven["sent"], proven["credited"]) == ("service", 10_240, 412)
    assert (proven["attributed_revenue_minor"], proven["cost_micros"]) == (366_680_00, 522_000_000)
    assert proven["incremental"] == pytest.approx(120)
    assert proven["out_of_lift"] == {"came_before_enrolment": 3}
    assert proven["reconciliation"]["visits"] == 1131
    assert proven["known_to"] == {"visits": "2026-05-30T18:00:00+00:00"}
    assert (uneven["incremental"], uneven["second_verdict"]) == (None, None)
    assert interim["second_verdict"] == "interim"


def read_csv(content: bytes) -> list[list[str]]:
    """The cells of the file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_begins_with_a_byte_order_mark_and_has_a_row_a_campaign() -> None:
    """Without the mark Excel reads Chinese as GBK."""
    content = campaigns_csv(page("定期保养招揽"))
    assert content.startswith(b"\xef\xbb\xbf")
    heading, first, *others = read_csv(content)
    row = dict(zip(heading, first, strict=True))
    assert (row["Campaign"], row["Sent"], row["Cost"], row["Revenue credited"]) == (
        "定期保养招揽", "10240", "522.0", "366680.0"
    )  # fmt: skip
    assert (row["Verdict"], row["Kind"]) == ("difference shown", "service reminder")
    assert len(others) == 3


def test_csv_negative_figures_stay_numbers() -> None:
    """Only text can be a formula: -14 stays -14."""
    heading, _first, second, *_others = read_csv(campaigns_csv(page()))
    assert float(dict(zip(heading, second, strict=True))["Gained, at least"]) == pytest.approx(-13.947, abs=0.001)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_csv_text_that_begins_like_a_formula_is_made_harmless(start: str) -> None:
    """A campaign named =HYPERLINK(...) must not run on the manager's machine."""
    heading, first, *_others = read_csv(campaigns_csv(page(f"{start}1+1")))
    assert dict(zip(heading, first, strict=True))["Campaign"] == f"'{start}1+1"


NAMES = ["定期保养招揽", "0012", "202403050000000123", "-12.5"]


def test_csv_keeps_every_digit_and_every_character() -> None:
    """A campaign may be named by a number: leading zeros and long ones are there whole."""
    heading, *rows = read_csv(campaigns_csv(page(*NAMES)))
    assert [dict(zip(heading, row, strict=True))["Campaign"] for row in rows] == NAMES


def sheets(content: bytes) -> Any:
    """The workbook as Excel would read it."""
    return openpyxl.load_workbook(io.BytesIO(content))


def test_xlsx_has_typed_cells_under_a_frozen_header() -> None:
    """Numbers are numbers with their format, ids are text, the header stays when scrolling."""
    table = sheets(campaigns_xlsx(page()))["Campaign summary"]
    assert table["A2"].value.startswith("Orders 1,320 −")
    assert table.freeze_panes == "C6"
    column = {cell.value: cell.column for cell in table[5]}
    sent, rate, revenue, ident = (
        table.cell(6, column[name]) for name in ("Sent", "Treatment rate", "Revenue credited", "Campaign id")
    )
    assert (sent.value, sent.number_format) == (10_240, "#,##0")
    assert (rate.value, rate.number_format) == (0.12, "0.0%")
    assert (revenue.value, revenue.number_format) == (366_680, "#,##0.00")
    assert (ident.data_type, ident.number_format) == ("s", "@")
    assert table.column_dimensions["A"].width >= len("insurance expiry")


def test_xlsx_text_is_never_a_formula_nor_a_link() -> None:
    """Titles come from files people write."""
    table = sheets(campaigns_xlsx(page("=1+1", "https://example.com")))["Campaign summary"]
    cells = [table.cell(row, 2) for row in (6, 7)]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [
        ("=1+1", "s", None), ("https://example.com", "s", None)
    ]  # fmt: skip


def test_xlsx_keeps_every_digit_and_every_character() -> None:
    """Text cells, whatever they look like."""
    table = sheets(campaigns_xlsx(page(*NAMES)))["Campaign summary"]
    cells = [table.cell(row, 2) for row in range(6, 10)]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [(name, "s", "@") for name in NAMES]


def test_xlsx_says_how_to_read_it() -> None:
    """The second sheet has each verdict as a sentence and the notes of the screen."""
    notes = sheets(campaigns_xlsx(page()))["How to read it"]
    words = [str(cell.value) for row in notes.iter_rows() for cell in row if cell.value]
    assert "Visits gained: 120 (plausible range 33 to 197)" in words
    assert any(word.startswith("Credited and gained answer two questions") for word in words)


def test_xlsx_of_the_same_figures_is_the_same_file() -> None:
    """No clock goes into it."""
    assert campaigns_xlsx(page()) == campaigns_xlsx(page())
