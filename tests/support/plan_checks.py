"""One planning of a random shop, held against the oracle; and what must hold of its rows at any moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from notifier.jobs.explain import explain
from notifier.jobs.plan import PlannedRun, PlanResult
from notifier.store.tables import Enrolment, Run
from tests.support.oracle import ABOUT, TOLERANCE, Row, Touch, World, touches
from tests.support.random_shop import GuardSpec, RandomShop, Spec
from tests.support.shop import PRICE, SECRET, ZONE, at, days

LIMITED = ("marketing", "service")
ABROAD = {"+1212": ZoneInfo("America/New_York"), "+8190": ZoneInfo("Asia/Tokyo")}
HAS_A_MESSAGE = ("waiting", "texted", "cancelled", "failed", "unknown")
PACED = ("budget", "spread", "frequency_cap")
OF_THE_CALENDAR = ("festival", "tips", "list")
KEPT_ON_ITS_DAY = ("birthday", "anniversary", "follow_up")


class Told(NamedTuple):
    """What somebody hears of one touch: from `explain`, or by what the run did."""

    customer_id: int
    campaign: str
    vin: str | None
    due_on: date | None
    stage: str | None


Answers = dict[Told, Counter[tuple[str, str | None]]]


def plan_checked(
    shop: RandomShop, day: date, clock: str = "10:00", *, campaign: str | None = None, explained: bool = False,
    rehearsed: bool = False,
) -> None:  # fmt: skip
    """Plan; every touch the oracle names comes to exactly what it says, and nothing else comes to anything."""
    desk, now = shop.desk, at(day, clock)
    desk.fresh(now)
    before = World(shop, now, day)
    # A review that has run out stands until the next planning, which takes its texts back first.
    is_steady = not before.expired
    told = Explained(before, now) if explained and is_steady else None
    foreseen = desk.planned_at(now, campaign=campaign, dry_run=True) if rehearsed and is_steady else None
    result = desk.plan_at(now, campaign=campaign)
    assert not result.waits
    after = World(shop, now, day)
    specs = {spec.key: spec for spec in shop.spec.campaigns}
    for run in result.runs:
        checked = RunCheck(run, specs[run.campaign], before, after)
        checked.check()
        if told is not None and run.due_at is not None:
            _check_answers(told, checked)
    if foreseen is not None:
        _check_foreseen(foreseen, result)


def _check_foreseen(foreseen: dict[str, Any], result: PlanResult) -> None:
    """A dry run counts what the run then does; but a touch put off earlier whose stage is over is closed by a run."""
    done: dict[str, Any] = result.document()
    for document in (foreseen, done):
        document["excluded"].pop("window_closed", None)
    assert foreseen == {name: done[name] for name in foreseen}


class RunCheck:
    """One run: a decision for each expected touch and for no other, and texts exactly where it says planned."""

    def __init__(self, run: PlannedRun, spec: Spec, before: World, after: World) -> None:
        self.run, self.spec, self.before, self.after = run, spec, before, after
        self.guards = after.shop.spec.guards
        self.expected = {(touch.subject, touch.due.anchor_on, touch.stage): touch for touch in touches(before, spec)}
        self.cycles = {row["id"]: row for row in after.rows["Cycle"]}
        self.decided = {self._key(row): row for row in after.rows["Decision"] if self._is_of_today(row)}
        self.outcomes: Answers = defaultdict(Counter)

    def _is_of_today(self, row: Row) -> bool:
        """What the run only closed, since the stage is over, still names the run that had put it off."""
        return bool(row["run_id"] == self.run.run_id and row["closes_on"] >= self.before.today)

    def _key(self, row: Row) -> tuple[tuple[str, int, str], date, str]:
        cycle = self.cycles[row["cycle_id"]]
        return (cycle["subject_type"], cycle["subject_id"], cycle["subject_key"]), cycle["anchor_on"], row["stage"]

    def check(self) -> None:
        """Everything about the run."""
        assert self.decided.keys() == self.expected.keys(), (self.spec, self.decided, self.expected)
        for key, touch in self.expected.items():
            vin = self.before.cars[touch.due.vehicle_id]["vin"] if touch.due.vehicle_id else None
            told = Told(touch.due.customer_id, self.spec.key, vin, touch.due.due_on, touch.stage)
            self.outcomes[told][self._came_to(touch, self.decided[key])] += 1
        self._check_texts()
        self._check_counts()
        late = [row for row in self.after.rows["Decision"]
                if row["verdict"] == "deferred" and row["closes_on"] < self.after.today]  # fmt: skip
        assert not [row for row in late if self.cycles[row["cycle_id"]]["campaign_id"] == self.spec.key]

    def _came_to(self, touch: Touch, row: Row) -> tuple[str, str | None]:
        """What became of a touch, in the words of `explain`."""
        assert touch.cycle_id in (None, row["cycle_id"])
        assert row["closes_on"] == touch.closes_on
        message = self.after.made[row["cycle_id"]].get(touch.stage)
        assert (message is not None) == (row["verdict"] == "planned"), (touch, row)
        if message is None:
            assert touch.against in (None, (row["verdict"], row["reason"])), (touch, row)
            if touch.against is None:
                assert self._why_put_off(touch, row), (touch, row)
            return row["verdict"], row["reason"]
        assert touch.against is None, (touch, row)
        assert (message["run_id"], message["customer_id"]) == (self.run.run_id, touch.due.customer_id)
        is_held_out = message["arm"] == "universal" or (
            message["arm"] == "control" and not (self.spec.kind == "service" and touch.is_last)
        )
        control = f"{'universal' if message['arm'] == 'universal' else 'campaign'}_control" if is_held_out else None
        assert (message["state"], row["reason"]) == ("withheld" if is_held_out else "planned", control)
        return ("withheld", control) if is_held_out else ("gets", None)

    def _why_put_off(self, touch: Touch, row: Row) -> bool:
        """Nothing stood against it: then the day is full, the customer has had enough, or no hour is left."""
        guards, today = self.guards, self.after.today
        placed = [each for each in self.after.messages.values() if takes_a_place(each)]
        counted = [each for each in placed if each["kind"] in LIMITED]
        by_day = Counter(each["count_on"] for each in counted)
        of_campaign = Counter(each["count_on"] for each in placed if each["campaign_id"] == self.spec.key)
        theirs = [each["count_on"] for each in counted if each["customer_id"] == touch.due.customer_id]
        dearest = max(
            (sum(each["cost_micros"] for each in counted if each["count_on"] == on) for on in by_day), default=0
        )
        limited = self.spec.kind in LIMITED
        reasons = {
            ("deferred", "frequency_cap"): limited and guards.cap is not None
            and len([on for on in theirs if on > today - days(guards.cap[1])]) >= guards.cap[0],
            ("deferred", "budget"): limited
            and ((guards.budget is not None and max(by_day.values(), default=0) >= guards.budget)
                 or (guards.money is not None and dearest + PRICE > float(guards.money) * 1e6)),
            ("deferred", "spread"): self.spec.per_day is not None
            and max(of_campaign.values(), default=0) >= self.spec.per_day,
            ("excluded", "window_closed"): self._is_no_hour_left(touch),
        }  # fmt: skip
        return reasons.get((row["verdict"], row["reason"]), False)

    def _is_no_hour_left(self, touch: Touch) -> bool:
        """Until the first of the customer's open stages closes, which may go in one text, no hour is free any more."""
        theirs = [each for each in self.expected.values() if each.due.customer_id == touch.due.customer_id]
        phone = self.before.customers[touch.due.customer_id]["phone"]
        until = midnight_after(min(each.closes_on for each in theirs if each.against is None))
        moment = self.before.now
        while moment < until and not is_open(self.guards, moment, phone):
            moment += timedelta(minutes=30)
        return moment >= until

    def _check_texts(self) -> None:
        """One text a customer, in open hours, valid until the first of its stages closes."""
        closes: dict[int, list[date]] = defaultdict(list)
        for key, touch in self.expected.items():
            row = self.decided[key]
            if row["verdict"] == "planned":
                closes[self.after.made[row["cycle_id"]][touch.stage]["id"]].append(touch.closes_on)
        texts = [row for row in self.after.messages.values() if row["run_id"] == self.run.run_id]
        assert {row["id"] for row in texts} == closes.keys()
        for text in texts:
            assert text["valid_until"] == midnight_after(min(closes[text["id"]]))
            assert self.before.now <= text["not_before"] < text["valid_until"]
            assert text["count_on"] == text["not_before"].astimezone(ZONE).date()
            assert (text["text"] is None) == (text["state"] == "withheld")
            assert text["variant"] in (("plain", "warm") if self.spec.has_variants else (None,))
            if self.spec.kind != "safety" and text["arm"] != "universal":
                assert is_open(self.guards, text["not_before"], text["phone"])
        if self.spec.rule not in ("festival", "tips"):
            alike = Counter((row["customer_id"], row["state"], row["arm"]) for row in texts)
            assert max(alike.values(), default=1) == 1

    def _check_counts(self) -> None:
        """What the run reports is what it wrote."""
        tally, states = self.run.tally, Counter(
            row["state"] for row in self.after.messages.values() if row["run_id"] == self.run.run_id
        )  # fmt: skip
        assert (tally.planned, tally.withheld) == (states["planned"], states["withheld"])
        uncounted = {"window_closed": 0, "unknown_person": 0}
        for verdict, told in (("excluded", tally.excluded), ("deferred", tally.deferred)):
            counted = Counter(row["reason"] for row in self.decided.values() if row["verdict"] == verdict)
            assert {**counted, **uncounted} == {**told, **uncounted}


