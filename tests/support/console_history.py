"""What the console's shop has done in six weeks: runs, texts in every state, answers, visits and what they earned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from notifier.demo.chance import chance, pick
from notifier.domain.segments import count_segments
from notifier.schedules import Schedules
from notifier.store.bulk import insert_returning_ids, insert_rows
from notifier.store.engine import Session
from notifier.store.tables import (
    Attempt,
    Booking,
    CampaignState,
    Coupon,
    Credit,
    Cycle,
    Decision,
    Enrolment,
    Message,
    MessageCycle,
    Renewal,
    Reply,
    Run,
    Suppression,
)
from tests.support.console_cast import INTERVAL, Car, Cast, Someone

DAYS = 40
PRICE = 50_000
GATEWAY = "simulator"
SETTLED = {"delivered": 0.905, "undelivered": 0.035, "failed": 0.02, "sent": 0.025, "cancelled": 0.015}
TODAY = ("delivered",) * 11 + ("sent", "sent", "accepted", "accepted", "sending", "unknown", "undelivered", "failed")
REASONS = {"undelivered": "30003", "failed": "21211", "cancelled": "came", "withheld": "campaign_control"}
ANSWERS: Mapping[tuple[str, str] | None, float] = {
    None: 0.80, ("1", "booking"): 0.09, ("0", "already_done"): 0.03, ("退订", "stop"): 0.02,
    ("你们周日下午上班吗?", "text"): 0.04, ("车已经卖了", "text"): 0.02,
}  # fmt: skip
TEMPLATES = {
    ("maintenance_due", "early"): "maintenance_due", ("maintenance_due", "last"): "maintenance_due",
    ("insurance_expiry", "early"): "insurance_early", ("insurance_expiry", "last"): "insurance_last",
    ("birthday", "day"): "birthday", ("winback", "at_risk"): "winback_at_risk", ("winback", "lost"): "winback_lost",
}  # fmt: skip
WORDS = {
    "maintenance_due": "您好,{plate}约{due}该做保养了。回复1预约到店少等,回复0已保养",
    "insurance_early": "您好,{plate}车险{due}到期,可办续保了。回复1专员报价,回复0已续保",
    "insurance_last": "您好,{plate}车险{due}就到期了,请勿脱保上路。回复1报价,回复0已续保",
    "birthday": ",生日快乐!愿新的一岁平安顺意,路路好风景。东南汽车泉州店全体同事敬上",
    "winback_at_risk": "您好,{plate}有阵子没回店了。开得少也要换机油,来店免费检查。回复1预约",
    "winback_lost": "您好,{plate}久未回店,送200元工时券DN8K2F7Q,{due}止。回复1预约",
}
CLOCKS = {"birthday": time(9, 30)}
OFFSETS = {"early": 14, "last": 3}


@dataclass(slots=True)
class Told:
    """One text of the past, or the row of a control; `answer`: words and meaning; `came_on`: a visit it brought."""

    campaign: str
    stage: str
    person: Someone
    car: Car
    day: date
    due_on: date
    state: str
    answer: tuple[str, str] | None = None
    came_on: date | None = None
    run_id: int = 0
    id: int = 0
    cycle_id: int = 0

    @property
    def template(self) -> str:
        """The wording it was made from."""
        return TEMPLATES[self.campaign, self.stage]

    @property
    def anchor_on(self) -> date:
        """What the reminder is about: the service before, the policy's end, the birthday, the last visit."""
        return self.due_on - INTERVAL if self.campaign == "maintenance_due" else self.due_on

    def text(self) -> str:
        """As it left."""
        word = "先生" if self.person.row.get("sex") == "m" else "女士"
        due = f"{self.due_on.month}月{self.due_on.day}日"
        words = WORDS[self.template].format(plate=self.car.plate or "您的爱车", due=due)
        return f"【东南泉州】{(self.person.name or '')[:1]}{word}{words},拒收请回复R"


