"""What the texts truly caused: the same people, the same luck, once with a campaign's texts and once without them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from notifier.demo.behaviour import comes, renews
from notifier.demo.cast import Car
from notifier.demo.life import World, truly_came, truly_renewed
from notifier.store.accounts import EnrolledCustomer

__all__ = ["Planted", "planted"]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Planted:
    """Of `n` customers in treatment, `came` did come (or renew); `anyway` of them would have without the texts."""

    n: int
    came: int
    anyway: int

    @property
    def caused(self) -> int:
        """Customers who came because of the texts."""
        return self.came - self.anyway

    @property
    def points(self) -> float:
        """The true lift as a share of the treated, 0 … 1."""
        return self.caused / self.n if self.n else 0.0


def planted(world: World, enrolled: Iterable[EnrolledCustomer], campaign: str, success: str, last_day: date) -> Planted:
    """The truth about a campaign over the same customers and windows as its lift, nothing after `last_day`.

    `last_day` must have been lived.
    """
    came = anyway = n = 0
    for one in enrolled:
        cars = [world.cars[vin] for vin in one.vins if vin in world.cars]
        did, would = (truly_came, _would_come) if success == "visit" else (truly_renewed, _would_renew)
        if one.arm != "treatment" or did(cars, one.first_opens_on, one.enrolled_on - DAY):
            continue
        last = min(one.lift_until, last_day)
        n += 1
        came += did(cars, one.enrolled_on, last)
        anyway += would(world, cars, one.enrolled_on, last, campaign)
    return Planted(n, came, anyway)


def _would_come(world: World, cars: Sequence[Car], first: date, last: date, campaign: str) -> bool:
    """Up to the first visit nothing has changed since `first`, so the standing of that day decides."""
    return any(
        comes(car, day, world.start, car.standing_on(first), without=campaign)
        for car in cars
        for day in _days(first, last)
        if car.delivered_on < day
    )


def _would_renew(world: World, cars: Sequence[Car], first: date, last: date, campaign: str) -> bool:
    return any(
        renews(car, day, world.start, _policy_end(car, first), without=campaign)
        for car in cars
        for day in _days(first, last)
        if car.delivered_on < day
    )


def _policy_end(car: Car, day: date) -> date:
    """When the policy in force on `day` ends."""
    written = [policy.starts_on for policy in car.policies if policy.written_on >= day]
    return min(written, default=car.insurance_ends_on)


def _days(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]
