"""When a car's next service is due, by time or distance, whichever comes first.

Source: facts/statistics.md, "Next service date". On real logs of four cars this misses by 24 days where fixed months
miss by 66; odometers are typed by hand, so wrong readings are left out first.

An import asks this of every car it touches, so the usual case (readings that fit together) takes one pass over whole
numbers: days are counted as ordinals, and objects are made only for the answer.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

from notifier.domain.months import months_forward

__all__ = [
    "MAX_KM_PER_DAY", "MIN_INTERVALS", "Reading", "ServiceDue", "daily_rate", "keep_plausible_chain", "own_rate",
    "predict", "predict_from_chain", "with_told",
]  # fmt: skip

MAX_KM_PER_DAY = 400
MIN_INTERVALS = 2
"""Fewer intervals than this are no evidence to judge a car, or its model, by."""
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

_from_ordinal = date.fromordinal
_by_months = lru_cache(maxsize=16_384)(months_forward)
"""The time rule; most cars of a shop share their days with others."""


class Reading(NamedTuple):
    """An odometer reading: the day it was taken and the kilometres it showed."""

    day: date
    km: int


class ServiceDue(NamedTuple):
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
    kilometres at its end, and so on backwards: the order of the input never matters. Costs n log n at worst.
    """
    ordered = sorted(readings)
    if _is_plausible(ordered):
        return ordered
    distinct = list(dict.fromkeys(ordered))  # two orders of one day often name the same odometer
    if len(distinct) < len(ordered) and _is_plausible(distinct):
        return distinct
    return _longest_chain(distinct)


def _is_plausible(ordered: Sequence[Reading]) -> bool:
    """Whether every step, from each reading to the next, can be driven."""
    before, km_before = 0, 0
    for day, km in ordered:
        ordinal = day.toordinal()
        step = km - km_before
        if before and (step < 0 or ordinal == before or step > MAX_KM_PER_DAY * (ordinal - before)):
            return False
        before, km_before = ordinal, km
    return True


def _longest_chain(ordered: Sequence[Reading]) -> list[Reading]:
    """The longest chain among distinct readings by day.

    A step is possible where neither the kilometres fall nor what could have been driven by then less what was
    (400 km × days - km): by kilometres, a chain is a run of readings in which the second number never falls.
    """
    slack = [MAX_KM_PER_DAY * reading.day.toordinal() - reading.km for reading in ordered]
    lengths = [0] * len(ordered)
    least: list[int] = []  # at [k]: the smallest slack with which a chain of k + 1 readings can end
    for i in sorted(range(len(ordered)), key=lambda i: (ordered[i].km, slack[i])):
        lengths[i] = place = bisect_right(least, slack[i])
        least[place : place + 1] = [slack[i]]
    kept: list[Reading] = []
    wanted, km_after, slack_after = len(least) - 1, math.inf, math.inf
    # Latest day first, of one day the fewest kilometres: the first that fits is the one to keep.
    for i in sorted(range(len(ordered)), key=lambda i: (-ordered[i].day.toordinal(), ordered[i].km)):
        if lengths[i] == wanted and ordered[i].km <= km_after and slack[i] <= slack_after:
            kept.append(ordered[i])
            wanted, km_after, slack_after = wanted - 1, ordered[i].km, slack[i]
    return kept[::-1]


def with_told(chain: Sequence[Reading], told: Iterable[Reading]) -> list[Reading]:
    """A plausible chain of the workshop's readings, with those an owner `told` wherever they fit in.

    The workshop reads the instrument, so nothing an owner tells makes one of its readings a typing error, and on a day
    that has one it alone counts. What owners tell must be plausible among itself as well.
    """
    read_days = {reading.day for reading in chain}
    fitting = [t for t in told if t.km > 0 and t.day not in read_days and _is_plausible(sorted([*chain, t]))]
    return keep_plausible_chain([*chain, *fitting]) if fitting else list(chain)


