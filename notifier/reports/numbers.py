"""Figures as people read them in the current language: separators, money, shares, days."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent, get_currency_precision

from notifier.locale import _, current_language

__all__ = [
    "MICROS", "count", "day", "day_and_time", "long_day", "minor_units", "money", "money_micros", "percent", "points",
    "share", "times",
]  # fmt: skip

MICROS = 1_000_000
WHOLE_FROM = 1_000
MINUS = "\N{MINUS SIGN}"
"""A hyphen before a number reads as a dash between two."""


def count(number: float) -> str:
    """A whole number with separators: 1,024; rounded half to even, never "-0"."""
    return _signed(format_decimal(round(number), locale=_locale()))


def share(value: float | None) -> str:
    """0.201 as 20.1%; a dash where there is none."""
    return "–" if value is None else _signed(format_percent(value, format="#,##0.0%", locale=_locale()))


def percent(basis_points: int) -> str:
    """A share as a setting gives it: 1000 basis points are 10%, 1250 are 12.5%."""
    return format_percent(basis_points / 10_000, format="#,##0.##%", locale=_locale())


def points(value: float) -> str:
    """A difference of shares, 0.108, in percentage points: 10.8."""
    return _signed(format_decimal(round(value * 100, 1), format="#,##0.0", locale=_locale()))


def times(value: float) -> str:
    """A ratio: 2.4."""
    return format_decimal(round(value, 1), format="#,##0.0", locale=_locale())


def minor_units(currency: str) -> int:
    """How many minor units make one of `currency`: 100 fen a yuan, 1 for yen."""
    return int(10 ** get_currency_precision(currency))


def money(minor: float, currency: str, *, is_rough: bool = False) -> str:
    """`minor` units with their currency: 52.20元, CNY 52.20; from 1,000 on without the cents nobody reads.

    A rough figure has none: they would say it were exact.
    """
    amount = minor / minor_units(currency)
    is_whole = is_rough or abs(amount) >= WHOLE_FROM or minor_units(currency) == 1
    figure = _signed(format_decimal(amount, format="#,##0" if is_whole else "#,##0.00", locale=_locale()))
    if currency == "CNY":
        return _("CNY {amount}").format(amount=figure)
    return f"{currency} {figure}"


def money_micros(micros: int, currency: str) -> str:
    """:func:`money` from millionths of the currency."""
    return money(micros / MICROS * minor_units(currency), currency)


def day(value: date | None) -> str:
    """2026-05-09, which nobody can misread; a dash where there is none."""
    return "–" if value is None else value.isoformat()


def long_day(value: date) -> str:
    """Saturday, May 9, 2026; 2026年5月9日星期六."""
    return format_date(value, format="full", locale=_locale())


def day_and_time(moment: datetime, zone: tzinfo) -> str:
    """Nov 26 10:42; 11月26日 10:42: of a moment so near that its year needs no word."""
    here = moment.astimezone(zone)
    return f"{format_skeleton('MMMd', here.date(), locale=_locale())} {here:%H:%M}"


def _locale() -> Locale:
    return Locale.parse(current_language(), sep="-")


def _signed(figure: str) -> str:
    return "0" if figure == "-0" else figure.replace("-", MINUS)
