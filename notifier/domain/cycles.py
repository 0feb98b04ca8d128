"""Cycles and stages: what one reminder is about, and on which days each of its touches is open.

A cycle is named by what does not move (the last maintenance visit, the policy's end with a tolerance, this
birthday), never by a computed date: so a re-predicted due day or a corrected date never texts twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from notifier.domain.months import first_day_when_months_back_reaches, months_back

DAY = timedelta(days=1)
CAME_BEFORE_OPENING = timedelta(days=14)
FIRST_RUN_REACH = timedelta(days=7)

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a stage opens from the due day: days (negative = before it) or months after it."""

    days: int = 0
    months: int = 0

    def opens_on(self, due_on: date) -> date:
        """The first day of the stage for something due on `due_on`."""
        if self.months:
            return first_day_when_months_back_reaches(due_on, self.months)
        return due_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Stage:
    """A named touch."""

    name: str
    offset: Offset


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which one stage of one cycle may be planned, both included."""

    stage: str
    opens_on: date
    closes_on: date

    def is_open(self, day: date) -> bool:
        """Whether the stage may be planned on `day`."""
        return self.opens_on <= day <= self.closes_on


def stage_windows(due_on: date, stages: Sequence[Stage], late_days: int) -> tuple[Window, ...]:
    """Each stage's window for something due on `due_on`: open until the eve of the next stage.

    The last stays open until `late_days` after the due day, or after its own opening where that is later.
    """
    openings = [stage.offset.opens_on(due_on) for stage in stages]
    closings = [following - DAY for following in openings[1:]]
    closings.append(max(due_on, openings[-1]) + timedelta(days=late_days))
    return tuple(
        Window(stage.name, opens, closes) for stage, opens, closes in zip(stages, openings, closings, strict=True)
    )


def due_range(day: date, stages: Sequence[Stage], late_days: int) -> tuple[date, date]:
    """The due days (both included) that can have a stage open on `day`: a little wide, never too narrow."""
    latest = max(_due_when_opening(stage.offset, day) for stage in stages)
    earlier = day - timedelta(days=late_days)
    last = stages[-1].offset
    if last.months:
        return months_back(earlier, last.months) - 3 * DAY, latest
    return earlier - timedelta(days=max(last.days, 0)), latest


def _due_when_opening(offset: Offset, day: date) -> date:
    return months_back(day, offset.months) if offset.months else day - timedelta(days=offset.days)


def matching_cycle(anchor_on: date, existing: Iterable[tuple[Key, date]], tolerance_days: int) -> Key | None:
    """The existing cycle an anchor belongs to: the nearest within the tolerance, the earlier of two equally near."""
    near = [
        (abs((known_on - anchor_on).days), known_on, key)
        for key, known_on in existing
        if abs((known_on - anchor_on).days) <= tolerance_days
    ]
    return min(near, key=lambda item: item[:2])[2] if near else None


def valid_until(closes_on: date, zone: ZoneInfo) -> datetime:
    """Midnight in the shop's zone after the stage's last day: no text leaves after it."""
    return datetime.combine(closes_on + DAY, time(), zone)
