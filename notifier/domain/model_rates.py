"""How much cars of a model are typically driven: what a prediction leans on while a car says little of itself.

Source: facts/statistics.md, "Next service date", steps 3 and 4, "the model's mean". The middle value stands for the
mean: one taxi, or one odometer nobody caught, must not move a model of six cars. Only what cars say by themselves
counts, never a rate that was shrunk to a mean before, so the figure cannot feed on itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from statistics import median

from notifier.domain.service_due import Reading, keep_plausible_chain, own_rate

__all__ = ["MIN_CARS", "OF_ALL_MODELS", "prior_of", "typical_rates"]

MIN_CARS = 5
"""Fewer cars than this are not yet a model's use."""
OF_ALL_MODELS = ""
"""The key of the shop's cars together: for rare models, and for cars whose model nobody wrote down."""


def typical_rates(models: Mapping[int, str | None], readings: Iterable[tuple[int, date, int]]) -> Mapping[str, float]:
    """Model → km a day of its middle car, to a tenth; OF_ALL_MODELS → that of all cars together.

    `models`: car → its model. `readings`: car, day, kilometres, in any order; cars that `models` does not name are left
    out. A car counts with three plausible readings or more and even use; a model with MIN_CARS such cars.
    """
    by_car: dict[int, list[Reading]] = defaultdict(list)
    for car, day, km in readings:
        if km > 0 and car in models:
            by_car[car].append(Reading(day, km))
    by_model: dict[str, list[float]] = defaultdict(list)
    for car, known in by_car.items():
        rate = own_rate(keep_plausible_chain(known))
        if rate is not None:
            for model in {models[car] or OF_ALL_MODELS, OF_ALL_MODELS}:
                by_model[model].append(rate)
    return {model: round(median(rates), 1) for model, rates in sorted(by_model.items()) if len(rates) >= MIN_CARS}


def prior_of(rates: Mapping[str, float], model: str | None) -> float | None:
    """What a car of `model` is expected to be driven, km a day: as its model, else as all; None = nothing is known."""
    own = rates.get(model) if model else None
    return own if own is not None else rates.get(OF_ALL_MODELS)
