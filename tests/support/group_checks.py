"""What must hold across the shops of a group, whatever happened (docs/groups.md): judged from the rows alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from notifier.store.tables import (
    Complaint,
    Customer,
    Cycle,
    Enrolment,
    Message,
    MessageCycle,
    Suppression,
    Vehicle,
    Visit,
)
from tests.support.oracle import ANSWERED_BY_VISIT, TOLERANCE, Row, months_before
from tests.support.plan_checks import LIMITED, is_within_cap, takes_a_place
from tests.support.random_group import KEYS, RandomGroup

ABOUT_THE_PERSON = ("birthday", "festival", "tips", "winback")
"""Rules for which one shop speaks to a person whom several know."""
COUNTED_FROM_A_DAY_BEFORE = ("first_service", "maintenance_due", "follow_up", "winback")
"""Rules that are known by a visit or a delivery, which is no answer to its own reminder."""
TABLES = (Complaint, Customer, Cycle, Enrolment, Message, MessageCycle, Suppression, Vehicle, Visit)


class Touch(NamedTuple):
    """A message about one occasion. `known_by`: the car's VIN or the person's phone key, alike at every shop."""

    message: Row
    cycle: Row
    stage: str
    known_by: str
    is_open: bool

    @property
    def said(self) -> tuple[str, str, str, str]:
        """What the whole group may say once only."""
        return self.message["campaign_id"], self.cycle["subject_key"], self.stage, self.known_by


class GroupWorld:
    """All rows of all shops as they stand. `rules`: campaign → rule; `running`: shop id → campaigns switched on."""

    def __init__(self, life: RandomGroup) -> None:
        desk = life.group[KEYS[0]]
        self.rows: dict[str, list[Row]] = {model.__name__: desk.rows(model) for model in TABLES}
        self.life = life
        self.specs = {spec.key: spec for spec in life.spec.shops[KEYS[0]].campaigns}
        self.running = {life.group[key].id: self.specs.keys() - life.spec.off[key] for key in KEYS}
        self.customers = {row["id"]: row for row in self.rows["Customer"]}
        self.cars = {row["id"]: row for row in self.rows["Vehicle"]}
        self.messages = {row["id"]: row for row in self.rows["Message"]}
        self.cycles = {row["id"]: row for row in self.rows["Cycle"]}

    def touches(self) -> Iterator[Touch]:
        """Every touch that has a message which is not cancelled."""
        for row in self.rows["MessageCycle"]:
            message, cycle = self.messages[row["message_id"]], self.cycles[row["cycle_id"]]
            if cycle["subject_type"] == "vehicle":
                known_by = self.cars[cycle["subject_id"]]["vin"]
            else:
                known_by = message["phone_key"]
            if message["state"] != "cancelled":
                yield Touch(message, cycle, row["stage"], known_by, row["closed"] is None)

    def same_person(self, phone_key: str) -> list[Row]:
        """The customer as each shop knows them."""
        return [row for row in self.customers.values() if row["phone_key"] == phone_key]

    def same_car(self, vin: str) -> list[Row]:
        """The car as each shop knows it."""
        return [row for row in self.cars.values() if row["vin"] == vin]

    def seen(self, car: Row) -> date:
        """The car's latest counted visit to its shop."""
        days = [row["day"] for row in self.rows["Visit"] if row["vehicle_id"] == car["id"] and row["counted"]]
        return max(days, default=date.min)


def check_new(before: GroupWorld, after: GroupWorld, new: list[int], today: date) -> None:
    """What one planning of the group has made: said once, by the right shop, to nobody whom a shop must leave alone."""
    made = [touch for touch in after.touches() if touch.message["id"] in new]
    for touch in made:
        _check_said_once(after, touch)
        _check_home(before, touch, today)
        if touch.message["kind"] != "safety":
            _check_nothing_holds(before, touch)


def _check_said_once(world: GroupWorld, touch: Touch) -> None:
    """A stage is texted once, whichever shop did it."""
    rule = world.specs[touch.message["campaign_id"]].rule
    if touch.cycle["subject_type"] == "customer" and rule not in ABOUT_THE_PERSON:
        return  # points, levels and referrals are each shop's own
    for other in world.touches():
        if other.said == touch.said and other.message["shop_id"] != touch.message["shop_id"]:
            apart = abs((other.cycle["anchor_on"] - touch.cycle["anchor_on"]).days)
            assert apart > TOLERANCE[rule], (touch, other)


