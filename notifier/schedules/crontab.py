"""Cron expressions as crontab(5) means them, read by APScheduler's CronTrigger in the shop's zone.

Two traps of APScheduler 3 are closed here: it counts weekdays from Monday = 0 where cron counts from Sunday = 0
(its issue 286), and it joins day and weekday with "and" where cron joins them with "or".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["Spelled", "due_times", "is_crontab", "last_due", "raise_if_not_a_crontab", "spelled_out"]

LONGEST = 400  # characters; every minute of an hour, one by one, is 169
FIELDS = ("minute", "hour", "day", "month", "day_of_week")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Far enough for a 29 February; the weekday of a date repeats within it.
_NEVER_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
_ITEM = re.compile(r"(?:\*|([a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?)(?:/([1-9][0-9]?))?", re.IGNORECASE)
_NUMBERS = re.compile(r"(?:\*|([a-z]{3}|[0-9]{1,2})(?:-([a-z]{3}|[0-9]{1,2}))?)(?:/([1-9][0-9]?))?", re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A crontab line as plain numbers, each part in order. `weekdays`: 0 = Monday. None = every one."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] | None
    months: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None


def raise_if_not_a_crontab(when: str) -> None:
    """Raise BadInput with a sentence (fields `value`, `part`) if `when` is no crontab line of five parts."""
    if len(when) > LONGEST:
        raise BadInput(
            N_("{count} characters are no cron expression; write it for example like “0 10 * * mon-sat”."),
            value=when[:LONGEST],
            count=len(when),
        )
    parts = when.split()
    if len(parts) != len(FIELDS):
        raise BadInput(
            N_(
                "“{value}” has {count} parts; write five: minute hour day month weekday, "
                "for example “0 10 * * mon-sat”."
            ),
            value=when,
            count=len(parts),
        )
    for name, part in zip(FIELDS, parts, strict=True):
        if not _is_readable(name, part):
            raise BadInput(
                N_("“{part}” is no {name} of a cron expression; write it for example like “0 10 * * mon-sat”."),
                value=when,
                part=part,
                name=name,
            )
    if parts[2] != "*" and parts[4] != "*":
        raise BadInput(
            N_("“{value}” names a day of the month and a weekday; leave one of them “*”, since programs differ."),
            value=when,
        )
    if next(due_times(when, ZoneInfo("UTC"), _NEVER_SINCE), None) is None:
        raise BadInput(N_("“{value}” names a day that never comes; check day and month."), value=when)


def is_crontab(when: str) -> bool:
    """Whether `raise_if_not_a_crontab` lets it pass."""
    try:
        raise_if_not_a_crontab(when)
    except BadInput:
        return False
    return True


def due_times(when: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """The due times at or after the aware moment `since`, in UTC, without end."""
    trigger = _trigger(when, zone)
    moment = _aware(since).astimezone(UTC)
    while (due := trigger.get_next_fire_time(None, moment)) is not None:
        due_at: datetime = due.astimezone(UTC)
        # A wall clock set back repeats an hour; APScheduler may answer with its first reading again.
        if due_at >= moment:
            yield due_at
        moment = max(due_at, moment) + timedelta(seconds=1)


def last_due(when: str, zone: ZoneInfo, moment: datetime, grace: timedelta) -> datetime | None:
    """The last due time in [`moment` − `grace`, `moment`], in UTC, or None."""
    moment = _aware(moment).astimezone(UTC)
    reach = timedelta(minutes=2)
    # Looking back in growing steps keeps "every minute" with a long grace from walking through all of it.
    while True:
        reach = min(reach, grace)
        found = None
        for due_at in due_times(when, zone, moment - reach):
            if due_at > moment:
                break
            found = due_at
        if found is not None or reach == grace:
            return found
        reach *= 4


def first_due_of_each_day(when: str, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """The first due time of each local day in [since, until), in UTC."""
    moment = since
    while moment < until:
        due_at = next(due_times(when, zone, moment), None)
        if due_at is None or due_at >= until:
            return
        yield due_at
        tomorrow = due_at.astimezone(zone).date() + timedelta(days=1)
        moment = max(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone), due_at + timedelta(seconds=1))


def upcoming(when: str, zone: ZoneInfo, since: datetime, count: int) -> list[datetime]:
    """The next `count` due times strictly after `since`, in UTC."""
    later = (due_at for due_at in due_times(when, zone, since) if due_at > since)
    return list(islice(later, count))


def spelled_out(when: str) -> Spelled | None:
    """The line as numbers; None where a part says more than numbers and names do (``last``)."""
    parts = when.split()
    try:
        minutes, hours, days, months = (_numbers(part, *_LIMITS[place]) for place, part in enumerate(parts[:4]))
        weekdays = sorted({(day - 1) % 7 for item in parts[4].split(",") for day in _weekdays(item)})
    except ValueError:
        return None
    return Spelled(
        minutes, hours, None if len(days) == 31 else days, None if len(months) == 12 else months,
        None if len(weekdays) == len(WEEKDAYS) else tuple(weekdays),
    )  # fmt: skip


_LIMITS: Sequence[tuple[int, int]] = ((0, 59), (0, 23), (1, 31), (1, 12))
"""The first and last number of minute, hour, day of the month and month."""


def _numbers(field: str, least: int, most: int) -> tuple[int, ...]:
    found: set[int] = set()
    for item in field.split(","):
        match = _NUMBERS.fullmatch(item)
        if match is None:
            raise ValueError(item)
        first, last, step = match.groups()
        start = least if first is None else _number(first)
        end = _number(last) if last else most if first is None or step else start
        found.update(range(start, min(end, most) + 1, int(step or 1)))
    return tuple(sorted(found))


def _number(name: str) -> int:
    return int(name) if name.isdigit() else MONTHS.index(name.lower()) + 1


def weekday_names(field: str) -> str:
    """The weekday field with every number, range and step spelled out as names, counted as cron counts (0 and 7 = sun).

    Raises ValueError for what cannot be read.
    """
    days = sorted({day for item in field.split(",") for day in _weekdays(item)})
    return "*" if len(days) == len(WEEKDAYS) else ",".join(WEEKDAYS[day] for day in days)


def _weekdays(item: str) -> list[int]:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise ValueError(item)
    first, last, step = match.groups()
    if first is None:
        start, end = 0, 6
    else:
        start = _weekday_number(first)
        open_end = max(start, 6) if step else start
        end = _weekday_number(last) if last else open_end
    if end < start:  # fri-mon
        end += 7
    return [day % 7 for day in range(start, end + 1, int(step or 1))]


def _weekday_number(name: str) -> int:
    return int(name) if name.isdigit() else WEEKDAYS.index(name.lower())


def _is_readable(name: str, part: str) -> bool:
    try:
        CronTrigger(**{name: weekday_names(part) if name == "day_of_week" else part}, timezone=UTC)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=512)
def _trigger(when: str, zone: ZoneInfo) -> CronTrigger:
    *dates, weekdays = when.split()
    return CronTrigger.from_crontab(" ".join([*dates, weekday_names(weekdays)]), zone)


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise BadInput(N_("The moment {moment} has no time zone; write it with one."), moment=moment.isoformat())
    return moment
