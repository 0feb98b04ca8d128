"""The accuracy report on a terminal, as JSON, CSV and workbook, in both languages."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import openpyxl
import pytest
from rich.cells import cell_len
from rich.console import Console

from notifier.domain.accuracy import Accuracy, Errors, Interval
from notifier.locale import language
from notifier.reports.accuracy import AccuracyReport
from notifier.reports.campaigns import ReportShop
from notifier.reports.render_accuracy import accuracy_csv, accuracy_json, accuracy_xlsx, print_accuracy

KEYS = [
    "shop", "from", "to", "rule", "n", "mean_error_days", "within_15", "within_30", "bias_days", "in_range", "overdue",
    "readings", "readings_rejected", "known_to",
]  # fmt: skip
FULL = Accuracy(
    prediction=Errors(n=1_204, distance=22_153, signed=-3_853, within_15=650, within_30=963),
    fixed_months=Errors(n=1_204, distance=57_310, signed=-40_100, within_15=181, within_30=373),
    in_range=843, overdue=112, readings=2_400, rejected=41,
)  # fmt: skip


def report(accuracy: Accuracy = FULL) -> AccuracyReport:
    """A year of a shop."""
    return AccuracyReport(
        ReportShop(1, "东南汽车泉州店", "Asia/Shanghai"), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 5),
        Interval(5_000, 6), accuracy, {"visits": datetime(2026, 1, 4, 18, tzinfo=UTC)},
    )  # fmt: skip


def shown(accuracy: Accuracy = FULL, width: int = 100, tongue: str = "en") -> str:
    """The terminal's page."""
    text = io.StringIO()
    with language(tongue):
        print_accuracy(Console(file=text, width=width, highlight=False), report(accuracy))
    return text.getvalue()


def test_the_page_shows_both_rules_and_says_what_the_prediction_is_worth() -> None:
    """18.4 days against 47.6; 29.2 nearer."""
    page = shown()
    rules = {line.split("  ")[0]: line.split()[-5:] for line in page.splitlines() if "1,204" in line}
    assert rules == {
        "Prediction": ["1,204", "18.4", "54.0%", "80.0%", "−3.2"],
        "Every 6 months": ["1,204", "47.6", "15.0%", "31.0%", "−33.3"],
    }
    flowing = " ".join(page.split())
    assert "The prediction is 29.2 days nearer on average than fixed months." in flowing
    assert "70.0% of the visits fell into the range shown beside the day." in flowing
    assert "Odometer readings of these days: 2,400; not believed: 41 (1.7%)." in flowing


def test_the_page_says_whom_it_leaves_out() -> None:
    """Cars that never came back have no error, and would make it larger."""
    flowing = " ".join(shown().split())
    assert "Cars that have not come back are in none of these figures: 112" in flowing


def test_a_prediction_that_is_worse_is_called_worse() -> None:
    """Whatever the figures say is said."""
    worse = Accuracy(prediction=FULL.fixed_months, fixed_months=FULL.prediction)
    assert "The prediction is 29.2 days farther off on average than fixed months." in " ".join(shown(worse).split())


def test_without_a_second_visit_there_is_no_table() -> None:
    """A sentence instead of dashes."""
    page = shown(Accuracy())
    assert "No car came for maintenance a second time" in page
    assert "Within 15 days" not in page


@pytest.mark.parametrize("tongue", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_wider_than_the_terminal(tongue: str, width: int) -> None:
    """In cells, where a Chinese character is two."""
    assert max(cell_len(line) for line in shown(width=width, tongue=tongue).splitlines()) <= width


@pytest.mark.parametrize("tongue", ["en", "zh-CN"])
def test_json_is_a_row_a_rule_with_fixed_keys(tongue: str) -> None:
    """Shares are 0 … 1, days are days; what is not known is null."""
    with language(tongue):
        ours, fixed = json.loads(accuracy_json(report()))
        nothing, _ = json.loads(accuracy_json(report(Accuracy())))
    assert list(ours) == list(fixed) == KEYS
    assert (ours["rule"], fixed["rule"]) == ("prediction", "fixed_months")
    assert (ours["n"], ours["mean_error_days"], ours["bias_days"]) == (1_204, 18.4, -3.2)
    assert ours["within_15"] == pytest.approx(650 / 1_204)
    assert (ours["overdue"], ours["readings"], ours["readings_rejected"]) == (112, 2_400, 41)
    assert (nothing["n"], nothing["mean_error_days"], nothing["within_15"], nothing["in_range"]) == (
        0,
        None,
        None,
        None,
    )


def test_csv_has_the_table() -> None:
    """With a byte-order mark, figures plain."""
    with language("en"):
        content = accuracy_csv(report())
    assert content.startswith(b"\xef\xbb\xbf")
    _head, ours, _fixed = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert (ours[0], ours[1], ours[2], ours[5]) == ("Prediction", "1204", "18.4", "-3.2")


def test_the_workbook_has_table_findings_and_notes() -> None:
    """The same bytes for the same figures."""
    with language("en"):
        content, again = accuracy_xlsx(report()), accuracy_xlsx(report())
    assert content == again
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    rows = list(sheet.values)
    assert rows[3][:3] == ("Prediction", 1_204, 18.4)
    texts = [row[0] for row in rows[5:] if row[0]]
    assert any("112" in str(text) for text in texts)
    assert len(texts) == 7
