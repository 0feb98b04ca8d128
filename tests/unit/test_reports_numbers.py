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
        (66_800, "CNY", ("¥668", "668元")),
        (5220, "CNY", ("¥52.20", "52.20元")),
        (99_999, "CNY", ("¥999.99", "999.99元")),
        (113_850, "CNY", ("¥1,138", "1,138元")),
        (0, "CNY", ("¥0", "0元")),
        (-5220, "EUR", ("EUR −52.20", "EUR −52.20")),
        (1500, "JPY", ("JPY 1,500", "JPY 1,500")),
    ],
)
def test_money_reads_the_same_everywhere(minor: int, currency: str, shown: tuple[str, str]) -> None:
    """Cents only where there are any, below a thousand."""
    with language("en"):
        assert numbers.money(minor, currency) == shown[0]
    with language("zh-CN"):
        assert numbers.money(minor, currency) == shown[1]


@pytest.mark.parametrize(
    ("micros", "shown"),
    [(522_000_000, "522元"), (45_000, "0.045元"), (90_000, "0.09元"), (1_080_000, "1.08元"), (0, "0元")],
)
def test_a_text_costs_less_than_the_smallest_coin(micros: int, shown: str) -> None:
    """Below one unit to the thousandth, as the price of a text is agreed."""
    with language("zh-CN"):
        assert numbers.money_micros(micros, "CNY") == shown


@pytest.mark.parametrize("name", ["en", "zh-CN"])
def test_shares_and_points_read_the_same_in_both_languages(name: str) -> None:
    """0.2009 is 20.1 %; without a base there is a dash."""
    with language(name):
        assert (numbers.share(0.2009), numbers.share(None)) == ("20.1%", "–")
        assert (numbers.points(0.10812), numbers.times(3.4333)) == ("10.8", "3.4")


def test_days_cannot_be_misread() -> None:
    """Year, month, day."""
    assert (numbers.day(date(2026, 5, 9)), numbers.day(None)) == ("2026-05-09", "–")