# — explain —


class Explained:
    """What `explain` says of every customer: by phone, without one by the first car.

    `answers`: (status, reason) of each touch; `walks`: the reason of the first guard that stops it on the whole walk.
    """

    def __init__(self, world: World, now: datetime) -> None:
        self.answers: Answers = defaultdict(Counter)
        self.walks: dict[Told, Counter[str | None]] = defaultdict(Counter)
        for key, person in world.customers.items():
            cars = world.cars_of(key)
            if person["phone"] is not None or cars:
                self._ask(world, now, key, person["phone"] or cars[0]["vin"])

    def _ask(self, world: World, now: datetime, customer_id: int, who: str) -> None:
        (found,) = explain(world.shop.desk.planner(), SECRET, who, now, walked=True).customers
        for answer in found.answers:
            told = Told(customer_id, answer.campaign, answer.vin, answer.due_on, answer.stage)
            self.answers[told][answer.status, answer.reason] += 1
            stopped_by = [step.reason for step in answer.guards if step.verdict in ("excluded", "deferred")]
            held_out = [step.reason for step in answer.guards if step.verdict == "withheld"]
            self.walks[told][next(iter(stopped_by + held_out), None)] += 1


def _check_answers(explained: Explained, checked: RunCheck) -> None:
    """Before the run `explain` said what the run then did, and promised nothing that the run did not look at."""
    before, answers = checked.before, explained.answers
    for told, came_to in checked.outcomes.items():
        if _was_asked_about(told, before):
            said = _of_today(answers[told], came_to)
            assert said == came_to or _is_pace_alone(said, came_to), (told, said, came_to)
            reasons = Counter[str | None]()
            for (_status, reason), number in said.items():
                reasons[reason] += number
            assert reasons <= explained.walks[told], (told, said, explained.walks[told])
    promised = {told for told, said in answers.items() if told.campaign == checked.spec.key
                and any(status in ("gets", "withheld") for status, _reason in said)}  # fmt: skip
    assert all(told in checked.outcomes or _has_message(told, before) for told in promised), promised


