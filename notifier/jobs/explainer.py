"""Why this customer gets, or does not get, a message: the planner's own steps for one customer, storing nothing.

Audience query, guards, arms, pace and wording are those of `plan`, so the two cannot disagree. Budget and spread are
answered as if the customer came first in the next run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from notifier.domain.cycles import due_range, stage_windows
from notifier.domain.filters import unmet
from notifier.domain.guards import Decision, Verdict, blocked_by
from notifier.domain.rules import RULES
from notifier.domain.service_due import Reading
from notifier.errors import TemplateError
from notifier.jobs import sayings
from notifier.jobs.answers import Answer, Explained
from notifier.jobs.audience_words import unmet_words
from notifier.jobs.plan.group import PLACEHOLDER_CODE, GroupPlanner
from notifier.jobs.plan.lists import ListUnreadable
from notifier.jobs.plan.run import Work, facts_of, pace_of
from notifier.jobs.plan.shop import Planner, ShopPlanner
from notifier.jobs.plan.touch import Touch, complete, is_planned_already, subject_of, touch_facts
from notifier.jobs.reasons import REASONS, stale_words
from notifier.jobs.walk import Walk
from notifier.locale import _
from notifier.locale.mends import Mend
from notifier.locale.records import records_word
from notifier.schedules import Campaign, ShopSettings
from notifier.schedules.stage_words import touch_words
from notifier.store import campaigns, histories
from notifier.store.audiences import AUDIENCES, Due
from notifier.store.audiences.filters import person_record
from notifier.store.histories import PersonRow
from notifier.store.readings import latest_told
from notifier.store.runs import has_scheduled_run
from notifier.store.touches import ChunkFacts

__all__ = ["Explainer"]

STANDING_GUARDS = ("no_phone", "unreachable", "consent_refused", "consent_unknown", "suppressed")
"""Reasons that hold whatever is due: they are told also for what is not due yet."""
OF_RECORDS = ("data_too_old", "import_unfinished")
"""Reasons whose detail is a kind of import."""
OCCASIONS_BACK = timedelta(days=30)
OCCASIONS_AHEAD = timedelta(days=385)
"""A lunar year with a leap month: so far ahead lies the next of everything that comes back each year."""


class Explainer:
    """Answers for one customer of one shop. `only`: the VIN asked for, None for all cars."""

    def __init__(
        self,
        planner: Planner,
        shop: ShopSettings,
        person: PersonRow,
        now: datetime,
        *,
        only: str | None,
        stopped: str | None,
        walked: bool,
    ) -> None:
        self.planner, self.shop, self.person, self.now, self.only = planner, shop, person, now, only
        self.stopped, self.walked = stopped, walked
        self._outside: dict[int, Decision] = {}
        self._at_other_shop: frozenset[Due] = frozenset()
        self.at_shop = ShopPlanner(planner, shop, person.shop_id, now, only=None)
        with planner.store.read() as session:
            self.cars = {car.id: car for car in histories.cars_of_person(session, person.id)}

    def explain(self, chosen: Sequence[Campaign]) -> Explained:
        """Every chosen campaign's answers."""
        answers = [answer for campaign in chosen for answer in self._answers(campaign)]
        return Explained(self.shop.key, self.person, list(self.cars.values()), answers)

    def _answers(self, campaign: Campaign) -> list[Answer]:
        if not campaign.enabled:
            return [Answer(campaign.key, "off", sayings.switched_off())]
        try:
            work = self.at_shop.rehearse(campaign)
        except TemplateError as error:
            return [Answer(campaign.key, "off", error.verdict(), reason="template", mend=error.mend)]
        except ListUnreadable as error:
            return [Answer(campaign.key, "off", error.verdict(), reason="list_unreadable", mend=error.mend)]
        dues = self._dues(work)
        if not dues:
            return [Answer(campaign.key, "nothing_due", sayings.nothing_due(campaign.rule))]
        touches = [_nearest_touch(due, work) for due in dues]
        facts = facts_of(work, [touches])
        for touch in touches:
            complete(touch, work.setting, facts)
        self._outside = {id(touch): why for touch in touches if (why := self._why_not_for_them(touch, work))}
        is_open = [t for t in touches if t.window.is_open(work.setting.today) and id(t) not in self._outside]
        GroupPlanner(work.setting, pace_of(work), work.texts, work.gateway, lambda: PLACEHOLDER_CODE).plan(
            is_open, facts
        )
        answers = [self._answer(touch, work, facts) for touch in touches]
        if not self.walked:
            return answers
        walk = Walk(self.at_shop, work, self.person, facts, stopped=self.stopped)
        steps = [walk.steps(touch, self._outside.get(id(touch))) for touch in touches]
        return [replace(answer, guards=each) for answer, each in zip(answers, steps, strict=True)]

    def _dues(self, work: Work) -> list[Due]:
        """What is due for this customer, ever; of what recurs each year the latest one past, or the next."""
        setting = work.setting
        earliest, latest = due_range(setting.today, setting.campaign.stages, setting.campaign.late_days)
        if setting.rule.recurs:
            earliest = min(earliest, setting.today - OCCASIONS_BACK)
            latest = max(latest, setting.today + OCCASIONS_AHEAD)
        with work.store.read() as session:
            ask = replace(setting.ask(earliest, latest, self.person.id), audience=None)
            dues = AUDIENCES[setting.campaign.rule](session, replace(ask, elsewhere=(), group=()))
            ours = AUDIENCES[setting.campaign.rule](session, ask) if ask.group else dues
        self._at_other_shop = frozenset(dues) - frozenset(ours)
        if setting.rule.recurs:
            dues = _occasions(dues, work)
        return [due for due in dues if self.only is None or self._vin(due) in (None, self.only)]

    def _why_not_for_them(self, touch: Touch, work: Work) -> Decision | None:
        """Another shop of the group looks after them; or the condition of the audience they do not fulfil."""
        if touch.due in self._at_other_shop:
            return Decision(Verdict.EXCLUDED, "other_shop")
        wanted = work.setting.campaign.audience
        if wanted is None:
            return None
        with self.planner.store.read() as session:
            record = person_record(session, self.person.id, touch.due.vehicle_id)
        missed = unmet(wanted, record, work.setting.today)
        words = unmet_words(missed, self.shop.currency)
        return Decision(Verdict.EXCLUDED, "not_in_audience", words) if missed else None

    def _vin(self, due: Due) -> str | None:
        car = self.cars.get(due.vehicle_id or 0)
        return car.vin if car else None

    def _answer(self, touch: Touch, work: Work, facts: ChunkFacts) -> Answer:
        campaign, today = work.setting.campaign, work.setting.today
        if is_planned_already(touch):
            return self._told(touch, campaign)
        if touch.window.is_open(today) or id(touch) in self._outside:
            return self._decided(touch, campaign)
        standing = blocked_by(touch_facts(touch, work.setting, facts))
        if standing is not None and standing.reason in STANDING_GUARDS:
            return self._make(touch, campaign, "excluded", *self._kept_out(standing))
        earlier = touch.cycle.touches if touch.cycle else {}
        if touch.window.closes_on < today:
            if earlier:
                return self._told(touch, campaign)
            return self._make(touch, campaign, "over", sayings.over(touch.window.closes_on), standing)
        said = self._not_due(touch, campaign)
        if earlier:
            said = f"{self._told_sentence(touch)} {said}"
        return self._make(touch, campaign, "not_due", said)

    def _decided(self, touch: Touch, campaign: Campaign) -> Answer:
        """What the next run would do with an open touch that has no message yet, or is nothing for the campaign."""
        decision = self._outside.get(id(touch), touch.decision)
        assert decision is not None  # the group planner decides every open touch that has no message
        if decision.verdict is Verdict.EXCLUDED:
            return self._make(touch, campaign, "excluded", *self._kept_out(decision))
        if decision.verdict is Verdict.WITHHELD:
            return self._make(touch, campaign, "withheld", sayings.kept_out(decision.reason, None), decision)
        waits = decision if decision.verdict is Verdict.DEFERRED else self._waits(campaign)
        if waits is not None:
            said = sayings.waits(waits.reason, self._detail(waits))
            return self._make(touch, campaign, "deferred", said, waits)
        return self._gets(touch, campaign)

    def _gets(self, touch: Touch, campaign: Campaign) -> Answer:
        """With which run: one that is due and not made yet, else the next; none may come before the stage closes."""
        zone, words = self.shop.zone, touch_words(campaign, touch.stage)
        if self._is_run_due(campaign):
            return self._make(touch, campaign, "gets", sayings.gets(words, None))
        following = campaign.next_due(self.now, zone)
        if not following or following[0].astimezone(zone).date() > touch.window.closes_on:
            none_left = Decision(Verdict.EXCLUDED, "no_run_left", str(touch.window.closes_on))
            return self._make(touch, campaign, "excluded", *self._kept_out(none_left))
        return self._make(touch, campaign, "gets", sayings.gets(words, following[0].astimezone(zone)))

    def _is_run_due(self, campaign: Campaign) -> bool:
        due_at = campaign.due_at(self.now, self.shop.zone)
        if due_at is None:
            return False
        with self.planner.store.read() as session:
            return not has_scheduled_run(session, self.person.shop_id, campaign.id, due_at)

    def _waits(self, campaign: Campaign) -> Decision | None:
        """Why no run of the campaign would be made now, whoever it is for."""
        with self.planner.store.read() as session:
            if campaigns.is_paused(session, self.person.shop_id, campaign.id):
                return Decision(Verdict.DEFERRED, "paused")
        stale = self.at_shop.stale_records(campaign)
        return Decision(Verdict.DEFERRED, stale.reason, stale.kind) if stale else None

    def _kept_out(self, decision: Decision) -> tuple[str, Decision]:
        return sayings.kept_out(decision.reason, self._detail(decision)), decision

    def _detail(self, decision: Decision) -> str | None:
        """The value that decided, with where it comes from."""
        person = self.person
        if decision.reason == "suppressed":
            return self.stopped
        if decision.reason in ("no_phone", "unreachable"):
            return sayings.phone_words(person.unreachable)
        if decision.reason == "consent_refused" and person.consent != "no":
            return _("at another shop of the group")
        if decision.reason == "consent_refused":
            return sayings.consent_words(person.consent_source, person.consent_since)
        if decision.reason in OF_RECORDS and decision.detail is not None:
            return self._known(decision.detail)
        return decision.detail

    def _known(self, kind: str) -> str:
        """Up to when the records are known that planning waits for."""
        stale = self.at_shop.first_stale([kind])
        return stale_words(stale, self.now, self.shop.zone) if stale else records_word(kind)

    def _told(self, touch: Touch, campaign: Campaign) -> Answer:
        """This stage, or a stage before it, has its message: where that stands."""
        row = self._message(touch)
        answer = self._make(touch, campaign, sayings.status_of(row.state), sayings.told(row, self.shop.zone),
                            Decision(Verdict.PLANNED, row.reason))  # fmt: skip
        return replace(answer, mend=sayings.mend_of_told(row))

    def _told_sentence(self, touch: Touch) -> str:
        return sayings.told(self._message(touch), self.shop.zone)

    def _message(self, touch: Touch) -> histories.ToldRow:
        assert touch.cycle is not None  # it has touches
        made: Mapping[str, tuple[int, str]] = touch.cycle.touches
        message_id = made[touch.stage][0] if touch.stage in made else max(key for key, _state in made.values())
        with self.planner.store.read() as session:
            return histories.told(session, [message_id])[message_id]

    def _not_due(self, touch: Touch, campaign: Campaign) -> str:
        """Nothing is open yet: since when it counts, or when it is due; a predicted day with its range."""
        opens_on, due_on = touch.window.opens_on, touch.due.due_on
        if RULES[campaign.rule].counts_months:
            return sayings.not_long_enough(opens_on, due_on)
        car = self.cars.get(touch.due.vehicle_id or 0)
        if campaign.rule == "maintenance_due" and car is not None:
            expected = sayings.not_due(opens_on, due_on, car.next_service_from, car.next_service_to)
            return " ".join((expected, *sayings.driven(irregular=car.irregular, told=self._told_km(car.id))))
        return sayings.not_due_of(campaign.rule, opens_on, due_on)

    def _told_km(self, vehicle_id: int) -> Reading | None:
        """The latest kilometres the owner told us."""
        with self.planner.store.read() as session:
            return latest_told(session, [vehicle_id]).get(vehicle_id)

    def _make(
        self, touch: Touch, campaign: Campaign, status: str, sentence: str, decision: Decision | None = None
    ) -> Answer:
        car = self.cars.get(touch.due.vehicle_id or 0)
        return Answer(
            campaign=campaign.key,
            status=status,
            sentence=sentence,
            reason=decision.reason if decision else None,
            detail=self._detail(decision) if decision else None,
            vin=car.vin if car else None,
            plate=car.plate if car else None,
            stage=touch.stage,
            touch=touch_words(campaign, touch.stage),
            due_on=touch.due.due_on,
            opens_on=touch.window.opens_on,
            closes_on=touch.window.closes_on,
            mend=_mend_of(decision, campaign) if decision and status != "over" else None,
        )


