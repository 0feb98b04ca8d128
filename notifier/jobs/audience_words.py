"""Why a campaign is not for a customer, in words: the condition that decided, and what is on record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from notifier.domain.filters import Filter, Unmet
from notifier.locale import _, listed
from notifier.locale.money import money
from notifier.schedules.filter_words import filter_words, term_words, value_words

__all__ = ["unmet_words"]

NOTHING = "–"


def unmet_words(missed: Iterable[Unmet], currency: str) -> str:
    """One clause a condition, where any of several would do one of each; `currency`: of the shop."""
    return _("; or ").join(_clause(each, currency) for each in missed)


def _clause(missed: Unmet, currency: str) -> str:
    own = listed(_own(missed.term, value, currency) for value in missed.own) or NOTHING
    return _("wanted: {wanted}; on record: {own}").format(wanted=_wanted(missed, currency), own=own)


def _wanted(missed: Unmet, currency: str) -> str:
    if not isinstance(missed.wanted, Filter):
        return term_words(missed.wanted, currency)
    group = filter_words(missed.wanted, currency)
    return _("none of ({group})").format(group=group) if missed.is_not else group


def _own(term: str, value: object, currency: str) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return money(value, currency) if isinstance(value, int) else value_words(term, str(value or NOTHING))