def _of_today(said: Counter[tuple[str, str | None]], came_to: Counter[tuple[str, str | None]]) -> Counter[Any]:
    """Without what has its message from an earlier run: two topics of one day are two touches of one name."""
    open_now = Counter({answer: number for answer, number in said.items() if answer[0] not in HAS_A_MESSAGE})
    earlier = Counter({answer: number for answer, number in (open_now - came_to).items() if answer[0] == "withheld"})
    return open_now - earlier if open_now.total() > came_to.total() else open_now


def _was_asked_about(told: Told, before: World) -> bool:
    """Somebody without a phone is asked about by the first car."""
    cars = before.cars_of(told.customer_id)
    has_phone = before.customers[told.customer_id]["phone"] is not None
    return has_phone or (bool(cars) and told.vin in (None, cars[0]["vin"]))


def _has_message(told: Told, before: World) -> bool:
    """A withheld row of an earlier run is told of as withheld, too."""
    return any(row["customer_id"] == told.customer_id and row["campaign_id"] == told.campaign
               for row in before.messages.values())  # fmt: skip


def _is_pace_alone(said: Counter[tuple[str, str | None]], came_to: Counter[tuple[str, str | None]]) -> bool:
    """`explain` answers as if the customer came first in the run: others may have taken the place meanwhile.

    Of two texts on one day the second is promised the cap that the first will use up; and what has no open hour left
    is asked for its cap first, which another campaign of the day may have used up by then.
    """
    promised = set(said - came_to)
    put_off = {(status, reason) for status, reason in (came_to - said)}
    is_promise = {answer for answer in promised if answer[0] in ("gets", "withheld")}
    own = {("deferred", "frequency_cap"), ("excluded", "window_closed")}
    return promised - is_promise <= own and put_off <= {("deferred", reason) for reason in PACED}


