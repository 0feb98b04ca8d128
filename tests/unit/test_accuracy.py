"""How near the prediction came: each visit from what was known on the eve of it. All figures computed by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from notifier.domain.accuracy import Accuracy, CarPast, Errors, Interval, judge
from notifier.domain.service_due import Reading
from tests.support.owners import INTERVAL_KM, INTERVAL_MONTHS, owners

RULE = Interval(5_000, 6)
CHEN = [
    Reading(date(2025, 1, 10), 5_000),
    Reading(date(2025, 5, 10), 9_800),
    Reading(date(2025, 9, 7), 15_000),
    Reading(date(2026, 1, 5), 19_800),
]
DAYS = [reading.day for reading in CHEN]
LONG = (date(2025, 1, 1), date(2026, 12, 31))


def judged(car: CarPast, first: date = LONG[0], last: date = LONG[1]) -> Accuracy:
    """One car by itself."""
    accuracy = Accuracy()
    judge(accuracy, car, RULE, first, last)
    return accuracy


def test_ms_chens_visits_are_predicted_from_what_was_known_before_each() -> None:
    """One reading: six months, 61 days too late. Two: 40 km a day, 125 days, 5 too late. Three: 41.67, to the day."""
    found = judged(CarPast(DAYS, CHEN))
    assert found.prediction == Errors(n=3, distance=66, signed=-66, within_15=2, within_30=2)
    assert found.fixed_months == Errors(n=3, distance=61 + 64 + 61, signed=-186)
    assert (found.prediction.mean, found.prediction.bias) == (22, -22)
    assert found.in_range == 2
    assert (found.readings, found.rejected) == (4, 0)


def test_the_visit_itself_and_what_came_after_tell_nothing() -> None:
    """Whatever the last visit's odometer says, its day is predicted alike."""
    other = [*CHEN[:3], Reading(CHEN[3].day, 55_000)]
    told = [Reading(CHEN[3].day, 19_800), Reading(date(2026, 2, 1), 30_000)]
    assert judged(CarPast(DAYS, other)).prediction == judged(CarPast(DAYS, CHEN, told)).prediction


def test_what_the_owner_told_before_counts() -> None:
    """On 1 August 14,600 km: with it the third visit is predicted from three readings."""
    found = judged(CarPast(DAYS, CHEN, [Reading(date(2025, 8, 1), 14_600)]), date(2025, 9, 1), date(2025, 9, 30))
    # 40, 9,600/203 = 47.29 and 57.83 km a day: 5,000 km in 105.7 days, 24 August
    assert found.prediction == Errors(n=1, distance=14, signed=14, within_15=1, within_30=1)


def test_only_visits_of_the_days_asked_for_are_compared() -> None:
    """Both ends count; a visit outside still tells what came before."""
    found = judged(CarPast(DAYS, CHEN), DAYS[2], DAYS[2])
    assert found.prediction == Errors(n=1, distance=5, signed=-5, within_15=1, within_30=1)
    assert (found.readings, found.rejected) == (1, 0)


@pytest.mark.parametrize(
    ("last", "is_awaited", "overdue"),
    [(date(2026, 5, 5), True, 0), (date(2026, 5, 6), True, 1), (date(2026, 5, 6), False, 0), (DAYS[2], True, 0)],
)
def test_who_has_not_come_back_is_counted_apart(last: date, is_awaited: bool, overdue: int) -> None:
    """41.39 km a day: due on 6 May. Not a car sold since, and not one that came after the days asked for."""
    assert judged(CarPast(DAYS, CHEN, is_awaited=is_awaited), last=last).overdue == overdue


def test_readings_not_believed_are_counted() -> None:
    """A zero too many, and one on a day that has another."""
    wrong = sorted([*CHEN, Reading(date(2025, 7, 1), 120_000), Reading(CHEN[2].day, 15_900)])
    found = judged(CarPast(DAYS, wrong), last=date(2025, 12, 31))
    assert (found.readings, found.rejected) == (5, 2)


def test_a_car_that_came_once_or_never_says_nothing() -> None:
    """Nothing can be compared."""
    once = judged(CarPast(DAYS[:1], CHEN[:1]), last=date(2025, 2, 1))
    assert (once.prediction.n, once.overdue, once.readings) == (0, 0, 1)
    assert once.prediction.mean is None
    assert judged(CarPast([], [])) == Accuracy()


def test_on_owners_such_as_a_shop_has_the_prediction_beats_fixed_months() -> None:
    """And its range holds most of them."""
    accuracy = Accuracy()
    for owner in owners(7, 60):
        car = CarPast([visit.day for visit in owner.visits], owner.visits, prior=owner.mean)
        judge(accuracy, car, Interval(INTERVAL_KM, INTERVAL_MONTHS), date(2019, 1, 1), date(2030, 1, 1))
    ours, fixed = accuracy.prediction, accuracy.fixed_months
    assert ours.mean is not None
    assert fixed.mean is not None
    assert ours.n == fixed.n > 200
    assert ours.mean < 0.7 * fixed.mean
    assert ours.within_15 < ours.within_30 < ours.n
    assert accuracy.in_range > ours.n / 2
    assert accuracy.rejected == 0
    assert accuracy.overdue == 60
    assert timedelta(days=ours.mean) < timedelta(days=30)
