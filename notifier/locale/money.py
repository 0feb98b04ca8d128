"""Money as people read it in the current language, the same on every screen and in every report."""

from __future__ import annotations

from babel import Locale
from babel.numbers import format_decimal, get_currency_precision

from notifier.locale import _, current_language

__all__ = ["MICROS", "MINUS", "babel_locale", "minor_units", "money", "money_micros", "signed"]

MICROS = 1_000_000
WHOLE_FROM = 1_000
MINUS = "\N{MINUS SIGN}"
"""A hyphen before a number reads as a dash between two."""


def minor_units(currency: str) -> int:
    """How many minor units make one of `currency`: 100 fen a yuan, 1 for yen."""
    return int(10 ** get_currency_precision(currency))


def money(minor: float, currency: str, *, is_rough: bool = False) -> str:
    """`minor` units with their currency: 668元, 52.20元, 1,138元; ¥668, ¥52.20.

    A whole amount has no cents; from 1,000 on nobody reads them; a rough figure's would say it were exact.
    """
    units = minor_units(currency)
    is_whole = is_rough or abs(minor / units) >= WHOLE_FROM or round(minor) % units == 0
    return _with_currency(minor / units, "#,##0" if is_whole else "#,##0.00", currency)


def money_micros(micros: int, currency: str) -> str:
    """:func:`money` from millionths of the currency; below one unit to the thousandth, as a text costs 0.045元."""
    if micros and abs(micros) < MICROS and minor_units(currency) > 1:
        return _with_currency(micros / MICROS, "0.00#", currency)
    return money(micros / MICROS * minor_units(currency), currency)


def _with_currency(amount: float, form: str, currency: str) -> str:
    figure = signed(format_decimal(amount, format=form, locale=babel_locale()))
    return _("¥{amount}").format(amount=figure) if currency == "CNY" else f"{currency} {figure}"


def babel_locale() -> Locale:
    """The current language, as Babel calls it."""
    return Locale.parse(current_language(), sep="-")


def signed(figure: str) -> str:
    """With a real minus, and never "-0"."""
    return "0" if figure == "-0" else figure.replace("-", MINUS)
