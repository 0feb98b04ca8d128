"""What one shop of a group knows counts at the others: holds, appointments, refusals; and a shop that cannot text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest

from notifier.cli.forecast_page import print_forecast
from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.jobs.explain import explain
from notifier.jobs.forecast import forecast
from notifier.store.campaigns import pause
from notifier.store.contacts import Subject, refuse
from notifier.store.engine import Store
from notifier.store.messages import cancel_marketing, close_booked
from notifier.store.tables import CampaignState, Customer
from tests.support.calls import settings
from tests.support.group import Group, yaml
from tests.support.shop import BIRTHDAY, MAINTENANCE, SECRET, WINBACK, Dealership, at, days

TUESDAY = date(2026, 3, 10)
YESTERDAY = TUESDAY - days(1)
SOON = TUESDAY + days(10)
TWO = ("quanzhou", "jinjiang")
OFF = "campaigns: {%s: {enabled: false}}"
CATCHING_UP = WINBACK.replace("    coupon", "    first_run: catch_up\n    coupon")


def two_shops(store: Store, *campaigns: str, off: str | None = None) -> Group:
    """Ms Lin and her car, whose service is due, at Quanzhou and Jinjiang; Jinjiang does without the campaign `off`."""
    group = Group(store, yaml(*campaigns, keys=TWO, own={"jinjiang": OFF % off} if off else None))
    group.person("Ms Lin", *TWO, birth_on=date(1990, 3, 10))
    group.car("闽C1", "Ms Lin", *TWO, service_on=SOON)
    return group


# — holds and appointments —


def complain(group: Group) -> None:
    """Ms Lin complains at Jinjiang."""
    group["jinjiang"].complaint("Ms Lin", YESTERDAY)


def bring_in(group: Group) -> None:
    """Her car stands in Jinjiang's workshop."""
    group["jinjiang"].change_car("闽C1", in_workshop_since=YESTERDAY)


def bring_in_another(group: Group) -> None:
    """A car of hers that Quanzhou does not know stands there."""
    group["jinjiang"].car("闽C2", "Ms Lin", in_workshop_since=YESTERDAY)


def bring_in_by_another(group: Group) -> None:
    """Her car stands there, whose owner Jinjiang does not know."""
    group["jinjiang"].change_car("闽C1", in_workshop_since=YESTERDAY, customer_id=None)


def repair(group: Group) -> None:
    """Jinjiang has repaired her car after an accident, on an order that is no visit of a customer."""
    group["jinjiang"].visit("闽C1", YESTERDAY, has_accident=True, counted=False)


def repair_another(group: Group) -> None:
    """The same with a car that Quanzhou does not know."""
    group["jinjiang"].car("闽C2", "Ms Lin")
    group["jinjiang"].visit("闽C2", YESTERDAY, has_accident=True, counted=False)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (complain, "complaint_open"),
        (bring_in, "in_workshop"),
        (bring_in_another, "in_workshop"),
        (bring_in_by_another, "in_workshop"),
        (repair, "accident_repair"),
        (repair_another, "accident_repair"),
    ],
)
def test_what_is_open_at_one_shop_holds_back_the_texts_of_the_other(
    store: Store, happens: Callable[[Group], None], reason: str
) -> None:
    """Put off, and `explain` says why and since when."""
    group = two_shops(store, MAINTENANCE)
    happens(group)
    result = group.plan_at(at(TUESDAY))
    assert (result.total.planned, dict(result.total.deferred)) == (0, {reason: 1})
    vin = group["quanzhou"].one_car("闽C1")["vin"]
    explained = explain(group["quanzhou"].planner(), SECRET, vin, at(TUESDAY, "10:01"), walked=True)
    (answer,) = explained.customers[0].answers
    held = next(step for step in answer.guards if step.guard == "hold")
    assert (held.reason, str(YESTERDAY) in (held.value or "")) == (reason, True)


