"""The worklist (招揽清单): whom clerks call, why, and what is known of each; one row a purpose and car or customer.

First who asked for something by reply and waits, then who was texted and has not come, then who could not be texted,
then the rest. Who came, booked or renewed is left out, and so is whoever is kept untexted for comparison: a call would
spoil it. Marketing is called about only with consent; an opt-out by SMS forbids no call about a recall or a service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notifier.domain.contacts import CLOSING, NOT_REACHED, RowName
from notifier.domain.cycles import stage_windows
from notifier.domain.rules import RULES
from notifier.reports.campaigns import ReportShop
from notifier.reports.kept_back import KeptBack
from notifier.schedules import Campaign
from notifier.schedules.stage_words import touch_words
from notifier.store.engine import Session
from notifier.store.worklist import (
    AskedReply,
    LastCall,
    ListedCar,
    ListedCustomer,
    ListedTouch,
    WorklistFacts,
    listed_touches,
    worklist_facts,
)

__all__ = ["ASKS", "NOT_COME", "NOT_TEXTED", "REST", "Worklist", "WorklistRow", "worklist"]

ASKS, NOT_COME, NOT_TEXTED, REST = "asks", "not_come", "not_texted", "rest"
ORDER = (ASKS, NOT_COME, NOT_TEXTED, REST)

LOOKED_BACK = timedelta(days=800)
CUSTOMERS_A_CHUNK = 1_000

LEFT_OR_MAY_HAVE = frozenset({"sending", "unknown", "accepted", "sent", "delivered"})
NO_QUESTION = frozenset({"stop", "start", "empty", "already_done", "sold", "odometer"})
SETTLING = frozenset({"already_done", "sold"})
MENDED_BY_A_CALL = frozenset(
    {"unreachable", "suppressed", "before_first_run", "window_closed", "missing_value", "validity_over", "opted_out"}
)
"""Why somebody got no text, where a call still makes sense."""
WAITING = frozenset({"frequency_cap", "budget", "spread", "contacted", "cannot_be_sent", "review_expired"})
"""Why a text is put off, where a call may come before it."""
_RENEWAL_BEYOND = RULES["insurance_expiry"].tolerance_days
_DUE_DAY = {
    "first_service": ("next_service_on", "next_service_from", "next_service_to"),
    "maintenance_due": ("next_service_on", "next_service_from", "next_service_to"),
    "insurance_expiry": ("insurance_ends_on",), "inspection": ("inspection_ends_on",),
    "loan_end": ("loan_ends_on",), "warranty_end": ("warranty_ends_on",),
}  # fmt: skip
"""Rule → the car's columns: the day itself, and where it is a range its first and last day."""


class ListedText(NamedTuple):
    """One text. `touch`: its stage in words."""

    stage: str
    day: date
    state: str
    touch: str


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One row. `group`: asks, not_come, not_texted or rest; `why`: the reason word behind it, where there is one.

    `texts`: what was texted or is planned, oldest first; `answers`: (day, meaning, words).
    """

    name: RowName
    group: str
    why: str | None
    campaigns: tuple[str, ...]
    customer: ListedCustomer
    car: ListedCar | None
    due_from: date | None
    due_to: date | None
    texts: tuple[ListedText, ...]
    answers: tuple[tuple[date, str, str], ...]
    advisor: str | None
    last_call: LastCall | None

    @property
    def purpose(self) -> str:
        """The rule it is about."""
        return self.name.purpose


@dataclass(slots=True)
class Worklist:
    """The rows from `first` to `last`, made on `today`; `in_control`: rows kept back, so that the comparison holds."""

    shop: ReportShop
    today: date
    first: date
    last: date
    region: str
    rows: list[WorklistRow] = field(default_factory=list)
    in_control: int = 0


Subject = tuple[str, str, int]
"""Rule, vehicle or customer, id."""


def worklist(
    session: Session, shop: ReportShop, campaigns: Sequence[Campaign], days: tuple[date, date], *,
    today: date, region: str, only: str | None = None,
) -> Worklist:  # fmt: skip
    """The list of what was due on these days (both included). `campaigns`: those of schedules.yaml, for the windows of
    rules that count months; `only`: the id of one campaign. `region`: the country phones are written for."""
    made = Worklist(shop, today, *days, region)
    zone = ZoneInfo(shop.timezone)
    until = datetime.combine(days[1] + timedelta(days=1), time(), zone)
    rows: dict[Subject, list[ListedTouch]] = defaultdict(list)
    for touch in listed_touches(session, shop.id, days, until, only):
        rows[touch.rule, touch.subject_type, touch.subject_id].append(touch)
    by_id = {campaign.id: campaign for campaign in campaigns}
    windows, kept_back = _Windows(zone, by_id), KeptBack(session, shop.id, by_id, today.year)
    for chunk in _chunks(rows):
        facts = worklist_facts(session, {touches[0].customer_id for touches in chunk.values()}, today - LOOKED_BACK)
        for subject, touches in chunk.items():
            found = _Row(subject, touches, facts, windows, kept_back).made()
            if isinstance(found, WorklistRow):
                made.rows.append(found)
            else:
                made.in_control += found
    made.rows.sort(key=_place)
    return made


def _chunks(rows: Mapping[Subject, list[ListedTouch]]) -> Iterator[dict[Subject, list[ListedTouch]]]:
    items = sorted(rows.items(), key=lambda item: item[1][0].customer_id)
    for start in range(0, len(items), CUSTOMERS_A_CHUNK):
        yield dict(items[start : start + CUSTOMERS_A_CHUNK])


def _place(row: WorklistRow) -> tuple[int, date, date, str, int]:
    """Groups in their order; within one the longest waiting answer, else the earliest due day, first."""
    waiting_since = row.answers[-1][0] if row.group == ASKS and row.answers else date.max
    number = row.name.vehicle_id or row.name.customer_id or 0
    return ORDER.index(row.group), waiting_since, row.due_to or date.max, row.purpose, number


@dataclass(frozen=True, slots=True)
class _Windows:
    """The shop's zone and the campaigns of the file: when a stage is open."""

    zone: ZoneInfo
    campaigns: Mapping[str, Campaign]

    def opening(self, touch: ListedTouch) -> date | None:
        """The day a stage counted in months opened; None where the campaign is gone."""
        campaign = self.campaigns.get(touch.campaign_id)
        if campaign is None:
            return None
        windows = stage_windows(touch.anchor_on, campaign.stages, campaign.late_days)
        return next((window.opens_on for window in windows if window.stage == touch.stage), None)

    def words(self, touch: ListedTouch) -> str:
        """The stage as people call it; its name where the campaign is gone."""
        campaign = self.campaigns.get(touch.campaign_id)
        return touch.stage if campaign is None else touch_words(campaign, touch.stage)


