"""`when` as people say it: on these weekdays, or on these days of the month, at these times; and back into cron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from notifier.schedules.crontab import weekday_names

__all__ = ["WEEK", "PlainWhen", "cron_of", "is_time", "plain_when"]

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_HOUR, LAST_MINUTE, LAST_DAY = 23, 59, 31
SHORTEST_RANGE = 3


@dataclass(frozen=True, slots=True)
class PlainWhen:
    """Times ``HH:MM``, on `weekdays` (all seven: every day) or on days of the month."""

    times: tuple[str, ...]
    weekdays: tuple[str, ...] = field(default=WEEK)
    month_days: tuple[int, ...] = ()


def plain_when(when: str) -> PlainWhen | None:
    """The crontab line in these words; None where it says more than they can."""
    parts = when.split()
    if len(parts) != 5 or parts[3] != "*":
        return None
    minutes, hours = _numbers(parts[0], LAST_MINUTE), _numbers(parts[1], LAST_HOUR)
    days = () if parts[2] == "*" else _numbers(parts[2], LAST_DAY)
    try:
        named = weekday_names(parts[4])
    except ValueError:
        return None
    if not minutes or not hours or days is None or 0 in days or (days and named != "*"):
        return None
    weekdays = WEEK if named == "*" else tuple(day for day in WEEK if day in named.split(","))
    times = tuple(f"{hour:02}:{minute:02}" for hour, minute in product(sorted(hours), sorted(minutes)))
    return PlainWhen(times, weekdays, tuple(sorted(days)))


def cron_of(plain: PlainWhen) -> str | None:
    """The crontab line; None where one line cannot say it: several times a day must share minutes."""
    found = [_time(each) for each in plain.times]
    pairs = {pair for pair in found if pair is not None}
    if not pairs or None in found or not (plain.weekdays or plain.month_days):
        return None
    hours, minutes = sorted({hour for hour, _minute in pairs}), sorted({minute for _hour, minute in pairs})
    if len(pairs) != len(hours) * len(minutes):
        return None
    days = ",".join(str(day) for day in sorted(set(plain.month_days))) or "*"
    weekdays = "*" if plain.month_days else _week(plain.weekdays)
    return f"{_joined(minutes)} {_joined(hours)} {days} * {weekdays}"


def is_time(text: str) -> bool:
    """Whether it is a time of day, like 10:00."""
    return _time(text) is not None


def _numbers(part: str, last: int) -> tuple[int, ...] | None:
    """Of a list of plain numbers; None for ranges, steps and stars."""
    items = part.split(",")
    if not all(item.isascii() and item.isdigit() and int(item) <= last for item in items):
        return None
    return tuple(int(item) for item in items)


def _time(text: str) -> tuple[int, int] | None:
    hour, colon, minute = text.strip().replace("：", ":").partition(":")
    if not (colon and hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()):
        return None
    is_time = int(hour) <= LAST_HOUR and int(minute) <= LAST_MINUTE and len(minute) == 2
    return (int(hour), int(minute)) if is_time else None


def _joined(numbers: Sequence[int]) -> str:
    return ",".join(str(number) for number in numbers)


def _week(weekdays: Sequence[str]) -> str:
    """``mon-sat``, ``tue,fri`` or ``*``."""
    places = [place for place, day in enumerate(WEEK) if day in weekdays]
    if len(places) == len(WEEK):
        return "*"
    is_run = places[-1] - places[0] + 1 == len(places) >= SHORTEST_RANGE
    return f"{WEEK[places[0]]}-{WEEK[places[-1]]}" if is_run else ",".join(WEEK[place] for place in places)
