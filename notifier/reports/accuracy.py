"""How near the prediction of the next service came, on the shop's own past: figures for every renderer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from notifier.dms.predictions import INTERVAL_KM, INTERVAL_MONTHS
from notifier.domain.accuracy import Accuracy, CarPast, Errors, Interval, judge
from notifier.domain.model_rates import prior_of
from notifier.reports.campaigns import ReportShop
from notifier.store import facts
from notifier.store.engine import Session
from notifier.store.model_rates import model_rates, rates_in_use
from notifier.store.service_histories import service_histories

__all__ = ["AccuracyReport", "accuracy_report"]


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """Whose, which days, by which interval, and what the cars say. `to_day`: at most `today`.

    `known_to` maps a kind of import to the moment up to which its records are known.
    """

    shop: ReportShop
    from_day: date
    to_day: date
    today: date
    interval: Interval
    accuracy: Accuracy
    known_to: Mapping[str, datetime] = field(default_factory=dict)

    def rows(self) -> tuple[tuple[str, Errors], ...]:
        """The rules compared: ours, and that of fixed months."""
        return ("prediction", self.accuracy.prediction), ("fixed_months", self.accuracy.fixed_months)


def accuracy_report(session: Session, *, shop: ReportShop, today: date, from_day: date, to_day: date) -> AccuracyReport:
    """Every maintenance visit in [from_day, to_day], and not after `today`, against its prediction on the eve of it.

    The model means are today's; nothing else is used that was not known then. Streams over the base.
    """
    interval = Interval(INTERVAL_KM, INTERVAL_MONTHS)
    known = rates_in_use(session, shop.id, datetime.combine(today, time(), UTC))
    rates = known.rates if known else model_rates(session, shop.id)
    accuracy, last = Accuracy(), max(from_day, min(to_day, today))
    for history in service_histories(session, shop.id):
        car = CarPast(
            history.maintained_on, history.readings, history.told, prior_of(rates, history.model),
            is_awaited=history.state == "in_use",
        )  # fmt: skip
        judge(accuracy, car, interval, from_day, min(last, today))
    return AccuracyReport(shop, from_day, last, today, interval, accuracy, known_to=facts.known_to(session, shop.id))
