"""Whom a campaign is for, in words: its audience as people say it, not as schedules.yaml writes it."""

from __future__ import annotations

from collections.abc import Mapping

from notifier.domain.filters import Ago, Filter, Length, Spend, Term, Words
from notifier.locale import N_, _, listed, ngettext
from notifier.locale.money import money
from notifier.locale.phrases import any_of

__all__ = ["filter_words", "term_words", "value_words"]

_WORDS: Mapping[str, tuple[str, str]] = {
    "shop": (N_("shop is {values}"), N_("shop is not {values}")),
    "model": (N_("model is {values}"), N_("model is not {values}")),
    "district": (N_("district is {values}"), N_("district is not {values}")),
    "member_level": (N_("member level is {values}"), N_("member level is not {values}")),
    "language": (N_("language is {values}"), N_("language is not {values}")),
    "sex": ("{values}", N_("not {values}")),
    "company": ("{values}", N_("not {values}")),
    "advisor": (N_("advisor is {values}"), N_("advisor is not {values}")),
}
_VALUES: Mapping[tuple[str, str], str] = {
    ("sex", "f"): N_("women"),
    ("sex", "m"): N_("men"),
    ("company", "yes"): N_("companies"),
    ("company", "no"): N_("private persons"),
    ("language", "zh-CN"): N_("Chinese"),
    ("language", "en"): N_("English"),
}


def filter_words(wanted: Filter, currency: str) -> str:
    """One clause a condition; `currency`: of the shop."""
    clauses = [term_words(term, currency) for term in wanted.terms]
    if wanted.any_of:
        groups = [_("({group})").format(group=filter_words(group, currency)) for group in wanted.any_of]
        clauses.append(any_of(groups))
    clauses += [_("none of ({group})").format(group=filter_words(group, currency)) for group in wanted.none_of]
    return listed(clauses)


def term_words(term: Term, currency: str) -> str:
    """One condition."""
    if isinstance(term, Words):
        return _words(term)
    return _ago(term) if isinstance(term, Ago) else _spend(term, currency)


def _words(term: Words) -> str:
    values = []
    for pattern in term.patterns:
        word = value_words(term.term, pattern.text)
        if pattern.is_prefix:
            word = _("{word}…").format(word=word) if word else _("anything on record")
        values.append(word)
    is_, is_not = _WORDS[term.term]
    return _(is_not if term.is_not else is_).format(values=any_of(values))


def value_words(term: str, value: str) -> str:
    """A value of a condition as people say it: women for f."""
    known = _VALUES.get((term, value))
    return _(known) if known else value


def _ago(term: Ago) -> str:
    since, until = term.since and _length(term.since), term.until and _length(term.until)
    if term.term == "car_age":
        both = _("car from {since} to under {until} old")
        one, other = _("car {since} old or older"), _("car under {until} old")
    else:
        both = _("last visit from {since} to under {until} ago")
        one, other = _("last visit {since} ago or longer"), _("last visit under {until} ago")
    chosen = both if since and until else one if since else other
    return chosen.format(since=since, until=until)


def _length(length: Length) -> str:
    if length.days:
        return ngettext("{count} day", "{count} days", length.days).format(count=length.days)
    if length.months and length.months % 12 == 0:
        years = length.months // 12
        return ngettext("{count} year", "{count} years", years).format(count=years)
    return ngettext("{count} month", "{count} months", length.months).format(count=length.months)


def _spend(term: Spend, currency: str) -> str:
    low = None if term.min_minor is None else money(term.min_minor, currency)
    high = None if term.max_minor is None else money(term.max_minor, currency)
    both = _("spent {low} to {high}")
    chosen = both if low and high else _("spent {low} or more") if low else _("spent {high} or less")
    spent = chosen.format(low=low, high=high)
    if term.within_months is None:
        return spent
    return ngettext(
        "{spent} in the last {count} month", "{spent} in the last {count} months", term.within_months
    ).format(spent=spent, count=term.within_months)
