"""Festivals, lunar birthdays, closed days and clocks far away: exactly the right people, days, texts and moments."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.domain.lunar import solar_day
from notifier.jobs.explain import Answer, explain
from notifier.jobs.texts import publish_folder
from notifier.schedules import parse_schedules
from notifier.store.audiences import AUDIENCES, Ask
from notifier.store.engine import Store
from notifier.store.tables import Customer, Cycle, Message
from tests.integration.test_lane import simulator
from tests.support.outbox import Outbox
from tests.support.rules_page import RuleShop, example
from tests.support.sending import SCHEDULES, SHOP_KEY, drained
from tests.support.shop import BIRTHDAY, MAINTENANCE, SECRET, TEMPLATES, Dealership, at, days, yaml

CLOSED = "closed_days: {lunar: 除夕..初六, weekdays: sun}"
GREETINGS = example("festival").replace("    review: required\n", "").replace("{greeting: -1}", "{day: 0}")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
GREETED = "{who},{festival}快乐!祝您阖家平安,一路顺风。东南汽车泉州店敬上"
A_CALIFORNIAN = "+14155552671"


def festive(store: Store, guards: str = "") -> Dealership:
    """A shop that greets on the day itself, in the shipped words."""
    shop = Dealership(store, yaml(GREETINGS, guards=guards))
    publish_folder(store, TEMPLATES)
    return shop


def said(shop: Dealership, name: str, moment: datetime, campaign: str = "birthday") -> list[Answer]:
    """What explain answers about a customer."""
    phone = shop.one(Customer, id=shop.id_of(name))["phone"]
    shop.fresh(moment)
    found = explain(shop.planner(), SECRET, phone, moment, campaign=campaign)
    return [answer for each in found.customers for answer in each.answers]


# — festivals —


def test_everybody_who_agreed_is_greeted_on_each_festival(store: Store) -> None:
    """As docs/rules.md shows it: from the eve on, once each; not who said stop, or never agreed."""
    shop = RuleShop(store, date(2026, 9, 20), example("festival"))
    shop.customer("陈晓芳")
    shop.customer("王强", sex="m")
    shop.customer("李勇", consent="unknown")
    shop.customer("赵刚")
    shop.suppression("赵刚")
    assert shop.live(date(2026, 9, 22), date(2026, 10, 3)) == [
        ("2026-09-24", "王强", GREETED.format(who="王先生", festival="中秋节")),
        ("2026-09-24", "陈晓芳", GREETED.format(who="陈女士", festival="中秋节")),
        ("2026-09-30", "王强", GREETED.format(who="王先生", festival="国庆节")),
        ("2026-09-30", "陈晓芳", GREETED.format(who="陈女士", festival="国庆节")),
    ]
    cycles = shop.rows(Cycle, customer_id=shop.id_of("陈晓芳"))
    assert [(row["subject_key"], row["anchor_on"]) for row in cycles] == [
        ("mid_autumn", date(2026, 9, 25)), ("national_day", date(2026, 10, 1)),
    ]  # fmt: skip
    assert [text[:2] for text in shop.live(date(2027, 2, 4), date(2027, 2, 7))] == [
        ("2027-02-05", "王强"), ("2027-02-05", "陈晓芳"),
    ]  # fmt: skip


def test_a_greeting_names_the_festival_in_the_language_of_the_text(store: Store) -> None:
    """A customer who reads English is wished a good Mid-Autumn Festival."""
    shop = festive(store)
    shop.customer("Wang", sex="m", language="en")
    shop.plan_at(at("2026-09-25"))
    (message,) = shop.messages()
    assert "Mr Wang, best wishes for Mid-Autumn Festival to you and your family!" in message["text"]


def test_a_second_run_greets_nobody_twice(store: Store) -> None:
    """The festival of the year is one cycle, also for a plan made by hand."""
    shop = festive(store)
    shop.customer("陈晓芳")
    assert shop.planned_at(at("2026-09-25"))["planned"] == 1
    assert shop.planned_at(at("2026-09-25", "15:00"), campaign="festival")["planned"] == 0
    assert shop.planned_at(at("2026-09-26"), campaign="festival")["planned"] == 0


@pytest.mark.parametrize(
    ("guards", "named"), [("", ["中秋节", "国庆节"]), ("frequency_cap: {messages: 1, days: 7}", None)]
)
def test_two_festivals_on_one_day_are_two_greetings(store: Store, guards: str, named: list[str] | None) -> None:
    """1 October 2031: each by its name, and no more than the frequency cap allows."""
    shop = festive(store, guards)
    shop.customer("陈晓芳")
    shop.plan_at(at("2031-10-01"))
    found = sorted(row["text"].partition("快乐")[0][-3:] for row in shop.messages())
    assert found == named or (named is None and len(found) == 1)


def test_explain_knows_each_festival_of_the_campaign(store: Store) -> None:
    """The one just past, the one of today, and when the others come."""
    shop = festive(store)
    shop.customer("陈晓芳")
    shop.plan_at(at("2026-09-25", "10:00"))
    told = {(each.status, str(each.due_on)) for each in said(shop, "陈晓芳", at("2026-10-01", "09:00"), "festival")}
    assert told == {
        ("waiting", "2026-09-25"), ("gets", "2026-10-01"), ("not_due", "2027-02-06"), ("not_due", "2027-06-09"),
    }  # fmt: skip


# — lunar birthdays —


def lunar(shop: Dealership, name: str, mmdd: str, **columns: object) -> None:
    """A customer with a lunar birthday."""
    shop.customer(name, birth_mmdd=mmdd, birth_calendar="lunar", **columns)


def test_lunar_birthdays_are_greeted_on_their_solar_days(store: Store) -> None:
    """Lived through around each: leap months, short months, and a solar birthday of the same figures."""
    shop = RuleShop(store, date(2025, 6, 25), example("birthday"))
    lunar(shop, "六月初八", "0608")  # also who was born in a leap sixth month
    lunar(shop, "腊月三十", "1230")
    lunar(shop, "腊月廿九", "1229")
    lunar(shop, "八月十五", "0815")
    shop.customer("solar", birth_mmdd="0815")
    spans = [("2025-06-30", "2025-07-04"), ("2025-07-30", "2025-08-03"), ("2025-08-14", "2025-08-16"),
             ("2025-10-05", "2025-10-07"), ("2026-02-14", "2026-02-18")]  # fmt: skip
    texts = [text for span in spans for text in shop.live(*map(date.fromisoformat, span))]
    assert [text[:2] for text in texts] == [
        ("2025-07-02", "六月初八"), ("2025-08-15", "solar"), ("2025-10-06", "八月十五"),
        ("2026-02-16", "腊月三十"), ("2026-02-16", "腊月廿九"),
    ]  # fmt: skip


def test_a_lunar_birthday_may_come_twice_in_a_solar_year(store: Store) -> None:
    """冬月廿一 of two lunar years: 9 January and 29 December 2026. In 2027 once, and each is a cycle of its own."""
    shop = RuleShop(store, date(2026, 1, 2), example("birthday"))
    lunar(shop, "陈晓芳", "1121")
    texts = shop.live(date(2026, 1, 8), date(2026, 1, 10)) + shop.live(date(2026, 12, 27), date(2026, 12, 30))
    assert [text[0] for text in texts] == ["2026-01-09", "2026-12-29"]
    assert [row["anchor_on"] for row in shop.rows(Cycle)] == [date(2026, 1, 9), date(2026, 12, 29)]


def test_a_birthday_corrected_from_lunar_to_solar_is_one_birthday(store: Store) -> None:
    """Greeted on 25 September by the moon; the day in October by the sun brings no second greeting."""
    shop = RuleShop(store, date(2026, 9, 20), example("birthday"))
    lunar(shop, "陈晓芳", "0815")
    assert len(shop.live(date(2026, 9, 24), date(2026, 9, 26))) == 1
    shop.change_customer("陈晓芳", birth_mmdd="1003", birth_calendar="solar")
    assert shop.live(date(2026, 10, 2), date(2026, 10, 4)) == []


def test_every_lunar_birthday_comes_once_in_every_lunar_year(sqlite_store: Store) -> None:
    """All 360 of them, asked day by day through six lunar years, two of them with a leap month."""
    shop = Dealership(sqlite_store, yaml(BIRTHDAY))
    names = {}
    for number in range(360):
        mmdd = f"{number // 30 + 1:02d}{number % 30 + 1:02d}"
        names[shop.customer(mmdd, birth_mmdd=mmdd, birth_calendar="lunar")] = mmdd
    kept: dict[int, list[date]] = {key: [] for key in names}
    for year in range(2024, 2030):
        first, following = solar_day(year, 1, 1), solar_day(year + 1, 1, 1)
        assert first is not None
        assert following is not None
        counted: Counter[int] = Counter()
        with sqlite_store.read() as session:
            for number in range((following - first).days):
                day = first + days(number)
                for due in AUDIENCES["birthday"](session, Ask(shop.id, day, day)):
                    assert (due.anchor_on, due.due_on, due.subject_key) == (day, day, "")
                    counted[due.customer_id] += 1
                    kept[due.customer_id].append(day)
        assert counted == dict.fromkeys(names, 1)
    assert kept[shop.id_of("0815")] == [solar_day(year, 8, 15) for year in range(2024, 2030)]


def test_a_wide_range_holds_a_birthday_each_time_it_comes(store: Store) -> None:
    """The same customers as day by day, once for each occurrence."""
    shop = Dealership(store, yaml(BIRTHDAY))
    lunar(shop, "lunar", "1121")
    shop.customer("solar", birth_mmdd="0229")
    with store.read() as session:
        dues = AUDIENCES["birthday"](session, Ask(shop.id, date(2026, 1, 1), date(2028, 12, 31)))
    found = {(shop.name_of(due.customer_id), str(due.due_on)) for due in dues}
    assert found == {
        ("lunar", "2026-01-09"), ("lunar", "2026-12-29"), ("lunar", "2027-12-18"),
        ("solar", "2026-02-28"), ("solar", "2027-02-28"), ("solar", "2028-02-29"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "status", "due_on"),
    [
        ("2026-01-08", "not_due", "2026-01-09"),
        ("2026-01-09", "gets", "2026-01-09"),
        ("2026-01-25", "over", "2026-01-09"),
        ("2026-02-20", "not_due", "2026-12-29"),
        ("2025-01-21", "not_due", "2026-01-09"),  # 384 days after the last: the lunar year between has a leap month
        ("2026-12-29", "gets", "2026-12-29"),
    ],
)
def test_explain_speaks_of_lunar_birthdays(store: Store, day: str, status: str, due_on: str) -> None:
    """Today's, the one just past, and the next, however far away it is."""
    shop = Dealership(store, yaml(BIRTHDAY))
    lunar(shop, "陈晓芳", "1121")
    (answer,) = said(shop, "陈晓芳", at(day, "09:00"))
    assert (answer.status, str(answer.due_on)) == (status, due_on)


