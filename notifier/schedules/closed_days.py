"""`closed_days:` of schedules.yaml: the days on which nothing goes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from notifier.domain.closed_days import (
    ClosedDays,
    DatedRange,
    LunarRange,
    MonthDay,
    PublicHolidays,
    YearlyRange,
    public_holidays,
)
from notifier.domain.festivals import FESTIVALS
from notifier.domain.lunar import LAST_DAY, LUNAR_DAYS, LUNAR_MONTHS
from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules.places import Section, Value
from notifier.schedules.values import plain

__all__ = ["read_closed_days"]

T = TypeVar("T")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_DAYS = 45
"""Of closing in a row: a text that waits longer is stale, and public holidays may yet join on."""
LOOKED_AT = (date(2024, 1, 1), date(2034, 12, 31))
"""A decade holds the lunar New Year early and late, with and without leap months."""

_TO = re.compile(r"\s*(?:\.{2,3}|至|到)\s*")
_DAY = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})")
_LUNAR_EVE = "除夕"
_LUNAR_NUMBERS = re.compile(r"(\d{1,2})-(\d{1,2})")
_LUNAR_WORDS = re.compile(r"(?:(\w{1,2})月)?(\w{1,3})")
_LEAP_YEAR = 2028
_COUNTRY = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")


def read_closed_days(problems: list[ScheduleError], value: Value) -> ClosedDays:
    """The closed days as the file has them; what is wrong goes to `problems`."""
    section = Section(value, problems)
    before = len(problems)
    closed = ClosedDays(
        weekdays=frozenset(_listed(section, "weekdays", _weekday)),
        ranges=(*_listed(section, "dates", _dates), *_listed(section, "lunar", _lunar)),
        festivals=_listed(section, "festivals", lambda entry: entry.choice(FESTIVALS)),
        holidays=_listed(section, "public_holidays", _holidays),
    )
    section.refuse_unknown_keys()
    if len(problems) == before:
        _refuse_too_many(problems, value, closed)
    return closed


def _listed(section: Section, key: str, read: Callable[[Value], T]) -> tuple[T, ...]:
    nothing: tuple[T, ...] = ()
    return section.optional(key, lambda value: section.each(value, read), nothing)


def _refuse_too_many(problems: list[ScheduleError], value: Value, closed: ClosedDays) -> None:
    own = ClosedDays(closed.weekdays, closed.ranges, closed.festivals)
    years = [each.first.year for each in closed.ranges if isinstance(each, DatedRange)]
    spans = [LOOKED_AT, *((date(year, 1, 1), date(year, 12, 31)) for year in sorted(set(years)))]
    days, since = max(own.longest_run(first, last) for first, last in spans)
    if days > MOST_DAYS:
        problems.append(
            value.refuse(
                N_(
                    "{file}, line {line}: {key} closes {days} days in a row from {since}, at most {most} are allowed; "
                    "for a longer pause write “enabled: false” under the campaigns."
                ),
                days=days,
                since=since.isoformat(),
                most=MOST_DAYS,
            )
        )


def _weekday(value: Value) -> int:
    return WEEKDAYS.index(value.choice(WEEKDAYS))


def _dates(value: Value) -> DatedRange | YearlyRange:
    """``2026-05-01``, ``05-01``, or from..to of either."""
    ends = [_DAY.fullmatch(part) for part in _TO.split(plain(value))]
    days = [(match[1], _day(match)) for match in ends if match]
    if len(days) == len(ends) <= 2 and all(day for _year, day in days):
        (year, first), (last_year, last) = days[0], days[-1]
        if year and last_year and first and last and first <= last:
            return DatedRange(first, last)
        if not year and not last_year and first and last:
            return YearlyRange((first.month, first.day), (last.month, last.day))
    raise value.refuse(
        N_(
            "{file}, line {line}: {key} is {value}; write a day or from..to, like 2026-05-01, "
            "2026-10-01..2026-10-07, or 05-01..05-03 for every year."
        ),
        value=value.text(),
    )


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1] or _LEAP_YEAR), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _lunar(value: Value) -> LunarRange:
    """``除夕..初六``, ``正月十五``, or in figures ``12-30..1-6``."""
    parts = _TO.split(plain(value))
    first = _lunar_day(parts[0], None)
    last = _lunar_day(parts[-1], first)
    if len(parts) > 2 or first is None or last is None:
        raise value.refuse(
            N_(
                "{file}, line {line}: {key} is {value}; write a day of the lunar calendar or from..to, like 除夕..初六 "
                "or 八月十五, or in figures 12-30..1-6."
            ),
            value=value.text(),
        )
    return LunarRange(first, last)


def _lunar_day(text: str, after: MonthDay | None) -> MonthDay | None:
    """`after`: the day from which a range goes on; a day without a month is the next of that name."""
    if text == _LUNAR_EVE:
        return 12, LAST_DAY
    if match := _LUNAR_NUMBERS.fullmatch(text):
        month, day = int(match[1]), int(match[2])
    elif match := _LUNAR_WORDS.fullmatch(text):
        day = LUNAR_DAYS.get(match[2], 0)
        month = LUNAR_MONTHS.get(match[1], 0) if match[1] else _following_month(day, after)
    else:
        return None
    return (month, day) if 1 <= month <= 12 and 1 <= day <= LAST_DAY else None


def _following_month(day: int, after: MonthDay | None) -> int:
    if after is None:
        return 0
    return after[0] if day >= after[1] else after[0] % 12 + 1


def _holidays(value: Value) -> PublicHolidays:
    """``CN``, or with a subdivision ``DE-BY``."""
    match = _COUNTRY.fullmatch(plain(value))
    found = PublicHolidays(match[1], match[2]) if match else None
    try:
        if found is not None:
            public_holidays(found, LOOKED_AT[0].year)
            return found
    except KeyError:
        pass
    raise value.refuse(
        N_(
            "{file}, line {line}: {key} is {value}, whose public holidays are not known; write a country like CN, or "
            "with its part of the country like DE-BY."
        ),
        value=value.text(),
    )
