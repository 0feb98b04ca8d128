"""Figures as people read them."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.locale import language
from notifier.reports import numbers


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (1024, "1,024"), (-14.4, "−14"), (-0.3, "0"), (1_234_567.5, "1,234,568")]
)
def test_counts_have_separators_and_a_real_minus(number: float, shown: str) -> None:
    """A hyphen before a number would read as a dash between two."""
    assert numbers.count(number) == shown


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (5220, "CNY", "CNY 52.20"),
        (99_999, "CNY", "CNY 999.99"),
        (33_998_000, "CNY", "CNY 339,980"),
        (-5220, "EUR", "EUR −52.20"),
        (1500, "JPY", "JPY 1,500"),
        (500, "JPY", "JPY 500"),
    ],
)
def test_money_names_its_currency(minor: int, currency: str, shown: str) -> None:
    """Cents up to a thousand; none in currencies that have none."""
    assert numbers.money(minor, currency) == shown


def test_millionths_become_money() -> None:
    """10,440 segments at 0.05 are 522."""
    assert numbers.money_micros(522_000_000, "CNY") == "CNY 522.00"


@pytest.mark.parametrize("name", ["en", "zh-CN"])
def test_shares_and_points_read_the_same_in_both_languages(name: str) -> None:
    """0.2009 is 20.1 %; without a base there is a dash."""
    with language(name):
        assert (numbers.share(0.2009), numbers.share(None)) == ("20.1%", "–")
        assert (numbers.points(0.10812), numbers.times(3.4333)) == ("10.8", "3.4")


def test_days_cannot_be_misread() -> None:
    """Year, month, day."""
    assert (numbers.day(date(2026, 5, 9)), numbers.day(None)) == ("2026-05-09", "–")