# — hours —


def midnight_after(day: date) -> datetime:
    """The end of the shop's day."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE)


def is_open(guards: GuardSpec, moment: datetime, phone: str) -> bool:
    """Neither a quiet hour on the wall it counts on, nor a day the shop is closed."""
    zone = (
        next((zone for prefix, zone in ABROAD.items() if phone.startswith(prefix)), ZONE) if guards.by_phone else ZONE
    )
    clock = moment.astimezone(zone).strftime("%H:%M")
    start, end = guards.quiet
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    return not is_quiet and not _is_closed(guards.closed, moment.astimezone(ZONE).date())


def _is_closed(closed: str, day: date) -> bool:
    if closed == "sun":
        return day.weekday() == 6
    if closed == "weekend":
        return day.weekday() >= 5 or (day.month == 12 and 24 <= day.day <= 26)
    if closed == "lunar":
        return any(eve <= day <= eve + timedelta(days=6) for eve in NEW_YEARS_EVES)
    return False


NEW_YEARS_EVES = (date(2026, 2, 16), date(2027, 2, 5), date(2028, 1, 25), date(2029, 2, 12))


# — at any moment —


def takes_a_place(row: Row) -> bool:
    """Whether a spread counts a message: both arms alike, whatever became of it, unless void or given back unsent."""
    given_back = row["reason"] in ("contacted", "changed") and not row["attempts"]
    return row["arm"] in ("treatment", "control") and row["reason"] != "void" and not given_back


def check_always(shop: RandomShop, now: datetime) -> None:
    """No occasion twice; nobody suppressed, held out or beyond a cap is planned; one decision a touch."""
    world = World(shop, now - timedelta(days=1000), now.astimezone(ZONE).date())
    live = {key: row for key, row in world.messages.items() if row["reason"] != "void"}
    touched = Counter((row["cycle_id"], row["stage"]) for row in world.rows["MessageCycle"])
    assert max(touched.values(), default=1) == 1
    decided = Counter((row["cycle_id"], row["stage"]) for row in world.rows["Decision"])
    assert max(decided.values(), default=1) == 1
    planned = {(row["cycle_id"], row["stage"]) for row in world.rows["Decision"] if row["verdict"] == "planned"}
    assert touched.keys() <= planned
    _check_owners(world)
    _check_occasions(shop, now)
    arms = {row["id"]: row for row in shop.desk.rows(Enrolment)}
    for row in live.values():
        if row["state"] == "planned":
            assert row["phone_key"] not in world.stopped
        enrolment = arms[row["enrolment_id"]]
        assert enrolment["customer_id"] == row["customer_id"]
        assert enrolment["arm"] == row["arm"] or row["customer_id"] in shop.merged
    _check_caps(shop, [row for row in live.values() if takes_a_place(row)])


def _check_owners(world: World) -> None:
    """A cycle is somebody's: what the former owner of a car was told is none of the new one's touches."""
    owners = {row["id"]: row["customer_id"] for row in world.rows["Cycle"]}
    for cycle_id, made in world.made.items():
        assert {message["customer_id"] for message in made.values()} <= {owners[cycle_id]}, made


def _check_occasions(shop: RandomShop, now: datetime) -> None:
    """Nothing waits whose occasion is on record no more, or a greeting's on another day."""
    world = World(shop, now, now.astimezone(ZONE).date())
    cycles = {row["id"]: row for row in world.rows["Cycle"]}
    waiting = [
        cycles[row["cycle_id"]]
        for row in world.rows["MessageCycle"]
        if row["closed"] is None
        and (text := world.messages.get(row["message_id"])) is not None
        and text["state"] == "planned"
        and text["valid_until"] > now
    ]
    rules = {spec.rule for spec in shop.spec.campaigns}
    for spec in shop.spec.campaigns:
        # Of these the audiences decide, too, which corrections leave alone; lists and festivals no record moves.
        if spec.rule in OF_THE_CALENDAR or (spec.rule == "maintenance_due" and "first_service" in rules):
            continue
        at_most = 0 if spec.rule in KEPT_ON_ITS_DAY else TOLERANCE[spec.rule]
        dues = list(ABOUT[spec.rule](world, spec))
        for cycle in (each for each in waiting if each["campaign_id"] == spec.key):
            subject = cycle["subject_type"], cycle["subject_id"], cycle["subject_key"]
            on = [due.anchor_on for due in dues if due.subject == subject]
            assert any(abs((day - cycle["anchor_on"]).days) <= at_most for day in on), (spec, cycle, on)


