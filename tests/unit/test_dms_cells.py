"""notifier/dms/cells.py: what a database gives, as a file would hold it."""

# moments without a zone, as databases hold them

# ruff: noqa: DTZ001  # moments without a zone, as databases hold them

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.cells import decoded, text_of
from notifier.dms.cleaning import clean_amount

SHANGHAI = ZoneInfo("Asia/Shanghai")
CELLS: tuple[tuple[object, str], ...] = (
    (None, ""),
    ("陈晓芳", "陈晓芳"),
    (" K1 ", " K1 "),
    (date(2024, 3, 5), "2024-03-05"),
    (datetime(2024, 3, 5, 14, 30), "2024-03-05 14:30:00"),
    (datetime(2024, 3, 5, 14, 30, 9, 999_999), "2024-03-05 14:30:09"),
    (datetime(2024, 3, 4, 23, 30, tzinfo=UTC), "2024-03-05 07:30:00"),
    (time(8, 5), "08:05:00"),
    (13812345001, "13812345001"),
    (13812345001.0, "13812345001"),
    (1e16, "10000000000000000"),
    (0.1, "0.1"),
    (1e-7, "0.0000001"),
    (float("nan"), ""),
    (float("inf"), ""),
    (Decimal("1.38E+10"), "13800000000"),
    (Decimal("800.00"), "800"),
    (Decimal("1234.50"), "1234.50"),
    (Decimal("-80.5"), "-80.5"),
    (Decimal("NaN"), ""),
    (True, "true"),
    (False, "false"),
    ("王强".encode(), "王强"),
    ("王强".encode("gb18030"), "王强"),
    (memoryview(b"LSV"), "LSV"),
    (b"\xff\xff", "\ufffd\ufffd"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
)


@pytest.mark.parametrize("value, text", CELLS)
def test_every_value_becomes_a_text(value: object, text: str) -> None:
    """One way of cleaning serves files and databases."""
    assert text_of(value, SHANGHAI) == text


@given(st.decimals(1 - 10**9, 10**9 - 1, places=2))
def test_money_survives(amount: Decimal) -> None:
    """To the cent, whatever the exponent the driver chose."""
    assert clean_amount(text_of(amount.normalize(), SHANGHAI)) == (int(amount * 100), None)


@given(st.text(alphabet="陈晓芳王强李娜闽C12345-, "))
def test_both_encodings_of_chinese_are_read(text: str) -> None:
    """UTF-8 where it is UTF-8, else GB18030."""
    assert decoded(text.encode()) == text
    try:
        text.encode("gb18030").decode()
    except UnicodeDecodeError:
        assert decoded(text.encode("gb18030")) == text