@pytest.mark.parametrize("happens", [complain, bring_in, bring_in_another, repair, repair_another])
def test_what_happens_at_one_shop_after_planning_keeps_the_text_of_the_other_waiting(
    store: Store, happens: Callable[[Group], None]
) -> None:
    """Planned yesterday in time; by this morning Jinjiang knows why it must not leave. It stays planned."""
    group = two_shops(store, MAINTENANCE)
    assert group.plan_at(at(YESTERDAY)).total.planned == 1
    happens(group)
    assert group["quanzhou"].send_at(at(TUESDAY)) == []
    assert group["quanzhou"].told("Ms Lin") == [("early", "planned")]


def test_a_long_settled_matter_of_the_other_shop_lets_a_planned_text_go(store: Store) -> None:
    """An accident repaired three weeks ago, and somebody else's complaint and car in the workshop."""
    group = two_shops(store, MAINTENANCE)
    assert group.plan_at(at(YESTERDAY)).total.planned == 1
    group["jinjiang"].visit("闽C1", TUESDAY - days(21), has_accident=True, counted=False)
    group["jinjiang"].owner("Mr Wu", in_workshop_since=YESTERDAY)
    group["jinjiang"].complaint("Mr Wu", YESTERDAY)
    assert len(group["quanzhou"].send_at(at(TUESDAY))) == 1


def test_a_long_settled_matter_of_the_other_shop_holds_nothing_back(store: Store) -> None:
    """An accident repaired three weeks ago, and a car of somebody else in the workshop."""
    group = two_shops(store, MAINTENANCE)
    group["jinjiang"].visit("闽C1", TUESDAY - days(21), has_accident=True, counted=False)
    group["jinjiang"].owner("Mr Wu", in_workshop_since=YESTERDAY)
    assert group.plan_at(at(TUESDAY)).total.planned == 1


@pytest.mark.parametrize(("plate", "planned"), [("闽C1", 0), (None, 0), ("闽C2", 1)])
def test_an_appointment_at_one_shop_answers_the_reminder_of_the_other(
    store: Store, plate: str | None, planned: int
) -> None:
    """For this car, or for no car in particular; not that for another car of hers."""
    group = two_shops(store, MAINTENANCE)
    group["jinjiang"].car("闽C2", "Ms Lin")
    group["jinjiang"].booking("Ms Lin", YESTERDAY, plate=plate)
    result = group.plan_at(at(TUESDAY))
    assert (result.total.planned, result.total.excluded["booked"]) == (planned, 1 - planned)


def test_the_car_s_appointment_counts_though_another_phone_made_it(store: Store) -> None:
    """Jinjiang knows her car as her husband's."""
    group = two_shops(store, MAINTENANCE)
    husband = group["jinjiang"].customer("Mr Lin")
    group["jinjiang"].change_car("闽C1", customer_id=husband)
    group["jinjiang"].booking("Mr Lin", YESTERDAY, plate="闽C1")
    assert dict(group.plan_at(at(TUESDAY)).total.excluded) == {"booked": 1}


@pytest.mark.parametrize(("plate", "state"), [("闽C1", "cancelled"), (None, "cancelled"), ("闽C2", "planned")])
def test_an_appointment_cancels_what_the_other_shop_has_planned(store: Store, plate: str | None, state: str) -> None:
    """As a reply or a call that books does."""
    group = two_shops(store, MAINTENANCE)
    jinjiang = group["jinjiang"]
    jinjiang.car("闽C2", "Ms Lin")
    group.plan_at(at(TUESDAY))
    car = jinjiang.car_id(plate) if plate else None
    jinjiang.write(partial(close_booked, customer_id=jinjiang.id_of("Ms Lin"), vehicle_id=car, day=TUESDAY))
    assert [(text.shop, text.state) for text in group.texts()] == [("quanzhou", state)]


# — refusals —


@pytest.mark.parametrize(("here", "there", "excluded"), [
    ("yes", "no", {"consent_refused": 1}),
    ("unknown", "no", {"consent_refused": 1}),
    ("yes", "unknown", {}),
    ("unknown", "yes", {"consent_unknown": 1}),
])  # fmt: skip
def test_a_no_anywhere_in_the_group_is_a_no(store: Store, here: str, there: str, excluded: dict[str, int]) -> None:
    """A yes is one to the shop it was given to."""
    group = two_shops(store, BIRTHDAY)
    group["quanzhou"].change_customer("Ms Lin", consent=here)
    group["jinjiang"].change_customer("Ms Lin", consent=there)
    assert dict(group.plan_at(at(TUESDAY)).total.excluded) == excluded


