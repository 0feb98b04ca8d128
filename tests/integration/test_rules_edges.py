"""Where rules go wrong: cars that change hands, corrected dates, visits close together, campaigns side by side."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.store.complaints import close_complaint, open_complaints
from notifier.store.engine import Store
from notifier.store.tables import Complaint, Customer
from tests.support.rules_page import RuleShop, Text, example
from tests.support.shop import at, days, yaml

MONDAY = date(2026, 3, 2)


def told(texts: list[Text]) -> list[tuple[str, str]]:
    """(day, who) of texts."""
    return [text[:2] for text in texts]


def couple(shop: RuleShop, **car: object) -> None:
    """A customer with a car, and another without one."""
    shop.customer("陈晓芳")
    shop.customer("王强", sex="m")
    shop.car("闽C11111", "陈晓芳", **car)


# — a car changes hands —


@pytest.mark.parametrize(
    ("rule", "car"),
    [
        ("thank_you", {"delivered_on": MONDAY - days(1)}),
        ("first_service", {"service_on": MONDAY + days(7), "next_service_kind": "first",
                           "delivered_on": MONDAY - days(173), "anchor_on": MONDAY - days(173)}),
        ("inspection", {"inspection_ends_on": MONDAY + days(60)}),
        ("anniversary", {"delivered_on": date(2024, 3, 2)}),
    ],
)  # fmt: skip
def test_a_sold_car_cancels_the_former_owners_text_and_begins_anew(
    store: Store, rule: str, car: dict[str, object]
) -> None:
    """The text still planned is cancelled as sold; the new owner hears of the same day."""
    shop = RuleShop(store, MONDAY, example(rule))
    couple(shop, **car)
    shop.plan_at(at(MONDAY, "10:30"))
    assert [row["state"] for row in shop.messages("陈晓芳")] == ["planned"]
    shop.sell("闽C11111", "王强")
    assert [(row["state"], row["reason"]) for row in shop.messages("陈晓芳")] == [("cancelled", "sold")]
    assert told(shop.live(MONDAY + days(1), MONDAY + days(2))) == [("2026-03-03", "王强")]


@pytest.mark.parametrize("state", ["sold", "scrapped", "stock", "test_drive", "pdi"])
@pytest.mark.parametrize("rule", ["anniversary", "thank_you"])
def test_nobody_is_greeted_for_a_car_that_is_not_in_use(sqlite_store: Store, rule: str, state: str) -> None:
    """A greeting about a car needs one as a reminder does."""
    shop = RuleShop(sqlite_store, MONDAY, example(rule))
    couple(shop, delivered_on=MONDAY - days(1) if rule == "thank_you" else date(2024, 3, 2), state=state)
    assert shop.live(MONDAY, MONDAY + days(3)) == []
    assert set(shop.decisions("陈晓芳").values()) == {("excluded", f"vehicle_{state}")}


@pytest.mark.parametrize("rule", ["anniversary", "thank_you"])
def test_who_took_a_car_over_is_not_thanked_for_its_delivery(store: Store, rule: str) -> None:
    """It was delivered to somebody else; delivered anew by the shop, it is theirs."""
    shop = RuleShop(store, MONDAY, example(rule))
    delivered_on = MONDAY - days(1) if rule == "thank_you" else date(2024, 3, 2)
    couple(shop, delivered_on=delivered_on, owner_since=delivered_on + days(1))
    assert shop.live(MONDAY, MONDAY) == []
    shop.change_car("闽C11111", owner_since=delivered_on)
    assert told(shop.live(MONDAY + days(1), MONDAY + days(1))) == [("2026-03-03", "陈晓芳")]


# — dates that are corrected —


@pytest.mark.parametrize(
    ("rule", "corrected", "following"),
    [
        ("thank_you", ("delivered_on", MONDAY - days(1), MONDAY + days(3)), 10),
        ("anniversary", ("delivered_on", date(2024, 3, 2), date(2024, 3, 4)), None),
        ("insurance_expiry", ("insurance_ends_on", MONDAY + days(60), MONDAY + days(70)), 40),
        ("inspection", ("inspection_ends_on", MONDAY + days(60), MONDAY + days(70)), 40),
        ("loan_end", ("loan_ends_on", MONDAY + days(30), MONDAY + days(35)), 28),
        ("warranty_end", ("warranty_ends_on", MONDAY + days(90), MONDAY + days(100)), 70),
    ],
)
def test_a_corrected_date_texts_nobody_twice(
    store: Store, rule: str, corrected: tuple[str, date, date], following: int | None
) -> None:
    """The stage sent stays sent; the next one follows the new date."""
    column, day, moved_to = corrected
    shop = RuleShop(store, MONDAY, example(rule))
    couple(shop, **{column: day})
    assert told(shop.live(MONDAY, MONDAY)) == [("2026-03-02", "陈晓芳")]
    shop.change_car("闽C11111", **{column: moved_to})
    assert shop.live(MONDAY + days(1), MONDAY + days(5)) == []
    if following is not None:
        opens_on = MONDAY + days(following)
        assert told(shop.live(opens_on - days(2), opens_on)) == [(opens_on.isoformat(), "陈晓芳")]


def test_a_referral_is_thanked_once_though_the_delivery_is_corrected(store: Store) -> None:
    """The order is the same."""
    shop = RuleShop(store, MONDAY, example("referral"))
    couple(shop)
    key = shop.one(Customer, id=shop.id_of("王强"))["phone_key"]
    shop.change_car("闽C11111", delivered_on=MONDAY - days(1), referrer_phone_key=key)
    assert told(shop.live(MONDAY, MONDAY + days(1))) == [("2026-03-02", "王强")]
    shop.change_car("闽C11111", delivered_on=MONDAY + days(3))
    assert shop.live(MONDAY + days(2), MONDAY + days(12)) == []


# — first service and regular maintenance —


def two_kinds(shop: RuleShop) -> None:
    """A car due for its first service and one due for its second, on one day."""
    couple(shop, service_on=MONDAY + days(7), next_service_kind="first", delivered_on=MONDAY - days(173))
    shop.car("闽C22222", "王强", service_on=MONDAY + days(7))


def test_with_both_campaigns_on_a_car_is_reminded_of_its_first_service_by_one(store: Store) -> None:
    """Never by both; the other car by the other."""
    both = (example("first_service"), example("maintenance_due").replace("10%", "0%"))
    shop = RuleShop(store, MONDAY, *both)
    two_kinds(shop)
    shop.live(MONDAY, MONDAY + days(8))
    assert {row["campaign_id"] for row in shop.messages("陈晓芳")} == {"first_service"}
    assert {row["campaign_id"] for row in shop.messages("王强")} == {"maintenance_due"}


@pytest.mark.parametrize(
    ("model", "covered"), [("[DX7]", True), ("[DX5]", False), ("[DX5, DX3]", False), ("DX*", True)]
)
def test_first_services_the_other_campaign_is_not_for_are_not_swallowed(
    store: Store, model: str, covered: bool
) -> None:
    """The car is a DX7: whoever covers it reminds of it, and only they."""
    first = example("first_service").rstrip() + f"\n    audience: {{model: {model}}}\n"
    shop = RuleShop(store, MONDAY, first, example("maintenance_due").replace("10%", "0%"))
    two_kinds(shop)
    shop.live(MONDAY, MONDAY + days(8))
    campaign = "first_service" if covered else "maintenance_due"
    assert {row["campaign_id"] for row in shop.messages("陈晓芳")} == {campaign}
    assert {row["campaign_id"] for row in shop.messages("王强")} == {"maintenance_due"}


def test_with_maintenance_alone_it_reminds_of_first_services_too(store: Store) -> None:
    """A campaign switched off covers nothing."""
    off = example("first_service", enabled="false")
    shop = RuleShop(store, MONDAY, example("maintenance_due").replace("10%", "0%"))
    shop.planner(yaml(off, example("maintenance_due").replace("10%", "0%")))
    two_kinds(shop)
    gone = shop.live(MONDAY + days(4), MONDAY + days(4))
    assert [(who, "首保" in text) for _day, who, text in gone] == [("王强", False), ("陈晓芳", True)]


# — after a visit —


def visited(store: Store, *visits: date) -> RuleShop:
    """A shop that follows up visits; one customer's car was there on these days."""
    shop = RuleShop(store, MONDAY, example("follow_up"))
    couple(shop, delivered_on=date(2024, 1, 5))
    for day in visits:
        shop.came("闽C11111", day)
    return shop


