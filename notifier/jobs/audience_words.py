"""Why a campaign is not for a customer, in words: the condition that decided, what it wants, and what is on record.

Conditions are written as schedules.yaml has them, so that whoever reads the sentence finds the line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from babel.numbers import get_currency_precision

from notifier.domain.filters import Ago, Filter, Spend, Term, Unmet, Words
from notifier.locale import _

__all__ = ["unmet_words"]

NOTHING = "–"


def unmet_words(missed: Iterable[Unmet], currency: str) -> str:
    """One clause a condition; `currency`: of the shop."""
    return _("; and ").join(_clause(each, currency) for each in missed)


def _clause(missed: Unmet, currency: str) -> str:
    own = ", ".join(_own(value, currency) for value in missed.own) or NOTHING
    wanted = _wanted(missed.wanted, currency)
    if missed.is_not:
        return _("{term} is {own}, but must not be {wanted}").format(term=missed.term, own=own, wanted=wanted)
    return _("{term} is {own}, but must be {wanted}").format(term=missed.term, own=own, wanted=wanted)


def _own(value: object, currency: str) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return _money(value, currency) if isinstance(value, int) else str(value or NOTHING)


def _wanted(wanted: Term | Filter, currency: str) -> str:
    if isinstance(wanted, Words):
        return ", ".join(map(str, wanted.patterns))
    if isinstance(wanted, Ago):
        ends = (("from", wanted.since), ("to", wanted.until))
        return _group(f"{name}: {length}" for name, length in ends if length is not None)
    if isinstance(wanted, Spend):
        ends_minor = (("min", wanted.min_minor), ("max", wanted.max_minor))
        amounts = [f"{name}: {_money(minor, currency)}" for name, minor in ends_minor if minor is not None]
        return _group([*amounts, *([f"within: {wanted.within_months}m"] if wanted.within_months else [])])
    terms = [f"{term.term}: {_nested(term, currency)}" for term in wanted.terms]
    inside = (("any", wanted.any_of), ("not", wanted.none_of))
    groups = [f"{name}: [{', '.join(_wanted(one, currency) for one in some)}]" for name, some in inside if some]
    return _group([*terms, *groups])


def _nested(term: Term, currency: str) -> str:
    if isinstance(term, Words):
        listed = f"[{_wanted(term, currency)}]"
        return _group([f"not: {listed}"]) if term.is_not else listed
    return _wanted(term, currency)


def _group(pairs: Iterable[str]) -> str:
    return f"{{{', '.join(pairs)}}}"


def _money(minor: int, currency: str) -> str:
    digits = get_currency_precision(currency)
    return f"{minor / 10**digits:.{digits}f}"