def _check_home(world: GroupWorld, touch: Touch, today: date) -> None:
    """The shop of the latest visit speaks; of one day the one that knew the car or the person first."""
    campaign, shop_id = touch.message["campaign_id"], touch.message["shop_id"]
    assert campaign in world.running[shop_id]
    if touch.cycle["subject_type"] == "vehicle":
        known = [(world.seen(row), row) for row in world.same_car(touch.known_by) if row["customer_id"] is not None]
    elif world.specs[campaign].rule in ABOUT_THE_PERSON:
        known = [(row["last_visit_on"] or date.min, row) for row in world.same_person(touch.known_by)]
        if campaign == "winback":
            assert max(day for day, _row in known) <= months_before(today, 6), (touch, known)
    else:
        return
    able = [(day, -row["id"], row["shop_id"]) for day, row in known if campaign in world.running[row["shop_id"]]]
    assert max(able)[2] == shop_id, (touch, able)


def _check_nothing_holds(world: GroupWorld, touch: Touch) -> None:
    """A refusal, a complaint or a car in the workshop at one shop counts at the other."""
    everywhere = world.same_person(touch.message["phone_key"])
    ids = {row["id"] for row in everywhere}
    if touch.message["kind"] == "marketing":
        assert "no" not in {row["consent"] for row in everywhere}, touch
    open_ones = [row for row in world.rows["Complaint"] if row["customer_id"] in ids and row["closed_on"] is None]
    assert not open_ones, (touch, open_ones)
    theirs = {car["vin"] for car in world.cars.values() if car["customer_id"] == touch.message["customer_id"]}
    inside = [
        car
        for car in world.cars.values()
        if (car["customer_id"] in ids or car["vin"] in theirs) and car["in_workshop_since"]
    ]
    assert not inside, (touch, inside)


def check_group(life: RandomGroup) -> None:
    """At any moment: nothing waits that is answered or refused anywhere; caps hold; a person has one arm."""
    world = GroupWorld(life)
    stopped = {row["phone_key"] for row in world.rows["Suppression"] if row["lifted_at"] is None}
    for touch in world.touches():
        if touch.message["state"] == "planned":
            assert touch.message["phone_key"] not in stopped, touch
            if touch.message["kind"] != "safety" and touch.is_open:
                _check_unanswered(world, touch)
    _check_caps(world)
    _check_arms(world)


def _check_unanswered(world: GroupWorld, touch: Touch) -> None:
    """A visit to either shop answers what both have planned."""
    rule = world.specs[touch.message["campaign_id"]].rule
    if rule not in ANSWERED_BY_VISIT:
        return
    since: date = touch.cycle["came_from"]
    if rule in COUNTED_FROM_A_DAY_BEFORE:
        since = max(since, touch.cycle["anchor_on"] + timedelta(days=1))
    if touch.cycle["subject_type"] == "vehicle":
        column, ids = "vehicle_id", {row["id"] for row in world.same_car(touch.known_by)}
    else:
        column, ids = "customer_id", {row["id"] for row in world.same_person(touch.known_by)}
    came = [row for row in world.rows["Visit"] if row[column] in ids and row["counted"] and row["day"] >= since]
    assert not came, (touch, came)


def _check_caps(world: GroupWorld) -> None:
    """A frequency cap across the group counts a person's texts of both shops, in both arms; a spread is a shop's."""
    guards = world.life.spec.shops[KEYS[0]].guards
    by_person: dict[object, list[date]] = defaultdict(list)
    paced: dict[tuple[int, str, date], int] = defaultdict(int)
    for row in world.messages.values():
        if takes_a_place(row):
            paced[row["shop_id"], row["campaign_id"], row["count_on"]] += 1
            if row["kind"] in LIMITED:
                by_person[row["phone_key"] if guards.spans_group else row["customer_id"]].append(row["count_on"])
    for (_shop, campaign, _day), number in paced.items():
        per_day = world.specs[campaign].per_day
        assert per_day is None or number <= per_day
    assert all(is_within_cap(guards, on) for on in by_person.values()), by_person


def _check_arms(world: GroupWorld) -> None:
    """A person is in the same arm at every shop."""
    arms: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in world.rows["Enrolment"]:
        bucket = world.customers[row["customer_id"]]["bucket_key"]
        arms[bucket, row["campaign_id"], row["period"]].add(row["arm"])
    assert all(len(drawn) == 1 for drawn in arms.values()), arms


def planned_and_checked(life: RandomGroup, moment: datetime) -> None:
    """Plan the whole group at `moment`, and hold what came of it against the rules of the group."""
    before = GroupWorld(life)
    result = life.group.plan_at(moment)
    assert not result.waits
    after = GroupWorld(life)
    check_new(before, after, sorted(after.messages.keys() - before.messages.keys()), moment.date())
    assert life.group.plan_at(moment).runs == []
