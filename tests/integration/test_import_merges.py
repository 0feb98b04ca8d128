"""Two customers found to be one, or one found to be two: what was planned, sent and drawn for them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from notifier.domain.phone import phone_key
from notifier.store import audit
from notifier.store.engine import Store
from tests.support.import_desk import (
    NOW,
    SECRET,
    add,
    bring,
    car,
    key_of,
    open_shop,
    order,
    people,
    phone,
    rows_of,
    vin,
)
from tests.support.planned import Campaign

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def shop(store: Store) -> int:
    """Ms Chen and Mr Li, who will turn out to share a phone; a campaign that greets customers."""
    shop_id = open_shop(store)
    both = [car("C1", phone(1), 1, 生日="1980-03-01"), car("C2", phone(2), 2, 生日="1980-03-01")]
    bring(store, shop_id, "customers", both)
    add(store, "campaign_state", shop_id=shop_id, campaign_id="birthday", key="birthday", rule="birthday", paused=False)
    return shop_id


def merge(store: Store, shop_id: int) -> dict[str, Any]:
    """C2 takes C1's phone; the one customer there is then."""
    bring(store, shop_id, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    (one,) = people(store)
    return one


@pytest.mark.parametrize("arms, kept, out_of_lift", [
    (("treatment", "treatment"), 1, None), (("control", "control"), 1, None),
    (("treatment", "control"), 0, "merged_arms"), (("control", "treatment"), 0, "merged_arms"),
])  # fmt: skip
def test_enrolments_of_merged_customers(
    store: Store, shop: int, arms: tuple[str, str], kept: int, out_of_lift: str | None
) -> None:
    """The same arm keeps the earlier enrolment; opposite arms keep the survivor's and drop it from lift."""
    campaign = Campaign(store, shop, "birthday")
    chen, li = people(store)
    ids = [campaign.enrol(chen, arms[0]), campaign.enrol(li, arms[1], days_ago=5)]
    one = merge(store, shop)
    (enrolment,) = rows_of(store, "enrolment")
    assert (enrolment["id"], enrolment["customer_id"]) == (ids[kept], one["id"])
    assert (enrolment["arm"], enrolment["out_of_lift"]) == (arms[kept], out_of_lift)


def test_what_was_written_down_about_both_is_about_the_one(store: Store, shop: int) -> None:
    """The audit log names customers by their row, and one of the two rows is gone."""
    for person in people(store):
        with store.write() as session:
            audit.record(session, at=NOW, who="李娜", user_id=None, action="customer.reveal_phone",
                         subject_type="customer", subject=str(person["id"]))  # fmt: skip
    one = merge(store, shop)
    assert {entry["subject"] for entry in rows_of(store, "audit")} == {str(one["id"])}


@pytest.mark.parametrize("chens, lis, left", [
    ("planned", "sent", "sent"), ("delivered", "planned", "delivered"), ("planned", "planned", "planned"),
])  # fmt: skip
def test_of_two_greetings_the_sent_one_wins(store: Store, shop: int, chens: str, lis: str, left: str) -> None:
    """One birthday, one greeting: the other planned text is cancelled as merged."""
    campaign = Campaign(store, shop, "birthday")
    chen, li = people(store)
    for person, state, day in ((chen, chens, date(2026, 3, 1)), (li, lis, date(2026, 3, 2))):
        campaign.text(person, campaign.cycle(person, day), state)
    one = merge(store, shop)
    (cycle,) = rows_of(store, "cycle")
    (touch,) = rows_of(store, "message_cycle")
    messages = {row["id"]: row for row in rows_of(store, "message")}
    assert (cycle["subject_id"], touch["cycle_id"]) == (one["id"], cycle["id"])
    assert messages[touch["message_id"]]["state"] == left
    assert {row["state"] for row in messages.values()} == {"cancelled", left}
    assert {row["reason"] for row in messages.values() if row["state"] == "cancelled"} == {"merged"}


def test_what_is_planned_goes_to_the_new_phone(store: Store, shop: int) -> None:
    """A customer who moves is texted there; what was sent keeps the phone it went to."""
    campaign = Campaign(store, shop, "birthday")
    chen, _li = people(store)
    campaign.text(chen, campaign.cycle(chen, date(2026, 3, 2)), "planned")
    campaign.text(chen, campaign.cycle(chen, date(2025, 3, 2)), "sent")
    bring(store, shop, "customers", [car("C1", phone(9), 1)])
    phones = {row["state"]: row["phone_key"] for row in rows_of(store, "message")}
    keys = [key_of(n) for n in (9, 1)]
    assert phones == {"planned": keys[0], "sent": keys[1]}


@pytest.mark.parametrize("how", ["merge", "new phone"])
def test_a_planned_text_does_not_follow_to_a_phone_that_has_said_stop(store: Store, shop: int, how: str) -> None:
    """Mr Li turns out to have Ms Chen's phone, or takes a new one: either has said stop, so his greeting is off."""
    campaign = Campaign(store, shop, "birthday")
    _chen, li = people(store)
    campaign.text(li, campaign.cycle(li, date(2026, 3, 3)), "planned")
    campaign.text(li, campaign.cycle(li, date(2025, 3, 3)), "sent")
    stopped = phone(1) if how == "merge" else phone(9)
    add(store, "suppression", phone_key=phone_key(SECRET, f"+86{stopped}"), reason="stop", since=NOW)
    if how == "merge":
        merge(store, shop)
    else:
        bring(store, shop, "customers", [car("C2", stopped, 2)])
    planned, sent = rows_of(store, "message")
    assert (planned["state"], planned["reason"]) == ("cancelled", "opted_out")
    assert sent["state"] == "sent"


def test_who_leaves_takes_the_reminder_of_the_car_along(store: Store, shop: int) -> None:
    """Cycle, planned text and visits of the car go with the number."""
    bring(store, shop, "visits", [order("R1", 2, "2025-06-01")])
    merge(store, shop)
    (one,) = people(store)
    campaign = Campaign(store, shop, "maintenance_due")
    cars = {row["vin"]: row["id"] for row in rows_of(store, "vehicle")}
    campaign.text(one, campaign.cycle(one, date(2026, 3, 9), cars[vin(1)]), "planned")
    campaign.text(one, campaign.cycle(one, date(2026, 3, 9), cars[vin(2)]), "planned")
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(5), 2)])
    stayed, left = people(store)
    cycles = {row["subject_id"]: row["customer_id"] for row in rows_of(store, "cycle")}
    assert cycles == {cars[vin(1)]: stayed["id"], cars[vin(2)]: left["id"]}
    assert {row["customer_id"]: row["phone"] for row in rows_of(store, "message")} == {
        stayed["id"]: stayed["phone"], left["id"]: left["phone"],
    }  # fmt: skip
    assert [row["customer_id"] for row in rows_of(store, "visit")] == [left["id"]]
    assert (stayed["last_visit_on"], left["last_visit_on"]) == (date(2024, 3, 5), date(2025, 6, 1))


