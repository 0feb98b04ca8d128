"""Two cars of one customer are one text, and each keeps its own cycle (rules.md, "Runs, first run, spread")."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.store.engine import Store
from notifier.store.tables import Cycle, Message, MessageCycle
from tests.support.shop import INSURANCE, MAINTENANCE, Dealership, at, control_key, days, treatment_key, yaml

TUESDAY = date(2026, 3, 10)
POLICIES = INSURANCE.replace("mon-sat", "*")


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop with the insurance campaign each day, its first run behind it, and a family without a car yet."""
    shop = Dealership(store, yaml(POLICIES))
    shop.plan_at(at(TUESDAY - days(1)))
    shop.customer("陈晓芳")
    return shop


def family(shop: Dealership, first: int = 60, second: int = 60) -> None:
    """Two cars whose policies end in so many days, planned for on Tuesday."""
    shop.car("闽C11111", "陈晓芳", insurance_ends_on=TUESDAY + days(first))
    shop.car("闽C22222", "陈晓芳", insurance_ends_on=TUESDAY + days(second))
    shop.plan_at(at(TUESDAY))


def test_two_cars_due_on_one_day_are_one_text_that_names_both(shop: Dealership) -> None:
    """One message, two cycles, each with its touch."""
    family(shop)
    (message,) = shop.messages("陈晓芳")
    assert "闽C11111" in message["text"]
    assert "闽C22222" in message["text"]
    assert [row["message_id"] for row in shop.rows(MessageCycle)] == [message["id"]] * 2
    assert len(shop.rows(Cycle)) == 2
    assert shop.planned_at(at(TUESDAY), campaign="insurance_expiry")["planned"] == 0


def test_cars_due_on_different_days_are_different_texts(shop: Dealership) -> None:
    """What opens tomorrow is tomorrow's text."""
    family(shop, 60, 61)
    shop.plan_at(at(TUESDAY + days(1)))
    assert shop.told("陈晓芳") == [("early", "planned"), ("early", "planned")]


@pytest.mark.parametrize(("first", "second"), [(7, 60), (60, 7)], ids=["last first", "early first"])
def test_the_latest_stage_gives_the_text_its_wording(shop: Dealership, first: int, second: int) -> None:
    """One car in its last days and one two months ahead: the urgent wording, whichever was entered first."""
    family(shop, first, second)
    (message,) = shop.messages("陈晓芳")
    assert message["stage"] == "last"
    assert "晚闽C11111" in message["text"]
    assert sorted(row["stage"] for row in shop.rows(MessageCycle)) == ["early", "last"]


def test_a_joined_text_is_valid_as_long_as_each_of_its_stages(shop: Dealership) -> None:
    """Whichever stage closes first ends it."""
    family(shop, 3, 60)
    assert shop.messages("陈晓芳")[0]["valid_until"] == at(TUESDAY + days(4), "00:00")


def test_a_joined_text_counts_once(store: Store) -> None:
    """In the cap and the budget it is one text."""
    shop = Dealership(
        store, yaml(POLICIES, guards="daily_budget: {messages: 1}, frequency_cap: {messages: 1, days: 7}")
    )
    shop.customer("陈晓芳")
    family(shop)
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_when_one_car_is_answered_the_text_is_worded_anew(shop: Dealership) -> None:
    """Its touch closes; nothing is claimed before the new wording is there."""
    family(shop)
    shop.renewal("闽C11111", TUESDAY, TUESDAY + days(425))
    assert shop.messages("陈晓芳")[0]["text"] is None
    assert shop.send_at(at(TUESDAY, "11:00")) == []
    assert shop.rerender() == 1
    text = shop.messages("陈晓芳")[0]["text"]
    assert "闽C22222" in text
    assert "闽C11111" not in text
    assert shop.stages_of("闽C11111") == [("early", "planned", "renewed")]
    assert shop.stages_of("闽C22222") == [("early", "planned", None)]
    assert len(shop.send_at(at(TUESDAY, "11:00"))) == 1


def test_the_car_that_stays_gives_the_new_wording_its_stage(shop: Dealership) -> None:
    """The urgent car was renewed: the other, two months ahead, is not told that its policy is about to end."""
    family(shop, 7, 60)
    shop.renewal("闽C11111", TUESDAY, TUESDAY + days(372))
    shop.rerender()
    (message,) = shop.messages("陈晓芳")
    assert message["stage"] == "early"
    assert "早闽C22222" in message["text"]


