"""Many shops in one database: each its own way, a person texted by one of them about one car, caps across the group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from notifier.errors import Refused
from notifier.jobs.explain import explain
from notifier.jobs.plan import plan
from notifier.store.engine import Store
from notifier.store.shops import planner_lock
from notifier.store.tables import Customer, Message, Run
from tests.support.group import KEYS, SIGNATURES, Group, yaml
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, SECRET, WINBACK, at, days

TUESDAY = date(2026, 3, 10)
SOON = TUESDAY + days(10)
CAP = "frequency_cap: {messages: 1, days: 7, across: group}"


def test_every_shop_plans_for_its_own_and_signs_its_own(store: Store) -> None:
    """Three shops with a customer each: three runs, three texts, three signatures."""
    group = Group(store, yaml(MAINTENANCE))
    for key in KEYS:
        group[key].owner(f"owner at {key}", service_on=SOON)
    result = group.plan_at(at(TUESDAY))
    assert [(run.shop, run.tally.planned) for run in result.runs] == [(key, 1) for key in KEYS]
    assert group.told() == sorted((key, f"owner at {key}") for key in KEYS)
    for key in KEYS:
        (row,) = group[key].rows(Message, shop_id=group[key].id)
        assert row["text"].startswith(f"【{SIGNATURES[key]}】")
    assert group.plan_at(at(TUESDAY, "10:01")).runs == []


def test_a_shop_s_own_guards_and_campaigns_are_those_it_is_planned_with(store: Store) -> None:
    """Jinjiang's quiet hours end later, and it does not remind of services."""
    own = {
        "jinjiang": "guards: {quiet_hours: '19:00-11:30'}",
        "shishi": "campaigns: {maintenance_due: {enabled: false}}",
    }
    group = Group(store, yaml(MAINTENANCE, own=own))
    for key in KEYS:
        group[key].owner(f"owner at {key}", service_on=SOON)
    group.plan_at(at(TUESDAY))
    starts = {row["shop_id"]: row["not_before"] for row in group["quanzhou"].rows(Message)}
    assert starts == {group["quanzhou"].id: at(TUESDAY), group["jinjiang"].id: at(TUESDAY, "11:30")}


def test_a_campaign_asked_for_by_name_runs_where_it_is_switched_on(store: Store) -> None:
    """Not at the shop that has switched it off, unless that shop is named."""
    group = Group(store, yaml(MAINTENANCE, own={"shishi": "campaigns: {maintenance_due: {enabled: false}}"}))
    named = group.plan_at(at(TUESDAY, "15:00"), campaign="maintenance_due")
    assert [run.shop for run in named.runs] == ["quanzhou", "jinjiang"]
    one = group.plan_at(at(TUESDAY, "15:01"), campaign="maintenance_due", shop="shishi")
    assert [run.shop for run in one.runs] == ["shishi"]


def test_one_shop_can_be_planned_alone(store: Store) -> None:
    """The others wait for their own planning."""
    group = Group(store, yaml(MAINTENANCE))
    for key in KEYS:
        group[key].owner(f"owner at {key}", service_on=SOON)
    group.plan_at(at(TUESDAY), shop="jinjiang")
    assert group.told() == [("jinjiang", "owner at jinjiang")]
    group.plan_at(at(TUESDAY, "10:01"))
    assert len(group.told()) == 3


# — one person, one car —


@pytest.mark.parametrize(
    ("quanzhou", "jinjiang", "by"),
    [
        (date(2025, 9, 1), date(2025, 12, 1), "jinjiang"),
        (date(2025, 12, 1), date(2025, 9, 1), "quanzhou"),
        (date(2025, 12, 1), date(2025, 12, 1), "quanzhou"),
        (None, date(2025, 9, 1), "jinjiang"),
        (None, None, "quanzhou"),
    ],
)
def test_a_car_known_to_two_shops_is_texted_about_by_the_shop_of_its_latest_visit(
    store: Store, quanzhou: date | None, jinjiang: date | None, by: str
) -> None:
    """Of one day, or where it never came, by the shop that knew it first."""
    group = Group(store, yaml(MAINTENANCE))
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group.car("闽C1", "Ms Lin", "quanzhou", "jinjiang", service_on=SOON)
    for key, day in (("quanzhou", quanzhou), ("jinjiang", jinjiang)):
        if day is not None:
            group[key].visit("闽C1", day)
    group.plan_at(at(TUESDAY))
    assert group.told() == [(by, "Ms Lin")]


def test_two_cars_at_two_shops_are_each_texted_about_by_their_own(store: Store) -> None:
    """The person is one, the cars are two."""
    group = Group(store, yaml(MAINTENANCE))
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group["quanzhou"].car("闽C1", "Ms Lin", service_on=SOON)
    group["jinjiang"].car("闽C2", "Ms Lin", service_on=SOON)
    group.plan_at(at(TUESDAY))
    assert group.told() == [("jinjiang", "Ms Lin"), ("quanzhou", "Ms Lin")]


