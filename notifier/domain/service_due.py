"""When a car's next service is due, by time or distance, whichever comes first.

Source: facts/statistics.md, "Next service date". On real logs of four cars this misses by 24 days where fixed months
miss by 66; odometers are typed by hand, so wrong readings are left out first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from statistics import median
from typing import Literal, NamedTuple

from notifier.domain.months import months_forward

__all__ = ["MAX_KM_PER_DAY", "Reading", "ServiceDue", "daily_rate", "keep_plausible_chain", "predict"]

MAX_KM_PER_DAY = 400
_READINGS_USED = 4
"""Use drifts: over the whole history the slope predicts worse."""
_PRIOR_WEIGHT = 0.5

_SPREAD_KNOWN = 0.15
"""Half-width of the rate's range at best: what remains when the readings agree."""
_SPREAD_GUESSED = 0.30
"""… when the model's mean or a single interval is all we have."""
_SPREAD_MOST = 0.50

_SEASONAL_RATIO = 3.0
"""A car driven over three times as much in one interval as in another is irregular: winter garage, motorcycle-like."""
_SEASONAL_MIN_DAYS = 14
"""Shorter intervals say more about one trip than about a season."""


class Reading(NamedTuple):
    """An odometer reading: the day it was taken and the kilometres it showed."""

    day: date
    km: int


@dataclass(frozen=True, slots=True)
class ServiceDue:
    """The day the next service is due, and the range to show beside it (``earliest <= due_on <= latest``).

    `rate` is km per day, None where nothing tells it; `basis` is the side that came first; `irregular` warns that use
    is seasonal and the day a guess.
    """

    due_on: date
    earliest: date
    latest: date
    rate: float | None
    basis: Literal["time", "distance"]
    irregular: bool


def keep_plausible_chain(readings: Iterable[Reading]) -> list[Reading]:
    """The longest chain of readings, by day, in which each step is 0 to 400 km a day; the rest are typing errors.

    A day gives at most one reading. Of chains equally long the one that ends latest wins, then the one with fewer
    kilometres at its end, and so on backwards: the order of the input never matters.
    """
    ordered = sorted(set(readings))
    # chains[i] = (length of the best chain that ends with reading i, index of the reading before it)
    chains: list[tuple[int, int | None]] = []
    for i, reading in enumerate(ordered):
        earlier = [j for j in range(i) if _is_plausible_step(ordered[j], reading)]
        before = max(earlier, key=lambda j: (chains[j][0], _lateness(ordered[j])), default=None)
        chains.append((1, None) if before is None else (chains[before][0] + 1, before))
    last = max(range(len(ordered)), key=lambda i: (chains[i][0], _lateness(ordered[i])), default=None)
    kept: list[Reading] = []
    while last is not None:
        kept.append(ordered[last])
        last = chains[last][1]
    return kept[::-1]


def _is_plausible_step(earlier: Reading, later: Reading) -> bool:
    days = (later.day - earlier.day).days
    return days > 0 and 0 <= later.km - earlier.km <= MAX_KM_PER_DAY * days


def _lateness(reading: Reading) -> tuple[date, int]:
    return reading.day, -reading.km


def daily_rate(readings: Iterable[Reading], prior_km_per_day: float | None) -> float | None:
    """Km per day: the Theil-Sen slope of the last 4 plausible readings, shrunk to the model's mean.

    The slope weighs n/(n + 0.5), n = intervals used (0 to 3); without a mean the slope stands alone, without an
    interval the mean does, and with neither the rate is unknown: None.
    """
    return _shrunk(_recent(readings), prior_km_per_day)


def _recent(readings: Iterable[Reading]) -> list[Reading]:
    return keep_plausible_chain(readings)[-_READINGS_USED:]


def _shrunk(recent: Sequence[Reading], prior: float | None) -> float | None:
    intervals = len(recent) - 1
    if intervals < 1:
        return prior
    slope = median(_slopes(recent))
    if prior is None:
        return slope
    weight = intervals / (intervals + _PRIOR_WEIGHT)
    return weight * slope + (1 - weight) * prior


def _slopes(recent: Sequence[Reading]) -> list[float]:
    return [_slope(a, b) for a, b in combinations(recent, 2)]


def _slope(a: Reading, b: Reading) -> float:
    return (b.km - a.km) / (b.day - a.day).days


def predict(
    last_visit_on: date,
    last_km: int | None,
    readings: Iterable[Reading],
    *,
    interval_km: int | None,
    interval_months: int,
    prior: float | None,
) -> ServiceDue:
    """The next service after the one on `last_visit_on`: ``min(last visit + months, last visit + km / rate)``.

    `last_km` (the odometer at that visit) joins the `readings`; `prior` is the model's mean in km a day. `interval_km`
    None means the time rule alone, as does an unknown or zero rate. Days of distance are rounded up.

    The range: by distance, the days at a rate up to 15 % faster and slower, wider (up to 50 %) where the readings
    disagree: half the spread of their pairwise slopes, as a share of the rate; 30 % at least where less than two
    intervals are known. The time rule caps both ends, so a due day by time alone has no later end. Nothing lies
    before the day after the visit.
    """
    known = [*readings, *([] if last_km is None else [Reading(last_visit_on, last_km)])]
    recent = _recent(known)
    rate = _shrunk(recent, prior)
    by_time = months_forward(last_visit_on, interval_months)
    irregular = _is_irregular(recent)
    if not rate or interval_km is None:
        return ServiceDue(by_time, by_time, by_time, rate, "time", irregular)
    spread = _spread(recent, rate)

    def day_at(speed: float) -> date:
        days = math.ceil(interval_km / speed)
        return by_time if days >= (by_time - last_visit_on).days else last_visit_on + timedelta(days=max(days, 1))

    due_on = day_at(rate)
    earliest, latest = day_at(rate * (1 + spread)), day_at(rate * (1 - spread))
    return ServiceDue(due_on, earliest, latest, rate, "distance" if due_on < by_time else "time", irregular)


def _spread(recent: Sequence[Reading], rate: float) -> float:
    if len(recent) < 3:
        return _SPREAD_GUESSED
    slopes = _slopes(recent)
    return min(max(_SPREAD_KNOWN, (max(slopes) - min(slopes)) / 2 / rate), _SPREAD_MOST)


def _is_irregular(recent: Sequence[Reading]) -> bool:
    steps = [_slope(a, b) for a, b in pairwise(recent) if (b.day - a.day).days >= _SEASONAL_MIN_DAYS]
    return len(steps) > 1 and max(steps) > _SEASONAL_RATIO * min(steps)
