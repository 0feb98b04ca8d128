"""Random shops on random days: what must hold whatever happens (rules.md, "Cycles and stages", "Runs")."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from notifier.domain.rules import RULES
from notifier.store.bulk import table_of
from notifier.store.engine import Store
from notifier.store.runs import approve
from notifier.store.tables import Cycle, Decision, Enrolment, Message, MessageCycle, Run
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, WINBACK, Dealership, at, days, yaml

# Each example lives for weeks: to shrink a failing one would take minutes.
LIVED = settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
START = date(2026, 12, 14)  # a Monday; New Year falls into the lived weeks
SCHEDULES = yaml(
    MAINTENANCE + "    control: 30%\n",
    INSURANCE,
    BIRTHDAY,
    WINBACK + "    control: 30%\n    spread: {per_day: 2}\n    review: required\n",
    guards="frequency_cap: {messages: 2, days: 7}, daily_budget: {messages: 6}, universal_control: 20%",
)


@dataclass(frozen=True)
class Person:
    """Where one customer stands on the first day, in days from it."""

    service: int | None
    policy: int | None
    birthday: int
    silent: int
    consent: str
    cars: int


PEOPLE = st.builds(
    Person,
    service=st.none() | st.integers(-3, 35),
    policy=st.none() | st.integers(0, 80),
    birthday=st.integers(-5, 40),
    silent=st.integers(170, 200) | st.integers(360, 380),
    consent=st.sampled_from(["yes", "yes", "yes", "unknown", "no"]),
    cars=st.integers(1, 2),
)


@contextmanager
def new_shop(template: Path) -> Iterator[Dealership]:
    """A dealership in a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notifier.sqlite3"
        path.write_bytes(template.read_bytes())
        store = Store(f"sqlite:///{path}")
        try:
            yield Dealership(store, SCHEDULES)
        finally:
            store.close()


def settle_in(shop: Dealership, people: list[Person]) -> list[str]:
    """The customers with their cars; returns the plates."""
    plates = []
    for number, person in enumerate(people):
        name = f"客户{number}"
        shop.customer(name, consent=person.consent, bucket_key=f"k{number}", birth_on=START + days(person.birthday),
                      last_visit_on=START - days(person.silent))  # fmt: skip
        for car in range(person.cars):
            plate = f"闽C{number}{car}"
            shop.car(plate, name,
                     service_on=None if person.service is None else START + days(person.service + car),
                     insurance_ends_on=None if person.policy is None else START + days(person.policy))  # fmt: skip
            plates.append(plate)
    return plates


def live_one(shop: Dealership, event: str, day: date, plate: str) -> None:
    """One event of one day, about one car."""
    EVENT_BY_NAME[event](shop, day, plate)


def plan_again(shop: Dealership, day: date, _plate: str) -> None:
    """Plan twice."""
    shop.plan_at(at(day))
    assert shop.plan_at(at(day)).runs == []


def approve_all(shop: Dealership, _day: date, _plate: str) -> None:
    """A person releases what waits."""
    for run in shop.rows(Run, state="review"):
        shop.write(partial(approve, run_id=run["id"], by="王经理"))


def stop(shop: Dealership, day: date, plate: str) -> None:
    """The owner says stop."""
    shop.reply(shop.name_of(shop.one_car(plate)["customer_id"]), "退订", at(day, "11:00"))


def come(shop: Dealership, day: date, plate: str) -> None:
    """The car comes."""
    if not shop.has_visit(plate, day):
        shop.visit(plate, day)


def renew(shop: Dealership, day: date, plate: str) -> None:
    """The policy of the next year is written."""
    if ends_on := shop.one_car(plate)["insurance_ends_on"]:
        shop.renewal(plate, day, ends_on + days(365))


def move(shop: Dealership, plate: str, column: str, by: int) -> None:
    """A date of the car moves."""
    if day := shop.one_car(plate)[column]:
        shop.change_car(plate, **{column: day + days(by)})


def sell(shop: Dealership, _day: date, plate: str) -> None:
    """Somebody else buys the car."""
    owner = shop.one_car(plate)["customer_id"]
    if others := [name for name in shop.names() if shop.id_of(name) != owner]:
        shop.sell(plate, others[0])


EVENT_BY_NAME: dict[str, Callable[[Dealership, date, str], object]] = {
    "plan": lambda shop, day, _: shop.plan_at(at(day)),
    "plan twice": plan_again,
    "plan by hand": lambda shop, day, _: shop.plan_at(at(day, "16:00"), campaign="winback"),
    "send": lambda shop, day, _: shop.send_at(at(day, "10:30")),
    "approve": approve_all,
    "stop": stop,
    "come": come,
    "renew": renew,
    "predict anew": lambda shop, _, plate: move(shop, plate, "next_service_on", 6),
    "correct the policy": lambda shop, _, plate: move(shop, plate, "insurance_ends_on", -7),
    "sell": sell,
}
EVENTS = st.sampled_from(["plan", "plan", "plan", "send", *EVENT_BY_NAME])


