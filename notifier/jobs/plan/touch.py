"""One touch of one cycle: whose turn it is today, what is known about it, and what the guards say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from notifier.domain.cycles import CAME_BEFORE_OPENING, DAY, Window, matching_cycle, stage_windows, valid_until
from notifier.domain.experiment import Draw, withholds
from notifier.domain.filters import Filter
from notifier.domain.guards import Arm, Decision, TouchFacts, Verdict, blocked_by
from notifier.domain.rules import RULES, Rule
from notifier.jobs.plan.lists import ListFile
from notifier.schedules import Campaign
from notifier.store.audiences import Ask, Due
from notifier.store.contacts import CallFacts
from notifier.store.touches import ChunkFacts, CustomerFacts, CycleFacts, VehicleFacts


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same for one run. Shares in basis points; `floor_on`: stages opened before it are not taken.

    `first_services`: the filters of the shop's campaigns of first services, None = for every car. `elsewhere`: the
    group's other shops; `also_at`: those of them where the campaign is switched on.
    """

    campaign: Campaign
    shop_id: int
    zone: ZoneInfo
    now: datetime
    period: str
    control_bp: int
    universal_bp: int
    floor_on: date | None
    first_services: tuple[Filter | None, ...] = ()
    listing: ListFile | None = None
    """The campaign's list, where it has a file."""
    elsewhere: tuple[int, ...] = ()
    also_at: tuple[int, ...] = ()
    today: date = field(init=False)
    """The shop's day."""
    _windows: dict[date, tuple[tuple[Window, ...], Window | None]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    _until: dict[date, datetime] = field(init=False, default_factory=dict, repr=False, compare=False)

    def valid_until(self, touches: Sequence[Touch]) -> datetime:
        """Midnight after the first of these touches' stages has closed: no text leaves after it."""
        closes_on = min([touch.window.closes_on for touch in touches])
        until = self._until.get(closes_on)
        if until is None:
            until = self._until[closes_on] = valid_until(closes_on, self.zone)
        return until

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", self.now.astimezone(self.zone).date())

    def windows_of(self, due_on: date) -> tuple[tuple[Window, ...], Window | None]:
        """The windows of something due on `due_on`, and the one open today. Due days are few, so each is kept."""
        found = self._windows.get(due_on)
        if found is None:
            windows = stage_windows(due_on, self.campaign.stages, self.campaign.late_days)
            found = windows, next((window for window in windows if window.is_open(self.today)), None)
            self._windows[due_on] = found
        return found

    def ask(self, earliest: date, latest: date, customer_id: int | None = None) -> Ask:
        """Who has something due in [earliest, latest]; with `customer_id` only this customer."""
        return Ask(
            self.shop_id, earliest, latest, customer_id, self.campaign.options,
            first_services=self.first_services, audience=self.campaign.audience, today=self.today,
            members=self.listing.members if self.listing is not None else None, elsewhere=self.also_at,
            group=self.elsewhere,
        )  # fmt: skip

    @property
    def rule(self) -> Rule:
        """The campaign's audience kind."""
        return RULES[self.campaign.rule]


@dataclass(slots=True)
class Touch:
    """An open stage of a due subject. `is_freed`: its cycle was about a former owner of the car.

    `follows_a_visit`: what it is counted from is a visit or a delivery, which does not answer it.
    """

    due: Due
    windows: tuple[Window, ...]
    window: Window
    cycle: CycleFacts | None = None
    car: VehicleFacts | None = None
    decision: Decision | None = None
    is_freed: bool = False
    follows_a_visit: bool = False

    @property
    def stage(self) -> str:
        """The stage that is open."""
        return self.window.stage

    @property
    def is_last(self) -> bool:
        """Whether no stage follows."""
        return self.window is self.windows[-1]

    @property
    def place(self) -> int:
        """Which of the campaign's stages it is, counted from 0."""
        return self.windows.index(self.window)

    @property
    def earlier_stages(self) -> tuple[str, ...]:
        """The stages before it, first to last."""
        return tuple(window.stage for window in self.windows[: self.place])

    @property
    def later_stages(self) -> tuple[str, ...]:
        """The stages after it, first to last."""
        return tuple(window.stage for window in self.windows[self.place + 1 :])

    @property
    def made(self) -> Mapping[str, tuple[int, str]]:
        """The messages of the cycle so far: stage → (message id, message state)."""
        return self.cycle.touches if self.cycle is not None else {}

    @property
    def came_from(self) -> date:
        """From which day an outcome answers the cycle: two weeks before its first opening.

        A visit or delivery that it is counted from does not answer a stage that opens after it, nor one that is about
        that very visit. The first message fixes the day; until then it follows a re-predicted due day.
        """
        opening = self.windows[0].opens_on - CAME_BEFORE_OPENING
        if self.cycle is not None and self.made:
            opening = self.cycle.came_from
        anchor_on, opens_on = self.due.anchor_on, self.window.opens_on
        is_over = anchor_on < opens_on or anchor_on == opens_on == self.due.due_on
        return max(opening, anchor_on + DAY) if self.follows_a_visit and is_over else opening


def open_touch(due: Due, setting: Setting) -> Touch | None:
    """The touch of `due` that is open today, or None."""
    windows, window = setting.windows_of(due.due_on)
    return Touch(due, windows, window) if window is not None else None


def subject_of(due: Due) -> tuple[str, int]:
    """What the cycle is about: the car, or the customer where no car is named."""
    return ("vehicle", due.vehicle_id) if due.vehicle_id is not None else ("customer", due.customer_id)


def complete(touch: Touch, setting: Setting, facts: ChunkFacts) -> Touch:
    """Fill in the touch's cycle and car."""
    due, rule = touch.due, setting.rule
    known = facts.cycles.get((*subject_of(due), due.subject_key), ())
    key = matching_cycle(due.anchor_on, [(c.id, c.anchor_on) for c in known], rule.tolerance_days)
    cycle = next((c for c in known if c.id == key), None)
    touch.is_freed = cycle is not None and cycle.customer_id != due.customer_id
    touch.cycle = cycle._replace(touches={}, enrolment_id=None) if cycle is not None and touch.is_freed else cycle
    is_about_an_end = rule.has_due_date and due.due_on == due.anchor_on  # of an inspection, a warranty, a loan
    touch.follows_a_visit = rule.answered_by == "visit" and not is_about_an_end
    touch.car = facts.vehicles.get(due.vehicle_id) if due.vehicle_id else _main_car(facts.cars_of.get(due.customer_id))
    return touch


def _main_car(cars: Sequence[VehicleFacts] | None) -> VehicleFacts | None:
    """The car a text to a customer speaks of: one in use before any other, the newest record of those."""
    return max(cars or (), key=lambda car: (car.state == "in_use", car.id), default=None)


def is_planned_already(touch: Touch) -> bool:
    """Whether this stage of this cycle has its message."""
    return touch.stage in touch.made


def is_overtaken(touch: Touch) -> bool:
    """Whether a later stage has its message: a due day moved to a later date opens no earlier stage again."""
    return any(touch.made[stage][1] != "cancelled" for stage in touch.later_stages if stage in touch.made)


def is_texted_elsewhere(touch: Touch, setting: Setting, facts: ChunkFacts) -> bool:
    """Whether another shop of the group has a message of this stage, about the same car or person and occasion."""
    due = touch.due
    return any(
        stage == touch.stage and abs((anchor_on - due.anchor_on).days) <= setting.rule.tolerance_days
        for anchor_on, stage in facts.texted_elsewhere.get((*subject_of(due), due.subject_key), ())
    )


def is_told_by_another_row(touch: Touch, facts: ChunkFacts) -> bool:
    """Whether this stage of the list was texted to the same person by a row that named them otherwise.

    First by phone, since nobody knew the car, and by car once it is imported; or the other way round. Several cars of
    one owner are rows of one sort: each is told of.
    """
    subject_type, _ = subject_of(touch.due)
    return any(
        (key, stage) == (touch.due.subject_key, touch.stage) and about != subject_type
        for about, key, stage in facts.told_of_lists.get(touch.due.customer_id, ())
    )


def told_already(touch: Touch, setting: Setting, facts: ChunkFacts) -> Decision | None:
    """The text there is already that leaves nothing to say: a later stage's, another shop's, another row's."""
    if is_overtaken(touch):
        return Decision(Verdict.EXCLUDED, "window_closed")
    if is_texted_elsewhere(touch, setting, facts):
        return Decision(Verdict.EXCLUDED, "other_shop")
    return Decision(Verdict.EXCLUDED, "already_told") if is_told_by_another_row(touch, facts) else None


def judge(touch: Touch, setting: Setting, facts: ChunkFacts) -> Decision | None:
    """The first guard up to data freshness that stops the touch, or None: its customer may be enrolled."""
    if setting.floor_on is not None and touch.window.opens_on < setting.floor_on:
        return Decision(Verdict.EXCLUDED, "before_first_run", str(setting.floor_on))
    return told_already(touch, setting, facts) or blocked_by(touch_facts(touch, setting, facts))


def touch_facts(touch: Touch, setting: Setting, facts: ChunkFacts) -> TouchFacts:
    """What the guards read, for one touch."""
    due, rule = touch.due, setting.rule
    customer = facts.customers[due.customer_id]
    cars = facts.cars_of.get(customer.id, ())
    vehicle_id = due.vehicle_id
    call, done_by_call = _calls(touch, facts)
    return TouchFacts(
        kind=setting.campaign.kind,
        today=setting.today,
        answered_by=rule.answered_by,
        came_from=touch.came_from,
        anchor_on=due.anchor_on,
        tolerance_days=rule.tolerance_days,
        has_phone=customer.phone is not None,
        unreachable=customer.unreachable,
        consent=customer.consent,
        suppressed=customer.phone_key in facts.suppressed,
        vehicle_state=_vehicle_state(touch, rule),
        came_on=facts.came.get(vehicle_id) if vehicle_id else facts.customer_came.get(customer.id),
        booked_on=_booked_on(facts, customer, vehicle_id),
        renewed_to=facts.renewed.get(vehicle_id) if vehicle_id else None,
        answered=(facts.answered.get(touch.cycle.id) if touch.cycle and not touch.is_freed else None) or done_by_call,
        open_complaint=customer.id in facts.complaints,
        in_workshop=any(car.in_workshop_since is not None for car in cars)
        or customer.id in facts.in_workshop_elsewhere,
        accident_on=facts.accidents.get(customer.id),
        contacted_on=call.day if call else None,
        contacted_by=call.clerk if call else None,
    )


def _calls(touch: Touch, facts: ChunkFacts) -> tuple[CallFacts | None, str | None]:
    """The latest call that holds the touch back, and "already_done" where a call of this cycle said so."""
    vehicle_id = touch.due.vehicle_id
    about = [
        call
        for call in facts.calls.get(touch.due.customer_id, ())
        if vehicle_id is None or call.vehicle_id in (None, vehicle_id)
    ]
    is_done = any(call.is_done and call.day >= touch.came_from for call in about)
    return next((call for call in about if call.holds), None), "already_done" if is_done else None


def _vehicle_state(touch: Touch, rule: Rule) -> str | None:
    """A reminder, and whatever is about a car, needs one in use; a greeting to a customer does not."""
    if rule.answered_by is None and touch.due.vehicle_id is None:
        return None
    return touch.car.state if touch.car is not None else "missing"


def _booked_on(facts: ChunkFacts, customer: CustomerFacts, vehicle_id: int | None) -> date | None:
    """The latest booking for this car, or one that names no car; for a rule about the customer, any."""
    of_cars = facts.booked.get(customer.id)
    if of_cars is None:
        return None
    days = [day for car, day in of_cars.items() if vehicle_id is None or car in (None, vehicle_id)]
    return max(days, default=None)


def draw_arm(customer: CustomerFacts, setting: Setting) -> Arm:
    """The arm of a new enrolment: universal control first (marketing only), then the campaign's own."""
    campaign = setting.campaign
    draw = Draw(
        campaign.kind, campaign.id, setting.period, setting.today.year, setting.control_bp, setting.universal_bp
    )
    return draw.arm_of(customer.bucket_key)


def is_withheld(arm: Arm, touch: Touch, setting: Setting) -> bool:
    """Whether this touch gets a row but no text: of a service campaign only the early ones, never the last."""
    return withholds(arm, setting.campaign.kind, is_last=touch.is_last)
