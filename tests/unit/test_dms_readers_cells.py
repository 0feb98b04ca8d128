"""A cell of a sheet is the text a person would have typed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.readers.cells import LONGEST_CELL, Cell, text_of

_at = datetime.fromisoformat


@pytest.mark.parametrize(
    "cell, text",
    [
        (13800138000.0, "13800138000"),
        (1.38e10, "13800000000"),
        (5, "5"),
        (0.0, "0"),
        (-0.0, "0"),
        (-80.0, "-80"),
        (5000.5, "5000.5"),
        (0.1 + 0.2, "0.3"),
        (19.99 * 3, "59.97"),
        (1e-7, "0.0000001"),
        (45356.3965277778, "45356.3965277778"),
        (2024030500000123.0, "2024030500000123"),
        (1.2345678901234567e19, "12345678901234600000"),
        (float("inf"), "Infinity"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2024, 3, 5), "2024-03-05"),
        (_at("2024-03-05"), "2024-03-05"),
        (_at("2024-03-05 09:31:00"), "2024-03-05 09:31:00"),
        (_at("2024-03-05 09:30:59.999"), "2024-03-05 09:31:00"),
        (_at("2024-03-05 23:59:59.999"), "2024-03-06"),
        (_at("9999-12-31 23:59:59.997"), "9999-12-31 23:59:59"),
        (time(9, 31), "09:31:00"),
        (time(0, 0), "1900-01-00"),
        (timedelta(days=1, hours=12, seconds=1), "36:00:01"),
        ("  13800138000", "  13800138000"),
        ("", ""),
        ("长" * 40_000, "长" * LONGEST_CELL),
    ],
)
def test_every_kind_of_cell(cell: Cell, text: str) -> None:
    """Whole numbers without a point, nothing with an exponent, days without a clock."""
    assert text_of(cell) == text


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_whole_numbers_come_out_exactly(number: int) -> None:
    """A phone, a customer number, an order number that Excel took for a number."""
    assert text_of(float(number)) == str(number)


@given(st.floats(-9.99e307, 9.99e307))
def test_no_number_has_an_exponent(number: float) -> None:
    """And none is changed by more than what Excel itself forgets."""
    text = text_of(number)
    assert "e" not in text.lower()
    assert float(text) == pytest.approx(number, rel=1e-14, abs=1e-300)
