"""Each outcome → at most one message (rules.md, "Credit"; facts/statistics.md, "Credit for a visit")."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from notifier.domain.states import AttemptEvent
from notifier.store.engine import Store, database_now
from notifier.store.orders import Redemption, redeem_coupons
from notifier.store.splits import Leaving, leave
from notifier.store.tables import Assist, Click, Coupon, Credit, Link, Visit
from notifier.store.transitions import AttemptChange, apply_events
from tests.support.shop import INSURANCE, MAINTENANCE, WINBACK, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
LATER = at(TUESDAY + days(40))
WINDOWS = "    credit: {reply: 14d, sent: 30d}\n"
REMINDERS = MAINTENANCE.replace("mon-sat", "*") + WINDOWS
OFFERS = WINBACK + "    credit: {reply: 14d, sent: 30d}\n"


@pytest.fixture
def shop(store: Store) -> Dealership:
    """One customer who was reminded on Tuesday: message 1, delivered."""
    shop = Dealership(store, yaml(REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"))
    return shop


def message_of(shop: Dealership, name: str = "陈晓芳", number: int = 0) -> int:
    """The customer's message of that number."""
    key: int = shop.messages(name)[number]["id"]
    return key


def test_a_visit_after_the_send_is_credited_to_its_message(shop: Dealership) -> None:
    """With its amount, its day and the evidence."""
    visit = shop.visit("陈晓芳", TUESDAY + days(5), amount_minor=86_000)
    result = shop.attribute_at(LATER)
    assert result.document() == {"outcomes": 1, "credited": 1, "assisted": 0}
    assert shop.credits() == [("visit", visit, message_of(shop), "sent")]
    assert (shop.one(Credit)["amount_minor"], shop.one(Credit)["day"]) == (86_000, TUESDAY + days(5))


def test_attributing_twice_changes_nothing(shop: Dealership) -> None:
    """The second time there is nothing to work out."""
    shop.visit("陈晓芳", TUESDAY + days(5))
    shop.attribute_at(LATER)
    before = shop.credits()
    assert shop.attribute_at(LATER).outcomes == 0
    assert shop.credits() == before


@pytest.mark.parametrize(("after", "credited"), [(-1, False), (0, False), (1, True), (30, True), (31, False)])
def test_a_visit_before_the_send_or_beyond_the_window_earns_nothing(
    shop: Dealership, after: int, credited: bool
) -> None:
    """Thirty days from `sent_at`; on the day itself nobody knows which came first."""
    shop.visit("陈晓芳", TUESDAY + days(after))
    assert shop.attribute_at(LATER).credited == credited


@pytest.mark.parametrize(("clock", "credited"), [("09:30", False), ("15:00", True)])
def test_on_the_day_of_the_send_the_time_of_arrival_decides(shop: Dealership, clock: str, credited: bool) -> None:
    """Where the DMS tells it."""
    shop.visit("陈晓芳", TUESDAY, arrived_at=at(TUESDAY, clock))
    assert shop.attribute_at(LATER).credited == credited


def test_one_visit_is_credited_to_one_message_and_the_other_assists(shop: Dealership) -> None:
    """Early and last both reached the customer: the latest has it."""
    shop.plan_at(at(TUESDAY + days(11)))
    shop.send_at(at(TUESDAY + days(11), "10:05"))
    visit = shop.visit("陈晓芳", TUESDAY + days(13))
    assert shop.attribute_at(LATER).document() == {"outcomes": 1, "credited": 1, "assisted": 1}
    assert shop.credits() == [("visit", visit, message_of(shop, number=1), "sent")]
    assert [row["message_id"] for row in shop.rows(Assist)] == [message_of(shop)]


def test_a_reply_is_stronger_than_a_later_plain_send(shop: Dealership) -> None:
    """Whoever answered the early text came because of it."""
    shop.reply("陈晓芳", "什么价格", at(TUESDAY + days(10)))
    shop.plan_at(at(TUESDAY + days(11)))
    shop.send_at(at(TUESDAY + days(11), "10:05"))
    visit = shop.visit("陈晓芳", TUESDAY + days(13))
    shop.attribute_at(LATER)
    assert shop.credits() == [("visit", visit, message_of(shop), "reply")]


def test_a_booking_that_names_the_message_is_stronger_than_a_reply(shop: Dealership) -> None:
    """ "1" is a booking of the text it answers."""
    shop.reply("陈晓芳", "1", at(TUESDAY, "12:00"))
    visit = shop.visit("陈晓芳", TUESDAY + days(3))
    shop.attribute_at(LATER)
    assert shop.credits() == [("visit", visit, message_of(shop), "booking")]


