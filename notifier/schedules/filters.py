"""The `audience:` of a campaign: which of those who are due it is for. Only conditions, no code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ruamel.yaml.nodes import MappingNode

from notifier.domain.filters import Ago, Filter, Length, Pattern, Spend, Term, Words
from notifier.errors import ScheduleError
from notifier.locale import LANGUAGES, N_
from notifier.schedules import values
from notifier.schedules.places import Section, Value

__all__ = ["AudienceReader"]

MOST_WORDS = 200
MOST_GROUPS = 20
MOST_YEARS = 50
DEEPEST = 3

_LENGTH = re.compile(r"([0-9]{1,4})\s?([dmy])")
_FREE_TERMS = ("model", "district", "member_level", "advisor")
_SEXES = ("m", "f")


@dataclass(frozen=True, slots=True)
class AudienceReader:
    """Reads filters. `shops`: the keys there are; none given = not checked."""

    problems: list[ScheduleError]
    currency: str
    shops: Sequence[str] = ()

    def read(self, value: Value) -> Filter | None:
        """The filter, or None after noting what is wrong with it."""
        return self._group(value, depth=1)

    def _group(self, value: Value, *, depth: int) -> Filter | None:
        if depth > DEEPEST:
            raise value.refuse(
                N_("{file}, line {line}: {key} nests groups more than {most} deep; write it flatter."),
                most=DEEPEST,
            )
        before = len(self.problems)
        section = Section(value, self.problems)
        terms = self._terms(section)
        nobody: tuple[Filter, ...] = ()
        any_of = section.optional("any", partial(self._groups, depth=depth + 1), nobody)
        none_of = section.optional("not", partial(self._groups, depth=depth + 1), nobody)
        section.refuse_unknown_keys()
        if len(self.problems) > before:
            return None
        if not (terms or any_of or none_of):
            raise value.refuse(
                N_("{file}, line {line}: {key} names no condition; write one like {example}, or remove the line."),
                example="district: [晋江]",
            )
        return Filter(terms, any_of, none_of)

    def _groups(self, value: Value, *, depth: int) -> tuple[Filter, ...]:
        items = value.items()
        if len(items) > MOST_GROUPS:
            raise _too_many(value, MOST_GROUPS)
        groups = [self._group(item, depth=depth) for item in items]
        return tuple(group for group in groups if group is not None)

    def _terms(self, section: Section) -> tuple[Term, ...]:
        """In the order in which they are asked for, whatever the order of writing."""
        readers: dict[str, Callable[[Value], Term]] = {
            "shop": partial(self._words, "shop", one=self._shop),
            **{term: partial(self._words, term, one=_pattern) for term in _FREE_TERMS},
            "language": partial(self._words, "language", one=_choice(LANGUAGES)),
            "sex": partial(self._words, "sex", one=_choice(_SEXES)),
            "company": _company,
            "car_age": partial(self._ago, "car_age"),
            "last_visit": partial(self._ago, "last_visit"),
            "spend": self._spend,
        }
        found = [section.optional(name, read, None) for name, read in readers.items()]
        return tuple(term for term in found if term is not None)

    def _words(self, term: str, value: Value, *, one: Callable[[Value], Pattern]) -> Words:
        """A word, a list of words, or ``{not: …}`` of either."""
        is_not = isinstance(value.node, MappingNode)
        if is_not:
            _raise_if_nothing_in(value, f"{term}: {{not: [A, B]}}")
            section = Section(value, self.problems)
            inner: Value | None = section.optional("not", lambda entry: entry, None)
            section.refuse_unknown_keys()
            if inner is None:
                return Words(term, (), is_not)
            value = inner
        items = value.items()
        if len(items) > MOST_WORDS:
            raise _too_many(value, MOST_WORDS)
        return Words(term, tuple(one(item) for item in items), is_not)

    def _shop(self, value: Value) -> Pattern:
        return Pattern(value.choice(self.shops) if self.shops else values.identity(value))

    def _ago(self, term: str, value: Value) -> Ago:
        _raise_if_nothing_in(value, f"{term}: {{from: 3y, to: 6y}}")
        section = Section(value, self.problems)
        since, until = section.optional("from", _length, None), section.optional("to", _length, None)
        section.refuse_unknown_keys()
        if since is not None and until is not None and _days(since) >= _days(until):
            raise value.refuse(
                N_("{file}, line {line}: {key}: from {first} is not before to {last}; exchange them."),
                first=str(since),
                last=str(until),
            )
        return Ago(term, since, until)

    def _spend(self, value: Value) -> Spend:
        example = "spend: {min: 2000.00, within: 24m}"
        _raise_if_nothing_in(value, example)
        section = Section(value, self.problems)
        least = section.optional("min", values.money(self.currency), None)
        most = section.optional("max", values.money(self.currency), None)
        within = section.optional("within", _months, None)
        section.refuse_unknown_keys()
        if within is not None and "min" not in section and "max" not in section:
            raise value.refuse(
                N_("{file}, line {line}: {key} names no amount; write it like {example}."), example=example
            )
        if least is not None and most is not None and least > most:
            raise value.refuse(N_("{file}, line {line}: {key}: min is more than max; exchange them."))
        return Spend(least, most, within)


def _raise_if_nothing_in(value: Value, example: str) -> None:
    if not isinstance(value.node, MappingNode) or not value.node.value:
        raise value.refuse(N_("{file}, line {line}: {key} takes a group of keys; write it like {example}."),
                           example=example)  # fmt: skip


def _pattern(value: Value) -> Pattern:
    pattern = Pattern.of(value.text())
    if "*" in pattern.text:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; a * stands only at the end of a word, for all that begin so."),
            value=value.text(),
        )
    return pattern


def _choice(known: Sequence[str]) -> Callable[[Value], Pattern]:
    return lambda value: Pattern(value.choice(known))


def _company(value: Value) -> Words:
    return Words("company", (Pattern("yes" if values.yes_or_no(value) else "no"),))


def _length(value: Value) -> Length:
    """``3y``, ``18m`` or ``90d``."""
    match = _LENGTH.fullmatch(values.plain(value))
    if match is None:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, which is no length of time; write it like 3y, 18m or 90d."),
            value=value.text(),
        )
    number, unit = int(match[1]), match[2]
    length = Length(days=number) if unit == "d" else Length(months=number * (12 if unit == "y" else 1))
    if _days(length) > MOST_YEARS * 366:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; it must lie between {minimum} and {maximum}."),
            value=value.text(),
            minimum="0d",
            maximum=f"{MOST_YEARS}y",
        )
    return length


def _months(value: Value) -> int:
    """``24m`` or ``2y``, one month or more."""
    length = _length(value)
    if not length.months:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, which is no number of months; write it like 24m or 2y."),
            value=value.text(),
        )
    return length.months


def _days(length: Length) -> float:
    """About how many days, to compare lengths of different units."""
    return length.days + length.months * 30.4375


def _too_many(value: Value, most: int) -> ScheduleError:
    return value.refuse(
        N_("{file}, line {line}: {key} holds more than {most}; a longer choice belongs into a list of phones or VINs."),
        most=most,
    )
