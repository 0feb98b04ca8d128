"""When a text may go and whether the day still has room: quiet hours, closed days, frequency cap, budget, spread.

Control rows pass through here like any other, so the arms stay comparable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.guards import Decision, Verdict
from notifier.domain.sending_hours import SendingHours, Zones
from notifier.schedules import DailyBudget, FrequencyCap


@dataclass(frozen=True, slots=True)
class Slot:
    """A place found: the earliest moment, and the shop's day it counts on."""

    not_before: datetime
    count_on: date


@dataclass(slots=True)
class Ledger:
    """What a shop has counted already: day → (messages, cost in micros), and texts a person got in this planning.

    A person is a customer's id, or, for a cap that spans the group, the phone key.
    """

    by_day: dict[date, tuple[int, int]]
    by_person: Counter[int | str | None] = field(default_factory=Counter)

    def enter(self, person: int | str | None, day: date, cost_micros: int) -> None:
        """Count one more text."""
        messages, cost = self.by_day.get(day, (0, 0))
        self.by_day[day] = (messages + 1, cost + cost_micros)
        self.by_person[person] += 1


class Pace:
    """What one run may still place. `hours`: when texts may leave, None = always. `spread_by_day`: day → texts of this
    campaign counted already.

    `days`: the days that are tried one after the other, in place of today and those a spread run reaches; `clock`: from
    when on the later ones.
    """

    def __init__(
        self,
        *,
        now: datetime,
        zone: ZoneInfo,
        hours: SendingHours | None,
        cap: FrequencyCap | None,
        budget: DailyBudget | None,
        ledger: Ledger,
        spread_per_day: int | None = None,
        spread_until: date | None = None,
        spread_by_day: Mapping[date, int] | None = None,
        days: Sequence[date] = (),
        clock: time | None = None,
    ) -> None:
        self.now = now
        self.zone = zone
        self.hours = hours
        self.cap = cap
        self.budget = budget
        self._ledger = ledger
        self._spread_per_day = spread_per_day
        self._spread = Counter(spread_by_day or {})
        self._clock = clock or now.astimezone(zone).time()
        self._days = list(days) or self._days_until(spread_until)
        self._earliest: dict[tuple[date, Zones], datetime] = {}

    def _days_until(self, spread_until: date | None) -> list[date]:
        today = self.now.astimezone(self.zone).date()
        if self._spread_per_day is None:
            return [today]
        last = max(today, (spread_until or today) - timedelta(days=1))
        return [today + timedelta(days=step) for step in range((last - today).days + 1)]

    def _allowed(self, day: date, zones: Zones) -> datetime:
        """The earliest moment on `day` or after it; looked up once for all phones of the same zones."""
        found = self._earliest.get((day, zones))
        if found is None:
            local = self.now.astimezone(self.zone)
            start = self.now if day == local.date() else datetime.combine(day, self._clock, self.zone)
            found = self._earliest[day, zones] = self.hours.next_open(start, zones) if self.hours else start
        return found

    def place(
        self,
        person: int | str | None,
        *,
        counted: int,
        cost_micros: int,
        valid_until: datetime,
        phone: str | None = None,
    ) -> Slot | Decision:
        """A slot for one text to `phone`, taken at once; or why there is none today. `person`: see `Ledger`.

        `counted`: texts of the customer that count towards the cap, without those of this planning.
        """
        if self.cap and counted + self._ledger.by_person[person] >= self.cap.messages:
            return Decision(Verdict.DEFERRED, "frequency_cap", f"{self.cap.messages}/{self.cap.days}d")
        refusal: Decision | None = None
        zones = self.hours.zones_of(phone) if self.hours else ()
        for day in self._days:
            found = self._try_day(self._allowed(day, zones), cost_micros, valid_until)
            if isinstance(found, Slot):
                self._spread[found.count_on] += 1
                if self.cap or self.budget:  # neither counts texts of a campaign that is not bound by them
                    self._ledger.enter(person, found.count_on, cost_micros)
                return found
            if found.verdict is Verdict.EXCLUDED:
                return refusal or found
            refusal = found
        assert refusal is not None  # there is always at least today
        return refusal

    def _try_day(self, not_before: datetime, cost_micros: int, valid_until: datetime) -> Slot | Decision:
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
