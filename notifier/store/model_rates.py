"""What the shop's models are driven: read from a sample of its cars, and kept for a month.

A sample, because the answer must cost the same in a base of a thousand cars and of a million; some hundred cars a model
tell its middle within a few percent, and the figure weighs a third at most. Kept, because predictions must rest on one
figure: an import that was killed and is repeated, and the same file twice, come to the same end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.model_rates import typical_rates
from notifier.store.bulk import table_of
from notifier.store.readings import CarReading, order_readings
from notifier.store.tables import DmsImport, Vehicle

__all__ = ["ModelRates", "keep_rates", "model_rates", "rates_for_import", "rates_in_use", "sample_of_cars"]

IMPORT, VEHICLE = table_of(DmsImport), table_of(Vehicle)

STRETCHES, CARS_OF_STRETCH = 30, 100
"""The sample: so many cars in a row, from so many places of the base, so that old and new cars are in it alike."""
RENEWED_AFTER = timedelta(days=30)
IMPORTS_LOOKED_AT = 50
_CUSTOMERS_CARS = ("in_use", "sold")
_KEY = "model_rates"


@dataclass(frozen=True, slots=True)
class ModelRates:
    """Model → km a day (``""``: all models together), and the day of business they were found on."""

    found_on: date
    rates: Mapping[str, float]


def rates_for_import(
    session: Session,
    shop_id: int,
    import_id: int,
    at: datetime,
    incoming: Callable[[Collection[int]], Iterable[CarReading]] | None = None,
) -> Mapping[str, float]:
    """What the import that begins at `at` predicts with, noted with it for its own repetition and for later ones.

    The figures in use, unless they are over a month old; else the sample's. A base that knows too little (the first
    visits of a shop) learns from the file itself: `incoming` gives the readings the file brings for these cars.
    """
    known = rates_in_use(session, shop_id, at)
    if known is None:
        rates = model_rates(session, shop_id)
        if not rates and incoming is not None:
            models = sample_of_cars(session, shop_id)
            rates = typical_rates(models, incoming(models))
        known = ModelRates(at.date(), rates)
    keep_rates(session, import_id, known)
    return known.rates


def model_rates(session: Session, shop_id: int) -> Mapping[str, float]:
    """Model → km a day of its middle car, ``""`` → of all cars; empty while too little is known. Costs the sample."""
    models = sample_of_cars(session, shop_id)
    return typical_rates(models, order_readings(session, models))


def rates_in_use(session: Session, shop_id: int, at: datetime) -> ModelRates | None:
    """What the latest import that had any predicted with; None where none had, or they are over a month old."""
    latest = sa.select(IMPORT.c.counts).where(IMPORT.c.shop_id == shop_id).order_by(IMPORT.c.id.desc())
    for counts in session.execute(latest.limit(IMPORTS_LOOKED_AT)).scalars():
        if kept := counts.get(_KEY):
            found_on = date.fromisoformat(kept["found_on"])
            return ModelRates(found_on, kept["rates"]) if abs(at.date() - found_on) <= RENEWED_AFTER else None
    return None


def keep_rates(session: Session, import_id: int, known: ModelRates) -> None:
    """Note with an import what it predicts with, beside its counts."""
    if not known.rates:
        return
    counts = session.execute(sa.select(IMPORT.c.counts).where(IMPORT.c.id == import_id)).scalar_one()
    kept = {"found_on": known.found_on.isoformat(), "rates": dict(known.rates)}
    session.execute(sa.update(IMPORT).where(IMPORT.c.id == import_id).values(counts={**counts, _KEY: kept}))


def sample_of_cars(session: Session, shop_id: int) -> dict[int, str | None]:
    """Vehicle id → model of some 3,000 customers' cars, spread over the whole base; of a smaller base, of all."""
    models: dict[int, str | None] = {}
    for first, last in _stretches(session, shop_id):
        cars = (
            sa.select(VEHICLE.c.id, VEHICLE.c.model)
            .where(_of_shop(shop_id), VEHICLE.c.id.between(first, last), VEHICLE.c.state.in_(_CUSTOMERS_CARS))
            .order_by(VEHICLE.c.id)
            .limit(CARS_OF_STRETCH)
        )
        models.update(dict(session.execute(cars).all()))
    return models


def _stretches(session: Session, shop_id: int) -> Iterator[tuple[int, int]]:
    """First and last id of equal parts of the base."""
    ids = sa.select(VEHICLE.c.id).where(_of_shop(shop_id)).limit(1)
    first = session.execute(ids.order_by(VEHICLE.c.id)).scalar_one_or_none()
    last = session.execute(ids.order_by(VEHICLE.c.id.desc())).scalar_one_or_none()
    if first is None or last is None:
        return
    span = last + 1 - first
    for n in range(STRETCHES):
        yield first + span * n // STRETCHES, first + span * (n + 1) // STRETCHES - 1


def _of_shop(shop_id: int) -> sa.ColumnElement[bool]:
    """Worded so that no index of the shop is taken: the cars are wanted by id, an order such an index does not have."""
    return VEHICLE.c.shop_id + 0 == shop_id
