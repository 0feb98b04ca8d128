"""Quiet hours: when no text may go out, and the first moment after them.

The rule is about the clock on the customer's wall (law: by day only), so a moment is quiet when the local wall clock
stands inside the window, also where daylight saving repeats or skips an hour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["GIVE_UP_AFTER_DAYS", "SAME_TIMES", "Closed", "QuietHours"]

Closed = Callable[[date], bool] | frozenset[date]

GIVE_UP_AFTER_DAYS = 60
SAME_TIMES = N_("Quiet hours {value} start and end at the same time; give two different times, or none.")

_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~]\s*(\d{1,2}):(\d{2})")
_OFF = frozenset({"", "none", "off"})
_LOOK_AHEAD = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily window [start, end) of local wall-clock time, over midnight where start > end; None = never quiet."""

    start: time | None = None
    end: time | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """``"20:00-09:00"`` → the window; ``None``, ``""``, ``"none"`` and ``"off"`` → no quiet hours.

        Raises BadInput with a sentence that shows the value and a right one.
        """
        plain = unicodedata.normalize("NFKC", text or "").strip()
        if plain.lower() in _OFF:
            return cls()
        match = _WINDOW.fullmatch(plain)
        hours = _times(match) if match else None
        if hours is None:
            raise BadInput(
                N_("Quiet hours {value} cannot be read; write them as start-end, for example 20:00-09:00, or none."),
                value=repr(text),
            )
        if hours[0] == hours[1]:
            raise BadInput(SAME_TIMES, value=repr(text))
        return cls(*hours)

    def is_within_quiet_hours(self, moment: datetime, tz: ZoneInfo) -> bool:
        """Is the wall clock of `tz` inside the window at this (aware) moment? The end itself is allowed."""
        if self.start is None or self.end is None:
            return False
        clock = _aware(moment).astimezone(tz).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def next_allowed(self, moment: datetime, tz: ZoneInfo, closed: Closed = frozenset()) -> datetime:
        """The first moment, in UTC, from the aware `moment` on that is neither quiet nor on a closed day.

        `closed` holds the local days on which nothing is sent, or says so of a day. Raises BadInput for a naive moment
        and when no day of the next 60 is open.
        """
        candidate = self._first_after_quiet_hours(_aware(moment).astimezone(UTC), tz)
        last_day = moment.astimezone(tz).date() + timedelta(days=GIVE_UP_AFTER_DAYS)
        while _is_closed(today := candidate.astimezone(tz).date(), closed):
            if today >= last_day:
                raise BadInput(
                    N_("No open day in the {days} days from {day}; check the closed days of the shop."),
                    days=GIVE_UP_AFTER_DAYS,
                    day=moment.astimezone(tz).date().isoformat(),
                )
            candidate = self._first_after_quiet_hours(_first_instant_of(today + timedelta(days=1), candidate, tz), tz)
        return candidate

    def _first_after_quiet_hours(self, moment: datetime, tz: ZoneInfo) -> datetime:
        if self.end is None or not self.is_within_quiet_hours(moment, tz):
            return moment
        today = moment.astimezone(tz).date()
        ends = (i for d in range(3) for i in _instants(today + timedelta(days=d), self.end, tz))
        # A clock change can end the window by itself: it may skip the end, or fall back to before the start.
        candidates = [*ends, *_clock_change_after(moment, tz)]
        return min(c for c in candidates if c >= moment and not self.is_within_quiet_hours(c, tz))


def _times(match: re.Match[str]) -> tuple[time, time] | None:
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in match.groups())
    try:
        # 24:00 is how staff write the end of a day.
        return time(from_hour, from_minute), time(0) if (to_hour, to_minute) == (24, 0) else time(to_hour, to_minute)
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise BadInput(
            N_("The moment {moment} has no time zone; write it with one, for example 2026-05-09T10:00+08:00."),
            moment=moment.isoformat(),
        )
    return moment


def _is_closed(day: date, closed: Closed) -> bool:
    return day in closed if isinstance(closed, frozenset) else closed(day)


def _instants(day: date, clock: time, tz: ZoneInfo) -> Iterator[datetime]:
    """Both readings of a wall-clock time: they differ only where a clock change repeats or skips it."""
    for fold in (0, 1):
        yield datetime.combine(day, clock.replace(fold=fold), tz).astimezone(UTC)


def _first_instant_of(day: date, before: datetime, tz: ZoneInfo) -> datetime:
    """The first moment whose local date is `day` or later: not midnight where a clock change skips it."""
    candidates = [*_instants(day, time(0), tz), *_clock_change_after(before, tz)]
    return min(c for c in candidates if c > before and c.astimezone(tz).date() >= day)


def _clock_change_after(moment: datetime, tz: ZoneInfo) -> Iterator[datetime]:
    """The clock change within 48 hours, if there is one, found by halving down to the second."""
    low, high = moment.replace(microsecond=0), moment.replace(microsecond=0) + _LOOK_AHEAD
    before = low.astimezone(tz).utcoffset()
    if high.astimezone(tz).utcoffset() == before:
        return
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    yield high