def test_two_visits_within_six_days_are_asked_about_once(store: Store) -> None:
    """After the later one where nothing was asked yet; and where it was, only the second question follows."""
    shop = visited(store, MONDAY, MONDAY + days(2))
    assert told(shop.live(MONDAY, MONDAY + days(7))) == [("2026-03-07", "陈晓芳")]
    shop.came("闽C11111", MONDAY + days(8))
    assert told(shop.live(MONDAY + days(8), MONDAY + days(30))) == [("2026-03-20", "陈晓芳")]


def test_a_later_visit_is_asked_about_itself(store: Store) -> None:
    """The second question about the first visit is not asked any more."""
    shop = visited(store, MONDAY)
    assert told(shop.live(MONDAY, MONDAY + days(6))) == [("2026-03-05", "陈晓芳")]
    shop.came("闽C11111", MONDAY + days(7))
    assert told(shop.live(MONDAY + days(7), MONDAY + days(30))) == [("2026-03-12", "陈晓芳"), ("2026-03-19", "陈晓芳")]


def test_a_new_owner_is_not_asked_about_the_former_owners_visit(store: Store) -> None:
    """Whoever came is asked; the car has gone, so nobody is."""
    shop = visited(store, MONDAY)
    shop.sell("闽C11111", "王强")
    assert shop.live(MONDAY, MONDAY + days(14)) == []