def _mend_of(decision: Decision, campaign: Campaign) -> Mend | None:
    """What can be done about what keeps a text back; None where nothing is to be done."""
    known = REASONS.get(decision.reason or "")
    if known is None or known.mend is None:
        return None
    kind = decision.detail or ""
    return known.mend.about(campaign=campaign.key, kind=kind, records=records_word(kind))


def _occasions(dues: Sequence[Due], work: Work) -> list[Due]:
    """Of each subject the occasions that are open today; where none is, the latest one past, or the next."""
    setting = work.setting
    by_subject: dict[object, list[Due]] = {}
    for due in sorted(dues, key=lambda each: each.due_on):
        by_subject.setdefault((subject_of(due), due.subject_key), []).append(due)
    chosen: list[Due] = []
    for each in by_subject.values():
        is_open = [due for due in each if setting.windows_of(due.due_on)[1] is not None]
        told_from = setting.today - OCCASIONS_BACK
        chosen += is_open or [due for due in each if setting.windows_of(due.due_on)[0][-1].closes_on >= told_from][:1]
    return chosen


def _nearest_touch(due: Due, work: Work) -> Touch:
    """The stage that is open today, else the next one, else the last."""
    windows = stage_windows(due.due_on, work.setting.campaign.stages, work.setting.campaign.late_days)
    today = work.setting.today
    window = next((window for window in windows if today <= window.closes_on), windows[-1])
    return Touch(due, windows, window)
