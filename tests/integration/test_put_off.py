"""Planned texts given back to the planner, by a corrected record or a call: not counted, and planned again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from notifier.domain.states import AttemptEvent
from notifier.jobs.explain import explain
from notifier.store.corrections import follow_corrections
from notifier.store.engine import Store
from notifier.store.tables import MessageCycle
from notifier.store.touches import counted_by_day
from notifier.store.transitions import AttemptChange, apply_events
from tests.support.calls import bring_calls, called
from tests.support.shop import INSURANCE, MAINTENANCE, SECRET, Dealership, at, yaml

MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)
POINTS = """
  points:
    rule: points
    when: "0 10 * * *"
    stages: {soon: -10}
    template: offer
    kind: marketing
    coupon: {value: 200.00, valid: 60d}
"""
POLICY_ENDS = date(2026, 5, 1)


def correct(shop: Dealership, name: str, **columns: Any) -> None:
    """A file brings other values of a customer, or of the car of that name."""
    about_car = "insurance_ends_on" in columns
    (shop.change_car if about_car else shop.change_customer)(name, **columns)
    key = shop.car_id(name) if about_car else shop.id_of(name)
    changes = {key: columns}
    about: dict[str, Any] = {"cars": changes} if about_car else {"people": changes}
    shop.write(lambda s: follow_corrections(s, at(MONDAY, "12:00"), **about))


@pytest.fixture
def shop(store: Store) -> Dealership:
    """One whose points and one whose policy end soon, both planned on Monday, one text a fortnight for each."""
    place = Dealership(store, yaml(POINTS, INSURANCE, guards="frequency_cap: {messages: 1, days: 14}"))
    place.customer("陈晓芳", points=500, points_end_on=date(2026, 3, 12))
    place.owner("林志强", insurance_ends_on=POLICY_ENDS)
    place.plan_at(at(MONDAY))
    assert (place.told("陈晓芳"), place.told("林志强")) == ([("soon", "planned")], [("early", "planned")])
    return place


CASES = [
    ("陈晓芳", "soon", {"points": 0}, {"points": 500}),
    ("林志强", "early", {"insurance_ends_on": date(2027, 5, 1)}, {"insurance_ends_on": POLICY_ENDS}),
]


@pytest.mark.parametrize(("name", "stage", "wrong", "right"), CASES)
def test_a_record_put_right_again_is_planned_again(
    shop: Dealership, name: str, stage: str, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    """The stage is open still, and the cap does not count what nobody got."""
    correct(shop, name, **wrong)
    assert [(row["state"], row["reason"]) for row in shop.messages(name)] == [("cancelled", "changed")]
    assert shop.decisions(name) == {stage: ("deferred", "changed")}
    assert shop.coupons(name) == []
    shop.plan_at(at(TUESDAY))
    assert len(shop.messages(name)) == 1
    correct(shop, name, **right)
    shop.plan_at(at("2026-03-04"))
    assert shop.told(name) == [(stage, "cancelled"), (stage, "planned")]
    assert shop.decisions(name)[stage] == ("planned", None)
    assert len(shop.coupons(name)) == (name == "陈晓芳")


@pytest.mark.parametrize(("name", "stage", "wrong", "right"), CASES)
def test_what_may_have_been_read_is_not_planned_again(
    shop: Dealership, name: str, stage: str, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    """It was handed over once and came back; one cannot tell, so it is cancelled for good and counts."""
    shop.send_at(at(MONDAY, "12:00"), event=None)
    (message,) = shop.messages(name)
    shop.write(lambda s: apply_events(s, [AttemptChange(message["id"], 1, AttemptEvent.FREE)]))
    correct(shop, name, **wrong)
    correct(shop, name, **right)
    shop.plan_at(at(TUESDAY))
    assert shop.told(name) == [(stage, "cancelled")]
    assert shop.one(MessageCycle, message_id=message["id"])["closed"] == "changed"
    assert counted(shop) != {}


def counted(shop: Dealership, campaign: str | None = None) -> dict[date, int]:
    """Day → texts the budget counts, or the spread of one campaign."""
    with shop.store.read() as session:
        found = counted_by_day(session, shop.id, MONDAY, campaign)
    return {day: messages for day, (messages, _cost) in found.items()}


@pytest.mark.parametrize("campaign", [None, "maintenance_due"])
def test_a_text_put_off_by_a_call_takes_no_place(store: Store, campaign: str | None) -> None:
    """Neither the budget nor a spread counts it; once it has left, both do."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=date(2026, 3, 16))
    shop.owner("林志强", service_on=date(2026, 3, 16))
    shop.plan_at(at(MONDAY))
    assert counted(shop, campaign) == {MONDAY: 2}
    bring_calls(shop, at(MONDAY, "11:00"), called(shop, "陈晓芳", "2026-03-02", "已接通"))
    assert counted(shop, campaign) == {MONDAY: 1}
    shop.send_at(at(MONDAY, "12:00"))
    assert counted(shop, campaign) == {MONDAY: 1}


def test_the_cap_lets_a_text_put_off_by_a_call_come_again(store: Store) -> None:
    """After the hold, though the cap is one text a fortnight."""
    shop = Dealership(store, yaml(MAINTENANCE, guards="frequency_cap: {messages: 1, days: 14}"))
    shop.owner("陈晓芳", service_on=date(2026, 3, 16))
    shop.plan_at(at(MONDAY))
    bring_calls(shop, at(MONDAY, "11:00"), called(shop, "陈晓芳", "2026-03-02", "已接通"))
    shop.plan_at(at("2026-03-09"))
    assert shop.told("陈晓芳") == [("early", "cancelled"), ("early", "planned")]


def test_explain_tells_that_the_next_run_plans_it(shop: Dealership) -> None:
    """Nothing due while the points are gone; due again once they are back."""
    correct(shop, "陈晓芳", points=0)
    assert answer_of(shop) == "nothing_due"
    correct(shop, "陈晓芳", points=500)
    assert answer_of(shop) == "gets"


def answer_of(shop: Dealership) -> str:
    """What explain says of the points, the same day."""
    phone = shop.person("陈晓芳")["phone"]
    (answer,) = explain(shop.planner(), SECRET, phone, at(MONDAY, "12:00"), campaign="points").customers[0].answers
    return answer.status
