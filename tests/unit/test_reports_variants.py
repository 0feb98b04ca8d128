"""Texts side by side: shares, differences, and no winner before its time."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from rich.console import Console

from notifier.reports.campaigns import ReportCampaign, ReportShop
from notifier.reports.render_variants import print_variants
from notifier.reports.variants import VariantReport, compare
from notifier.store.variants import VariantCounts

TODAY = date(2026, 6, 30)
CARE = ReportCampaign(
    id="care", key="care", title="Care", kind="service", success="visit", control_bp=0, lift_window_days=60,
    credit_reply_days=14, credit_sent_days=30,
)  # fmt: skip
TEMPLATES = {"plain": "care_plain", "warm": "care_warm", "short": "care_short"}


def counts(variant: str, n: int, came: int, until: date = TODAY - timedelta(days=1)) -> VariantCounts:
    return VariantCounts("early", variant, n, 0, 0, 0, came, until)


def test_two_texts_stand_side_by_side_with_their_intervals() -> None:
    """480 of 4,000 against 90 of 1,000: the numbers of facts/statistics.md."""
    found = compare(CARE, "early", [counts("warm", 4000, 480), counts("plain", 1000, 90)], TEMPLATES, TODAY)
    plain, warm = found.rows
    assert (plain.counts.variant, plain.template, plain.against_first) == ("plain", "care_plain", None)
    assert (warm.came.low, warm.came.high) == pytest.approx((0.110292343, 0.130436834))
    assert warm.against_first is not None
    assert warm.against_first.difference == pytest.approx(0.03)
    interval = warm.against_first.interval
    assert (interval.low, interval.high) == pytest.approx((0.008358753, 0.049274135))
    assert found.verdict == "different"


def test_no_winner_is_called_while_a_window_is_open() -> None:
    """However large the difference; and the intervals are wider than after the close."""
    closed = [counts("plain", 1000, 90), counts("warm", 1000, 200)]
    one_open = [counts("plain", 1000, 90), counts("warm", 1000, 200, until=TODAY)]
    early, late = (compare(CARE, "early", each, TEMPLATES, TODAY) for each in (one_open, closed))
    assert (early.verdict, late.verdict) == ("open", "different")
    assert early.rows[0].came.high > late.rows[0].came.high


def test_a_difference_that_may_be_chance_is_none() -> None:
    """92 of 458 against 17 of 115."""
    found = compare(CARE, "early", [counts("plain", 115, 17), counts("warm", 458, 92)], TEMPLATES, TODAY)
    assert found.verdict == "not_distinguishable"


def test_three_texts_share_the_chance_of_a_false_alarm() -> None:
    """Two comparisons at 5 % would find something in 10 %: each gets half."""
    two = compare(CARE, "early", [counts("plain", 1000, 90), counts("warm", 1000, 117)], TEMPLATES, TODAY)
    three = compare(
        CARE,
        "early",
        [counts("plain", 1000, 90), counts("warm", 1000, 117), counts("short", 1000, 90)],
        TEMPLATES,
        TODAY,
    )
    assert (two.verdict, three.verdict) == ("different", "not_distinguishable")


def test_a_text_that_went_out_alone_is_compared_with_nothing() -> None:
    """The other variant has not been sent yet."""
    assert compare(CARE, "early", [counts("plain", 10, 3)], TEMPLATES, TODAY).verdict == "alone"


def test_the_page_says_all_of_it_on_eighty_cells() -> None:
    """Every name, interval and sentence is whole: nothing is cut off, nothing but words is printed."""
    found = compare(CARE, "early", [counts("plain", 1000, 90), counts("warm", 4000, 480)], TEMPLATES, TODAY)
    report = VariantReport(ReportShop(1, "东南", "Asia/Shanghai"), TODAY, TODAY, TODAY, [found])
    page = StringIO()
    print_variants(Console(file=page, width=80, no_color=True), report)
    said = page.getvalue()
    for words in ("care_plain", "care_warm", "4,000", "12.0%", "(11.0–13.0)", "3.0 points", "(0.8 to 4.9)"):
        assert words in said
    assert "The texts differ: the interval against the first does not hold zero." in said
    assert "…" not in said
    assert "object" not in said
