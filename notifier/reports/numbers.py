"""Figures as people read them in the current language: separators, money, shares, days."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent

from notifier.locale.money import MICROS, babel_locale, minor_units, money, money_micros, signed

__all__ = [
    "MICROS", "count", "day", "day_and_time", "long_day", "minor_units", "money", "money_micros", "percent", "points",
    "share", "times",
]  # fmt: skip


def count(number: float) -> str:
    """A whole number with separators: 1,024; rounded half to even, never "-0"."""
    return signed(format_decimal(round(number), locale=babel_locale()))


def share(value: float | None) -> str:
    """0.201 as 20.1%; a dash where there is none."""
    return "–" if value is None else signed(format_percent(value, format="#,##0.0%", locale=babel_locale()))


def percent(basis_points: int) -> str:
    """A share as a setting gives it: 1000 basis points are 10%, 1250 are 12.5%."""
    return format_percent(basis_points / 10_000, format="#,##0.##%", locale=babel_locale())


def points(value: float) -> str:
    """A difference of shares, 0.108, in percentage points: 10.8."""
    return signed(format_decimal(round(value * 100, 1), format="#,##0.0", locale=babel_locale()))


def times(value: float) -> str:
    """A ratio: 2.4."""
    return format_decimal(round(value, 1), format="#,##0.0", locale=babel_locale())


def day(value: date | None) -> str:
    """2026-05-09, which nobody can misread; a dash where there is none."""
    return "–" if value is None else value.isoformat()


def long_day(value: date) -> str:
    """Saturday, May 9, 2026; 2026年5月9日星期六."""
    return format_date(value, format="full", locale=babel_locale())


def day_and_time(moment: datetime, zone: tzinfo) -> str:
    """Nov 26 10:42; 11月26日 10:42: of a moment so near that its year needs no word."""
    here = moment.astimezone(zone)
    return f"{format_skeleton('MMMd', here.date(), locale=babel_locale())} {here:%H:%M}"
