"""The books find what the unique keys are there to prevent."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.domain.states import AttemptEvent
from notifier.store import accounts
from notifier.store.engine import Store
from notifier.store.tables import Attempt, Cycle, Enrolment, Message, MessageCycle, Reply
from tests.support.shop import INSURANCE, Dealership, at, days, yaml

MORNING = at("2026-03-10")
CONTROLLED = INSURANCE + "    control: 50%\n"


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop whose customers' policies end in 30 days."""
    return Dealership(store, yaml(INSURANCE))


def told(shop: Dealership, *names: str, event: AttemptEvent = AttemptEvent.DELIVERED) -> None:
    """These customers got their reminder this morning."""
    for name in names:
        shop.owner(name, insurance_ends_on=date(2026, 4, 9))
    shop.plan_at(MORNING)
    shop.send_at(MORNING, event=event)


def test_sound_books_show_nothing(shop: Dealership) -> None:
    """Two people, one text each, and one of them says stop afterwards."""
    told(shop, "陈晓芳", "王强")
    shop.reply("王强", "退订", MORNING + days(1))
    with shop.store.read() as session:
        assert accounts.messages_by_state(session) == {"delivered": 2}
        assert accounts.arrivals_of(session) == {row["id"]: 1 for row in shop.messages()}
        assert (accounts.doubled_touches(session), accounts.texts_after_stop(session)) == (0, 0)


@pytest.mark.parametrize(("apart", "found"), [(8, 1), (365, 0)])
def test_one_policy_told_in_two_messages_is_found(shop: Dealership, apart: int, found: int) -> None:
    """A second cycle eight days beside the first is the same policy; a year on it is the next."""
    told(shop, "陈晓芳")
    message, cycle = shop.one(Message), shop.one(Cycle)
    del message["id"], cycle["id"]
    second = shop.insert(Message, message)
    beside = shop.insert(Cycle, cycle | {"anchor_on": cycle["anchor_on"] + days(apart)})
    shop.insert(MessageCycle, {"cycle_id": beside, "stage": message["stage"], "message_id": second})
    with shop.store.read() as session:
        assert accounts.doubled_touches(session) == found


def test_a_message_that_reached_the_phone_twice_is_found(shop: Dealership) -> None:
    """Two attempts of one message both arrived."""
    told(shop, "陈晓芳")
    attempt = shop.one(Attempt)
    del attempt["id"]
    shop.insert(Attempt, attempt | {"n": 2, "provider_sid": "SM-second"})
    with shop.store.read() as session:
        assert list(accounts.arrivals_of(session).values()) == [2]


def test_an_attempt_that_did_not_arrive_is_not_counted(shop: Dealership) -> None:
    """Undelivered is no arrival."""
    told(shop, "陈晓芳", event=AttemptEvent.UNDELIVERED)
    with shop.store.read() as session:
        assert accounts.arrivals_of(session) == {}


def test_a_text_after_the_stop_is_found(shop: Dealership) -> None:
    """Had the stop come an hour before, the text should not have left."""
    told(shop, "陈晓芳")
    shop.reply("陈晓芳", "R", MORNING + days(1))
    shop.change(Reply, shop.one(Reply)["id"], business_at=MORNING - days(1))
    with shop.store.read() as session:
        assert accounts.texts_after_stop(session) == 1


def test_texts_to_be_sent_name_the_cars_they_speak_of(shop: Dealership) -> None:
    """One text for two cars names both; what is known already is left out."""
    shop.customer("陈晓芳")
    for plate in ("闽C12345", "闽C67890"):
        shop.car(plate, "陈晓芳", insurance_ends_on=date(2026, 4, 9))
    shop.plan_at(MORNING)
    with shop.store.read() as session:
        (text,) = accounts.newer_texts(session, 0)
        assert (text.campaign_id, text.stage, len(text.vins)) == ("insurance_expiry", "middle", 2)
        assert accounts.newer_texts(session, text.message_id) == []


def test_enrolled_customers_come_with_their_arm_window_and_cars(store: Store) -> None:
    """Those left out of lift, and those of other days, are not among them."""
    shop = Dealership(store, yaml(CONTROLLED))
    told(shop, *(f"客户{n}" for n in range(8)))
    out = shop.rows(Enrolment)[0]
    shop.change(Enrolment, out["id"], out_of_lift="merged_arms")
    today = MORNING.date()
    with store.read() as session:
        found = accounts.enrolled_customers(session, "insurance_expiry", today, today)
        assert accounts.enrolled_customers(session, "insurance_expiry", today + days(1), today + days(9)) == []
    assert len(found) == 7
    assert {one.arm for one in found} == {"treatment", "control"}
    assert all(one.enrolled_on == today and len(one.vins) == 1 for one in found)


def test_visits_and_sample_texts_are_those_of_the_shop(shop: Dealership) -> None:
    """Only visits that count, only texts that arrived."""
    told(shop, "陈晓芳")
    shop.visit("陈晓芳", date(2026, 3, 11))
    shop.visit("陈晓芳", date(2026, 3, 12), counted=False)
    with shop.store.read() as session:
        assert accounts.visits_counted(session, date(2026, 3, 1), date(2026, 3, 31)) == 1
        assert accounts.sample_texts(session) == {"insurance_expiry": shop.one(Message)["text"]}
