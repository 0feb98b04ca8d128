"""A car's stored service days, from its orders: kept up to date for the cars an import touches, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from notifier.domain.service_due import Reading, keep_plausible_chain, predict_from_chain

__all__ = ["derive", "plausible_readings"]

INTERVAL_KM = 5_000
INTERVAL_MONTHS = 6


def plausible_readings(readings: Iterable[Reading]) -> list[Reading]:
    """The odometer readings to believe: zero is no reading, and the others must make a plausible chain."""
    return keep_plausible_chain(reading for reading in readings if reading.km > 0)


def derive(
    delivered_on: date | None, last_maintenance_on: date | None, readings: Sequence[Reading], prior: float | None
) -> tuple[Any, ...]:
    """The DUE_COLUMNS of one car; `readings` are plausible and by day.

    Due six months or 5,000 km after the last maintenance visit; while none is known, after the delivery: then it is the
    car's first service that is due. Without either day nothing is due.
    """
    odometer = readings[-1].km if readings else None
    anchor = last_maintenance_on or delivered_on
    if anchor is None:
        return None, None, None, None, None, None, None, odometer, False
    kind, chain = "regular", readings
    if last_maintenance_on is None:
        kind = "first"
        if not any(reading.day <= anchor for reading in readings):
            chain = keep_plausible_chain([Reading(anchor, 0), *readings])
    due = predict_from_chain(anchor, chain, interval_km=INTERVAL_KM, interval_months=INTERVAL_MONTHS, prior=prior)
    rate = None if due.rate is None else round(due.rate, 6)
    return (
        last_maintenance_on, anchor, due.due_on, due.earliest, due.latest, kind, rate, odometer, due.irregular,
    )  # fmt: skip
