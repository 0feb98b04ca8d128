"""Days on which the shop is closed and nothing goes out: weekdays, dates, lunar days, festivals, public holidays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from notifier.domain.festivals import days_of
from notifier.domain.lunar import solar_day

__all__ = ["ClosedDays", "DatedRange", "LunarRange", "PublicHolidays", "YearlyRange", "public_holidays"]

DAY = timedelta(days=1)

MonthDay = tuple[int, int]
"""(month, day)."""


@dataclass(frozen=True, slots=True)
class DatedRange:
    """Days of one year or across two, both included."""

    first: date
    last: date

    def days_in(self, year: int) -> Iterator[date]:
        """Its days in a year."""
        return _between(max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 31)))


@dataclass(frozen=True, slots=True)
class YearlyRange:
    """Days of every year, both included; over New Year where `first` comes after `last`."""

    first: MonthDay
    last: MonthDay

    def days_in(self, year: int) -> Iterator[date]:
        """Its days in a year; 29 February only where there is one."""
        return (day for day in _days_of_year(year) if self._holds((day.month, day.day)))

    def _holds(self, day: MonthDay) -> bool:
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


@dataclass(frozen=True, slots=True)
class LunarRange:
    """Days of every lunar year, both included; over the lunar New Year where `first` comes after `last`.

    (12, 30) is 除夕 also where the twelfth month has 29 days.
    """

    first: MonthDay
    last: MonthDay

    def days_in(self, year: int) -> Iterator[date]:
        """Its days in a solar year."""
        for lunar_year in (year - 2, year - 1, year):
            first = solar_day(lunar_year, *self.first)
            last = solar_day(lunar_year + (self.first > self.last), *self.last)
            if first is not None and last is not None:
                yield from DatedRange(first, last).days_in(year)


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The days off of a country's law, with those moved to another day: ISO 3166 codes ("DE", "BY")."""

    country: str
    subdivision: str | None = None

    def days_in(self, year: int) -> Iterable[date]:
        """Its days in a year."""
        return public_holidays(self, year)


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """`weekdays`: 0 = Monday. `festivals`: names of domain/festivals, the day itself."""

    weekdays: frozenset[int] = frozenset()
    ranges: tuple[DatedRange | YearlyRange | LunarRange, ...] = ()
    festivals: tuple[str, ...] = ()
    holidays: tuple[PublicHolidays, ...] = ()

    def is_closed(self, day: date) -> bool:
        """Whether the shop is closed on this day (in its own zone)."""
        return day.weekday() in self.weekdays or day in _closed_in(self, day.year)

    def longest_run(self, first: date, last: date) -> tuple[int, date]:
        """The most closed days in a row from `first` to `last`, and the day on which they begin."""
        longest, since, length = 0, first, 0
        for day in _between(first, last):
            length = length + 1 if self.is_closed(day) else 0
            if length > longest:
                longest, since = length, day - (length - 1) * DAY
        return longest, since


@lru_cache(maxsize=256)
def _closed_in(closed: ClosedDays, year: int) -> frozenset[date]:
    days = {day for each in (*closed.ranges, *closed.holidays) for day in each.days_in(year)}
    named = (days_of(name, date(year, 1, 1), date(year, 12, 31)) for name in closed.festivals)
    return frozenset(days.union(*named))


@lru_cache(maxsize=256)
def public_holidays(of: PublicHolidays, year: int) -> frozenset[date]:
    """The days off of a year; those of years to come as far as the law fixes them today.

    Raises KeyError for a country or subdivision that nobody knows the holidays of.
    """
    # 40 ms that only a shop with such a setting needs.
    import holidays

    try:
        return frozenset(holidays.country_holidays(of.country, subdiv=of.subdivision, years=year))
    except NotImplementedError as error:
        raise KeyError(of.country, of.subdivision) from error


def _days_of_year(year: int) -> Iterator[date]:
    return _between(date(year, 1, 1), date(year, 12, 31))


def _between(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))
