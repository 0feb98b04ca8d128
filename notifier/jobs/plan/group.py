"""Everything open today for one customer in one run: judged, enrolled, placed and worded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from notifier.domain.cycles import DAY, valid_until
from notifier.domain.guards import Arm, Decision, Verdict
from notifier.jobs.plan.pace import Pace, Slot
from notifier.jobs.plan.touch import Setting, Touch, draw_arm, is_planned_already, is_withheld, judge
from notifier.jobs.texts import MadeText, TextMaker, car_facts
from notifier.store.outbox import NewEnrolment, PlannedChunk, PlannedCycle, PlannedText, PlannedTouch
from notifier.store.touches import ChunkFacts, CustomerFacts
from notifier.templating import CouponFacts, MissingValue

PLACEHOLDER_CODE = "00000000"
PLANNED = Decision(Verdict.PLANNED)
WITHHELD = {
    Arm.CONTROL: Decision(Verdict.WITHHELD, "campaign_control"),
    Arm.UNIVERSAL: Decision(Verdict.WITHHELD, "universal_control"),
}


@dataclass(slots=True)
class Enrolled:
    """The arm of a touch and where it is kept: a row known already, or a new one."""

    arm: Arm
    new: NewEnrolment | None = None
    known_id: int | None = None

    @property
    def key(self) -> tuple[int | None, int]:
        """Touches of one enrolment share a text."""
        return self.known_id, id(self.new)


@dataclass(slots=True)
class GroupPlanner:
    """Plans customer after customer of one run into chunks; keeps what the guards decided."""

    setting: Setting
    pace: Pace
    texts: TextMaker
    gateway: str
    new_code: Callable[[], str]
    chunk: PlannedChunk = field(default_factory=PlannedChunk)

    def plan(self, touches: Sequence[Touch], facts: ChunkFacts) -> list[Touch]:
        """Decide all `touches` of one customer; returns them with their decisions, those planned before left out."""
        fresh = [touch for touch in touches if not is_planned_already(touch)]
        open_now: list[Touch] = []
        for touch in fresh:
            touch.decision = judge(touch, self.setting, facts)
            if touch.decision is None:
                open_now.append(touch)
        self._plan_texts(open_now, facts)
        recorded = {id(entry) for entry in open_now}
        for touch in fresh:
            if id(touch) not in recorded:
                self.chunk.touches.append(self._entry(touch, None))
        return fresh

    def _plan_texts(self, touches: Sequence[Touch], facts: ChunkFacts) -> None:
        """One text for all touches of the customer that share an enrolment and are both sent, or both withheld."""
        if not touches:
            return
        customer = facts.customers[touches[0].due.customer_id]
        enrolled = self._enrol(customer, touches, facts)
        texts: dict[object, list[Touch]] = {}
        for touch in touches:
            entry = enrolled[id(touch)]
            texts.setdefault((entry.key, is_withheld(entry.arm, touch, self.setting)), []).append(touch)
        for together in texts.values():
            self._plan_text(customer, together, enrolled[id(together[0])], facts)

    def _enrol(self, customer: CustomerFacts, touches: Sequence[Touch], facts: ChunkFacts) -> Mapping[int, Enrolled]:
        """The enrolment of each touch: its cycle's, else this period's, else a new one."""
        entries: dict[int, Enrolled] = {}
        this_period: Enrolled | None = None
        known = facts.enrolments.get(customer.id)
        if known is not None:
            this_period = Enrolled(Arm(known.arm), known_id=known.id)
        for touch in sorted(touches, key=lambda item: item.window.opens_on):
            inherited = facts.enrolments_by_id.get(touch.cycle.enrolment_id or 0) if touch.cycle else None
            if inherited is not None:
                entries[id(touch)] = Enrolled(Arm(inherited.arm), known_id=inherited.id)
                continue
            if this_period is None:
                new = self._new_enrolment(customer, touch)
                self.chunk.enrolments.append(new)
                this_period = Enrolled(Arm(new.arm), new=new)
            entries[id(touch)] = this_period
        return entries

    def _new_enrolment(self, customer: CustomerFacts, touch: Touch) -> NewEnrolment:
        setting = self.setting
        window_ends = setting.today + timedelta(days=setting.campaign.lift_window_days)
        has_early_control = setting.campaign.kind == "service" and setting.control_bp > 0
        last_opens_on = touch.windows[-1].opens_on
        return NewEnrolment(
            customer_id=customer.id,
            period=setting.period,
            arm=str(draw_arm(customer, setting)),
            stage=touch.stage,
            enrolled_at=setting.now,
            enrolled_on=setting.today,
            first_opens_on=touch.windows[0].opens_on,
            lift_until=min(window_ends, last_opens_on - DAY) if has_early_control else window_ends,
            out_of_lift="last_stage" if has_early_control and touch.is_last else None,
        )

    def _plan_text(
        self, customer: CustomerFacts, touches: Sequence[Touch], enrolled: Enrolled, facts: ChunkFacts
    ) -> None:
        withheld = is_withheld(enrolled.arm, touches[0], self.setting)
        placed = self._place(customer, touches, enrolled.arm, facts, withheld=withheld)
        decision = placed if isinstance(placed, Decision) else WITHHELD[enrolled.arm] if withheld else PLANNED
        entries = []
        for touch in touches:
            touch.decision = decision
            entries.append(self._entry(touch, enrolled))
        self.chunk.touches += entries
        if not isinstance(placed, Decision):
            self.chunk.texts.append(self._text(customer, touches, entries, enrolled, placed, withheld=withheld))

    def _place(
        self, customer: CustomerFacts, touches: Sequence[Touch], arm: Arm, facts: ChunkFacts, *, withheld: bool
    ) -> tuple[MadeText, Slot, CouponFacts | None] | Decision:
        """The wording and its place in time, or what stands against it."""
        today = self.setting.today
        code = PLACEHOLDER_CODE if withheld else self.new_code()
        try:
            made = self._make(customer, touches, self._offer(today, code))
        except MissingValue as error:
            return Decision(Verdict.EXCLUDED, "missing_value", error.field)
        until = min(valid_until(touch.window.closes_on, self.setting.zone) for touch in touches)
        if arm is Arm.UNIVERSAL:
            return made, Slot(self.setting.now, today), None
        slot = self.pace.place(
            customer.id, counted=facts.counted.get(customer.id, 0), cost_micros=made.cost_micros, valid_until=until
        )
        if isinstance(slot, Decision):
            return slot
        offer = self._offer(slot.count_on, code)
        if slot.count_on != today and offer is not None:
            made = self._make(customer, touches, offer)
        return made, slot, None if withheld else offer

    def _make(self, customer: CustomerFacts, touches: Sequence[Touch], offer: CouponFacts | None) -> MadeText:
        campaign = self.setting.campaign
        stage = max(touches, key=lambda touch: touch.window.opens_on).stage
        cars = [car_facts(touch.car, rule=campaign.rule) for touch in touches]
        return self.texts.make(campaign.templates[stage], campaign.kind, customer, cars, offer)

    def _offer(self, day: date, code: str) -> CouponFacts | None:
        """The campaign's coupon as given on `day`."""
        coupon = self.setting.campaign.coupon
        if coupon is None:
            return None
        return CouponFacts(code, coupon.value_minor, day + timedelta(days=coupon.valid_days))

    def _entry(self, touch: Touch, enrolled: Enrolled | None) -> PlannedTouch:
        decision = touch.decision
        assert decision is not None  # every touch that comes here was decided
        rule, due = self.setting.rule, touch.due
        subject_id = due.vehicle_id if rule.subject == "vehicle" else due.customer_id
        assert subject_id is not None  # a vehicle rule's audience names its vehicle
        known = touch.cycle
        cycle = PlannedCycle(
            subject_type=rule.subject,
            subject_id=subject_id,
            anchor_on=due.anchor_on,
            customer_id=due.customer_id,
            came_from=touch.came_from,
            answered_by=rule.answered_by,
            id=known.id if known else None,
            known_anchor_on=known.anchor_on if known else None,
            enrolment=enrolled.new if enrolled else None,
            enrolment_id=(enrolled.known_id if enrolled else None) or (known.enrolment_id if known else None),
        )
        waiting = known is not None and any(state == "planned" for _, state in known.touches.values())
        stored = "planned" if decision.verdict in (Verdict.PLANNED, Verdict.WITHHELD) else str(decision.verdict)
        return PlannedTouch(cycle, touch.stage, stored, decision.reason, touch.window.closes_on, supersedes=waiting)

    def _text(
        self,
        customer: CustomerFacts,
        touches: Sequence[Touch],
        entries: Sequence[PlannedTouch],
        enrolled: Enrolled,
        placed: tuple[MadeText, Slot, CouponFacts | None],
        *,
        withheld: bool,
    ) -> PlannedText:
        made, slot, coupon = placed
        campaign = self.setting.campaign
        latest = max(touches, key=lambda touch: touch.window.opens_on)
        values = {
            "kind": str(campaign.kind),
            "customer_id": customer.id,
            "stage": latest.stage,
            "arm": str(enrolled.arm),
            "state": "withheld" if withheld else "planned",
            "reason": None,
            "gateway": self.gateway,
            "phone": customer.phone,
            "phone_key": customer.phone_key,
            "language": made.language,
            "template_version_id": made.version_id,
            "text": None if withheld else made.text,
            "encoding": made.encoding,
            "segments": made.segments,
            "cost_micros": made.cost_micros,
            "replies": dict(made.replies),
            "count_on": slot.count_on,
            "not_before": slot.not_before,
            "valid_until": min(valid_until(touch.window.closes_on, self.setting.zone) for touch in touches),
        }
        offer = None
        if coupon is not None:
            offer = {"code": coupon.code, "customer_id": customer.id, "value_minor": coupon.value_minor,
                     "issued_on": slot.count_on, "ends_on": coupon.ends_on}  # fmt: skip
        return PlannedText(entries, enrolled.new, enrolled.known_id, values, offer)
