"""A cell of a sheet as the text a person would have typed: what cleaning reads, whatever kind of file it came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

__all__ = ["LONGEST_CELL", "Cell", "text_of"]

Cell = int | float | str | bool | time | date | datetime | timedelta

LONGEST_CELL = 32_767
"""Characters Excel lets a cell have; other programs write more."""
_EXACT = 2**53
"""Whole numbers below it are exact in a spreadsheet's arithmetic."""
LAST_YEAR = 9999
_HALF_A_SECOND = timedelta(milliseconds=500)


def text_of(cell: Cell) -> str:
    """13800138000.0 → 13800138000, never an exponent; dates as 2024-03-05 or 2024-03-05 09:31:00; TRUE and FALSE.

    An error such as #N/A comes as an empty text already. Zero formatted as a date is the 1900-01-00 that Excel shows.
    """
    return _TEXTS[type(cell)](cell)


def _moment(moment: datetime) -> str:
    """Rounded, because the arithmetic of days leaves 09:30:59.999; but 9999-12-31 23:59:59.997 has no next second."""
    rounded = moment + _HALF_A_SECOND if moment.year < LAST_YEAR else moment
    return rounded.replace(microsecond=0).isoformat(" ").removesuffix(" 00:00:00")


def _clock(clock: time) -> str:
    rounded = (datetime.combine(date(2000, 1, 1), clock) + _HALF_A_SECOND).time().replace(microsecond=0)
    return rounded.isoformat() if clock != time.min else "1900-01-00"


def _duration(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _number(number: float) -> str:
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    # Fifteen digits, as Excel keeps and shows them: 59.97, not 59.970000000000006.
    return f"{Decimal(f'{number:.15g}'):f}"


_TEXTS: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        str: lambda text: text[:LONGEST_CELL],
        float: _number,
        int: str,
        bool: lambda answer: "TRUE" if answer else "FALSE",
        date: date.isoformat,
        datetime: _moment,
        time: _clock,
        timedelta: _duration,
    }
)