class _Row:
    """One row in the making."""

    def __init__(
        self, subject: Subject, touches: Sequence[ListedTouch], facts: WorklistFacts, windows: _Windows,
        kept_back: KeptBack,
    ) -> None:  # fmt: skip
        self.rule, self.subject_type, self.subject_id = subject
        self.facts, self.windows, self.kept_back = facts, windows, kept_back
        self.customer_id = touches[-1].customer_id
        self.customer = facts.customers[self.customer_id]
        self.touches = [touch for touch in touches if self._may_be_called_about(touch)]
        self.calls = [call for call in facts.calls.get(self.customer_id, ()) if self._is_about(call)]
        self.messages = {touch.message_id for touch in self.touches if touch.message_id is not None}
        self.answers = [r for r in facts.replies.get(self.customer_id, ()) if r.message_id in self.messages]
        self.open_replies = [reply for reply in self.answers if self._asks(reply)]

    def made(self) -> WorklistRow | int:
        """The row; 1 where it is kept back for comparison, 0 where there is nothing to call about."""
        if not self.touches or not self._can_be_called():
            return 0
        open_touches = [touch for touch in self.touches if not self._is_over(touch)]
        found = [(*grouped, touch) for touch in open_touches if (grouped := self._group(touch)) is not None]
        compared = self._compared(open_touches)
        if not found:
            return int(any(touch.state == "withheld" for touch in compared))
        group, why, touch = min(found, key=lambda item: (ORDER.index(item[0]), -item[2].closes_on.toordinal()))
        return 1 if compared and group in (NOT_TEXTED, REST) else self._row(group, why, touch)

    def _compared(self, touches: Sequence[ListedTouch]) -> list[ListedTouch]:
        """The touches whose customer is untexted for comparison: withheld already, or to be once a run places them."""
        over = {touch.cycle_id for touch in self.touches if self.kept_back.is_over(touch)}
        return [touch for touch in touches if touch.cycle_id not in over and self.kept_back.keeps(touch, self.facts)]

    def _may_be_called_about(self, touch: ListedTouch) -> bool:
        """Marketing needs consent on the phone as in a text."""
        return touch.kind != "marketing" or (self.customer.consent == "yes" and not self.customer.stopped)

    def _can_be_called(self) -> bool:
        car = self.facts.cars.get(self.subject_id) if self.subject_type == "vehicle" else None
        if self.subject_type == "vehicle" and (car is None or car.state != "in_use"):
            return False
        customer = self.customer
        return customer.phone is not None and not customer.erased and customer.unreachable != "wrong_number"

    def _is_about(self, call: LastCall) -> bool:
        is_car = self.subject_type == "customer" or call.vehicle_id in (None, self.subject_id)
        return call.purpose == self.rule and is_car

    def _asks(self, reply: AskedReply) -> bool:
        """Somebody waits for an answer: nobody has given it on the phone since."""
        reached = (call for call in self.calls if call.result not in NOT_REACHED)
        answered = any(call.contacted_on >= reply.arrived_on for call in reached)
        return reply.meaning not in NO_QUESTION and not reply.handled and not answered

    def _is_over(self, touch: ListedTouch) -> bool:
        """They came, booked, renewed, said that it is done, or a call has settled it."""
        if any(call.result in CLOSING and call.contacted_on >= touch.came_from for call in self.calls):
            return not self.open_replies
        if any(r.meaning in SETTLING and r.message_id == touch.message_id for r in self.answers):
            return True
        if touch.answered_by == "renewal":
            ends_on = self.facts.renewed.get(self.subject_id)
            return ends_on is not None and (ends_on - touch.anchor_on).days > _RENEWAL_BEYOND
        came_on = self.facts.came.get((self.subject_type, self.subject_id))
        if touch.answered_by == "visit" and came_on is not None and came_on >= touch.came_from:
            return True
        return touch.answered_by == "visit" and self._is_booked(touch)

    def _is_booked(self, touch: ListedTouch) -> bool:
        """An appointment somebody has agreed on; one asked for by reply still waits for a call."""
        waiting = {reply.id for reply in self.open_replies}
        return any(
            booking.booked_on >= touch.came_from and booking.reply_id not in waiting
            and (self.subject_type == "customer" or booking.vehicle_id in (None, self.subject_id))
            for booking in self.facts.bookings.get(self.customer_id, ())
        )  # fmt: skip

    def _group(self, touch: ListedTouch) -> tuple[str, str | None] | None:
        """Where the touch puts its row, and the reason behind it; None where it is nothing to call about."""
        asked = [reply for reply in self.open_replies if reply.message_id == touch.message_id]
        if asked:
            return ASKS, asked[-1].meaning
        if touch.state in ("undelivered", "failed"):
            return NOT_TEXTED, touch.state
        reason = touch.state_reason if touch.state == "cancelled" else touch.reason
        if touch.state == "cancelled" or (touch.state is None and touch.verdict == "excluded"):
            return (NOT_TEXTED, reason) if reason in MENDED_BY_A_CALL else None
        return self._reminder(touch) if touch.answered_by is not None else None

    def _reminder(self, touch: ListedTouch) -> tuple[str, str | None] | None:
        """A text that has left, or will: a greeting asks nobody to come, and gives nothing to call about."""
        if touch.state in LEFT_OR_MAY_HAVE:
            return NOT_COME, touch.answered_by
        if touch.state == "planned":
            return REST, "planned"
        return (REST, touch.reason) if touch.state is None and touch.reason in WAITING else None

    def _row(self, group: str, why: str | None, touch: ListedTouch) -> WorklistRow:
        car = self._car()
        name = RowName(self.rule, vehicle_id=self.subject_id) if self.subject_type == "vehicle" else RowName(
            self.rule, customer_id=self.subject_id)  # fmt: skip
        due_from, due_to = self._due(touch, car)
        return WorklistRow(
            name=name, group=group, why=why, campaigns=tuple(sorted({each.campaign_id for each in self.touches})),
            customer=self.customer, car=car, due_from=due_from, due_to=due_to, texts=tuple(self._texts()),
            answers=tuple((r.arrived_on, r.meaning, r.text or "") for r in self.answers),
            advisor=self.facts.advisors.get(car.id) if car else None,
            last_call=self.calls[-1] if self.calls else None,
        )  # fmt: skip

    def _car(self) -> ListedCar | None:
        """The car the row is about; of a customer the newest in use."""
        if self.subject_type == "vehicle":
            return self.facts.cars.get(self.subject_id)
        cars = self.facts.cars_of.get(self.customer_id, ())
        return max(cars, key=lambda car: (car.state == "in_use", car.id), default=None)

    def _texts(self) -> Iterable[ListedText]:
        told = [touch for touch in self.touches if touch.state not in (None, "withheld", "cancelled")]
        for touch in sorted(told, key=lambda each: (each.count_on or date.max, each.message_id or 0)):
            assert touch.count_on is not None  # it has a message
            day = touch.sent_at.astimezone(self.windows.zone).date() if touch.sent_at else touch.count_on
            yield ListedText(touch.stage, day, str(touch.state), self.windows.words(touch))

    def _due(self, touch: ListedTouch, car: ListedCar | None) -> tuple[date | None, date | None]:
        """From when to when: a predicted range, the day on record, or the days the stage is open."""
        columns = _DUE_DAY.get(self.rule, ())
        days = [car.due_days[name] for name in columns] if car else []
        if days and days[0] is not None:
            return (days[1] or days[0], days[2] or days[0]) if len(days) > 1 else (days[0], days[0])
        if not RULES[self.rule].counts_months:
            return touch.anchor_on, touch.anchor_on
        return self.windows.opening(touch), touch.closes_on