def test_when_the_last_car_is_answered_the_text_is_cancelled(shop: Dealership) -> None:
    """For that car's reason; nothing is left to word."""
    family(shop)
    shop.renewal("闽C11111", TUESDAY, TUESDAY + days(425))
    shop.renewal("闽C22222", TUESDAY, TUESDAY + days(425))
    (message,) = shop.messages("陈晓芳")
    assert (message["state"], message["reason"], shop.rerender()) == ("cancelled", "renewed", 0)


def test_one_car_sold_leaves_the_text_to_the_other(shop: Dealership) -> None:
    """And its cycle to the new owner."""
    family(shop)
    shop.customer("林志强")
    shop.sell("闽C11111", "林志强")
    shop.rerender()
    assert "闽C11111" not in shop.messages("陈晓芳")[0]["text"]
    shop.plan_at(at(TUESDAY + days(1)))
    assert shop.told("林志强") == [("early", "planned")]


def test_when_only_one_cars_next_stage_opens_the_other_keeps_its_text(shop: Dealership) -> None:
    """The early text of two waits; one policy's date comes nearer and its next stage opens."""
    family(shop)
    shop.change_car("闽C11111", insurance_ends_on=TUESDAY + days(31))
    shop.plan_at(at(TUESDAY + days(1)))
    shop.rerender()
    first, second = shop.messages("陈晓芳")
    assert "闽C22222" in first["text"]
    assert "闽C11111" not in first["text"]
    assert "闽C11111" in second["text"]
    assert shop.stages_of("闽C11111") == [("early", "planned", "next_stage"), ("middle", "planned", None)]
    assert shop.stages_of("闽C22222") == [("early", "planned", None)]


def test_cars_whose_cycles_enrolled_in_different_years_share_a_text(store: Store) -> None:
    """Joined by customer and by whether it is sent, not by enrolment: never two texts for two cars."""
    shop = Dealership(store, yaml(POLICIES))
    shop.customer("陈晓芳")
    new_year = date(2027, 1, 5)
    shop.car("闽C11111", "陈晓芳", insurance_ends_on=new_year + days(30))
    shop.plan_at(at(new_year - days(30)))
    shop.car("闽C22222", "陈晓芳", insurance_ends_on=new_year + days(60))
    shop.plan_at(at(new_year))
    messages = shop.messages("陈晓芳")
    assert [(row["stage"], row["count_on"]) for row in messages] == [("early", date(2026, 12, 6)), ("middle", new_year)]
    assert [row["period"] for row in shop.enrolments("陈晓芳")] == ["2026", "2027"]


def test_a_withheld_stage_and_a_sent_one_do_not_share_a_row(store: Store) -> None:
    """Control: the car in its last stage is texted, the one in its early stage withheld."""
    shop = Dealership(store, yaml(MAINTENANCE + "    control: 50%\n"))
    shop.customer("陈晓芳", bucket_key=control_key("maintenance_due", 2026, 5000))
    shop.car("闽C11111", "陈晓芳", service_on=TUESDAY + days(3))
    shop.car("闽C22222", "陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    assert sorted(shop.told("陈晓芳")) == [("early", "withheld"), ("last", "planned")]
    assert "闽C22222" not in next(row["text"] for row in shop.messages("陈晓芳") if row["text"])


def test_treatment_shares_the_text_of_an_early_and_a_last_stage(store: Store) -> None:
    """Both are sent, so both are one text."""
    shop = Dealership(store, yaml(MAINTENANCE + "    control: 50%\n"))
    shop.customer("陈晓芳", bucket_key=treatment_key("maintenance_due", 2026, 5000))
    shop.car("闽C11111", "陈晓芳", service_on=TUESDAY + days(3))
    shop.car("闽C22222", "陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    assert shop.told("陈晓芳") == [("last", "planned")]


def test_rewording_leaves_what_has_gone_alone(shop: Dealership) -> None:
    """Only planned texts are worded anew."""
    family(shop)
    shop.send_at(at(TUESDAY, "10:05"))
    sent = shop.messages("陈晓芳")[0]["text"]
    shop.renewal("闽C11111", TUESDAY, TUESDAY + days(425))
    assert shop.rerender() == 0
    assert shop.one(Message)["text"] == sent
