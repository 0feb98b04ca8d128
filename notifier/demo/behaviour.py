"""What drives a customer: when they come by themselves, and what a text that reaches them changes.

Nothing here knows of arms: a control customer is one whom no text reaches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from types import MappingProxyType

from notifier.demo.cast import Booking, Car, Pull, Standing

__all__ = ["EFFECTS", "Effect", "Words", "chance_to_come", "chance_to_renew", "comes", "feel", "renews"]

_COMING = 0.055
_REPAIR = 0.0012
_RETURNING = 0.0016
_WEEKDAYS = (0.95, 0.9, 0.9, 0.95, 1.0, 1.25, 1.05)
_MONTHS = MappingProxyType({3: 1.0, 4: 1.06, 5: 1.12})
_RENEWING = ((-45, -10, 0.011), (-10, 1, 0.028))


@dataclass(frozen=True, slots=True)
class Effect:
    """What one delivered text adds to its reader's chance of coming (or renewing): so much a day, for so many days."""

    chance: float
    days: int


@dataclass(frozen=True, slots=True)
class Words:
    """Shares of answers to a delivered text, among those who mean to come and those who have left for good."""

    staying: Mapping[str, float]
    gone: Mapping[str, float]


EFFECTS: Mapping[tuple[str, str], Effect] = MappingProxyType(
    {
        ("maintenance_due", "early"): Effect(0.009, 10),
        ("maintenance_due", "last"): Effect(0.009, 10),
        ("insurance_expiry", "early"): Effect(0.004, 10),
        ("insurance_expiry", "middle"): Effect(0.006, 10),
        ("insurance_expiry", "last"): Effect(0.012, 7),
        ("winback", "at_risk"): Effect(0.009, 14),
        ("winback", "lost"): Effect(0.008, 14),
        ("winback", "gone"): Effect(0.004, 14),
    }
)
"""A greeting brings nobody in: its absence here is the truth that the report is held against."""


def comes(car: Car, day: date, since: date, standing: Standing, without: str | None = None) -> bool:
    """Whether the car comes on `day`, `since` being the first simulated day; `without`: as if that campaign were not.

    The luck of the day is the same either way, so that whoever comes only with the text came because of it.
    """
    booked = any(booking.day == day and booking.campaign != without for booking in car.bookings)
    pulled = sum(pull.on(day) for pull in car.pulls if pull.campaign != without)
    return booked or car.luck[(day - since).days] < chance_to_come(car, day, standing) + pulled


def chance_to_come(car: Car, day: date, standing: Standing) -> float:
    """The chance that a car comes on `day` with no text at all."""
    if car.state != "在用":
        return 0.0
    rhythm = _WEEKDAYS[day.weekday()] * _MONTHS.get(day.month, 1.0)
    if standing.is_quiet:
        return _RETURNING * rhythm
    late = (day - standing.due_on).days - car.tardiness
    return (_REPAIR + _COMING / (1 + math.exp(-late / 6))) * rhythm


def renews(car: Car, day: date, since: date, ends_on: date, without: str | None = None) -> bool:
    """Whether the owner renews the policy that ends on `ends_on` with the shop on `day`; `without` as in `comes`."""
    own = chance_to_renew(day, ends_on)
    pulled = sum(pull.on(day) for pull in car.policy_pulls if pull.campaign != without) if own else 0.0
    return car.policy_luck[(day - since).days] < own + pulled


def chance_to_renew(day: date, ends_on: date) -> float:
    """The chance of a renewal on `day` with no text at all: most leave it to the last days."""
    left = (day - ends_on).days
    return next((share for first, last, share in _RENEWING if first <= left < last), 0.0)


_VISIT_WORDS = Words({"1": 0.05, "谢谢": 0.01, "R": 0.003}, {"1": 0.02, "0": 0.03, "R": 0.012, "车早就卖了": 0.004})
_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "maintenance_due": _VISIT_WORDS,
        "winback": Words(
            {"1": 0.05, "R": 0.01}, {"1": 0.03, "0": 0.02, "R": 0.015, "退订": 0.006, "请不要再发短信了": 0.004}
        ),
        "insurance_expiry": Words({"1": 0.05, "0": 0.03, "R": 0.003}, {"0": 0.05, "R": 0.01, "TD": 0.003}),
        "birthday": Words({"谢谢": 0.06, "谢谢你们": 0.02}, {"谢谢": 0.03, "R": 0.006}),
    }
)


def feel(car: Car, campaign: str, stage: str, day: date, luck: Random) -> str | None:
    """A text has reached the owner of `car`: what it changes, and the words sent back, if any."""
    effect = EFFECTS.get((campaign, stage))
    is_renewal = campaign == "insurance_expiry"
    if effect is not None:
        (car.policy_pulls if is_renewal else car.pulls).append(Pull(campaign, day, effect.chance, effect.days))
    words = _drawn(_WORDS[campaign], car.standing.is_quiet, luck)
    wants_to_come = words == "1" and not is_renewal and luck.random() < 0.85
    if wants_to_come:
        car.bookings.append(Booking(campaign, day + timedelta(days=luck.randint(1, 5))))
    return words


def _drawn(words: Words, is_gone: bool, luck: Random) -> str | None:
    draw = luck.random()
    for text, share in (words.gone if is_gone else words.staying).items():
        if draw < share:
            return text
        draw -= share
    return None