def test_explain_says_that_the_refusal_is_another_shop_s(store: Store) -> None:
    """Quanzhou's own record says yes."""
    group = two_shops(store, BIRTHDAY)
    group["jinjiang"].change_customer("Ms Lin", consent="no", consent_source="call")
    phone = group["quanzhou"].one(Customer, id=group["quanzhou"].id_of("Ms Lin"))["phone"]
    found = explain(group["quanzhou"].planner(), SECRET, phone, at(TUESDAY, "09:00"), walked=True)
    (answer,) = next(each for each in found.customers if each.shop == "quanzhou").answers
    consent = next(step for step in answer.guards if step.guard == "consent")
    assert (answer.reason, answer.detail, consent.value, consent.source) == (
        "consent_refused", "at another shop of the group", "refused marketing", "at another shop of the group",
    )  # fmt: skip


def test_who_refuses_by_phone_at_one_shop_gets_no_offer_of_the_other(store: Store) -> None:
    """What Quanzhou has planned is cancelled; its service reminder stays."""
    group = two_shops(store, BIRTHDAY, MAINTENANCE)
    group.plan_at(at(TUESDAY))
    caller = Subject(group["jinjiang"].id, group["jinjiang"].id_of("Ms Lin"), None, "birthday", TUESDAY, "Wang")
    group["jinjiang"].write(partial(refuse, subject=caller, source="call Wang", now=at(TUESDAY), every_text=False))
    assert {text.campaign: text.state for text in group.texts()} == {
        "birthday": "cancelled", "maintenance_due": "planned",
    }  # fmt: skip


@pytest.mark.parametrize("is_known", [True, False])
def test_a_customer_file_that_says_no_cancels_the_other_shop_s_offers(store: Store, is_known: bool) -> None:
    """Jinjiang has her as unknown, or hears of her for the first time."""
    group = Group(store, yaml(BIRTHDAY, keys=TWO))
    group.person("Ms Lin", "quanzhou", birth_on=date(1990, 3, 10))
    phone = group["quanzhou"].person("Ms Lin")["phone"].removeprefix("+86")
    if is_known:
        bring_customer(group["jinjiang"], phone, "")
    group.plan_at(at(TUESDAY))
    bring_customer(group["jinjiang"], phone, "否")
    assert [(text.shop, text.state) for text in group.texts()] == [("quanzhou", "cancelled")]


def bring_customer(shop: Dealership, phone: str, consent: str) -> None:
    """A customer file of one row."""
    headers = ("客户编号", "客户姓名", "手机", "VIN", "车牌", "是否同意营销", "同意日期")
    row = ["N1", "林女士", phone, "LSVAU2A30N0000011", "闽C12341", consent, "2026-03-09" if consent else ""]
    table = TableOfRows("c.csv", headers, [row])
    import_table("customers", shop.store, shop.id, table, settings(at(TUESDAY, "09:00")))


def test_who_merely_never_agreed_at_one_shop_still_hears_of_the_other(store: Store) -> None:
    """A consent that turns out to be unknown there cancels there alone."""
    group = two_shops(store, BIRTHDAY)
    group["jinjiang"].change_customer("Ms Lin", consent="unknown")
    group.plan_at(at(TUESDAY))
    group["jinjiang"].write(partial(cancel_marketing, customer_ids=[group["jinjiang"].id_of("Ms Lin")]))
    assert [text.state for text in group.texts()] == ["planned"]


# — a shop that cannot text —


