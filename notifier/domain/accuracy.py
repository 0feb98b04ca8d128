"""How near the prediction of the next service came to when the car really came, beside the rule of fixed months.

Each past visit is predicted from what was known on the eve of it and then looked up. Source: facts/statistics.md,
"Reports a service manager expects".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from notifier.domain.months import months_forward
from notifier.domain.service_due import Reading, ServiceDue, keep_plausible_chain, predict_from_chain, with_told

__all__ = ["Accuracy", "CarPast", "Errors", "Interval", "judge"]


@dataclass(frozen=True, slots=True)
class Interval:
    """The maker's rule: kilometres or months, whichever comes first."""

    km: int
    months: int


@dataclass(slots=True)
class Errors:
    """Days between the day predicted and the day the car came, summed up; later than predicted is positive."""

    n: int = 0
    distance: int = 0
    signed: int = 0
    within_15: int = 0
    within_30: int = 0

    def add(self, days: int) -> None:
        """One visit that came `days` after the day predicted (before it: negative)."""
        self.n += 1
        self.distance += abs(days)
        self.signed += days
        self.within_15 += abs(days) <= 15
        self.within_30 += abs(days) <= 30

    @property
    def mean(self) -> float | None:
        """Mean distance in days; None without any visit."""
        return self.distance / self.n if self.n else None

    @property
    def bias(self) -> float | None:
        """Mean signed distance: how many days later than predicted (earlier: negative) cars come."""
        return self.signed / self.n if self.n else None


@dataclass(slots=True)
class Accuracy:
    """What the cars of a shop say. `in_range`: visits within the range shown beside the day.

    `overdue`: cars whose predicted day has come and that have not been back since. They have no error, so they are in
    none of the sums. `readings` of the workshop in the days looked at, of which `rejected` were not believed.
    """

    prediction: Errors = field(default_factory=Errors)
    fixed_months: Errors = field(default_factory=Errors)
    in_range: int = 0
    overdue: int = 0
    readings: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class CarPast:
    """What is known of one car. `maintained_on` and `readings` (the workshop's, as written) are by day.

    `told`: the readings its owner told. `prior`: its model's km a day. `is_awaited`: the shop may expect it back (a car
    sold since, it may not).
    """

    maintained_on: Sequence[date]
    readings: Sequence[Reading]
    told: Sequence[Reading] = ()
    prior: float | None = None
    is_awaited: bool = True

    def predicted(self, last_visit_on: date, until: date, interval: Interval) -> ServiceDue:
        """The service after a visit, from what was known before the day `until`."""
        chain = keep_plausible_chain(reading for reading in self.readings if reading.day < until)
        chain = with_told(chain, [reading for reading in self.told if reading.day < until])
        return predict_from_chain(
            last_visit_on, chain, interval_km=interval.km, interval_months=interval.months, prior=self.prior
        )


def judge(accuracy: Accuracy, car: CarPast, interval: Interval, first: date, last: date) -> None:
    """Add one car: its maintenance visits from `first` to `last`, each but its very first predicted and compared."""
    for before, day in pairwise(car.maintained_on):
        if first <= day <= last:
            due = car.predicted(before, day, interval)
            accuracy.prediction.add((day - due.due_on).days)
            accuracy.fixed_months.add((day - months_forward(before, interval.months)).days)
            accuracy.in_range += due.earliest <= day <= due.latest
    if car.is_awaited and car.maintained_on and car.maintained_on[-1] <= last:
        due = car.predicted(car.maintained_on[-1], date.max, interval)
        accuracy.overdue += first <= due.due_on <= last
    written = [reading for reading in car.readings if first <= reading.day <= last]
    believed = set(keep_plausible_chain(car.readings)) if written else ()
    accuracy.readings += len(written)
    accuracy.rejected += sum(reading not in believed for reading in written)
