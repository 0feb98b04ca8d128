"""What a claim of fifty takes, its commit included, however many wait."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from statistics import median, quantiles

from benchmarks.ways.outbox import NOW
from benchmarks.ways.way import IN_FLIGHT
from notifier.gateways.base import Answer, AnswerKind
from notifier.jobs.record import Answered
from notifier.wiring import House


@dataclass(frozen=True)
class ClaimTimes:
    """Of one claim, in milliseconds."""

    median: float
    p95: float

    def __str__(self) -> str:
        return f"{self.median:.1f} / {self.p95:.1f}"


_serials = count(1)


def claim_times(house: House, claims: int) -> ClaimTimes:
    """So many claims by a lane of the house, each recorded as accepted before the next."""
    lane = house.lane(lambda: NOW)
    lane._prepare()
    seconds = []
    for _ in range(claims):
        started = time.perf_counter()
        claimed = lane._claim(IN_FLIGHT)
        seconds.append(time.perf_counter() - started)
        assert len(claimed.texts) == IN_FLIGHT, claimed
        lane._record([Answered(text, Answer(AnswerKind.ACCEPTED, sid=_sid())) for text in claimed.texts])
    return ClaimTimes(median(seconds) * 1_000, quantiles(seconds, n=20)[-1] * 1_000)


def _sid() -> str:
    """One the provider does not give."""
    return f"SMf{next(_serials):031x}"