def test_a_person_known_to_two_shops_has_one_birthday(store: Store) -> None:
    """Congratulated by the shop of their latest visit."""
    group = Group(store, yaml(BIRTHDAY))
    visits = {"quanzhou": date(2025, 3, 1), "jinjiang": date(2025, 11, 1)}
    group.person("Ms Lin", "quanzhou", "jinjiang", last_visits=visits, birth_on=date(1990, 3, 10))
    group["quanzhou"].customer("Mr Wu", birth_on=date(1985, 3, 10))
    group.plan_at(at(TUESDAY))
    assert group.told() == [("jinjiang", "Ms Lin"), ("quanzhou", "Mr Wu")]


def test_who_is_lost_here_and_active_there_is_not_lost(store: Store) -> None:
    """Win-back is about the person: the latest visit of the group counts."""
    group = Group(store, yaml(WINBACK.replace("    coupon", "    first_run: catch_up\n    coupon")))
    group.person("Ms Lin", "quanzhou", "jinjiang",
                 last_visits={"quanzhou": date(2025, 8, 15), "jinjiang": date(2026, 2, 15)})  # fmt: skip
    group.person("Mr He", "quanzhou", "jinjiang",
                 last_visits={"quanzhou": date(2025, 2, 15), "jinjiang": date(2025, 8, 15)})  # fmt: skip
    for name in ("Ms Lin", "Mr He"):
        group.car(f"{name}'s", name, "quanzhou", "jinjiang")
    group.plan_at(at(TUESDAY))
    assert [(text.shop, text.name, text.stage) for text in group.texts()] == [("jinjiang", "Mr He", "at_risk")]


def test_a_shop_that_left_the_group_keeps_nobody(store: Store) -> None:
    """Its people and cars are looked after by the shops that are still in schedules.yaml."""
    group = Group(store, yaml(MAINTENANCE, BIRTHDAY))
    group.person("Ms Lin", "quanzhou", "jinjiang", last_visits={"jinjiang": date(2025, 11, 1)},
                 birth_on=date(1990, 3, 10))  # fmt: skip
    group.car("闽C1", "Ms Lin", "quanzhou", "jinjiang", service_on=SOON)
    group["jinjiang"].visit("闽C1", date(2025, 11, 1))
    group.new_schedules(yaml(MAINTENANCE, BIRTHDAY, keys=("quanzhou", "shishi")))
    group.plan_at(at(TUESDAY))
    assert group.told() == [("quanzhou", "Ms Lin"), ("quanzhou", "Ms Lin")]


def test_a_stage_is_texted_once_though_the_car_goes_to_the_other_shop_meanwhile(store: Store) -> None:
    """Quanzhou has texted the early stage of this policy; Jinjiang, where the car comes now, texts the next one."""
    group = Group(store, yaml(INSURANCE))
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group.car("闽C1", "Ms Lin", "quanzhou", "jinjiang", insurance_ends_on=TUESDAY + days(58))
    group.plan_at(at(TUESDAY))
    assert group.told() == [("quanzhou", "Ms Lin")]
    group["quanzhou"].send_at(at(TUESDAY, "10:05"))
    group["jinjiang"].visit("闽C1", TUESDAY)
    result = group.plan_at(at(TUESDAY + days(1)))
    assert dict(result.total.excluded) == {"other_shop": 1}
    explained = explain(
        group["jinjiang"].planner(), SECRET, group["jinjiang"].one_car("闽C1")["vin"], at(TUESDAY + days(1), "10:01")
    )
    reasons = {each.shop: [answer.reason for answer in each.answers] for each in explained.customers}
    assert reasons["jinjiang"] == ["other_shop"]
    group.plan_at(at(TUESDAY + days(29)))
    stages = [(text.shop, text.stage) for text in group.texts()]
    assert stages == [("jinjiang", "middle"), ("quanzhou", "early")]


def test_who_comes_to_one_shop_is_not_reminded_by_the_other(store: Store) -> None:
    """A text still planned there is cancelled by the visit here."""
    group = Group(store, yaml(MAINTENANCE))
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group.car("闽C1", "Ms Lin", "quanzhou", "jinjiang", service_on=SOON)
    group.plan_at(at(TUESDAY))
    group["jinjiang"].visit("闽C1", TUESDAY)
    assert [(text.shop, text.state) for text in group.texts()] == [("quanzhou", "cancelled")]


def test_a_policy_written_by_one_shop_answers_the_reminder_of_the_other(store: Store) -> None:
    """What is planned is cancelled, and what opens later is not planned."""
    group = Group(store, yaml(INSURANCE))
    ends_on = TUESDAY + days(58)
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group.car("闽C1", "Ms Lin", "quanzhou", "jinjiang", insurance_ends_on=ends_on)
    group.plan_at(at(TUESDAY))
    group["jinjiang"].renewal("闽C1", TUESDAY, ends_on + days(365))
    assert [(text.shop, text.state) for text in group.texts()] == [("quanzhou", "cancelled")]
    result = group.plan_at(at(TUESDAY + days(29)))
    assert dict(result.total.excluded) == {"renewed": 1}


