"""The next service: plausible readings, a rate that follows the driver, a day and an honest range."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.months import months_forward
from notifier.domain.service_due import MAX_KM_PER_DAY, Reading, daily_rate, keep_plausible_chain, predict

CHEN = [
    Reading(date(2025, 1, 10), 5_000),
    Reading(date(2025, 5, 10), 9_800),
    Reading(date(2025, 9, 7), 15_000),
    Reading(date(2026, 1, 5), 19_800),
]
READINGS = st.lists(
    st.builds(Reading, st.dates(date(2024, 1, 1), date(2024, 3, 31)), st.integers(0, 30_000)), max_size=9
)


def test_ms_chens_slope_and_rate() -> None:
    """The unit check: Theil-Sen, then three intervals against the model's mean of 36."""
    assert daily_rate(CHEN, None) == pytest.approx(41.388889, abs=1e-6)
    assert daily_rate(CHEN, 36) == pytest.approx(40.619048, abs=1e-6)


def test_ms_chens_next_service() -> None:
    """5,000 km at that rate are 123.09 days, rounded up to 9 May."""
    due = predict(date(2026, 1, 5), 19_800, CHEN, interval_km=5_000, interval_months=6, prior=36)
    assert due.rate is not None
    assert 5_000 / due.rate == pytest.approx(123.09, abs=0.005)
    assert (due.due_on, due.basis, due.irregular) == (date(2026, 5, 9), "distance", False)
    # 15 % faster: 107.04 days; 15 % slower: 144.82 days
    assert (due.earliest, due.latest) == (date(2026, 4, 23), date(2026, 5, 30))


def test_time_comes_first_for_a_car_that_stands() -> None:
    """Mr Lin drives 10 km a day: six months come before 5,000 km, and nothing is later than that."""
    readings = [Reading(date(2025, 1, 1), 1_000), Reading(date(2025, 7, 1), 2_810)]
    due = predict(date(2025, 7, 1), 2_810, readings, interval_km=5_000, interval_months=6, prior=None)
    assert (due.due_on, due.earliest, due.latest, due.basis) == (date(2026, 1, 1),) * 3 + ("time",)


def test_without_readings_the_models_mean_decides() -> None:
    """And its range is wider."""
    due = predict(date(2026, 1, 5), None, [], interval_km=5_000, interval_months=12, prior=50)
    assert (due.due_on, due.rate, due.basis) == (date(2026, 4, 15), 50, "distance")
    assert (due.earliest, due.latest) == (date(2026, 3, 23), date(2026, 5, 28))


@pytest.mark.parametrize(("interval_km", "prior"), [(5_000, None), (None, 50.0), (5_000, 0.0)])
def test_without_a_rate_or_a_distance_time_alone_decides(interval_km: int | None, prior: float | None) -> None:
    """No model, no distance rule, or a car that never moves."""
    due = predict(date(2025, 8, 31), None, [], interval_km=interval_km, interval_months=6, prior=prior)
    assert (due.due_on, due.earliest, due.latest, due.basis) == (date(2026, 2, 28),) * 3 + ("time",)


def test_the_visits_own_odometer_is_a_reading() -> None:
    """Two readings make an interval, one of them taken at the visit."""
    first = [Reading(date(2026, 1, 1), 0)]
    due = predict(date(2026, 4, 11), 5_000, first, interval_km=5_000, interval_months=12, prior=None)
    assert due.rate == pytest.approx(50)
    assert due.due_on == date(2026, 7, 20)


@pytest.mark.parametrize(
    "wrong",
    [
        Reading(date(2025, 9, 7), 150_000),
        Reading(date(2025, 9, 7), 1_500),
        Reading(date(2025, 6, 1), 98_000),
        Reading(date(2026, 1, 5), 198_000),
        Reading(date(2025, 7, 1), 0),
    ],
)
def test_a_typing_error_is_left_out(wrong: Reading) -> None:
    """A zero too many, a digit lost, an odometer that falls."""
    assert keep_plausible_chain([*CHEN, wrong]) == CHEN


