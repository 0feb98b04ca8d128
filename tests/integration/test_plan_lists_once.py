"""Lists that name people by phone and by car: one person hears of a stage once, whatever is on record when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from notifier.domain.states import AttemptEvent
from notifier.jobs.call_list import people_named
from notifier.jobs.explain import explain
from notifier.reports.call_list import CallList, call_list
from notifier.store.engine import Store
from notifier.store.merges import merge_customers
from tests.support import group as groups
from tests.support.broadcaster import CHEN, DAY, EVENT, LIN, RECALL, VINS, Broadcaster
from tests.support.shop import SECRET, TEMPLATES, at, days

INVITED = DAY - days(14)
EVENING = "18:00"
VISITS = {"quanzhou": date(2025, 6, 1), "jinjiang": date(2025, 12, 1)}


def listed(shop: Broadcaster, *rows: str) -> None:
    """The rows of both lists."""
    for name in ("week.csv", "recall.csv"):
        shop.file(name, "VIN,手机", *rows)


def plan_and_send(shop: Broadcaster, day: date) -> Mapping[str, int]:
    """One day; what was left out, and why."""
    planned = shop.plan_at(at(day))
    shop.send_at(at(day, EVENING))
    return planned.total.excluded


# — one shop, the car known before or after —


@pytest.mark.parametrize("campaign", [EVENT, RECALL], ids=["event", "recall"])
def test_who_was_told_by_phone_is_not_told_again_once_the_car_is_known(
    store: Store, tmp_path: Path, campaign: str
) -> None:
    """The car of the row is imported the day after."""
    shop = Broadcaster(store, tmp_path, campaign)
    shop.customer("陈晓芳", phone=CHEN)
    listed(shop, f"{VINS[0]},{CHEN}")
    plan_and_send(shop, DAY)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    assert plan_and_send(shop, DAY + days(1)) == {"already_told": 1}
    assert [row["state"] for row in shop.messages()] == ["delivered"]


def test_who_was_told_of_the_car_is_not_told_again_by_phone(store: Store, tmp_path: Path) -> None:
    """The car has a new owner, who is told; the former one stands on the list by phone too."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强", phone=LIN)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    listed(shop, f"{VINS[0]},", f",{CHEN}")
    plan_and_send(shop, DAY)
    shop.sell("闽CA1111", "林志强")
    assert plan_and_send(shop, DAY + days(1)) == {"already_told": 1}
    assert [len(shop.messages(name)) for name in ("陈晓芳", "林志强")] == [1, 1]


def test_the_next_stage_is_told_of_the_car(store: Store, tmp_path: Path) -> None:
    """Each stage once: a recall is said again a month later, of the car that is known by then."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    listed(shop, f"{VINS[0]},{CHEN}")
    plan_and_send(shop, DAY)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    for after in (1, 30, 31):
        plan_and_send(shop, DAY + days(after))
    assert shop.told("陈晓芳") == [("first", "delivered"), ("again", "delivered")]
    assert shop.stages_of("闽CA1111") == [("again", "delivered", None)]


def test_a_text_that_did_not_arrive_told_nobody(store: Store, tmp_path: Path) -> None:
    """The car's own text is tried."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    listed(shop, f"{VINS[0]},{CHEN}")
    shop.plan_at(at(DAY))
    shop.send_at(at(DAY, EVENING), event=AttemptEvent.UNDELIVERED)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    assert plan_and_send(shop, DAY + days(1)) == {}
    assert shop.stages_of("闽CA1111") == [("first", "delivered", None)]