@pytest.mark.parametrize("kind", ["came", "sold", "renewed"])
def test_an_outcome_cancels_what_is_planned_in_the_same_breath(store: Store, shop: int, kind: str) -> None:
    """A visit, a new owner, a policy that runs on."""
    campaign = Campaign(store, shop, "insurance_expiry" if kind == "renewed" else "maintenance_due")
    chen, _li = people(store)
    cars = {row["vin"]: row["id"] for row in rows_of(store, "vehicle")}
    cycle_id = campaign.cycle(chen, date(2026, 2, 1), cars[vin(1)])
    with store.write() as session:
        answered = "renewal" if kind == "renewed" else "visit"
        session.connection().exec_driver_sql(f"UPDATE cycle SET answered_by = '{answered}' WHERE id = {cycle_id}")
    campaign.text(chen, cycle_id, "planned")
    if kind == "came":
        bring(store, shop, "visits", [order("R1", 1, "2026-02-20")])
    elif kind == "sold":
        bring(store, shop, "customers", [car("C7", phone(7), 1, "2026-02-20")])
    else:
        bring(store, shop, "renewals", [{"保单号": "P1", "VIN": vin(1), "终保日期": "2027-02-01"}])
    (message,) = rows_of(store, "message")
    assert (message["state"], message["reason"]) == ("cancelled", kind)
