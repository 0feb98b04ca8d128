"""What a model is driven: its middle car, by what cars say themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.model_rates import MIN_CARS, OF_ALL_MODELS, prior_of, typical_rates

START = date(2025, 1, 1)


def car(number: int, km_per_day: float, visits: int = 3) -> list[tuple[int, date, int]]:
    """A car seen every 100 days."""
    return [(number, START + timedelta(days=100 * n), round(1_000 + 100 * n * km_per_day)) for n in range(visits)]


def cars(*rates: float, start: int = 1) -> list[tuple[int, date, int]]:
    """Cars numbered from `start`."""
    return [reading for n, rate in enumerate(rates, start) for reading in car(n, rate)]


def test_a_models_middle_car_speaks_for_it() -> None:
    """A taxi moves nothing, and the shop's figure holds all models together."""
    models = dict.fromkeys(range(1, 6), "DX7") | dict.fromkeys(range(6, 11), "得利卡")
    readings = cars(30, 32, 34, 36, 390) + cars(50, 51, 52, 53, 54, start=6)
    assert typical_rates(models, readings) == {"DX7": 34.0, "得利卡": 52.0, OF_ALL_MODELS: 50.5}


@pytest.mark.parametrize(
    ("readings", "why"),
    [
        (cars(30, 32, 34, 36), "four cars are no model"),
        (cars(30, 32, 34, 36) + car(5, 40, visits=2), "one interval is no evidence"),
        ([*cars(30, 32, 34, 36), *car(5, 2, 2), (5, START + timedelta(days=200), 9_000)],
         "a garage car's use is not its model's"),
        (cars(30, 32, 34, 36) + [(9, *rest) for _, *rest in car(5, 40)], "a car nobody asked for"),
        (cars(30, 32, 34, 36) + [(5, day, 0) for _, day, _km in car(5, 40)], "zero is no reading"),
    ],
)  # fmt: skip
def test_too_little_says_nothing(readings: list[tuple[int, date, int]], why: str) -> None:
    """Then the time rule, or the car by itself, decides."""
    assert typical_rates(dict.fromkeys(range(1, 6), "DX7"), readings) == {}, why


def test_cars_without_a_model_count_for_the_shop_alone() -> None:
    """Nobody wrote it down, or it is rare."""
    rates = typical_rates(dict.fromkeys(range(1, 5)) | {5: "稀有"}, cars(30, 32, 34, 36, 38))
    assert rates == {OF_ALL_MODELS: 34.0}
    assert prior_of(rates, "稀有") == prior_of(rates, None) == prior_of(rates, "") == 34.0
    assert prior_of({"DX7": 40.0, **rates}, "DX7") == 40.0
    assert prior_of({}, "DX7") is None


@given(st.lists(st.floats(5, 300), min_size=MIN_CARS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_readings_never_matters(rates: Sequence[float], random: object) -> None:
    """And the figure lies among the cars'."""
    readings = cars(*rates)
    models = dict.fromkeys(range(1, len(rates) + 1), "DX7")
    found = typical_rates(models, readings)
    random.shuffle(readings)  # type: ignore[attr-defined]
    assert typical_rates(models, readings) == found
    assert min(rates) - 0.1 <= found["DX7"] <= max(rates) + 0.1
