"""The whole walk of `explain --all`: every guard one after the other, with its value and where that comes from.

Planning stops at the first guard that stops a touch; here each is asked, so that a person sees what comes next. The
verdicts are those of the planner's own functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from notifier.domain.guards import Arm, Decision, TouchFacts, Verdict, guards_of
from notifier.domain.phone import mask
from notifier.domain.rules import RULES
from notifier.jobs import sayings
from notifier.jobs.answers import GuardStep
from notifier.jobs.origins import Origins
from notifier.jobs.plan.pace import Pace, Slot
from notifier.jobs.plan.run import Work, pace_of
from notifier.jobs.plan.shop import ShopPlanner
from notifier.jobs.plan.touch import Touch, draw_arm, is_withheld, told_already, touch_facts
from notifier.jobs.reasons import short_words
from notifier.locale import N_, _
from notifier.locale.money import money_micros
from notifier.locale.records import records_word
from notifier.schedules import DailyBudget, FrequencyCap
from notifier.schedules.stage_words import touch_words
from notifier.store.histories import PersonRow
from notifier.store.imports import freshness
from notifier.store.sources import open_complaint_since
from notifier.store.touches import ChunkFacts, counted_by_day

__all__ = ["TITLES", "Walk"]

TITLES: Mapping[str, str] = {
    "audience": N_("Audience"),
    "first_run": N_("First run"),
    "stage": N_("Stage"),
    "contactable": N_("Phone"),
    "consent": N_("Consent"),
    "suppression": N_("Stop list"),
    "vehicle": N_("Car"),
    "outcome": N_("Outcome"),
    "hold": N_("Hold"),
    "data": N_("Freshness"),
    "universal_control": N_("Universal control"),
    "campaign_control": N_("Control group"),
    "wording": N_("Wording"),
    "frequency_cap": N_("Frequency cap"),
    "budget": N_("Daily budget"),
    "spread": N_("Spread"),
    "quiet_hours": N_("Quiet hours"),
}
"""Each guard as people call it, in the order in which it is asked."""

PASSED = "passed"
LIMITS = ("missing_value", "frequency_cap", "budget", "spread", "window_closed")


class Walk:
    """One customer's walk through one campaign."""

    def __init__(
        self, at_shop: ShopPlanner, work: Work, person: PersonRow, facts: ChunkFacts, *, stopped: str | None
    ) -> None:
        self.at_shop, self.work, self.person, self.facts, self.stopped = at_shop, work, person, facts, stopped
        self.setting, self.campaign = work.setting, work.setting.campaign
        self.origins = Origins(work, at_shop.schedules.path)

    def steps(self, touch: Touch, outside: Decision | None) -> list[GuardStep]:
        """Every guard for one touch. `outside`: why the touch is nothing for this campaign or shop."""
        seen = touch_facts(touch, self.setting, self.facts)
        steps = [
            self._step("audience", outside, *self._audience(outside)),
            self._first_run(touch),
            self._stage(touch),
            *(self._step(name, guard(seen), *self._about(name, seen, touch)) for name, guard in guards_of(seen.kind)),
            self._data(),
            *self._arms(touch),
        ]
        return [*steps, *self._limits(touch)]

    def _step(self, guard: str, decision: Decision | None, value: str | None, source: str | None) -> GuardStep:
        verdict = PASSED if decision is None else str(decision.verdict)
        return GuardStep(guard, verdict, decision.reason if decision else None, value, source)

    def _audience(self, outside: Decision | None) -> tuple[str | None, str | None]:
        if outside is not None:
            return outside.detail or short_words(outside.reason or ""), self.origins.of_campaign()
        wanted = self.campaign.audience is not None
        return _("wanted by the campaign's filter") if wanted else _("no filter"), self.origins.of_campaign()

    def _first_run(self, touch: Touch) -> GuardStep:
        floor, opens_on = self.setting.floor_on, touch.window.opens_on
        stopped = Decision(Verdict.EXCLUDED, "before_first_run") if floor is not None and opens_on < floor else None
        value = _("“{touch}” opens on {day}").format(touch=touch_words(self.campaign, touch.stage), day=opens_on)
        source = _("the campaign's first run takes stages from {day} on").format(day=floor) if floor else None
        return self._step("first_run", stopped, value, source or self.origins.of_campaign())

    def _stage(self, touch: Touch) -> GuardStep:
        stopped = told_already(touch, self.setting, self.facts)
        value = _("{stage}: open from {first} to {last}, due on {due}").format(
            stage=touch_words(self.campaign, touch.stage), first=touch.window.opens_on, last=touch.window.closes_on,
            due=touch.due.due_on,
        )  # fmt: skip
        return self._step("stage", stopped, value, self.origins.of_due())

    def _about(self, name: str, seen: TouchFacts, touch: Touch) -> tuple[str | None, str | None]:
        """The value a guard of the domain looked at, and where it comes from."""
        asked: Mapping[str, Callable[[], tuple[str | None, str | None]]] = {
            "contactable": self._phone,
            "consent": self._consent,
            "suppression": self._suppression,
            "vehicle": partial(self._vehicle, seen),
            "outcome": partial(self._outcome, seen, touch),
            "hold": partial(self._hold, seen, touch),
        }
        return asked[name]() if name in asked else (None, None)

    def _phone(self) -> tuple[str | None, str | None]:
        person = self.person
        value = mask(person.phone) if person.phone else sayings.phone_words(None)
        if person.phone and person.unreachable:
            value = f"{value} ({sayings.phone_words(person.unreachable)})"
        return value, self.origins.of_records("customers")

    def _consent(self) -> tuple[str | None, str | None]:
        person = self.person
        if self.campaign.kind != "marketing":
            return _("not needed: {kind}").format(kind=self.campaign.kind.value), self.origins.of_campaign()
        words = {"yes": _("agreed to marketing"), "no": _("refused marketing")}
        if self.facts.customers[person.id].consent != person.consent:
            return words["no"], _("at another shop of the group")
        value = words.get(person.consent, _("nobody knows"))
        known = person.consent_source or person.consent_since
        source = sayings.consent_words(person.consent_source, person.consent_since) if known else None
        return value, source or self.origins.of_records("customers")

    def _suppression(self) -> tuple[str | None, str | None]:
        return (self.stopped, _("stop list")) if self.stopped else (_("not on it"), _("stop list"))

    def _vehicle(self, seen: TouchFacts) -> tuple[str | None, str | None]:
        if seen.vehicle_state is None:
            return _("not asked: a greeting"), self.origins.of_campaign()
        state = seen.vehicle_state
        value = _("in use") if state == "in_use" else short_words(f"vehicle_{state}")
        return value, self.origins.of_records("customers")

    def _outcome(self, seen: TouchFacts, touch: Touch) -> tuple[str | None, str | None]:
        if seen.answered:
            return short_words(seen.answered), _("the customer's reply, or a call")
        if seen.answered_by == "visit":
            return self._visit(seen, touch)
        if seen.answered_by == "renewal":
            return self._renewal(seen, touch)
        return _("none that would answer it"), None

    def _visit(self, seen: TouchFacts, touch: Touch) -> tuple[str | None, str | None]:
        if seen.booked_on is not None and (seen.came_on is None or seen.booked_on > seen.came_on):
            value = _("booked on {day}; counts from {first} on").format(day=seen.booked_on, first=seen.came_from)
            return value, _("bookings")
        if seen.came_on is None:
            return _("no visit on record"), self.origins.of_records("visits")
        value = _("last visit on {day}; counts from {first} on").format(day=seen.came_on, first=seen.came_from)
        return value, self.origins.of_visit(touch.due, seen.came_on)

    def _renewal(self, seen: TouchFacts, touch: Touch) -> tuple[str | None, str | None]:
        if seen.renewed_to is None or touch.due.vehicle_id is None:
            return _("no policy of the shop on record"), self.origins.of_records("renewals")
        value = _("policy until {day}; this one ends on {end}").format(day=seen.renewed_to, end=seen.anchor_on)
        return value, self.origins.of_renewal(touch.due.vehicle_id, seen.renewed_to)

    def _hold(self, seen: TouchFacts, touch: Touch) -> tuple[str | None, str | None]:
        if seen.open_complaint:
            with self.work.store.read() as session:
                since = open_complaint_since(session, touch.due.customer_id)
            return _("complaint open since {day}").format(day=since), _("complaints")
        if seen.in_workshop:
            cars = self.facts.cars_of.get(touch.due.customer_id, ())
            days = [self.facts.in_workshop_elsewhere.get(touch.due.customer_id)]
            days += [car.in_workshop_since for car in cars]
            since = min((day for day in days if day is not None), default=None)
            return _("in the workshop since {day}").format(day=since), self.origins.of_records("visits")
        if seen.accident_on is not None:
            return _("accident repair on {day}").format(day=seen.accident_on), self.origins.of_records("visits")
        if seen.contacted_on is not None:
            value = _("called on {day} by {clerk}").format(day=seen.contacted_on, clerk=seen.contacted_by or "–")
            return value, self.origins.of_records("contacts")
        return _("nothing open"), None

    def _data(self) -> GuardStep:
        reason = self.at_shop.why_data_not_usable(self.campaign)
        with self.work.store.read() as session:
            known = freshness(session, self.setting.shop_id)
        kinds = RULES[self.campaign.rule].reads
        parts = [
            _("{kind} known to {moment}").format(
                kind=records_word(kind), moment=self.origins.local(known.get(kind)) or _("never imported")
            )
            for kind in kinds
        ]
        stopped = Decision(Verdict.DEFERRED, reason) if reason else None
        return self._step("data", stopped, ", ".join(parts) or None, self.origins.of_setting("data_max_age"))

    def _arms(self, touch: Touch) -> Iterator[GuardStep]:
        arm, is_known = self._arm(touch)
        drawn = _("drawn when it was enrolled") if is_known else _("would be drawn now")
        shares = {"universal_control": self.setting.universal_bp, "campaign_control": self.setting.control_bp}
        own = {"universal_control": Arm.UNIVERSAL, "campaign_control": Arm.CONTROL}
        lines = {
            "universal_control": self.origins.of_setting("universal_control"),
            "campaign_control": self.origins.of_campaign(),
        }
        for guard, share in shares.items():
            is_held = arm is own[guard] and is_withheld(arm, touch, self.setting)
            stopped = Decision(Verdict.WITHHELD, guard) if is_held else None
            share_words = _("{share} of customers").format(share=f"{share / 100:g}%")
            value = f"{share_words}; {drawn}" if share else _("none")
            if guard == "universal_control" and self.campaign.kind != "marketing":
                value = _("marketing only")
            yield self._step(guard, stopped, value, lines[guard])

    def _arm(self, touch: Touch) -> tuple[Arm, bool]:
        customer = self.facts.customers[touch.due.customer_id]
        inherited = self.facts.enrolments_by_id.get((touch.cycle.enrolment_id if touch.cycle else None) or 0)
        known = inherited or self.facts.enrolments.get(customer.id)
        return (Arm(known.arm), True) if known else (draw_arm(customer, self.setting), False)

    def _limits(self, touch: Touch) -> Iterator[GuardStep]:
        """What the text must fit in; where the planner has decided already, its own word."""
        pace = pace_of(self.work)
        cap, budget, spread = pace.cap, pace.budget, self.campaign.spread_per_day
        counted = self.facts.counted.get(touch.due.customer_id, 0)
        slot = self._place(pace, touch)
        stopped = self._limited(touch, slot, is_capped=cap is not None and counted >= cap.messages)
        goes = _("no open moment before the stage closes")
        if isinstance(slot, Slot):
            goes = _("could go from {moment}").format(moment=self.origins.local(slot.not_before))
        told: Mapping[str, tuple[str, str, str]] = {
            "wording": ("missing_value", self._wording(stopped), self.origins.of_campaign()),
            "frequency_cap": ("frequency_cap", self._cap(cap, counted), self.origins.of_setting("frequency_cap")),
            "budget": ("budget", self._budget(budget), self.origins.of_setting("daily_budget")),
            "spread": ("spread", _("{count} a day").format(count=spread) if spread else _("none"),
                       self.origins.of_campaign()),
            "quiet_hours": ("window_closed", goes, self.origins.of_setting("quiet_hours")),
        }  # fmt: skip
        for guard, (reason, value, source) in told.items():
            yield self._step(guard, stopped if stopped.reason == reason else None, value, source)

    def _limited(self, touch: Touch, slot: Slot | Decision, *, is_capped: bool) -> Decision:
        """The limit that stops the text, if any: none does for the universal control, whose rows take no place."""
        own, is_bound = touch.decision, self._arm(touch)[0] is not Arm.UNIVERSAL
        if is_bound and is_capped:
            return Decision(Verdict.DEFERRED, "frequency_cap")
        if own is not None and own.reason in LIMITS:
            return own
        return slot if is_bound and isinstance(slot, Decision) else Decision(Verdict.PLANNED)

    def _wording(self, stopped: Decision) -> str:
        if stopped.reason == "missing_value":
            return _("{field} is not on record").format(field=stopped.detail or "–")
        return _("every value is there")

    def _cap(self, cap: FrequencyCap | None, counted: int) -> str:
        if cap is None:
            return _("none")
        return _("{count} of {most} in {days} days").format(count=counted, most=cap.messages, days=cap.days)

    def _place(self, pace: Pace, touch: Touch) -> Slot | Decision:
        """Where the text would go if this customer came first; the frequency cap is told apart."""
        pace.cap = None
        return pace.place(
            touch.due.customer_id, counted=0, cost_micros=0, valid_until=self.setting.valid_until([touch]),
            phone=self.person.phone,
        )  # fmt: skip

    def _budget(self, budget: DailyBudget | None) -> str:
        if budget is None:
            return _("none")
        with self.work.store.read() as session:
            texts, micros = counted_by_day(session, self.setting.shop_id, self.setting.today).get(
                self.setting.today, (0, 0)
            )
        parts = []
        if budget.messages is not None:
            parts.append(_("{count} of {most} texts today").format(count=texts, most=budget.messages))
        if budget.amount_micros is not None:
            currency = self.at_shop.shop.currency
            spent, most = money_micros(micros, currency), money_micros(budget.amount_micros, currency)
            parts.append(_("{spent} of {most} today").format(spent=spent, most=most))
        return ", ".join(parts)