def test_a_second_car_of_an_owner_is_told_of_when_the_list_names_it(store: Store, tmp_path: Path) -> None:
    """Cars are rows of one sort: each is told of, in one text or in two."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    for plate, vin in zip(("闽CA1111", "闽CA2222", "闽CA3333"), VINS, strict=False):
        shop.car(plate, "陈晓芳", vin=vin)
    listed(shop, f"{VINS[0]},{CHEN}", f"{VINS[1]},{CHEN}")
    plan_and_send(shop, DAY)
    listed(shop, *(f"{vin},{CHEN}" for vin in VINS))
    assert plan_and_send(shop, DAY + days(1)) == {}
    assert len(shop.messages()) == 2
    assert [shop.stages_of(plate) for plate in ("闽CA1111", "闽CA2222", "闽CA3333")] == [
        [("first", "delivered", None)]
    ] * 3


def test_explain_says_that_the_person_was_told(store: Store, tmp_path: Path) -> None:
    """With its reason, and in the walk."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    listed(shop, f"{VINS[0]},{CHEN}")
    plan_and_send(shop, DAY)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    now = at(DAY + days(1), "09:00")
    shop.fresh(now)
    (answer,) = explain(shop.planner(), SECRET, CHEN, now, walked=True).customers[0].answers
    assert (answer.status, answer.reason) == ("excluded", "already_told")
    assert [step.reason for step in answer.guards if step.guard == "stage"] == ["already_told"]


# — two records found to be one —


@pytest.fixture
def two(store: Store, tmp_path: Path) -> Broadcaster:
    """Ms Chen, listed by her phone, and Ms Chen once more, listed by her car."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("陈小芳", phone=LIN)
    shop.car("闽CA1111", "陈小芳", vin=VINS[0])
    listed(shop, f",{CHEN}", f"{VINS[0]},")
    return shop


def merge(shop: Broadcaster, loser: str, survivor: str) -> None:
    """The import found the two to be one."""
    shop.write(lambda s: merge_customers(s, {shop.id_of(loser): shop.id_of(survivor)}, at(DAY, "11:00")))


@pytest.mark.parametrize(("loser", "survivor"), [("陈晓芳", "陈小芳"), ("陈小芳", "陈晓芳")])
def test_of_two_planned_texts_of_a_merged_customer_the_one_of_the_car_goes(
    two: Broadcaster, loser: str, survivor: str
) -> None:
    """Whichever record survives; it is worded anew, since the two may not have been addressed alike."""
    two.plan_at(at(DAY))
    merge(two, loser, survivor)
    assert two.rerender() == 1
    two.send_at(at(DAY, EVENING))
    assert sorted((row["state"], row["reason"]) for row in two.messages(survivor)) == [
        ("cancelled", "merged"), ("delivered", None),
    ]  # fmt: skip
    assert two.stages_of("闽CA1111") == [("first", "delivered", None)]
    assert two.plan_at(at(DAY + days(1))).total.planned == 0


def test_a_text_that_has_left_stands_and_the_other_does_not_follow(two: Broadcaster) -> None:
    """Told by phone this morning; the car's text, planned this noon, is cancelled and not planned again."""
    listed(two, f",{CHEN}")
    plan_and_send(two, DAY)
    listed(two, f",{CHEN}", f"{VINS[0]},")
    two.plan_at(at(DAY + days(1)))
    merge(two, "陈小芳", "陈晓芳")
    assert plan_and_send(two, DAY + days(2)) == {"already_told": 1}
    assert sorted(row["state"] for row in two.messages()) == ["cancelled", "delivered"]


# — a group —


def group_of_two(store: Store, folder: Path) -> groups.Group:
    """Two shops with one list beside their schedules."""
    group = groups.Group(store, groups.yaml(EVENT.replace("lists/", ""), keys=("quanzhou", "jinjiang")))
    for shop in group.shops.values():
        shop.schedules = replace(shop.schedules, path=folder / "schedules.yaml")
        source = (TEMPLATES / "zh-CN" / "event_invitation.j2").read_text(encoding="utf-8")
        shop.wording("event_invitation", source)
    group.person("林女士", "quanzhou", "jinjiang", last_visits=VISITS)
    return group


def test_a_row_of_a_car_and_a_phone_is_one_text_of_the_group(store: Store, tmp_path: Path) -> None:
    """The car known at one shop alone, the person lately at the other: the shop of the car tells them."""
    group = group_of_two(store, tmp_path)
    group["quanzhou"].car("闽C1", "林女士", vin=VINS[0])
    group["jinjiang"].car("闽C2", "林女士")
    phone = group["quanzhou"].person("林女士")["phone"]
    (tmp_path / "week.csv").write_text(f"VIN,手机\n{VINS[0]},{phone}\n", encoding="utf-8")
    assert group.plan_at(at(INVITED)).total.excluded == {}
    assert group.told() == [("quanzhou", "林女士")]


