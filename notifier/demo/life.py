"""The days of the demo as they truly are: who comes, who renews. The shop learns of it through its files alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from notifier.demo.behaviour import comes, renews
from notifier.demo.cast import Car, Person, Policy, Standing, Visit
from notifier.demo.chance import chance, pick
from notifier.demo.past import REPAIRS, live_until, make_visit
from notifier.demo.population import make_people

__all__ = ["World", "make_world", "truly_came", "truly_renewed"]

_NEW_CARS_A_CUSTOMER = 0.02
_ACCIDENT_ABOVE = 0.9995
_SERVICE_WITHIN_DAYS = 25
_REDEEMS = 0.75
_STAYS_AFTER_RETURN = 0.5


@dataclass
class World:
    """Everybody and everything that happened. `start` is the first simulated day."""

    seed: int
    start: date
    people: list[Person]
    newcomers: list[Person]
    cars: dict[str, Car] = field(default_factory=dict)

    def live(self, day: date) -> tuple[list[Visit], list[Policy]]:
        """Let `day` pass: the visits and the policies it brought."""
        visits = [visit for car in self.cars.values() if (visit := self._visit(car, day)) is not None]
        policies = [policy for car in self.cars.values() if (policy := self._policy(car, day)) is not None]
        return sorted(visits, key=lambda visit: visit.at), policies

    def delivered(self, first: date, last: date) -> list[Person]:
        """Customers whose new car was handed over in [first, last]."""
        return [person for person in self.newcomers if first <= person.cars[0].delivered_on <= last]

    def _visit(self, car: Car, day: date) -> Visit | None:
        if car.delivered_on >= day:
            return None
        if comes(car, day, self.start, car.standing):
            return self._counted_visit(car, day)
        if car.luck[(day - self.start).days] > _ACCIDENT_ABOVE:
            car.visits.append(make_visit(car, day, "事故车", chance(self.seed, "accident", car.vin, day)))
            return car.visits[-1]
        return None

    def _counted_visit(self, car: Car, day: date) -> Visit:
        luck = chance(self.seed, "visit", car.vin, day)
        standing = car.standing
        is_service = standing.is_quiet or (standing.due_on - day).days <= _SERVICE_WITHIN_DAYS
        category = "定期保养" if is_service else pick(luck, REPAIRS)
        coupon = _redeemed(car, day, luck)
        visit = make_visit(car, day, category, luck, coupon)
        car.visits.append(visit)
        due_on = car.due_after(day) if is_service else standing.due_on
        leaves_again = standing.is_quiet and luck.random() > _STAYS_AFTER_RETURN
        car.standings.append(Standing(day, due_on, leaves_again))
        return visit

    def _policy(self, car: Car, day: date) -> Policy | None:
        ends_on = car.insurance_ends_on
        if car.delivered_on >= day or not renews(car, day, self.start, ends_on):
            return None
        luck = chance(self.seed, "premium", car.vin, ends_on)
        starts_on, car.insurance_ends_on = ends_on, ends_on + timedelta(days=365)
        policy = Policy(car.vin, day, starts_on, car.insurance_ends_on, luck.randrange(2_400, 6_800, 10))
        car.policies.append(policy)
        return policy


def _redeemed(car: Car, day: date, luck: Random) -> str | None:
    """The coupon the customer brings along, where one is still valid: once."""
    code = car.coupon if car.coupon_ends_on is not None and day <= car.coupon_ends_on else None
    car.coupon = None
    return code if luck.random() < _REDEEMS else None


def make_world(seed: int, customers: int, start: date, days: int) -> World:
    """`customers` people with their past up to `start`, and the luck of `days` days to come."""
    people = make_people(seed, customers, start)
    live_until(people, start, seed)
    newcomers = _newcomers(seed, customers, start, days)
    world = World(seed, start, people, newcomers)
    world.cars = {car.vin: car for person in (*people, *newcomers) for car in person.cars}
    for car in world.cars.values():
        luck = chance(seed, "luck", car.vin)
        car.luck = [luck.random() for _ in range(days)]
        car.policy_luck = [luck.random() for _ in range(days)]
    return world


def _newcomers(seed: int, customers: int, start: date, days: int) -> list[Person]:
    """People who buy a car while the demo runs."""
    count = max(2, round(customers * _NEW_CARS_A_CUSTOMER))
    people = make_people(seed, customers + count, start)[customers:]
    for n, person in enumerate(people):
        del person.cars[1:]
        car = person.cars[0]
        car.delivered_on = start + timedelta(days=n * days // count)
        car.insurance_ends_on = car.delivered_on + timedelta(days=365)
        car.standings = [Standing(car.delivered_on, car.delivered_on + timedelta(days=85), is_quiet=False)]
    return people


def truly_came(cars: Sequence[Car], first: date, last: date) -> bool:
    """Whether one of the cars made a visit in [first, last] that counts for the shop."""
    return any(first <= visit.day <= last and visit.category != "事故车" for car in cars for visit in car.visits)


def truly_renewed(cars: Sequence[Car], first: date, last: date) -> bool:
    """Whether the policy of one of the cars was renewed with the shop in [first, last]."""
    return any(first <= policy.written_on <= last for car in cars for policy in car.policies)