# — closed days —


@pytest.mark.parametrize(
    ("late", "planned", "leaves"),
    [
        ("", "2026-02-15", None),  # a Sunday
        ("    late: 1\n", "2026-02-14", "2026-02-14T09:30"),
        ("    late: 1\n", "2026-02-15", None),  # Monday is 除夕
        ("    late: 12\n", "2026-02-15", "2026-02-23T09:00"),
        ("    late: 5\n", "2026-02-17", None),
        ("    late: 6\n", "2026-02-17", "2026-02-23T09:00"),
    ],
)
def test_a_text_waits_until_the_shop_opens(store: Store, late: str, planned: str, leaves: str | None) -> None:
    """To the morning of the first open day, or not at all where its stage closes before that."""
    shop = Dealership(store, yaml(BIRTHDAY + late, guards=CLOSED))
    shop.customer("陈晓芳", birth_on=date(1990, *map(int, planned.split("-")[1:])))
    shop.plan_at(at(planned, "09:30"))
    if leaves is None:
        assert shop.messages() == []
        assert shop.decisions("陈晓芳") == {"day": ("excluded", "window_closed")}
    else:
        (message,) = shop.messages()
        moment = datetime.fromisoformat(leaves)
        assert (message["not_before"], message["count_on"]) == (at(moment.date(), f"{moment:%H:%M}"), moment.date())


