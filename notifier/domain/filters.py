"""Whom a campaign is for, beside what its rule says: conditions on the customer and their cars.

schedules/filters.py reads them, store/audiences/filters.py asks the database by them; `unmet` here decides for one
customer whose facts are known, and says what decided. The two must never disagree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from notifier.domain.months import months_back

__all__ = [
    "CAR_TERMS", "WORD_TERMS", "Ago", "CarRecord", "Filter", "Length", "Pattern", "PersonRecord", "Spend", "Term",
    "Unmet", "Words", "folded", "unmet",
]  # fmt: skip

WORD_TERMS = ("shop", "model", "district", "member_level", "language", "sex", "company", "advisor")
"""What is compared as a word. `company` is "yes" or "no"."""
CAR_TERMS = ("model", "car_age")
"""What is about a car; all else is about the customer."""

_UPPER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


def folded(text: str) -> str:
    """A word as it is compared: without spaces around it, Latin capitals small.

    ASCII alone is folded: the databases disagree on everything beyond it.
    """
    return text.strip(" ").translate(_UPPER)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word to compare with; `is_prefix`: written with a ``*`` at its end, it fits every word that begins so."""

    text: str
    is_prefix: bool = False

    @classmethod
    def of(cls, written: str) -> Pattern:
        """``凯美瑞*`` or ``金卡``, half-width and with single spaces, as the imports write what they store."""
        plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", written)).strip()
        return cls(plain.removesuffix("*").rstrip(), plain.endswith("*"))

    def fits(self, value: str | None) -> bool:
        """Whether a value on record fits; one that is not there never does."""
        own, wanted = folded(value or ""), folded(self.text)
        return bool(own) and (own.startswith(wanted) if self.is_prefix else own == wanted)

    def __str__(self) -> str:
        return f"{self.text}*" if self.is_prefix else self.text


@dataclass(frozen=True, slots=True)
class Words:
    """The value of `term` is one of `patterns`; with `is_not` none of them, which a value nobody knows fulfils too."""

    term: str
    patterns: tuple[Pattern, ...]
    is_not: bool = False

    def holds(self, value: str | None) -> bool:
        """Whether the value on record passes."""
        return any(pattern.fits(value) for pattern in self.patterns) is not self.is_not

    def document(self) -> object:
        """As in schedules.yaml."""
        written = [str(pattern) for pattern in self.patterns]
        return {"not": written} if self.is_not else written


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in calendar months, or in days."""

    months: int = 0
    days: int = 0

    def back_from(self, day: date) -> date:
        """The day so long before `day`."""
        return months_back(day, self.months) - timedelta(days=self.days)

    def __str__(self) -> str:
        if self.days:
            return f"{self.days}d"
        return f"{self.months // 12}y" if self.months and self.months % 12 == 0 else f"{self.months}m"


def _back(length: Length | None, today: date) -> date | None:
    return length.back_from(today) if length is not None else None


@dataclass(frozen=True, slots=True)
class Ago:
    """A day (`car_age`: the delivery, `last_visit`) lies `since` back or longer, and less than `until`."""

    term: str
    since: Length | None = None
    until: Length | None = None

    def bounds(self, today: date) -> tuple[date | None, date | None]:
        """(after this day, up to this one); None = unbounded."""
        return _back(self.until, today), _back(self.since, today)

    def holds(self, value: date | None, today: date) -> bool:
        """Whether the day on record passes; one nobody knows never does."""
        after, up_to = self.bounds(today)
        return value is not None and (after is None or value > after) and (up_to is None or value <= up_to)

    def document(self) -> object:
        """As in schedules.yaml."""
        return {name: str(length) for name, length in (("from", self.since), ("to", self.until)) if length is not None}


@dataclass(frozen=True, slots=True)
class Spend:
    """What the customer's counted visits brought, ever or in the last `within_months`; both ends included."""

    min_minor: int | None = None
    max_minor: int | None = None
    within_months: int | None = None
    term: str = "spend"

    def first_day(self, today: date) -> date | None:
        """The first day that counts; None = all do."""
        return months_back(today, self.within_months) if self.within_months is not None else None

    def total(self, visits: Sequence[tuple[date, int]], today: date) -> int:
        """The sum of (day, amount in minor units)."""
        first = self.first_day(today)
        return sum(amount for day, amount in visits if first is None or day >= first)

    def holds(self, total: int) -> bool:
        """Whether the sum passes."""
        return (self.min_minor is None or total >= self.min_minor) and (
            self.max_minor is None or total <= self.max_minor
        )

    def document(self) -> object:
        """Amounts in minor units."""
        known = (("min_minor", self.min_minor), ("max_minor", self.max_minor), ("within_months", self.within_months))
        return {name: value for name, value in known if value is not None}