def test_not_content_opens_a_complaint_that_holds_the_second_question(store: Store) -> None:
    """Once, though said twice; settled in time, the question goes out after all."""
    shop = visited(store, MONDAY)
    shop.live(MONDAY, MONDAY + days(3))
    shop.reply("陈晓芳", "2", at(MONDAY + days(3), "18:00"))
    shop.reply("陈晓芳", "2", at(MONDAY + days(3), "18:05"))
    (complaint,) = shop.rows(Complaint)
    assert (complaint["opened_on"], complaint["customer_id"]) == (MONDAY + days(3), shop.id_of("陈晓芳"))
    assert [(one.name, one.words) for one in shop.write(open_complaints)] == [("陈晓芳", "2")]
    assert shop.live(MONDAY + days(4), MONDAY + days(12)) == []
    assert shop.decisions("陈晓芳")["d10"] == ("deferred", "complaint_open")
    shop.write(lambda session: close_complaint(session, complaint["id"], day=MONDAY + days(12), note="called"))
    assert told(shop.live(MONDAY + days(13), MONDAY + days(15))) == [("2026-03-15", "陈晓芳")]


def test_content_opens_no_complaint(sqlite_store: Store) -> None:
    """1 is a yes; and a word nobody declared is read by a person."""
    shop = visited(sqlite_store, MONDAY)
    shop.live(MONDAY, MONDAY + days(3))
    for words in ("1", "还行", "9"):
        shop.reply("陈晓芳", words, at(MONDAY + days(3), "18:00"))
    assert shop.rows(Complaint) == []


# — two cars, one text —


@pytest.mark.parametrize(
    ("rule", "car"),
    [
        ("inspection", {"inspection_ends_on": MONDAY + days(60)}),
        ("loan_end", {"loan_ends_on": MONDAY + days(30)}),
        ("warranty_end", {"warranty_ends_on": MONDAY + days(90)}),
        ("follow_up", {"delivered_on": date(2024, 1, 5)}),
    ],
)
def test_two_cars_due_on_one_day_are_one_text_that_names_both(store: Store, rule: str, car: dict[str, object]) -> None:
    """With one date where it is the same."""
    shop = RuleShop(store, MONDAY, example(rule))
    couple(shop, **car)
    shop.car("闽C22222", "陈晓芳", **car)
    if rule == "follow_up":
        shop.came("闽C11111", MONDAY - days(3))
        shop.came("闽C22222", MONDAY - days(3))
    ((_day, who, text),) = shop.live(MONDAY, MONDAY)
    assert who == "陈晓芳"
    assert "闽C11111、闽C22222" in text


# — what ends the stages —

STAGED = [
    ("first_service", {"service_on": MONDAY + days(30), "next_service_kind": "first",
                       "delivered_on": MONDAY - days(150), "anchor_on": MONDAY - days(150)}),
    ("inspection", {"inspection_ends_on": MONDAY + days(60)}),
    ("loan_end", {"loan_ends_on": MONDAY + days(30)}),
    ("warranty_end", {"warranty_ends_on": MONDAY + days(90)}),
]  # fmt: skip


@pytest.mark.parametrize("end", ["came", "booked", "stop", "sold"])
@pytest.mark.parametrize(("rule", "car"), STAGED)
def test_a_later_stage_is_not_sent_once_it_is_answered(
    sqlite_store: Store, rule: str, car: dict[str, object], end: str
) -> None:
    """After the first text the customer comes, books, says stop or sells the car."""
    shop = RuleShop(sqlite_store, MONDAY, example(rule))
    couple(shop, **car)
    assert told(shop.live(MONDAY, MONDAY)) == [("2026-03-02", "陈晓芳")]
    if end == "came":
        shop.came("闽C11111", MONDAY + days(2))
    elif end == "booked":
        shop.booking("陈晓芳", MONDAY + days(2), plate="闽C11111")
    elif end == "stop":
        shop.reply("陈晓芳", "R", at(MONDAY + days(2), "18:00"))
    else:
        shop.change_car("闽C11111", state="sold")
    assert shop.live(MONDAY + days(20), MONDAY + days(64), every=2) == []


@pytest.mark.parametrize("end", ["came", "booked", "stop", "sold"])
@pytest.mark.parametrize(("rule", "car"), STAGED)
def test_a_text_still_planned_is_cancelled_once_it_is_answered(
    sqlite_store: Store, rule: str, car: dict[str, object], end: str
) -> None:
    """Planned in the quiet hours, answered before the morning."""
    shop = RuleShop(sqlite_store, MONDAY, example(rule))
    couple(shop, **car)
    shop.plan_at(at(MONDAY, "21:00"))
    (message,) = shop.messages("陈晓芳")
    if end == "came":
        shop.came("闽C11111", MONDAY)
    elif end == "booked":
        shop.booking("陈晓芳", MONDAY, plate="闽C11111")
    elif end == "stop":
        shop.reply("陈晓芳", "R", at(MONDAY, "21:30"))
    else:
        shop.sell("闽C11111", "王强")
    shop.send_at(at(MONDAY + days(1), "09:30"))
    reason = "opted_out" if end == "stop" else end
    assert [(row["state"], row["reason"]) for row in shop.messages(id=message["id"])] == [("cancelled", reason)]