@pytest.mark.parametrize(("kind", "waits"), [("service", True), ("transactional", True), ("safety", False)])
def test_safety_texts_know_no_closed_days(store: Store, kind: str, waits: bool) -> None:
    """As they know no quiet hours."""
    campaign = MAINTENANCE.replace("kind: service", f"kind: {kind}").replace("mon-sat", "*")
    shop = Dealership(store, yaml(campaign, guards=CLOSED))
    shop.owner("陈晓芳", service_on=date(2026, 3, 1))
    shop.plan_at(at("2026-02-17"))
    (message,) = shop.messages()
    assert message["not_before"] == (at("2026-02-23", "09:00") if waits else at("2026-02-17"))


def test_a_list_is_spread_over_open_days_only(store: Store) -> None:
    """Five texts, two a day: Saturday, Monday, Tuesday; the Sunday takes none."""
    campaign = MAINTENANCE.replace("mon-sat", "sat") + "    spread: {per_day: 2}\n"
    shop = Dealership(store, yaml(campaign, guards="closed_days: {weekdays: sun}"))
    for number in range(5):
        shop.owner(f"客户{number}", service_on=date(2026, 3, 28))
    shop.plan_at(at("2026-03-14"))
    counted = Counter(row["count_on"] for row in shop.messages())
    assert counted == {date(2026, 3, 14): 2, date(2026, 3, 16): 2, date(2026, 3, 17): 1}


