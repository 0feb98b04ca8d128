"""The quick way to a prediction gives what the plain way gives: every chain, every day, every range.

The plain way compares each reading with each other and uses the statistics module; it is kept here to check against.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise
from statistics import median
from time import thread_time

from hypothesis import example, given
from hypothesis import strategies as st

from notifier.domain.months import months_forward
from notifier.domain.service_due import (
    MAX_KM_PER_DAY,
    Reading,
    ServiceDue,
    daily_rate,
    keep_plausible_chain,
    own_rate,
    predict,
    predict_from_chain,
)

START = date(2024, 1, 1)


def plain_chain(readings: Sequence[Reading]) -> list[Reading]:
    """Each reading after each earlier one it can follow; of equally long ways the one through the latest reading."""
    ordered = sorted(set(readings))
    chains: list[tuple[int, int | None]] = []
    for i, reading in enumerate(ordered):
        earlier = [j for j in range(i) if can_follow(ordered[j], reading)]
        before = max(earlier, key=lambda j: (chains[j][0], lateness(ordered[j])), default=None)
        chains.append((1, None) if before is None else (chains[before][0] + 1, before))
    last = max(range(len(ordered)), key=lambda i: (chains[i][0], lateness(ordered[i])), default=None)
    kept: list[Reading] = []
    while last is not None:
        kept.append(ordered[last])
        last = chains[last][1]
    return kept[::-1]


def can_follow(earlier: Reading, later: Reading) -> bool:
    """0 to 400 km a day."""
    days = (later.day - earlier.day).days
    return days > 0 and 0 <= later.km - earlier.km <= MAX_KM_PER_DAY * days


def lateness(reading: Reading) -> tuple[date, int]:
    """Later, then fewer kilometres."""
    return reading.day, -reading.km


def slope(a: Reading, b: Reading) -> float:
    """Km a day."""
    return (b.km - a.km) / (b.day - a.day).days


def plain_rate(recent: Sequence[Reading], prior: float | None) -> float | None:
    """Theil-Sen of at most four readings, shrunk."""
    intervals = len(recent) - 1
    if intervals < 1:
        return prior
    steepness = median(slope(a, b) for a, b in combinations(recent, 2))
    if prior is None:
        return steepness
    weight = intervals / (intervals + 0.5)
    return weight * steepness + (1 - weight) * prior


def plain_prediction(
    visit: date, readings: Sequence[Reading], km: int | None, months: int, prior: float | None
) -> ServiceDue:
    """min(visit + months, visit + km / rate), with its range."""
    recent = plain_chain(readings)[-4:]
    rate = plain_rate(recent, prior)
    by_time = months_forward(visit, months)
    steps = [slope(a, b) for a, b in pairwise(recent) if (b.day - a.day).days >= 14]
    irregular = len(steps) > 1 and max(steps) > 3 * min(steps)
    if not rate or km is None:
        return ServiceDue(by_time, by_time, by_time, rate, "time", irregular)
    slopes = [slope(a, b) for a, b in combinations(recent, 2)]
    spread = 0.3 if len(recent) < 3 else min(max(0.15, (max(slopes) - min(slopes)) / 2 / rate), 0.5)

    def day_at(speed: float) -> date:
        days = km / speed
        return by_time if days >= (by_time - visit).days else visit + timedelta(days=max(math.ceil(days), 1))

    due_on = day_at(rate)
    earliest, latest = day_at(rate * (1 + spread)), day_at(rate * (1 - spread))
    return ServiceDue(due_on, earliest, latest, rate, "distance" if due_on < by_time else "time", irregular)


@st.composite
def histories(draw: st.DrawFn) -> list[Reading]:
    """A car that is driven, with orders that share a day, repeats, and errors of every size."""
    day, km, readings = START, draw(st.integers(0, 9_000)), []
    for _ in range(draw(st.integers(0, 12))):
        day += timedelta(days=draw(st.integers(0, 200)))
        km += draw(st.integers(0, 12_000))
        wrong = draw(st.sampled_from([None, None, None, None, 0, 1, km // 10, km * 10, km + 500, max(km - 500, 0)]))
        readings.append(Reading(day, km if wrong is None else wrong))
    return readings


CROWDED = st.lists(st.builds(Reading, st.dates(START, date(2024, 2, 15)), st.integers(0, 20_000)), max_size=14)
PRIORS = st.none() | st.floats(0, 300, allow_subnormal=False)


@given(histories() | CROWDED)
@example([Reading(START, 5)] * 3)
def test_the_chain_is_that_of_comparing_each_with_each(readings: list[Reading]) -> None:
    """Also of which readings stay where several chains are equally long."""
    assert keep_plausible_chain(readings) == plain_chain(readings)


@given(histories() | CROWDED, st.integers(0, 400), st.none() | st.integers(1, 20_000), st.integers(1, 24), PRIORS)
def test_the_prediction_is_that_of_the_plain_way(
    readings: list[Reading], after: int, km: int | None, months: int, prior: float | None
) -> None:
    """From readings, and from a chain that is plausible already."""
    visit = START + timedelta(days=after)
    expected = plain_prediction(visit, readings, km, months, prior)
    assert predict(visit, None, readings, interval_km=km, interval_months=months, prior=prior) == expected
    chain = keep_plausible_chain(readings)
    assert predict_from_chain(visit, chain, interval_km=km, interval_months=months, prior=prior) == expected
    assert daily_rate(readings, prior) == expected.rate


@given(histories())
def test_a_cars_own_rate_is_the_slope_without_any_mean_or_nothing(readings: list[Reading]) -> None:
    """Two intervals at least, and use that is not irregular."""
    chain = keep_plausible_chain(readings)
    due = predict_from_chain(START, chain, interval_km=None, interval_months=6, prior=None)
    assert own_rate(chain) == (due.rate if len(chain) >= 3 and not due.irregular else None)


def test_a_taxi_with_years_of_typing_errors_is_no_burden() -> None:
    """6,000 readings, every third wrong: each compared with each other they would take seconds of the processor."""
    readings = [Reading(START + timedelta(days=n), 300 * n * (10 if n % 3 == 1 else 1) + n % 7) for n in range(6_000)]
    began = thread_time()
    kept = keep_plausible_chain(readings)
    assert thread_time() - began < 1
    assert len(kept) >= 4_000
