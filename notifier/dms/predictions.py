"""A car's stored service days, from its orders: kept up to date for the cars an import touches, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from notifier.domain.service_due import Reading, ServiceDue, keep_plausible_chain, predict

__all__ = ["DERIVED", "derive", "plausible_readings"]

INTERVAL_KM = 5_000
INTERVAL_MONTHS = 6

DERIVED = (
    "last_maintenance_on", "service_anchor_on", "next_service_on", "next_service_from", "next_service_to",
    "next_service_kind", "km_per_day", "last_odometer", "irregular",
)  # fmt: skip


def plausible_readings(readings: Iterable[Reading]) -> list[Reading]:
    """The odometer readings to believe: zero is no reading, and the others must make a plausible chain."""
    return keep_plausible_chain(reading for reading in readings if reading.km > 0)


def derive(
    delivered_on: date | None, last_maintenance_on: date | None, readings: list[Reading], prior: float | None
) -> Mapping[str, Any]:
    """The columns of DERIVED for one car; `readings` are plausible and by day.

    Due six months or 5,000 km after the last maintenance visit; while none is known, after the delivery: then it is the
    car's first service that is due. Without either day nothing is due.
    """
    derived: dict[str, Any] = dict.fromkeys(DERIVED)
    derived["irregular"] = False
    derived["last_odometer"] = readings[-1].km if readings else None
    derived["last_maintenance_on"] = last_maintenance_on
    derived["service_anchor_on"] = last_maintenance_on or delivered_on
    if last_maintenance_on is not None:
        due = predict(
            last_maintenance_on, None, readings, interval_km=INTERVAL_KM, interval_months=INTERVAL_MONTHS, prior=prior
        )
        derived |= _due("regular", due)
    elif delivered_on is not None:
        start = [] if any(reading.day <= delivered_on for reading in readings) else [Reading(delivered_on, 0)]
        due = predict(
            delivered_on, None, [*start, *readings],
            interval_km=INTERVAL_KM, interval_months=INTERVAL_MONTHS, prior=prior,
        )  # fmt: skip
        derived |= _due("first", due)
    return derived


def _due(kind: str, due: ServiceDue) -> dict[str, Any]:
    return {
        "next_service_kind": kind,
        "next_service_on": due.due_on,
        "next_service_from": due.earliest,
        "next_service_to": due.latest,
        "km_per_day": None if due.rate is None else round(due.rate, 6),
        "irregular": due.irregular,
    }