# — the customer's clock —


@pytest.mark.parametrize(
    ("phone", "planned", "leaves"),
    [
        (A_CALIFORNIAN, "10:00", at("2026-03-10", "10:00")),  # 19:00 of the day before
        (A_CALIFORNIAN, "12:00", datetime(2026, 3, 10, 9, tzinfo=LOS_ANGELES)),  # 21:00
        ("+8619900012345", "12:00", at("2026-03-10", "12:00")),
        ("+882345678", "03:00", at("2026-03-10", "09:00")),  # nobody knows where that is: the shop's clock
    ],
)
def test_quiet_hours_may_be_those_of_the_phone(store: Store, phone: str, planned: str, leaves: datetime) -> None:
    """`quiet_hours_zone: customer`."""
    shop = Dealership(store, yaml(MAINTENANCE, guards="quiet_hours_zone: customer"))
    shop.customer("陈晓芳", phone=phone)
    shop.car("闽C12345", "陈晓芳", service_on=date(2026, 3, 20))
    shop.plan_at(at("2026-03-10", planned), campaign="maintenance_due")
    (message,) = shop.messages()
    assert message["not_before"] == leaves


def test_the_shops_clock_counts_where_nothing_is_said(store: Store) -> None:
    """At noon in Quanzhou a text leaves, whatever time it is in California."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.customer("陈晓芳", phone=A_CALIFORNIAN)
    shop.car("闽C12345", "陈晓芳", service_on=date(2026, 3, 20))
    shop.plan_at(at("2026-03-10", "12:00"), campaign="maintenance_due")
    assert shop.messages()[0]["not_before"] == at("2026-03-10", "12:00")


# — at the last moment —


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An outbox for the simulator."""
    return Outbox(store, key=SHOP_KEY, gateway="simulator")


@pytest.mark.parametrize(("kind", "sent"), [("service", 0), ("marketing", 0), ("safety", 1), ("transactional", 1)])
async def test_nothing_leaves_on_a_closed_day_however_long_it_has_waited(outbox: Outbox, kind: str, sent: int) -> None:
    """A day closed since it was planned; safety and answers go."""
    closed = SCHEDULES.replace('"20:00-09:00"', '"20:00-09:00", closed_days: {dates: 2026-03-10}')
    outbox.text(run_id=outbox.run(kind=kind), kind=kind)
    result = await drained(outbox, simulator(outbox), read=lambda: parse_schedules(closed, "schedules.yaml"))
    assert (result.accepted, result.waiting) == (sent, 1 - sent)


async def test_a_text_that_waited_into_the_readers_night_is_put_off(outbox: Outbox) -> None:
    """At 12:00 in Quanzhou California sleeps: its texts get another moment, and do not stand before the others."""
    by_phone = SCHEDULES.replace('"20:00-09:00"', '"20:00-09:00", quiet_hours_zone: customer')
    far = [outbox.text(outbox.customer(phone=f"+141555526{number}")) for number in range(10, 70)]
    near = outbox.text()
    gateway = simulator(outbox)
    result = await drained(outbox, gateway, read=lambda: parse_schedules(by_phone, "schedules.yaml"))
    assert (result.accepted, result.waiting) == (1, 60)
    assert outbox.state(near)[0] != "planned"
    morning = datetime(2026, 3, 10, 9, tzinfo=LOS_ANGELES)
    assert {outbox.one(Message, id=key)["not_before"] for key in far} == {morning}
    later = await drained(
        outbox, simulator(outbox), now=morning + timedelta(minutes=1),
        read=lambda: parse_schedules(by_phone, "schedules.yaml"),
    )  # fmt: skip
    assert (later.accepted, later.waiting) == (60, 0)