def check(shop: Dealership) -> None:
    """Everything that must hold at any moment."""
    cycles = {row["id"]: row for row in shop.rows(Cycle)}
    touches = shop.rows(MessageCycle)
    messages = {row["id"]: row for row in shop.rows(Message) if row["reason"] != "void"}
    assert_no_occasion_twice(cycles, touches)
    decided = Counter((row["cycle_id"], row["stage"]) for row in shop.rows(Decision))
    assert max(decided.values(), default=1) == 1
    planned = {(row["cycle_id"], row["stage"]) for row in shop.rows(Decision, verdict="planned")}
    assert {(row["cycle_id"], row["stage"]) for row in touches} <= planned
    with shop.store.read() as session:
        suppressed = set(session.execute(sa.text("SELECT phone_key FROM suppression")).scalars())
    enrolments = {row["id"]: row for row in shop.rows(Enrolment)}
    for message in messages.values():
        assert message["state"] != "planned" or message["phone_key"] not in suppressed
        enrolment = enrolments[message["enrolment_id"]]
        assert (enrolment["customer_id"], enrolment["arm"]) == (message["customer_id"], message["arm"])
        withheld = enrolment["arm"] == "universal" or (
            enrolment["arm"] == "control" and not (message["kind"] == "service" and message["stage"] == "last")
        )
        assert (message["state"] == "withheld") == withheld
        assert message["not_before"] < message["valid_until"]
    counted = [row for row in messages.values() if row["arm"] != "universal"]
    assert max(Counter(row["count_on"] for row in counted).values(), default=0) <= 6
    paced = Counter(row["count_on"] for row in counted if row["campaign_id"] == "winback")
    assert max(paced.values(), default=0) <= 2
    for customer in {row["customer_id"] for row in counted}:
        on = sorted(row["count_on"] for row in counted if row["customer_id"] == customer)
        assert all((third - first).days >= 7 for first, third in zip(on, on[2:], strict=False))


def assert_no_occasion_twice(cycles: dict[int, dict[str, Any]], touches: list[dict[str, Any]]) -> None:
    """One touch a stage and cycle; cycles of one subject lie further apart than the tolerance."""
    assert max(Counter((row["cycle_id"], row["stage"]) for row in touches).values(), default=1) == 1
    by_subject: dict[tuple[str, int], list[date]] = defaultdict(list)
    for cycle in cycles.values():
        by_subject[cycle["campaign_id"], cycle["subject_id"]].append(cycle["anchor_on"])
    for (campaign, _subject), anchors in by_subject.items():
        tolerance = RULES[campaign].tolerance_days
        assert all((b - a).days > tolerance for a, b in pairwise(sorted(anchors)))


@LIVED
@given(people=st.lists(PEOPLE, min_size=1, max_size=6), data=st.data())
def test_whatever_happens_nobody_hears_an_occasion_twice(
    sqlite_template: Path, people: list[Person], data: st.DataObject
) -> None:
    """Weeks of plans, sends, stops, visits, renewals, sales, corrected dates and approvals in any order."""
    with new_shop(sqlite_template) as shop:
        plates = settle_in(shop, people)
        for step in range(data.draw(st.integers(3, 25))):
            for event in data.draw(st.lists(EVENTS, min_size=1, max_size=2)):
                live_one(shop, event, START + days(step), data.draw(st.sampled_from(plates)))
        check(shop)


@LIVED
@given(people=st.lists(PEOPLE, min_size=1, max_size=6), seen=st.integers(0, 12))
def test_every_open_touch_comes_to_exactly_one_end(sqlite_template: Path, people: list[Person], seen: int) -> None:
    """After a run each open stage has a decision, and a message exactly where the decision is planned."""
    with new_shop(sqlite_template) as shop:
        settle_in(shop, people)
        for step in range(seen + 1):
            shop.plan_at(at(START + days(step)))
        decided = {(row["cycle_id"], row["stage"]): row["verdict"] for row in shop.rows(Decision)}
        made = {(row["cycle_id"], row["stage"]) for row in shop.rows(MessageCycle)}
        assert {touch for touch, verdict in decided.items() if verdict == "planned"} == made
        today = START + days(seen)
        late = table_of(Decision)
        with shop.store.read() as session:
            stale = sa.select(late.c.id).where(late.c.verdict == "deferred", late.c.closes_on < today - days(7))
            assert session.execute(stale).first() is None
