"""A complaint, a car in the workshop or an accident repair after planning: texts wait, and hold nobody else up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from notifier.domain.guards import ACCIDENT_HOLD
from notifier.gateways.simulator import Simulator
from notifier.gateways.simulator_profile import NetworkProfile
from notifier.store.complaints import close_complaint
from notifier.store.engine import Store
from notifier.store.simulated import SimulatedNetwork
from notifier.store.tables import Complaint, Run, Vehicle, Visit
from tests.support.outbox import DAY, NOON, Outbox
from tests.support.sending import SHOP_KEY, drained
from tests.support.shop import INSURANCE, Dealership, at, yaml

TODAY = date(2026, 3, 10)
Release = Callable[[], None]


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An outbox on either database, sent by the simulator."""
    return Outbox(store, key=SHOP_KEY, gateway="simulator")


def complaint(outbox: Outbox, customer: int) -> Release:
    """The customer complained; somebody settles it."""
    key = outbox.add(Complaint, shop_id=outbox.shop, customer_id=customer, opened_on=TODAY)
    return lambda: outbox.doing(lambda session: close_complaint(session, key, day=TODAY))


def workshop(outbox: Outbox, customer: int) -> Release:
    """One of the customer's cars stands in the workshop; it leaves."""
    outbox.car(customer)
    car = outbox.car(customer, in_workshop_since=TODAY)
    return lambda: outbox.change(Vehicle, car, in_workshop_since=None)


def accident(outbox: Outbox, customer: int, day: date = TODAY) -> Release:
    """An accident repair of today; found to be of another day."""
    car = outbox.car(customer)
    key = outbox.add(
        Visit, shop_id=outbox.shop, vin="L1", day=day, vehicle_id=car, customer_id=customer, counted=False,
        is_maintenance=False, has_accident=True, amount_minor=1, changed_at=NOON,
    )  # fmt: skip
    return lambda: outbox.change(Visit, key, day=TODAY - ACCIDENT_HOLD - DAY)


Reason = Callable[[Outbox, int], Release]
REASONS = (complaint, workshop, accident)


@pytest.mark.parametrize("kind", ["marketing", "service"])
@pytest.mark.parametrize("reason", REASONS)
def test_what_is_held_back_stays_planned_until_the_reason_is_gone(outbox: Outbox, reason: Reason, kind: str) -> None:
    """It blocks nothing behind it, whatever the claim's limit, and goes when it may."""
    held = outbox.customer()
    release = reason(outbox, held)
    first = [outbox.text(held, kind=kind), outbox.text(held, kind=kind)]
    behind = outbox.text()
    assert [text.message_id for text in outbox.claim(limit=1).texts] == [behind]
    later = outbox.claim(limit=1)
    assert (later.texts, later.looked_at, later.again_at) == ([], 0, None)
    assert [outbox.state(key) for key in first] == [("planned", None)] * 2
    release()
    assert [text.message_id for text in outbox.claim().texts] == first


@pytest.mark.parametrize("kind", ["safety", "transactional"])
@pytest.mark.parametrize("reason", REASONS)
def test_safety_texts_and_answers_are_not_held_back(outbox: Outbox, reason: Reason, kind: str) -> None:
    """A recall concerns the car in the workshop most of all."""
    customer = outbox.customer()
    reason(outbox, customer)
    key = outbox.text(customer, kind=kind)
    assert [text.message_id for text in outbox.claim().texts] == [key]


@pytest.mark.parametrize(
    ("now", "repaired_on", "goes"),
    [
        (datetime(2026, 3, 10, 15, 59, tzinfo=UTC), date(2026, 2, 24), False),  # the 10th at the shop: 14 days
        (datetime(2026, 3, 10, 16, 0, tzinfo=UTC), date(2026, 2, 24), True),  # the 11th: 15 days
    ],
)
def test_an_accident_counts_by_the_days_of_the_shop(
    outbox: Outbox, now: datetime, repaired_on: date, goes: bool
) -> None:
    """As the guard of planning counts them."""
    customer = outbox.customer()
    accident(outbox, customer, repaired_on)
    outbox.text(customer)
    assert bool(outbox.claim(now=now).texts) is goes


@pytest.mark.parametrize("reason", REASONS)
async def test_until_empty_ends_where_only_held_texts_are_left(outbox: Outbox, reason: Reason) -> None:
    """They are told as waiting; their last day ends them, with a reason."""
    customer = outbox.customer()
    reason(outbox, customer)
    held, _other = outbox.text(customer, valid_until=NOON + timedelta(hours=2)), outbox.text()
    gateway = Simulator(SimulatedNetwork(outbox.store), profile=NetworkProfile(dead_numbers=0.0))
    result = await asyncio.wait_for(drained(outbox, gateway), 60)
    assert (result.accepted, result.cancelled, result.waiting) == (1, 0, 1)
    assert outbox.one(Run, id=outbox.ready)["state"] == "ready"
    gateway = Simulator(SimulatedNetwork(outbox.store), profile=NetworkProfile(dead_numbers=0.0))
    result = await asyncio.wait_for(drained(outbox, gateway, now=NOON + timedelta(hours=2)), 60)
    assert (result.accepted, result.cancelled, result.waiting) == (0, 1, 0)
    assert outbox.state(held) == ("cancelled", "validity_over")
    assert outbox.one(Run, id=outbox.ready)["state"] == "done"


def test_who_is_not_content_is_not_reminded_the_next_day(store: Store) -> None:
    """A complaint by reply holds back what was planned before it."""
    follow_up = """
  follow_up:
    rule: follow_up
    when: "0 10 * * *"
    stages: {d3: 3}
    template: content
    kind: service
"""
    shop = Dealership(store, yaml(follow_up, INSURANCE, guards="quiet_hours: '20:00-09:00'"))
    shop.wording("content", "---\ntitle: f\nkind: service\nreplies: {1: satisfied, 2: unsatisfied}\n---\n满意吗")
    shop.owner("陈晓芳", insurance_ends_on=date(2026, 5, 9))
    shop.visit("陈晓芳", date(2026, 3, 6))
    shop.change_customer("陈晓芳", last_visit_on=date(2026, 3, 6))
    shop.plan_at(at("2026-03-09"))
    assert shop.told("陈晓芳") == [("d3", "planned")]
    shop.send_at(at("2026-03-09", "10:01"))
    shop.plan_at(at("2026-03-10", "10:00"))
    assert shop.told("陈晓芳") == [("d3", "delivered"), ("early", "planned")]
    shop.reply("陈晓芳", "2", at("2026-03-10", "12:00"))
    assert shop.send_at(at("2026-03-10", "12:01")) == []
    assert shop.told("陈晓芳") == [("d3", "delivered"), ("early", "planned")]
