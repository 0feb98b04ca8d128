"""When a campaign runs, in words: a crontab line as people say it, on the shop's clock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from notifier.locale import _, listed, ngettext
from notifier.locale.money import babel_locale
from notifier.locale.phrases import all_of
from notifier.schedules.crontab import Spelled, spelled_out

__all__ = ["cron_words", "weekday_words"]

NAMED = 4
"""So many times of day are named one by one."""
EVERY_HOUR, EVERY_MINUTE = range(24), range(60)


def cron_words(when: str) -> str:
    """``0 10 * * mon-sat`` is Mon–Sat 10:00; a line with more than numbers and names is shown as it is written."""
    spelled = spelled_out(when)
    if spelled is None:
        return _("by its line “{when}”").format(when=when)
    times = _times(spelled)
    is_often = len(spelled.minutes) * len(spelled.hours) > NAMED
    is_every_day = spelled.weekdays is None and spelled.days is None
    words = times if is_often and is_every_day else _("{days} {times}").format(days=_days(spelled), times=times)
    return _("{months}: {words}").format(months=_months(spelled.months), words=words) if spelled.months else words


def weekday_words(weekdays: Sequence[int]) -> str:
    """Mon–Sat; Tue, Fri. 0 = Monday; three days in a row or more are told by their ends."""
    names = babel_locale().days["format"]["abbreviated"]
    runs = [(run[0], run[-1]) for run in _runs(weekdays)]
    words = []
    for first, last in runs:
        if last - first > 1:
            words.append(_("{first}–{last}").format(first=names[first], last=names[last]))
        else:
            words += [names[day] for day in range(first, last + 1)]
    return listed(words)


def _days(spelled: Spelled) -> str:
    if spelled.weekdays is not None:
        return weekday_words(spelled.weekdays)
    if spelled.days is not None:
        said = ngettext("day {numbers} of the month", "days {numbers} of the month", len(spelled.days))
        return said.format(numbers=all_of([*map(str, spelled.days)]))
    return _("every day")


def _months(months: Sequence[int]) -> str:
    return listed(babel_locale().months["format"]["abbreviated"][month] for month in months)


def _times(spelled: Spelled) -> str:
    minutes, hours = spelled.minutes, spelled.hours
    if len(minutes) * len(hours) <= NAMED:
        return all_of([_clock(hour, minute) for hour in hours for minute in minutes])
    ends = {"first": _clock(hours[0], minutes[0]), "last": _clock(hours[-1], minutes[-1])}
    every = _evenly(spelled)
    if every is None:
        count = len(minutes) * len(hours)
        return _("{count} times between {first} and {last}").format(count=count, **ends)
    is_all_day = tuple(hours) == tuple(EVERY_HOUR)
    if is_all_day and minutes[0] == 0:
        return every
    return _("{every}, {first} to {last}").format(every=every, **ends)


def _evenly(spelled: Spelled) -> str | None:
    """Every so many minutes or hours, where the times lie evenly."""
    minutes, hours = spelled.minutes, spelled.hours
    if len(minutes) == 1:
        step = _step(hours)
        return ngettext("every hour", "every {count} hours", step).format(count=step) if step else None
    step = _step(minutes)
    is_round = step is not None and step * len(minutes) == len(EVERY_MINUTE) and _step(hours) in (1, None)
    if step is None or not is_round or (len(hours) > 1 and _step(hours) is None):
        return None
    return ngettext("every minute", "every {count} minutes", step).format(count=step)


def _step(numbers: Sequence[int]) -> int | None:
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else None


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _clock(hour: int, minute: int) -> str:
    return f"{hour}:{minute:02}"