def test_explain_says_whose_customer_it_is(store: Store) -> None:
    """The shop that does not text says that another one does; the other says what it would do."""
    group = Group(store, yaml(BIRTHDAY))
    group.person("Ms Lin", "quanzhou", "jinjiang", last_visits={"jinjiang": date(2025, 11, 1)},
                 birth_on=date(1990, 3, 10))  # fmt: skip
    phone = group["quanzhou"].one(Customer, id=group["quanzhou"].id_of("Ms Lin"))["phone"]
    for shop in group.shops.values():
        shop.fresh(at(TUESDAY, "09:00"))
    explained = explain(group["quanzhou"].planner(), SECRET, phone, at(TUESDAY, "09:00"))
    said = {each.shop: [(answer.status, answer.reason) for answer in each.answers] for each in explained.customers}
    assert said == {"quanzhou": [("excluded", "other_shop")], "jinjiang": [("gets", None)]}


def test_a_stop_holds_at_every_shop(store: Store) -> None:
    """Suppression is by phone."""
    group = Group(store, yaml(MAINTENANCE))
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group["quanzhou"].car("闽C1", "Ms Lin", service_on=SOON)
    group["jinjiang"].car("闽C2", "Ms Lin", service_on=SOON)
    group["jinjiang"].suppression("Ms Lin")
    assert dict(group.plan_at(at(TUESDAY)).total.excluded) == {"suppressed": 2}


# — caps —


@pytest.mark.parametrize(("across", "planned", "deferred"), [("group", 1, 1), ("shop", 2, 0)])
def test_a_cap_counts_the_group_s_texts_where_the_setting_says_so(
    store: Store, across: str, planned: int, deferred: int
) -> None:
    """One text a week to Ms Lin: of both shops together, or of each. A dry run says the same."""
    group = Group(store, yaml(MAINTENANCE, guards=f"frequency_cap: {{messages: 1, days: 7, across: {across}}}"))
    group.person("Ms Lin", "quanzhou", "jinjiang")
    group["quanzhou"].car("闽C1", "Ms Lin", service_on=SOON)
    group["jinjiang"].car("闽C2", "Ms Lin", service_on=SOON)
    for result in (group.plan_at(at(TUESDAY), dry_run=True), group.plan_at(at(TUESDAY))):
        assert (result.total.planned, result.total.deferred["frequency_cap"]) == (planned, deferred)
    assert len(group.told()) == planned
    late = group.plan_at(at(TUESDAY + days(6)))
    assert late.total.deferred["frequency_cap"] == deferred
    assert group.plan_at(at(TUESDAY + days(7))).total.planned == planned


def test_across_the_group_what_matters_more_goes_first_whichever_shop_it_is_of(store: Store) -> None:
    """The first shop has a greeting for Ms Lin, the third a service: one text a week, so the service."""
    group = Group(store, yaml(BIRTHDAY, MAINTENANCE, guards=CAP))
    group.person("Ms Lin", "quanzhou", "shishi", birth_on=date(1990, 3, 10))
    group["shishi"].car("闽C1", "Ms Lin", service_on=SOON)
    result = group.plan_at(at(TUESDAY))
    assert [(text.shop, text.campaign) for text in group.texts()] == [("shishi", "maintenance_due")]
    assert dict(result.total.deferred) == {"frequency_cap": 1}


@pytest.mark.parametrize(("guards", "is_refused"), [(CAP, True), ("", False)])
def test_where_caps_span_the_group_one_planner_at_a_time_does(
    store: Store, open_store: Callable[[str], Store], guards: str, is_refused: bool
) -> None:
    """Another process that plans for Shishi keeps this one from planning for Quanzhou, and only then."""
    group = Group(store, yaml(MAINTENANCE, guards=guards))
    with planner_lock(open_store(store.url), group["shishi"].id):
        if is_refused:
            with pytest.raises(Refused):
                group.plan_at(at(TUESDAY), shop="quanzhou")
        else:
            group.plan_at(at(TUESDAY), shop="quanzhou")
        with pytest.raises(Refused):
            group.plan_at(at(TUESDAY))
    group.plan_at(at(TUESDAY, "10:01"))
    assert len(group["quanzhou"].rows(Run)) == 3


def test_what_waits_says_at_which_shop(store: Store) -> None:
    """Jinjiang's imports are old; the others are planned."""
    group = Group(store, yaml(MAINTENANCE, guards="data_max_age: {visits: 2d}"))
    group.plan_at(at(TUESDAY - days(5)))
    for key in ("quanzhou", "shishi"):
        group[key].fresh(at(TUESDAY))
    result = plan(group["quanzhou"].planner(), at(TUESDAY))
    assert result.waiting == {"jinjiang/maintenance_due": "data_too_old"}
    assert [run.shop for run in result.runs] == ["quanzhou", "shishi"]
    assert result.document()["deferred"] == {"data_too_old": 1}