def test_a_visit_booked_before_the_send_earns_nothing(store: Store) -> None:
    """It was on its way already."""
    shop = Dealership(store, yaml(REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"))
    shop.booking("陈晓芳", TUESDAY - days(1))
    shop.visit("陈晓芳", TUESDAY + days(3))
    assert shop.attribute_at(LATER).credited == 0


def offered(store: Store) -> Dealership:
    """A customer with a coupon from Tuesday, and a plain reminder three days later."""
    shop = Dealership(store, yaml(OFFERS, REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(17))
    shop.change_customer("陈晓芳", last_visit_on=date(2025, 3, 9))
    for day in (0, 3):
        shop.plan_at(at(TUESDAY + days(day)))
        shop.send_at(at(TUESDAY + days(day), "10:05"))
    return shop


def redeem(shop: Dealership, visit: int, day: date) -> None:
    """The order of that visit names the customer's code."""
    code = shop.one(Coupon)["code"]
    shop.write(lambda session: redeem_coupons(session, shop.id, {code: Redemption(code, day, "", visit)}))


def test_a_redeemed_coupon_wins_over_a_later_plain_send(store: Store) -> None:
    """A unique code proves which text brought the visit."""
    shop = offered(store)
    visit = shop.visit("陈晓芳", TUESDAY + days(5))
    redeem(shop, visit, TUESDAY + days(5))
    assert shop.attribute_at(LATER).document() == {"outcomes": 1, "credited": 1, "assisted": 1}
    assert shop.credits() == [("visit", visit, message_of(shop), "coupon")]


def test_a_coupon_redeemed_after_the_visit_was_credited_moves_the_credit(store: Store) -> None:
    """The order was corrected at the desk: its code came with a later import of the same order."""
    shop = offered(store)
    visit = shop.visit("陈晓芳", TUESDAY + days(5))
    shop.attribute_at(LATER)
    assert shop.credits() == [("visit", visit, message_of(shop, number=1), "sent")]
    redeem(shop, visit, TUESDAY + days(5))
    shop.attribute_at(LATER)
    assert shop.credits() == [("visit", visit, message_of(shop), "coupon")]


def test_a_redemption_that_moves_to_an_earlier_visit_takes_the_credit_along(store: Store) -> None:
    """Imported later, dated earlier: the first redemption by date stands, and both visits are worked out again."""
    shop = offered(store)
    second = shop.visit("陈晓芳", TUESDAY + days(9))
    redeem(shop, second, TUESDAY + days(9))
    shop.attribute_at(LATER)
    first = shop.visit("陈晓芳", TUESDAY + days(5))
    redeem(shop, first, TUESDAY + days(5))
    shop.attribute_at(LATER)
    assert sorted(shop.credits()) == [
        ("visit", second, message_of(shop, number=1), "sent"), ("visit", first, message_of(shop), "coupon"),
    ]  # fmt: skip


def test_renewals_credit_insurance_and_visits_do_not(store: Store) -> None:
    """Success decides: the policy's text earns the renewal, the service's text the visit."""
    shop = Dealership(store, yaml(INSURANCE + WINDOWS, REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14), insurance_ends_on=TUESDAY + days(30))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"))
    texts = {row["campaign_id"]: row["id"] for row in shop.messages("陈晓芳")}
    visit = shop.visit("陈晓芳", TUESDAY + days(4))
    renewal = shop.renewal("陈晓芳", TUESDAY + days(6), TUESDAY + days(395))
    shop.attribute_at(LATER)
    assert sorted(shop.credits()) == [
        ("renewal", renewal, texts["insurance_expiry"], "sent"), ("visit", visit, texts["maintenance_due"], "sent"),
    ]  # fmt: skip
    assert shop.one(Credit, outcome_type="renewal")["amount_minor"] == 36_000


@pytest.mark.parametrize(
    ("event", "earns"),
    [(AttemptEvent.ACCEPTED, True), (AttemptEvent.SENT, True), (AttemptEvent.DELIVERED, True),
     (AttemptEvent.UNDELIVERED, False), (AttemptEvent.REFUSED, False), (AttemptEvent.AMBIGUOUS, False), (None, False)],
)  # fmt: skip
def test_accepted_sent_and_delivered_earn(store: Store, event: AttemptEvent | None, earns: bool) -> None:
    """Sending and unknown earn only by coupon, booking or reply; what failed earns nothing."""
    shop = Dealership(store, yaml(REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"), event=event)
    shop.visit("陈晓芳", TUESDAY + days(2))
    assert shop.attribute_at(LATER).credited == earns


def test_an_unknown_text_earns_by_the_reply_to_it(store: Store) -> None:
    """Who answers has read it."""
    shop = Dealership(store, yaml(REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"), event=AttemptEvent.AMBIGUOUS)
    shop.reply("陈晓芳", "1", at(TUESDAY, "12:00"))
    shop.visit("陈晓芳", TUESDAY + days(2))
    assert shop.attribute_at(LATER).credited == 1


# — worked out again —


def report(shop: Dealership, event: AttemptEvent, moment: datetime, code: str | None = None) -> None:
    """A callback about the first message."""
    change = AttemptChange(message_of(shop), 1, event, code=code, at=moment)
    shop.write(lambda session: apply_events(session, [change]))


def test_a_text_that_turns_out_undelivered_gives_its_credit_back(store: Store) -> None:
    """The callback comes after the visit was credited."""
    shop = Dealership(store, yaml(REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"), event=AttemptEvent.SENT)
    shop.visit("陈晓芳", TUESDAY + days(2))
    assert shop.attribute_at(LATER).credited == 1
    report(shop, AttemptEvent.UNDELIVERED, LATER, "30005")
    assert shop.attribute_at(LATER).document() == {"outcomes": 1, "credited": 0, "assisted": 0}
    assert shop.credits() == []


def test_a_text_that_returned_to_planned_gives_its_credit_back(store: Store) -> None:
    """30003: to be sent once more; until then nothing of it has reached anybody."""
    shop = Dealership(store, yaml(REMINDERS))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"), event=AttemptEvent.SENT)
    shop.visit("陈晓芳", TUESDAY + days(2), imported=False)
    shop.attribute_at(LATER)
    report(shop, AttemptEvent.UNDELIVERED, at(TUESDAY, "10:30"), "30003")
    assert shop.told("陈晓芳") == [("early", "planned")]
    shop.attribute_at(LATER)
    assert shop.credits() == []


def test_a_late_reply_raises_the_evidence(shop: Dealership) -> None:
    """A reply fetched after the visit was credited."""
    visit = shop.visit("陈晓芳", TUESDAY + days(5))
    shop.attribute_at(LATER)
    shop.reply("陈晓芳", "谢谢,明天来", at(TUESDAY + days(4)))
    shop.attribute_at(LATER)
    assert shop.credits() == [("visit", visit, message_of(shop), "reply")]


def test_a_click_counts_as_a_reply_and_is_seen_when_it_comes_late(shop: Dealership) -> None:
    """The short link of the text."""
    visit = shop.visit("陈晓芳", TUESDAY + days(5))
    shop.attribute_at(LATER)
    link = shop.insert(Link, {"code": "x1", "message_id": message_of(shop), "url": "https://example.com"})
    with shop.store.read() as session:
        clock = database_now(session)
    shop.insert(
        Click, {"link_id": link, "business_at": at(TUESDAY), "clicked_on": TUESDAY + days(1), "received_at": clock}
    )
    shop.attribute_at(LATER)
    assert shop.credits() == [("visit", visit, message_of(shop), "reply")]


def test_a_visit_that_no_longer_counts_gives_its_credit_back(shop: Dealership) -> None:
    """Its order turned out to be internal."""
    visit = shop.visit("陈晓芳", TUESDAY + days(5))
    shop.attribute_at(LATER)
    shop.change(Visit, visit, counted=False, attributed_at=None)
    shop.attribute_at(LATER)
    assert (shop.credits(), shop.rows(Assist)) == ([], [])
    assert shop.attribute_at(LATER).outcomes == 0


def test_a_visit_that_goes_to_another_customer_is_worked_out_for_that_one(shop: Dealership) -> None:
    """The household split: the car leaves with its visits, and the text stays with who got it."""
    shop.visit("陈晓芳", TUESDAY + days(5))
    shop.attribute_at(LATER)
    shop.customer("林志强")
    vin = shop.one(Visit)["vin"]
    leaving = Leaving(origin=shop.id_of("陈晓芳"), target=shop.id_of("林志强"), numbers=(), vins=[vin])
    shop.write(lambda session: leave(session, shop.id, [leaving], LATER))
    shop.attribute_at(LATER)
    assert shop.credits() == []