@pytest.mark.parametrize(("off", "by"), [("maintenance_due", "quanzhou"), (None, "jinjiang")])
def test_a_car_last_seen_where_the_campaign_is_off_is_texted_about_by_the_other_shop(
    store: Store, off: str | None, by: str
) -> None:
    """Where it is on, by the shop that saw the car last."""
    group = two_shops(store, MAINTENANCE, off=off)
    group["jinjiang"].visit("闽C1", date(2025, 12, 1))
    group.plan_at(at(TUESDAY))
    assert group.told() == [(by, "Ms Lin")]
    vin = group["quanzhou"].one_car("闽C1")["vin"]
    explained = explain(group["quanzhou"].planner(), SECRET, vin, at(TUESDAY, "10:01"))
    reasons = {each.shop: [answer.reason for answer in each.answers] for each in explained.customers}
    assert reasons["quanzhou"] == [None if by == "quanzhou" else "other_shop"]


def test_a_visit_where_the_campaign_is_off_still_answers_the_reminder(store: Store) -> None:
    """Quanzhou does not know that the service is done."""
    group = two_shops(store, MAINTENANCE, off="maintenance_due")
    group["jinjiang"].visit("闽C1", YESTERDAY)
    assert dict(group.plan_at(at(TUESDAY)).total.excluded) == {"came": 1}


def test_a_car_whose_owner_the_last_shop_does_not_know_is_texted_about_by_the_other(store: Store) -> None:
    """Jinjiang has a car without anybody to text."""
    group = two_shops(store, MAINTENANCE)
    group["jinjiang"].visit("闽C1", date(2025, 12, 1))
    group["jinjiang"].change_car("闽C1", customer_id=None)
    group.plan_at(at(TUESDAY))
    assert group.told() == [("quanzhou", "Ms Lin")]


@pytest.mark.parametrize(("off", "erased_at", "by"), [
    ("birthday", None, "quanzhou"),
    (None, at("2026-01-01"), "quanzhou"),
    (None, None, "jinjiang"),
])  # fmt: skip
def test_a_person_last_seen_by_a_shop_that_cannot_text_is_greeted_by_the_other(
    store: Store, off: str | None, erased_at: object, by: str
) -> None:
    """The campaign is off there, or the person was erased there."""
    group = two_shops(store, BIRTHDAY, off=off)
    group["jinjiang"].change_customer("Ms Lin", last_visit_on=date(2025, 12, 1), erased_at=erased_at)
    group.plan_at(at(TUESDAY))
    assert group.told() == [(by, "Ms Lin")]


@pytest.mark.parametrize(("there", "told"), [
    (date(2025, 11, 15), []),
    (date(2026, 3, 1), []),
    (date(2025, 8, 20), [("quanzhou", "Ms Lin")]),
])  # fmt: skip
def test_who_is_active_where_win_back_is_off_is_not_lost(
    store: Store, there: date, told: list[tuple[str, str]]
) -> None:
    """Last seen by Quanzhou in July; by Jinjiang four months, some days or nearly seven months ago."""
    group = two_shops(store, CATCHING_UP, off="winback")
    group["quanzhou"].change_customer("Ms Lin", last_visit_on=date(2025, 7, 10))
    group["jinjiang"].change_customer("Ms Lin", last_visit_on=there)
    group.plan_at(at(TUESDAY))
    assert group.told() == told


# — the forecast —


def test_a_forecast_says_which_shop_s_campaign_is_paused(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Paused at Jinjiang alone, by its own row: Quanzhou's runs bring texts as ever."""
    group = two_shops(store, MAINTENANCE)
    group.plan_at(at(TUESDAY - days(1)))
    group["quanzhou"].write(partial(pause, campaign_id="maintenance_due", paused=True))
    for row in group["quanzhou"].rows(CampaignState, shop_id=group["quanzhou"].id):
        group["quanzhou"].change(CampaignState, row["id"], paused=False)
    found = forecast(group["quanzhou"].planner(), at(TUESDAY, "08:00"), 7)
    assert found.waiting == {"jinjiang/maintenance_due": "paused"}
    assert found.document()["waiting"] == found.waiting
    print_forecast(found, group["quanzhou"].schedules)
    assert "jinjiang: Maintenance due waits:" in " ".join(capsys.readouterr().out.split())
