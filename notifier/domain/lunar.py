"""The Chinese lunar calendar: which solar day a lunar date falls on, and which lunar dates are kept on a day.

A lunar year has 353 to 385 days, so a lunar date can fall twice in a solar year or not at all. Known are the lunar
years 1900 to 2100; outside them nothing is kept and no date has a solar day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import LCalendars, LunarDate

__all__ = [
    "LAST_DAY", "LUNAR_DAYS", "LUNAR_MONTHS", "LUNAR_YEARS", "Month", "celebrated_on", "months_of", "solar_day",
]  # fmt: skip

LUNAR_YEARS = range(1900, 2101)
LAST_DAY = 30
"""The longest month; a date on the 30th of a month that has 29 days is kept on its 29th."""

LUNAR_MONTHS = {name: n for n, name in enumerate("正二三四五六七八九十冬腊", start=1)} | {
    "一": 1,
    "十一": 11,
    "十二": 12,
    "臘": 12,
}
"""The months as they are written before 月."""
_DIGITS = "一二三四五六七八九十"
LUNAR_DAYS = (
    {f"初{name}": n for n, name in enumerate(_DIGITS, start=1)}
    | {f"十{name}": n for n, name in enumerate(_DIGITS[:9], start=11)}
    | {f"{twenty}{name}": n for twenty in ("廿", "二十") for n, name in enumerate(_DIGITS[:9], start=21)}
    | {"二十": 20, "廿": 20, "三十": 30, "卅": 30}
)
"""The days as they are written."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of one lunar year. `first`: its first day in the solar calendar; `days`: 29 or 30."""

    number: int
    is_leap: bool
    first: date
    days: int


@lru_cache(maxsize=len(LUNAR_YEARS))
def months_of(year: int) -> tuple[Month, ...]:
    """The 12 or 13 months of a lunar year, in order; none for a year outside the calendar."""
    if year not in LUNAR_YEARS:
        return ()
    months, first = [], LunarDate(year, 1, 1).to_solar_date()
    for number, days, is_leap in LCalendars.iter_year_month(year):
        months.append(Month(number, bool(is_leap), first, days))
        first += timedelta(days=days)
    return tuple(months)


def solar_day(year: int, month: int, day: int) -> date | None:
    """The day on which the date of a lunar year is kept: never in a leap month, the 30th of a short month on its 29th.

    None outside the calendar and for what is no lunar date.
    """
    if not 1 <= day <= LAST_DAY:
        return None
    for each in months_of(year):
        if each.number == month and not each.is_leap:
            return each.first + timedelta(days=min(day, each.days) - 1)
    return None


def celebrated_on(day: date) -> tuple[tuple[int, int], ...]:
    """The lunar (month, day)s kept on a solar day: one, two on the 29th of a short month, none in a leap month."""
    for year in (day.year - 1, day.year):
        for each in months_of(year):
            number = (day - each.first).days + 1
            if 1 <= number <= each.days:
                is_short_end = number == each.days < LAST_DAY
                kept = ((each.number, number), (each.number, LAST_DAY)) if is_short_end else ((each.number, number),)
                return () if each.is_leap else kept
    return ()