@dataclass(slots=True)
class History:
    """Six weeks up to `now`."""

    cast: Cast
    shop_id: int
    zone: ZoneInfo
    now: datetime
    told: list[Told] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The shop's day."""
        return self.now.astimezone(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        """A moment on the shop's clock."""
        return datetime.combine(day, clock, self.zone)

    def live_through(self) -> None:
        """Decide what happened; people's visits are as they came, before anybody is written."""
        self._of_chen()
        for back in range(DAYS, 0, -1):
            day = self.today - timedelta(days=back)
            for campaign, stage, number in _day_of(day):
                for n in range(number):
                    self._tell(campaign, stage, day, chance("told", back, campaign, stage, n))
        for n, state in enumerate(TODAY):
            self._tell("maintenance_due", "early" if n % 2 else "last", self.today, chance("today", n), state)

    def _tell(self, campaign: str, stage: str, day: date, luck: Random, state: str | None = None) -> None:
        person = self.cast.next()
        car = person.cars[0]
        due_on = day if campaign == "birthday" else day + timedelta(days=_offset(campaign, stage))
        self._make_due(campaign, person, car, due_on)
        is_control = state is None and stage == "early" and campaign == "maintenance_due" and luck.random() < 0.1
        settled = state or ("withheld" if is_control else pick(luck, SETTLED))
        told = Told(campaign, stage, person, car, day, due_on, settled)
        if settled == "delivered" and campaign != "birthday" and day < self.today:
            told.answer = pick(luck, ANSWERS)
            share = {"booking": 0.8, "stop": 0.0}.get(told.answer[1] if told.answer else "", 0.14)
            came = day + timedelta(days=luck.randrange(2, 12))
            if luck.random() < share and came < self.today:
                told.came_on = came
                car.visits.append(came)
        self.told.append(told)

    def _make_due(self, campaign: str, person: Someone, car: Car, due_on: date) -> None:
        if campaign == "maintenance_due":
            car.visits = [*(day for day in car.visits if day < due_on - INTERVAL), due_on - INTERVAL]
        elif campaign == "insurance_expiry":
            car.vehicle["insurance_ends_on"] = due_on
        elif campaign == "birthday":
            person.row["birth_mmdd"] = f"{due_on:%m%d}"

    def _of_chen(self) -> None:
        """One customer everybody may look at: reminded, answered, came, was offered a policy, and asks something."""
        chen = self.cast.named["陈晓芳"]
        car = chen.cars[0]
        first, second, third = (self.today - timedelta(days=days) for days in (182, 26, 2))
        came_on = self.today - timedelta(days=168)
        self.told += [
            Told("maintenance_due", "early", chen, car, first, came_on + timedelta(days=2), "delivered",
                 ("1", "booking"), came_on),
            Told("insurance_expiry", "early", chen, car, second, self.today + timedelta(days=34), "delivered",
                 ("1", "quote")),
            Told("birthday", "day", chen, car, third, third, "delivered", ("谢谢!周六下午有位置换轮胎吗?", "text")),
        ]  # fmt: skip
        car.vehicle["insurance_ends_on"] = self.today + timedelta(days=34)
        chen.row |= {"birth_on": third.replace(year=1988), "birth_mmdd": f"{third:%m%d}"}

    # — written down —

    def keep(
        self, session: Session, schedules: Schedules, versions: Mapping[str, int], first: Mapping[str, int]
    ) -> None:
        """Everything that happened, after the people are written.

        `versions`: each wording's live version; `first`: what was live until a fortnight ago, where that was another.
        """
        self._keep_runs(session, schedules)
        self._keep_messages(session, versions, {**versions, **first})
        self._keep_answers(session)
        self._keep_outcomes(session)

    def _keep_runs(self, session: Session, schedules: Schedules) -> None:
        def of(told: Told) -> tuple[date, str]:
            return told.day, told.campaign

        self.told.sort(key=of)
        runs = {key: list(group) for key, group in groupby(self.told, of)}
        rows = [
            {
                "shop_id": self.shop_id, "campaign_id": campaign, "due_at": (at := self._leaves_at(texts[0])),
                "planned_for": at, "state": "ready" if day >= self.today - timedelta(days=1) else "done",
                "priority": schedules.campaign(campaign).priority, "created_at": at, "finished_at": at,
                "settings": schedules.campaign(campaign).settings_document(),
                "counts": {"planned": len(texts), "withheld": 0, "excluded": {"suppressed": 2}, "deferred": {}},
                "reviewed_by": "林静" if campaign == "winback" else None,
            }
            for (day, campaign), texts in runs.items()
        ]  # fmt: skip
        for group, key in zip(runs.values(), insert_returning_ids(session, Run, rows), strict=True):
            for told in group:
                told.run_id = key
        floor = self.today - timedelta(days=DAYS + 7)
        known = sorted({told.campaign for told in self.told})
        insert_rows(session, CampaignState, [
            {"shop_id": self.shop_id, "campaign_id": name, "key": name, "rule": name, "floor_on": floor,
             "off_since": None, "paused": False}
            for name in known
        ])  # fmt: skip

    def _leaves_at(self, told: Told) -> datetime:
        clock = CLOCKS.get(told.campaign, time(10))
        return self.at(told.day, clock)

    def _keep_messages(self, session: Session, live: Mapping[str, int], before: Mapping[str, int]) -> None:
        changed_on = self.today - timedelta(days=14)
        enrolled = [
            {"shop_id": self.shop_id, "campaign_id": t.campaign, "customer_id": t.person.id, "period": str(t.day.year),
             "arm": "control" if t.state == "withheld" else "treatment", "run_id": t.run_id, "stage": t.stage,
             "enrolled_at": self._leaves_at(t), "enrolled_on": t.day, "first_opens_on": t.day,
             "lift_until": t.day + timedelta(days=60)}
            for t in self.told
        ]  # fmt: skip
        enrolments = insert_returning_ids(session, Enrolment, enrolled)
        cycles = [
            {"shop_id": self.shop_id, "campaign_id": t.campaign, "customer_id": t.person.id, "enrolment_id": key,
             "subject_type": "vehicle" if (is_car := t.campaign not in ("birthday", "winback")) else "customer",
             "subject_id": t.car.id if is_car else t.person.id, "subject_key": "", "anchor_on": t.anchor_on,
             "came_from": t.day - timedelta(days=14), "answered_by": "visit" if is_car else None}
            for t, key in zip(self.told, enrolments, strict=True)
        ]  # fmt: skip
        for told, key in zip(self.told, insert_returning_ids(session, Cycle, cycles), strict=True):
            told.cycle_id = key
        rows = [
            self._message_row(t, key, (live if t.day >= changed_on else before)[t.template])
            for t, key in zip(self.told, enrolments, strict=True)
        ]
        for told, key in zip(self.told, insert_returning_ids(session, Message, rows), strict=True):
            told.id = key
        insert_rows(session, MessageCycle, [
            {"cycle_id": t.cycle_id, "stage": t.stage, "message_id": t.id} for t in self.told
        ])  # fmt: skip
        insert_rows(session, Decision, [
            {"cycle_id": t.cycle_id, "stage": t.stage, "verdict": "planned", "reason": None, "closes_on": t.due_on,
             "run_id": t.run_id} for t in self.told
        ])  # fmt: skip
        insert_rows(session, Attempt, [self._attempt_row(t) for t in self.told if _was_posted(t)])

    def _message_row(self, told: Told, enrolment_id: int, version_id: int) -> dict[str, Any]:
        leaves, text = self._leaves_at(told), told.text()
        counted = count_segments(text)
        is_gone = _was_posted(told)
        return {
            "shop_id": self.shop_id, "run_id": told.run_id, "campaign_id": told.campaign, "stage": told.stage,
            "kind": "marketing" if told.campaign in ("birthday", "winback") else "service", "state": told.state,
            "customer_id": told.person.id, "enrolment_id": enrolment_id, "reason": REASONS.get(told.state),
            "arm": "control" if told.state == "withheld" else "treatment", "gateway": GATEWAY, "language": "zh-CN",
            "phone": told.person.phone, "phone_key": told.person.row["phone_key"], "template_version_id": version_id,
            "text": text, "encoding": counted.encoding, "segments": counted.count, "cost_micros": counted.count * PRICE,
            "replies": {"1": "booking", "0": "already_done"}, "count_on": told.day, "not_before": leaves,
            "valid_until": self.at(told.due_on + timedelta(days=1), time()), "created_at": leaves,
            "sent_at": leaves + timedelta(seconds=told.person.id % 90) if is_gone else None,
            "delivered_at": leaves + timedelta(seconds=95) if told.state == "delivered" else None,
            "changed_at": leaves, "attempts": int(is_gone), "repeated": False,
        }  # fmt: skip

    def _attempt_row(self, told: Told) -> dict[str, Any]:
        leaves = self._leaves_at(told)
        state = {"sending": "posting", "failed": "refused"}.get(told.state, told.state)
        is_known = told.state not in ("sending", "unknown", "failed")
        return {
            "message_id": told.id, "n": 1, "gateway": GATEWAY, "state": state, "claimed_at": leaves,
            "business_at": leaves, "lease_until": leaves + timedelta(hours=30), "changed_at": leaves,
            "provider_sid": f"SIM{told.id:010d}" if is_known else None, "error_code": _code(told),
        }  # fmt: skip

    def _keep_answers(self, session: Session) -> None:
        answered = [(told, told.answer) for told in self.told if told.answer]
        rows = []
        for told, (words, meaning) in answered:
            heard = self._leaves_at(told) + timedelta(minutes=11 + told.id % 200)
            rows.append({
                "gateway": GATEWAY, "provider_id": f"SIMR{told.id}", "shop_id": self.shop_id,
                "customer_id": told.person.id, "message_id": told.id, "phone": told.person.phone,
                "phone_key": told.person.row["phone_key"], "text": words, "meaning": meaning, "received_at": heard,
                "business_at": heard, "arrived_on": told.day,
            })  # fmt: skip
        ids = insert_returning_ids(session, Reply, rows)
        insert_rows(session, Booking, [
            {"shop_id": self.shop_id, "customer_id": told.person.id, "vehicle_id": told.car.id, "message_id": told.id,
             "reply_id": key, "booked_on": told.day, "state": "asked", "created_at": self._leaves_at(told)}
            for (told, (_words, meaning)), key in zip(answered, ids, strict=True)
            if meaning == "booking"
        ])  # fmt: skip
        stopped = {t.person.row["phone_key"]: t for t, (_words, meaning) in answered if meaning == "stop"}
        insert_rows(session, Suppression, [
            {"phone_key": key, "reason": "stop", "source": "退订", "since": self._leaves_at(told)}
            for key, told in stopped.items()
        ])  # fmt: skip

    def _keep_outcomes(self, session: Session) -> None:
        came = [told for told in self.told if told.came_on is not None]
        insert_rows(session, Credit, [
            {"shop_id": self.shop_id, "outcome_type": "visit", "outcome_id": told.car.visit_ids[told.came_on],
             "message_id": told.id, "campaign_id": told.campaign, "day": told.came_on,
             "evidence": "booking" if told.answer and told.answer[1] == "booking" else "sent",
             "amount_minor": 46_000 + told.id * 7919 % 80_000, "credited_at": self.now}
            for told in came if told.came_on is not None
        ])  # fmt: skip
        insert_rows(session, Coupon, [
            {"shop_id": self.shop_id, "code": f"DN{told.id:06X}", "campaign_id": "winback",
             "customer_id": told.person.id, "message_id": told.id, "value_minor": 20_000, "issued_on": told.day,
             "ends_on": told.day + timedelta(days=60), "redeemed_on": told.came_on,
             "visit_id": told.came_on and told.car.visit_ids[told.came_on]}
            for told in self.told if told.campaign == "winback"
        ])  # fmt: skip
        renewed = [told for told in self.told if told.campaign == "insurance_expiry" and told.id % 4 == 0]
        insert_rows(session, Renewal, [
            {"shop_id": self.shop_id, "policy_no": f"PDAA{told.id:08d}", "vin": told.car.vin, "insurer": "人保财险",
             "vehicle_id": told.car.id, "customer_id": told.person.id, "day": told.day + timedelta(days=3),
             "starts_on": told.due_on, "ends_on": told.due_on + timedelta(days=365), "premium_minor": 420_000,
             "commission_minor": 42_000, "changed_at": self.now}
            for told in renewed if told.day + timedelta(days=3) < self.today
        ])  # fmt: skip


def _day_of(day: date) -> Iterator[tuple[str, str, int]]:
    """What runs on a day: (campaign, stage, texts)."""
    if day.weekday() < 6:
        yield "maintenance_due", "early", 5 + day.day * 7 % 5
        yield "maintenance_due", "last", 2 + day.day * 3 % 4
        yield "insurance_expiry", "early", 2 + day.day % 3
        yield "insurance_expiry", "last", 1 + day.day % 2
    if day.weekday() == 1:
        yield "winback", "lost", 8
    yield "birthday", "day", 1 + day.day % 3


def _offset(campaign: str, stage: str) -> int:
    """Days from the text to the day it speaks of."""
    if campaign == "insurance_expiry":
        return {"early": 60, "last": 7}[stage]
    return OFFSETS.get(stage, 60)


def _was_posted(told: Told) -> bool:
    return told.state not in ("planned", "withheld", "cancelled")


def _code(told: Told) -> str | None:
    return REASONS.get(told.state) if told.state in ("undelivered", "failed") else None