def _check_caps(shop: RandomShop, placed: list[Row]) -> None:
    """By a window that slides over all campaigns; control rows count like any other."""
    for spec in shop.spec.campaigns:
        paced = Counter(row["count_on"] for row in placed if row["campaign_id"] == spec.key)
        assert spec.per_day is None or max(paced.values(), default=0) <= spec.per_day
    guards = shop.spec.guards
    by_day: dict[date, list[Row]] = defaultdict(list)
    by_person: dict[int, list[date]] = defaultdict(list)
    for row in placed:
        if row["kind"] in LIMITED:
            by_day[row["count_on"]].append(row)
            if row["customer_id"] not in shop.merged:
                by_person[row["customer_id"]].append(row["count_on"])
    for rows in by_day.values():
        assert guards.budget is None or len(rows) <= guards.budget
        assert guards.money is None or sum(row["cost_micros"] for row in rows) <= float(guards.money) * 1e6
    assert all(is_within_cap(guards, on) for on in by_person.values())


def is_within_cap(guards: GuardSpec, days_texted: Sequence[date]) -> bool:
    """Whether one person's texts, by the days they count on, keep to the frequency cap."""
    if guards.cap is None:
        return True
    (most, length), on = guards.cap, sorted(days_texted)
    return all((later - first).days >= length for first, later in zip(on, on[most:], strict=False))


def check_nothing_waits_for_ever(shop: RandomShop, day: date) -> None:
    """Long after: each campaign plans once more, and every deferral has come to a text or to a reason."""
    for spec in shop.spec.campaigns:
        shop.desk.plan_at(at(day), campaign=spec.key)
    world = World(shop, at(day), day)
    late = [row for row in world.rows["Decision"] if row["verdict"] == "deferred" and row["closes_on"] < day]
    assert not late
    assert not [row for row in shop.desk.rows(Run) if row["state"] == "planning"]
