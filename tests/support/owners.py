"""Simulated owners: cars whose use drifts, who come for maintenance when it is due or somewhat later, and clerks who
type their odometers, mostly rightly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from notifier.domain.service_due import Reading

__all__ = ["INTERVAL_KM", "INTERVAL_MONTHS", "Owner", "mistyped", "owners", "with_typing_errors"]

INTERVAL_KM, INTERVAL_MONTHS = 5_000, 6
MODELS = {"菱悦": 28.0, "DX7": 38.0, "得利卡": 52.0}
"""Model → mean km a day."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A car's model with that model's mean use (km a day), and its true odometer at each maintenance visit."""

    model: str
    mean: float
    visits: Sequence[Reading]


def owners(seed: int, number: int = 200) -> list[Owner]:
    """`number` owners of 6 to 9 maintenance visits, 3 to 9 months apart."""
    chance = random.Random(f"owners {seed}")
    return [_owner(chance) for _ in range(number)]


def _owner(chance: random.Random) -> Owner:
    model, mean = chance.choice(sorted(MODELS.items()))
    rate = mean * chance.lognormvariate(0, 0.3)
    habit = chance.uniform(0.95, 1.2)  # some come early, most a little late, the same ones every time
    day, km = date(2019, 1, 1) + timedelta(days=chance.randrange(365)), float(chance.randrange(4_000, 6_000))
    visits = [Reading(day, round(km))]
    for _ in range(chance.randrange(5, 9)):
        rate *= chance.lognormvariate(0, 0.12)  # a new job, a second car, a child at school
        due = min(INTERVAL_KM / rate, 182)
        days = round(min(max(due * habit * chance.lognormvariate(0, 0.07), 90), 270))
        day, km = day + timedelta(days=days), km + days * rate
        visits.append(Reading(day, round(km)))
    return Owner(model, mean, visits)


def with_typing_errors(visits: Sequence[Reading], chance: random.Random, share: float) -> list[Reading]:
    """The same visits, a `share` of the odometers typed wrongly."""
    return [Reading(v.day, mistyped(v.km, chance)) if chance.random() < share else v for v in visits]


def mistyped(km: int, chance: random.Random) -> int:
    """A number as a hasty clerk types it: two digits exchanged, one dropped, one doubled, or a zero too many."""
    digits = str(km)
    at = chance.randrange(len(digits) - 1)
    return int(
        chance.choice((
            digits[:at] + digits[at + 1] + digits[at] + digits[at + 2:],
            digits[:at] + digits[at + 1:],
            digits[:at] + digits[at] + digits[at:],
            digits + "0",
        ))
    )  # fmt: skip