Term = Words | Ago | Spend


@dataclass(frozen=True, slots=True)
class Filter:
    """All `terms` hold, one group of `any_of` does (where there is any), and no group of `none_of`.

    For a rule about a car its own terms are about that car; for one about the customer, some car of theirs in use
    fulfils all car terms of the group.
    """

    terms: tuple[Term, ...] = ()
    any_of: tuple[Filter, ...] = ()
    none_of: tuple[Filter, ...] = ()

    @property
    def car_terms(self) -> tuple[Term, ...]:
        """The terms of this group that are about a car."""
        return tuple(term for term in self.terms if term.term in CAR_TERMS)

    @property
    def person_terms(self) -> tuple[Term, ...]:
        """The terms of this group that are about the customer."""
        return tuple(term for term in self.terms if term.term not in CAR_TERMS)

    def every_term(self) -> Iterator[Term]:
        """The terms of this group and of all groups inside it."""
        yield from self.terms
        for group in (*self.any_of, *self.none_of):
            yield from group.every_term()

    def document(self) -> dict[str, Any]:
        """As plain JSON values, for a run's settings."""
        made: dict[str, Any] = {term.term: term.document() for term in self.terms}
        for name, groups in (("any", self.any_of), ("not", self.none_of)):
            if groups:
                made[name] = [group.document() for group in groups]
        return made


@dataclass(frozen=True, slots=True)
class CarRecord:
    """A car as the terms see it."""

    model: str | None
    delivered_on: date | None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A customer as the terms see them. `words`: term → value. `visits`: counted ones, (day, amount in minor units).

    `cars`: those in use; `car`: the one a rule about cars found, None for a rule about the customer.
    """

    words: Mapping[str, str | None]
    last_visit_on: date | None = None
    visits: Sequence[tuple[date, int]] = ()
    cars: Sequence[CarRecord] = ()
    car: CarRecord | None = None


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that is not fulfilled: the term (or ``not``), what is wanted, and the customer's own values.

    `is_not`: the wanted is what must not be. Values are words, days or sums in minor units.
    """

    term: str
    wanted: Term | Filter
    own: tuple[object, ...]
    is_not: bool = False


def unmet(wanted: Filter, person: PersonRecord, today: date) -> tuple[Unmet, ...]:
    """What keeps the customer out; nothing where they are in. Of an `any` with no group that fits, one of each."""
    for term in wanted.person_terms:
        if not _person_holds(term, person, today):
            return (Unmet(term.term, term, (_own(term, person, today),), _is_not(term)),)
    if missed := _unmet_by_cars(wanted, person, today):
        return (missed,)
    if wanted.any_of:
        missing = [unmet(group, person, today) for group in wanted.any_of]
        if all(missing):
            return tuple(first for first, *_others in missing)
    for group in wanted.none_of:
        if not unmet(group, person, today):
            own = tuple(value for term in group.every_term() for value in _own_values(term, person, today))
            return (Unmet("not", group, own, is_not=True),)
    return ()


def _unmet_by_cars(wanted: Filter, person: PersonRecord, today: date) -> Unmet | None:
    """The first car term after which no car is left."""
    cars = [person.car] if person.car is not None else list(person.cars)
    for term in wanted.car_terms:
        fitting = [car for car in cars if _car_holds(term, car, today)]
        if not fitting:
            return Unmet(term.term, term, tuple(_of_car(term, car) for car in cars), _is_not(term))
        cars = fitting
    return None


def _is_not(term: Term) -> bool:
    return isinstance(term, Words) and term.is_not


def _person_holds(term: Term, person: PersonRecord, today: date) -> bool:
    if isinstance(term, Words):
        return term.holds(person.words.get(term.term))
    if isinstance(term, Ago):
        return term.holds(person.last_visit_on, today)
    return term.holds(term.total(person.visits, today))


def _own(term: Term, person: PersonRecord, today: date) -> object:
    if isinstance(term, Words):
        return person.words.get(term.term)
    return person.last_visit_on if isinstance(term, Ago) else term.total(person.visits, today)


def _own_values(term: Term, person: PersonRecord, today: date) -> Sequence[object]:
    if term.term not in CAR_TERMS:
        return (_own(term, person, today),)
    return [_of_car(term, car) for car in ([person.car] if person.car is not None else person.cars)]


def _car_holds(term: Term, car: CarRecord, today: date) -> bool:
    if isinstance(term, Words):
        return term.holds(car.model)
    assert isinstance(term, Ago)  # CAR_TERMS holds no sum
    return term.holds(car.delivered_on, today)


def _of_car(term: Term, car: CarRecord) -> object:
    return car.model if isinstance(term, Words) else car.delivered_on