def test_rows_of_a_phone_here_and_of_a_car_there_are_one_text_of_the_group(store: Store, tmp_path: Path) -> None:
    """Two rows of one person; the shop planned later sees what the first has texted."""
    group = group_of_two(store, tmp_path)
    group["quanzhou"].car("闽C1", "林女士", vin=VINS[0])
    phone = group["quanzhou"].person("林女士")["phone"]
    (tmp_path / "week.csv").write_text(f"VIN,手机\n{VINS[0]},\n,{phone}\n", encoding="utf-8")
    assert group.plan_at(at(INVITED)).total.excluded == {"already_told": 1}
    assert group.told() == [("quanzhou", "林女士")]
    group.plan_at(at(INVITED + days(1)))
    assert group.told() == [("quanzhou", "林女士")]


def test_a_car_imported_at_a_sister_brings_no_second_text(store: Store, tmp_path: Path) -> None:
    """Told by phone here; the day after, the other shop knows the car."""
    group = group_of_two(store, tmp_path)
    phone = group["quanzhou"].person("林女士")["phone"]
    (tmp_path / "week.csv").write_text(f"VIN,手机\n{VINS[0]},{phone}\n", encoding="utf-8")
    group.plan_at(at(INVITED))
    group["quanzhou"].car("闽C1", "林女士", vin=VINS[0])
    assert group.plan_at(at(INVITED + days(1))).total.excluded == {"already_told": 1}
    assert group.told() == [("jinjiang", "林女士")]


# — a recall of a car that is gone —


def calls_of(shop: Broadcaster) -> CallList:
    """The call list of the recall."""
    campaign = shop.schedules.campaign("recall")
    named = people_named(shop.planner(), shop.schedules.shops[0], shop.id, campaign, at(DAY))
    with shop.store.read() as session:
        return call_list(
            session, named.ask, campaign_id=campaign.id, title="燃油泵更换", today=DAY, unknown=named.unknown
        )


def test_a_recall_of_a_car_that_is_gone_is_phoned_and_never_planned(store: Store, tmp_path: Path) -> None:
    """Sold and scrapped are left out, day after day; in the workshop's stock it is still there to be repaired."""
    shop = Broadcaster(store, tmp_path, RECALL)
    for vin, state in zip(VINS, ("in_use", "sold", "scrapped", "stock"), strict=True):
        shop.customer(state)
        shop.car(state, state, vin=vin, state=state)
    listed(shop, *(f"{vin}," for vin in VINS))
    gone = {"vehicle_sold": 1, "vehicle_scrapped": 1}
    for after in range(3):
        assert plan_and_send(shop, DAY + days(after)) == gone
    assert [shop.told(state) for state in ("in_use", "stock")] == [[("first", "delivered")]] * 2
    assert len(shop.messages()) == 2
    assert [(row.reason, row.name, row.vin) for row in calls_of(shop).rows] == [
        ("car_gone", "scrapped", VINS[2]), ("car_gone", "sold", VINS[1]),
    ]  # fmt: skip


def test_a_recall_of_a_car_sold_before_the_text_left_is_not_planned_again(store: Store, tmp_path: Path) -> None:
    """The claim and the planner agree."""
    shop = Broadcaster(store, tmp_path, RECALL)
    shop.customer("陈晓芳")
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    listed(shop, f"{VINS[0]},")
    shop.plan_at(at(DAY))
    shop.change_car("闽CA1111", state="sold")
    shop.send_at(at(DAY, EVENING))
    assert plan_and_send(shop, DAY + days(1)) == {"vehicle_sold": 1}
    assert [(row["state"], row["reason"]) for row in shop.messages()] == [("cancelled", "sold")]
    assert [row.reason for row in calls_of(shop).rows] == ["car_gone"]
