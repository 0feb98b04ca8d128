"""Everything open today for one customer in one run: judged, enrolled, placed and worded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from notifier.domain.cycles import DAY
from notifier.domain.guards import Arm, Decision, Verdict
from notifier.jobs.plan.pace import Pace, Slot
from notifier.jobs.plan.touch import Setting, Touch, draw_arm, is_planned_already, is_withheld, judge, subject_of
from notifier.jobs.texts import MadeText, TextMaker, car_facts, occasion_facts
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
    """The arm of a touch, the period it was drawn in, and where it is kept: a row known already, or a new one."""

    arm: Arm
    period: str
    new: NewEnrolment | None = None
    known_id: int | None = None


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
        known = [self._cycle(touch, None) for touch in touches if is_planned_already(touch)]
        self.chunk.moved += [cycle for cycle in known if cycle.has_changed]
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
        """One text for all touches of the customer that are sent, one row for those that are withheld."""
        if not touches:
            return
        customer = facts.customers[touches[0].due.customer_id]
        enrolled = self._enrol(customer, touches, facts)
        texts: dict[tuple[bool, bool, str], list[Touch]] = {}
        for touch in sorted(touches, key=lambda item: item.due.vehicle_id or 0):
            arm = enrolled[id(touch)].arm
            # A text names one festival or topic; whatever else is due of a customer goes into one text.
            named = touch.due.subject_key if self.setting.rule.options else ""
            texts.setdefault((is_withheld(arm, touch, self.setting), arm is Arm.UNIVERSAL, named), []).append(touch)
        for (withheld, _, _), together in texts.items():
            self._plan_text(customer, together, enrolled, facts, withheld=withheld)

    def _enrol(self, customer: CustomerFacts, touches: Sequence[Touch], facts: ChunkFacts) -> Mapping[int, Enrolled]:
        """The enrolment of each touch: its cycle's, else this period's, else a new one."""
        entries: dict[int, Enrolled] = {}
        this_period: Enrolled | None = None
        known = facts.enrolments.get(customer.id)
        if known is not None:
            this_period = Enrolled(Arm(known.arm), known.period, known_id=known.id)
        for touch in sorted(touches, key=lambda item: item.window.opens_on):
            inherited = facts.enrolments_by_id.get(touch.cycle.enrolment_id or 0) if touch.cycle else None
            if inherited is not None and inherited.customer_id == customer.id:
                entries[id(touch)] = Enrolled(Arm(inherited.arm), inherited.period, known_id=inherited.id)
                continue
            if this_period is None:
                new = self._new_enrolment(customer, touch)
                self.chunk.enrolments.append(new)
                this_period = Enrolled(Arm(new.arm), new.period, new=new)
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
        self,
        customer: CustomerFacts,
        touches: Sequence[Touch],
        enrolled: Mapping[int, Enrolled],
        facts: ChunkFacts,
        *,
        withheld: bool,
    ) -> None:
        """`touches` go together; the message belongs to the enrolment of the one whose stage is the latest."""
        leading = enrolled[id(_latest(touches))]
        placed = self._place(customer, touches, leading, facts, withheld=withheld)
        decision = placed if isinstance(placed, Decision) else WITHHELD[leading.arm] if withheld else PLANNED
        entries = []
        for touch in touches:
            touch.decision = decision
            entries.append(self._entry(touch, enrolled[id(touch)]))
        self.chunk.touches += entries
        if not isinstance(placed, Decision):
            self.chunk.texts.append(self._text(customer, touches, entries, leading, placed, withheld=withheld))

    def _place(
        self,
        customer: CustomerFacts,
        touches: Sequence[Touch],
        enrolled: Enrolled,
        facts: ChunkFacts,
        *,
        withheld: bool,
    ) -> tuple[MadeText, Slot, CouponFacts | None] | Decision:
        """The wording and its place in time, or what stands against it."""
        today, period = self.setting.today, enrolled.period
        code = PLACEHOLDER_CODE if withheld or self.setting.campaign.coupon is None else self.new_code()
        try:
            made = self._make(customer, touches, period, self._offer(customer, touches, period, today, code))
        except MissingValue as error:
            return Decision(Verdict.EXCLUDED, "missing_value", error.field)
        until = self.setting.valid_until(touches)
        if enrolled.arm is Arm.UNIVERSAL:
            return made, Slot(self.setting.now, today), None
        cap = self.pace.cap
        slot = self.pace.place(
            customer.phone_key if cap is not None and cap.spans_group else customer.id,
            counted=facts.counted.get(customer.id, 0), cost_micros=made.cost_micros, valid_until=until,
            phone=customer.phone,
        )  # fmt: skip
        if isinstance(slot, Decision):
            return slot
        offer = self._offer(customer, touches, period, slot.count_on, code)
        if slot.count_on != today and offer is not None:
            made = self._make(customer, touches, period, offer)
        return made, slot, None if withheld else offer

    def _make(
        self, customer: CustomerFacts, touches: Sequence[Touch], period: str, offer: CouponFacts | None
    ) -> MadeText:
        campaign = self.setting.campaign
        leading = _latest(touches)
        cars = [car_facts(touch.car, rule=campaign.rule, anchor_on=touch.due.anchor_on) for touch in touches]
        listed = campaign.options.listed
        occasion = occasion_facts(
            campaign.rule,
            leading.due.subject_key,
            leading.due.anchor_on,
            customer,
            title=listed.title if listed else None,
        )
        _, name = campaign.wording(leading.stage, customer.bucket_key, period)
        return self.texts.make(name, campaign.kind, customer, cars, offer, occasion=occasion)

    def _offer(
        self, customer: CustomerFacts, touches: Sequence[Touch], period: str, day: date, code: str
    ) -> CouponFacts | None:
        """The campaign's coupon as given on `day`; none where the wording does not tell the customer of it."""
        campaign = self.setting.campaign
        coupon = campaign.coupon
        if coupon is None:
            return None
        names = {campaign.wording(touch.stage, customer.bucket_key, period)[1] for touch in touches}
        if not any(self.texts.speaks_of_coupon(name, customer) for name in names):
            return None
        return CouponFacts(code, coupon.value_minor, day + timedelta(days=coupon.valid_days))

    def _entry(self, touch: Touch, enrolled: Enrolled | None) -> PlannedTouch:
        decision = touch.decision
        assert decision is not None  # every touch that comes here was decided
        made = touch.made
        waiting = tuple(stage for stage in touch.earlier_stages if stage in made and made[stage][1] == "planned")
        verdict = "planned" if decision.verdict in (Verdict.PLANNED, Verdict.WITHHELD) else str(decision.verdict)
        closes_on = touch.window.closes_on
        return PlannedTouch(self._cycle(touch, enrolled), touch.stage, verdict, decision.reason, closes_on, waiting)

    def _cycle(self, touch: Touch, enrolled: Enrolled | None) -> PlannedCycle:
        """The touch's cycle as it is to be stored; one of a former owner, or without a first text, is told anew."""
        rule, due = self.setting.rule, touch.due
        subject_type, subject_id = subject_of(due)
        known = touch.cycle
        new_enrolment = enrolled.new if enrolled else None
        enrolment_id = (enrolled.known_id if enrolled else None) or (known.enrolment_id if known else None)
        stored = known and (known.anchor_on, known.came_from, known.customer_id, known.enrolment_id)
        return PlannedCycle(
            subject_type=subject_type,
            subject_id=subject_id,
            subject_key=due.subject_key,
            anchor_on=due.anchor_on,
            customer_id=due.customer_id,
            came_from=touch.came_from,
            answered_by=rule.answered_by,
            id=known.id if known else None,
            has_changed=bool(new_enrolment)
            or stored != (due.anchor_on, touch.came_from, due.customer_id, enrolment_id),
            is_freed=touch.is_freed,
            enrolment=new_enrolment,
            enrolment_id=enrolment_id,
        )

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
        values = {
            "kind": str(campaign.kind),
            "customer_id": customer.id,
            "stage": _latest(touches).stage,
            "arm": str(enrolled.arm),
            "state": "withheld" if withheld else "planned",
            "reason": None,
            "gateway": self.gateway,
            "phone": customer.phone,
            "phone_key": customer.phone_key,
            "language": made.language,
            "template_version_id": made.version_id,
            "variant": campaign.wording(_latest(touches).stage, customer.bucket_key, enrolled.period)[0],
            "text": None if withheld else made.text,
            "encoding": made.encoding,
            "segments": made.segments,
            "cost_micros": made.cost_micros,
            "replies": made.replies,
            "count_on": slot.count_on,
            "not_before": slot.not_before,
            "valid_until": self.setting.valid_until(touches),
        }
        offer = None
        if coupon is not None:
            offer = {"code": coupon.code, "customer_id": customer.id, "value_minor": coupon.value_minor,
                     "issued_on": slot.count_on, "ends_on": coupon.ends_on}  # fmt: skip
        return PlannedText(entries, enrolled.new, enrolled.known_id, values, offer)


def _latest(touches: Sequence[Touch]) -> Touch:
    """The touch whose stage comes last in the campaign: its wording serves all cars of the text."""
    return max(touches, key=lambda touch: touch.place)
