"""What the cars did before the demo begins: services, repairs, accidents, and who stopped coming without a word."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from notifier.demo.cast import Car, Person, Standing, Visit
from notifier.demo.chance import chance, pick

__all__ = ["REPAIRS", "live_until", "make_visit"]

LEAVING = (0.06, 0.3, 0.5, 0.55, 0.55, 0.55)
"""Chance a year to stay away for good, by the car's age: some 60 % have left after three (facts/dealership.md)."""

REPAIRS = {"一般维修": 0.62, "索赔": 0.18, "装潢": 0.2}
_AMOUNTS = {"首保": (0, 0), "定期保养": (780, 0.3), "一般维修": (620, 0.6), "索赔": (0, 0), "装潢": (900, 0.7),
            "事故车": (3200, 0.7)}  # fmt: skip


def live_until(people: list[Person], start: date, seed: int) -> None:
    """Give every car its past up to the eve of `start`."""
    for person in people:
        for car in person.cars:
            _live(car, start, chance(seed, "past", car.vin))


def make_visit(car: Car, day: date, category: str, luck: Random, coupon: str | None = None) -> Visit:
    """One visit of `car` on `day`, in the shop's hours."""
    arrived = datetime.combine(day, time(8, 30)) + timedelta(minutes=luck.randrange(9 * 60))
    middle, spread = _AMOUNTS[category]
    amount = round(middle * luck.lognormvariate(0, spread)) if middle else 0
    return Visit(car.vin, arrived, category, car.km_on(day), amount, coupon)


def _live(car: Car, start: date, luck: Random) -> None:
    visits: list[Visit] = []
    serviced_on, is_quiet = _services(car, start, luck, visits)
    until = serviced_on if is_quiet else start
    for _ in range(round((until - car.delivered_on).days / 365 * 0.9 * luck.random() * 2)):
        day = car.delivered_on + timedelta(days=1 + luck.randrange(max(1, (until - car.delivered_on).days)))
        if day < start:
            category = "事故车" if luck.random() < 0.15 else pick(luck, REPAIRS)
            visits.append(make_visit(car, day, category, luck))
    car.visits = sorted(visits, key=lambda visit: visit.at)
    seen = max([visit.day for visit in car.visits], default=car.delivered_on)
    car.standings = [Standing(seen, car.due_after(serviced_on), is_quiet)]


def _services(car: Car, start: date, luck: Random, visits: list[Visit]) -> tuple[date, bool]:
    """(the last service, whether its driver has left for good)."""
    serviced_on, is_first = car.delivered_on, True
    while True:
        wait = 85.0 if is_first else (car.due_after(serviced_on) - serviced_on).days + car.tardiness
        day = serviced_on + timedelta(days=max(20, round(wait + luck.gauss(0, 12))))
        years = (day - car.delivered_on).days // 365
        per_interval = LEAVING[min(years, len(LEAVING) - 1)] * (day - serviced_on).days / 365
        if not is_first and luck.random() < per_interval:
            return serviced_on, True
        if day >= start:
            return serviced_on, False
        visits.append(make_visit(car, day, "首保" if is_first else "定期保养", luck))
        serviced_on, is_first = day, False
