"""When a text may go and whether the day still has room: quiet hours, frequency cap, budget, spread.

Control rows pass through here like any other, so the arms stay comparable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.guards import Decision, Verdict
from notifier.domain.quiet_hours import QuietHours
from notifier.schedules import DailyBudget, FrequencyCap


@dataclass(frozen=True, slots=True)
class Slot:
    """A place found: the earliest moment, and the shop's day it counts on."""

    not_before: datetime
    count_on: date


@dataclass(slots=True)
class Ledger:
    """What a shop has counted already: day → (messages, cost in micros), and texts a customer got in this planning."""

    by_day: dict[date, tuple[int, int]]
    by_customer: Counter[int] = field(default_factory=Counter)

    def enter(self, customer_id: int, day: date, cost_micros: int) -> None:
        """Count one more text."""
        messages, cost = self.by_day.get(day, (0, 0))
        self.by_day[day] = (messages + 1, cost + cost_micros)
        self.by_customer[customer_id] += 1


class Pace:
    """What one run may still place. `spread_by_day`: day → texts of this campaign counted already."""

    def __init__(
        self,
        *,
        now: datetime,
        zone: ZoneInfo,
        quiet: QuietHours | None,
        cap: FrequencyCap | None,
        budget: DailyBudget | None,
        ledger: Ledger,
        spread_per_day: int | None = None,
        spread_until: date | None = None,
        spread_by_day: Mapping[date, int] | None = None,
    ) -> None:
        self.now = now
        self.zone = zone
        self.quiet = quiet
        self.cap = cap
        self.budget = budget
        self._ledger = ledger
        self._spread_per_day = spread_per_day
        self._spread = Counter(spread_by_day or {})
        self._days = self._days_until(spread_until)
        self._earliest = {day: self._allowed(day) for day in self._days}

    def _days_until(self, spread_until: date | None) -> list[date]:
        today = self.now.astimezone(self.zone).date()
        if self._spread_per_day is None:
            return [today]
        last = max(today, (spread_until or today) - timedelta(days=1))
        return [today + timedelta(days=step) for step in range((last - today).days + 1)]

    def _allowed(self, day: date) -> datetime:
        local = self.now.astimezone(self.zone)
        start = self.now if day == local.date() else datetime.combine(day, local.time(), self.zone)
        return self.quiet.next_allowed(start, self.zone) if self.quiet else start

    def place(self, customer_id: int, *, counted: int, cost_micros: int, valid_until: datetime) -> Slot | Decision:
        """A slot for one text, taken at once; or why there is none today.

        `counted`: texts of the customer that count towards the cap, without those of this planning.
        """
        if self.cap and counted + self._ledger.by_customer[customer_id] >= self.cap.messages:
            return Decision(Verdict.DEFERRED, "frequency_cap", f"{self.cap.messages}/{self.cap.days}d")
        refusal: Decision | None = None
        for day in self._days:
            found = self._try_day(day, cost_micros, valid_until)
            if isinstance(found, Slot):
                self._spread[found.count_on] += 1
                self._ledger.enter(customer_id, found.count_on, cost_micros)
                return found
            if found.verdict is Verdict.EXCLUDED:
                return refusal or found
            refusal = found
        assert refusal is not None  # there is always at least today
        return refusal

    def _try_day(self, day: date, cost_micros: int, valid_until: datetime) -> Slot | Decision:
        not_before = self._earliest[day]
        if not_before >= valid_until:
            return Decision(Verdict.EXCLUDED, "window_closed")
        count_on = not_before.astimezone(self.zone).date()
        if self._spread_per_day is not None and self._spread[count_on] >= self._spread_per_day:
            return Decision(Verdict.DEFERRED, "spread", f"{self._spread_per_day}/day")
        return self._within_budget(count_on, cost_micros) or Slot(not_before, count_on)

    def _within_budget(self, day: date, cost_micros: int) -> Decision | None:
        if self.budget is None:
            return None
        messages, cost = self._ledger.by_day.get(day, (0, 0))
        if self.budget.messages is not None and messages + 1 > self.budget.messages:
            return Decision(Verdict.DEFERRED, "budget", f"{self.budget.messages}")
        if self.budget.amount_micros is not None and cost + cost_micros > self.budget.amount_micros:
            return Decision(Verdict.DEFERRED, "budget", f"{self.budget.amount_micros / 1_000_000:.2f}")
        return None