def test_of_equally_long_chains_the_one_that_ends_latest_stays() -> None:
    """Of two readings that contradict each other, the newer is believed; of two on one day, the smaller."""
    early, late = Reading(date(2025, 1, 1), 90_000), Reading(date(2025, 6, 1), 9_000)
    assert keep_plausible_chain([early, late]) == [late]
    assert keep_plausible_chain([Reading(late.day, 12_000), late]) == [late]
    assert keep_plausible_chain([]) == []


@given(READINGS, st.randoms(use_true_random=False))
def test_the_chain_is_plausible_longest_and_blind_to_order(readings: list[Reading], random: object) -> None:
    """Against every subset: none that is plausible is longer."""

    def plausible(chain: tuple[Reading, ...]) -> bool:
        steps = [((b.day - a.day).days, b.km - a.km) for a, b in pairwise(chain)]
        return all(days > 0 and 0 <= km <= MAX_KM_PER_DAY * days for days, km in steps)

    kept = keep_plausible_chain(readings)
    shuffled = list(readings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert keep_plausible_chain(shuffled) == kept
    assert set(kept) <= set(readings)
    assert plausible(tuple(kept))
    ordered = sorted(set(readings))
    longer = (c for c in combinations(ordered, len(kept) + 1) if plausible(c))
    assert next(longer, None) is None


def test_only_the_last_four_readings_count() -> None:
    """Use drifts: the years in which the car stood are forgotten."""
    slow = [Reading(date(2020, 1, 1) + timedelta(days=100 * i), 100 * i) for i in range(5)]
    fast = [Reading(date(2025, 1, 1) + timedelta(days=100 * i), 10_000 + 6_000 * i) for i in range(4)]
    assert daily_rate([*slow, *fast], None) == pytest.approx(60)


def test_little_is_known_of_a_new_car() -> None:
    """No interval: the mean. One interval weighs two thirds. Neither: unknown."""
    assert daily_rate(CHEN[:1], 36) == 36
    assert daily_rate(CHEN[:1], None) is None
    assert daily_rate(CHEN[:2], 36) == pytest.approx(40 * 2 / 3 + 36 / 3)


def test_a_car_that_winters_in_the_garage_is_irregular() -> None:
    """Summer 60 km a day, winter 2: the day is a guess and the range says so."""
    readings = [
        Reading(date(2025, 4, 1), 10_000),
        Reading(date(2025, 10, 1), 21_000),
        Reading(date(2026, 3, 1), 21_300),
    ]
    due = predict(date(2026, 3, 1), 21_300, readings, interval_km=5_000, interval_months=12, prior=30)
    assert due.irregular
    assert due.rate is not None
    assert due.latest == min(date(2027, 3, 1), date(2026, 3, 1) + timedelta(days=-int(-5_000 / (due.rate * 0.5) // 1)))


def test_one_long_weekend_is_not_a_season() -> None:
    """Intervals of less than two weeks say nothing about use."""
    readings = [*CHEN, Reading(date(2026, 1, 8), 20_800)]
    assert not predict(date(2026, 1, 8), 20_800, readings, interval_km=5_000, interval_months=6, prior=36).irregular


@given(
    READINGS,
    st.none() | st.integers(0, 30_000),
    st.none() | st.integers(1, 20_000),
    st.integers(1, 24),
    st.none() | st.floats(0, 300),
)
def test_a_prediction_lies_in_its_range_after_the_visit_and_never_after_the_time_rule(
    readings: list[Reading], last_km: int | None, interval_km: int | None, months: int, prior: float | None
) -> None:
    """Whatever the odometer says."""
    visit = date(2024, 4, 1)
    due = predict(visit, last_km, readings, interval_km=interval_km, interval_months=months, prior=prior)
    assert visit < due.earliest <= due.due_on <= due.latest <= months_forward(visit, months)
    assert (due.basis == "distance") == (due.due_on < months_forward(visit, months))