def daily_rate(readings: Iterable[Reading], prior_km_per_day: float | None) -> float | None:
    """Km per day: the Theil-Sen slope of the last 4 plausible readings, shrunk to the model's mean.

    The slope weighs n/(n + 0.5), n = intervals used (0 to 3); without a mean the slope stands alone, without an
    interval the mean does, and with neither the rate is unknown: None.
    """
    slopes, _irregular = _evidence(keep_plausible_chain(readings))
    return _shrunk(slopes, prior_km_per_day)


def own_rate(chain: Sequence[Reading]) -> float | None:
    """What a car's plausible readings, by day, say of its use by themselves, in km a day: never shrunk to any mean.

    None where they say too little to judge its model by (fewer than two intervals), or where its use is irregular.
    """
    if len(chain) <= MIN_INTERVALS:
        return None
    slopes, irregular = _evidence(chain)
    return None if irregular else _median(slopes)


def _evidence(chain: Sequence[Reading]) -> tuple[list[float], bool]:
    """The pairwise slopes of the last readings of a chain, smallest first, and whether use is irregular."""
    recent = [(day.toordinal(), km) for day, km in chain[-_READINGS_USED:]]
    slopes = sorted([(km - before) / (day - earlier) for (earlier, before), (day, km) in combinations(recent, 2)])
    if len(slopes) < 2 or slopes[-1] <= _SEASONAL_RATIO * slopes[0]:  # no interval is beyond its neighbours' slopes
        return slopes, False
    intervals = [
        (km - before) / (day - earlier)
        for (earlier, before), (day, km) in pairwise(recent) if day - earlier >= _SEASONAL_MIN_DAYS
    ]  # fmt: skip
    return slopes, max(intervals, default=0.0) > _SEASONAL_RATIO * min(intervals, default=math.inf)


def _median(ascending: Sequence[float]) -> float:
    half = len(ascending) // 2
    return ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half]) / 2


_INTERVALS = {0: 0, 1: 1, 3: 2, 6: 3}
"""Pairs of readings → intervals between them."""


def _shrunk(slopes: Sequence[float], prior: float | None) -> float | None:
    if not slopes:
        return prior
    slope = _median(slopes)
    if prior is None:
        return slope
    intervals = _INTERVALS[len(slopes)]
    weight = intervals / (intervals + _PRIOR_WEIGHT)
    return weight * slope + (1 - weight) * prior


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
    known = list(readings) if last_km is None else [*readings, Reading(last_visit_on, last_km)]
    return predict_from_chain(
        last_visit_on, keep_plausible_chain(known),
        interval_km=interval_km, interval_months=interval_months, prior=prior,
    )  # fmt: skip


def predict_from_chain(
    last_visit_on: date,
    chain: Sequence[Reading],
    *,
    interval_km: int | None,
    interval_months: int,
    prior: float | None,
) -> ServiceDue:
    """:func:`predict` from readings that are a plausible chain by day already (:func:`keep_plausible_chain`)."""
    slopes, irregular = _evidence(chain)
    rate = _shrunk(slopes, prior)
    by_time = _by_months(last_visit_on, interval_months)
    if not rate or interval_km is None:
        return ServiceDue(by_time, by_time, by_time, rate, "time", irregular)
    spread = _spread(slopes, rate)
    visit, limit = last_visit_on.toordinal(), by_time.toordinal()
    due = _day_at(visit, interval_km / rate, limit)
    earliest = _day_at(visit, interval_km / (rate * (1 + spread)), limit)
    latest = _day_at(visit, interval_km / (rate * (1 - spread)), limit)
    return ServiceDue(
        by_time if due == limit else _from_ordinal(due),
        by_time if earliest == limit else _from_ordinal(earliest),
        by_time if latest == limit else _from_ordinal(latest),
        rate, "distance" if due < limit else "time", irregular,
    )  # fmt: skip


def _day_at(visit: int, days: float, limit: int) -> int:
    """The ordinal of the day `days` after a visit, rounded up: the day after it at the earliest, `limit` at most."""
    if days >= limit - visit:
        return limit
    return visit + max(math.ceil(days), 1)


def _spread(slopes: Sequence[float], rate: float) -> float:
    if len(slopes) < 3:
        return _SPREAD_GUESSED
    return min(max(_SPREAD_KNOWN, (slopes[-1] - slopes[0]) / 2 / rate), _SPREAD_MOST)
