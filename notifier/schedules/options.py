"""The keys of schedules.yaml that belong to one rule alone: topics, repeated stages …"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from notifier.domain.cycles import Offset, Stage
from notifier.domain.festivals import FESTIVALS
from notifier.domain.options import Options
from notifier.domain.rules import Rule
from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules import values
from notifier.schedules.lists import read_list
from notifier.schedules.places import Section, Value

__all__ = ["read_options", "repeated"]

MAX_TOPIC = 30
_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_LEAP_YEAR = 2028


def read_options(section: Section, rule: Rule) -> Options:
    """The options of `rule` in the campaign's `section`; a missing one is noted with an example."""
    found = {name: section.required(name, partial(read, section.problems), example)
             for name, (read, example) in _READERS.items() if name in rule.options}  # fmt: skip
    return Options(**{_FIELDS.get(name, name): value for name, value in found.items() if value is not None})


def repeated(section: Section, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The stages with those that `repeat: {every: 2m, until: 24m}` adds: m4, m6 … after a last one of 2 months."""
    return section.optional("repeat", partial(_repeat, section.problems, stages), stages)


def _repeat(problems: list[ScheduleError], stages: tuple[Stage, ...], value: Value) -> tuple[Stage, ...]:
    inner = Section(value, problems)
    every = inner.required("every", values.months(1, 24), "2m")
    until = inner.required("until", values.months(1, 120), "24m")
    inner.refuse_unknown_keys()
    last = stages[-1].offset.months
    if every is None or until is None:
        return stages
    if not last:
        raise value.refuse(
            N_("{file}, line {line}: {key} goes on from a last stage in months; add one, for example {example}."),
            example="m2: 2m",
        )
    added = range(last + every, until + 1, every)
    return (*stages, *(Stage(f"m{month}", Offset(months=month)) for month in added))


def _topics(problems: list[ScheduleError], value: Value) -> Mapping[str, tuple[int, int]]:
    section = Section(value, problems)
    found = {name: section.optional(name, _month_day, None) for name, _entry in section.values()}
    for name, entry in section.values():
        if len(name) > MAX_TOPIC:
            problems.append(
                entry.refuse(N_("{file}, line {line}: {key} is longer than {most} letters."), most=MAX_TOPIC)
            )
    return {name: day for name, day in found.items() if day is not None}


def _festivals(_problems: list[ScheduleError], value: Value) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.choice(FESTIVALS) for entry in value.items()))


def _month_day(value: Value) -> tuple[int, int]:
    match = _MONTH_DAY.fullmatch(value.text())
    try:
        day = date(_LEAP_YEAR, int(match[1]), int(match[2])) if match else None
    except ValueError:
        day = None
    if day is None or (day.month, day.day) == (2, 29):
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; write a month and a day of every year, like 11-15."),
            value=value.text(),
        )
    return day.month, day.day


_READERS: Mapping[str, tuple[Callable[[list[ScheduleError], Value], Any], str]] = {
    "festivals": (_festivals, "[spring_festival, mid_autumn]"),
    "topics": (_topics, "{冬季用车: 11-15}"),
    "list": (read_list, "{id: check-2026-03, title: 免费检测周, day: 2026-03-20, ends_on: 2026-03-27}"),
}
_FIELDS: Mapping[str, str] = {"list": "listed"}
"""Key of schedules.yaml → field of Options, where the two differ."""
