"""The month's due list: one row a car and purpose, and a reconciliation that always adds up."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from notifier.errors import StoreError
from notifier.reports.campaigns import ReportShop
from notifier.reports.due_list import LINES, DueList, Listed, due_list, excluded_because, reconciled
from notifier.reports.render_due_list import due_list_csv, due_list_document, due_list_xlsx, print_due_list
from notifier.store.due_list import PURPOSES, DueCar, cars_due, count_due
from notifier.store.engine import Store
from notifier.store.tables import Booking, Customer, Reply, Shop, Vehicle, Visit
from tests.support.group import Group
from tests.support.group import yaml as group_yaml
from tests.support.shop import INSURANCE, MAINTENANCE, Dealership, at, control_key, days, treatment_key, yaml

TODAY = date(2026, 11, 27)
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)
DUE = date(2026, 12, 10)


def listed(shop: Dealership, *, today: date = TODAY, sisters: Collection[str] = ()) -> DueList:
    """December, seen from 27 November."""
    with shop.store.snapshot() as session:
        return due_list(
            session, shop=ReportShop(shop.id, "东南汽车泉州店", "Asia/Shanghai"), today=today, first=FIRST, last=LAST,
            campaigns=shop.schedules.campaigns, sisters=sisters,
        )  # fmt: skip


def off(found: DueList) -> dict[str, int]:
    """Line → number, lines without anybody left out."""
    return {line: found.of_line(line) for line in LINES if found.of_line(line)}


def names(found: DueList) -> list[tuple[str, str | None]]:
    """(purpose, owner) of every row."""
    return [(row.purpose, row.car.name) for row in found.rows]


OBSTACLES: Mapping[str, Mapping[str, Any]] = {
    "pdi": {"state": "pdi"},
    "internal": {"state": "test_drive"},
    "sold": {"state": "sold"},
    "scrapped": {"state": "scrapped"},
    "in_workshop": {"in_workshop_since": TODAY},
    "no_owner": {"customer_id": None},
}


@pytest.mark.parametrize("line", OBSTACLES)
def test_what_is_wrong_with_a_car_takes_it_off_the_list(sqlite_store: Store, line: str) -> None:
    """Each on its own line, counted; the car beside it stays."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    for name in ("陈晓芳", "王强"):
        shop.owner(name, service_on=DUE)
    shop.change_car("王强", **OBSTACLES[line])
    found = listed(shop)
    assert off(found) == {line: 1}
    assert names(found) == [("maintenance_due", "陈晓芳")]


@pytest.mark.parametrize(
    "line, change",
    [("no_phone", {"phone": None}), ("unreachable", {"unreachable": "not_mobile"})],
)
def test_who_cannot_be_called_is_off_the_list(sqlite_store: Store, line: str, change: dict[str, Any]) -> None:
    """No number, or a dead one."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("王强", service_on=DUE)
    shop.change_customer("王强", **change)
    assert off(listed(shop)) == {line: 1}


def test_every_purpose_has_its_row(store: Store) -> None:
    """One car due for a service, its insurance, the inspection, the loan and the warranty: five rows of one owner."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner(
        "陈晓芳", service_on=DUE, insurance_ends_on=DUE, inspection_ends_on=DUE, loan_ends_on=DUE, warranty_ends_on=LAST
    )
    shop.owner("王强", service_on=FIRST, next_service_kind="first")
    shop.owner("林志强", service_on=FIRST - days(1))
    found = listed(shop)
    assert {purpose for purpose, name in names(found) if name == "陈晓芳"} == set(PURPOSES) - {"first_service"}
    assert ("first_service", "王强") in names(found)
    assert found.total_exported() == found.listed() == 6


def test_answers_take_cars_off_the_list(store: Store) -> None:
    """Stop, an accident repair, a booking, a renewed policy."""
    shop = Dealership(store, yaml(MAINTENANCE))
    for name in ("stop", "accident", "booked", "old booking"):
        shop.owner(name, service_on=DUE)
    shop.suppression("stop")
    shop.visit("accident", TODAY - days(10), imported=False, counted=False, has_accident=True)
    shop.booking("booked", TODAY)
    shop.booking("old booking", DUE - days(61))
    shop.owner("renewed", insurance_ends_on=DUE)
    shop.renewal("renewed", TODAY, DUE + days(365), imported=False)
    found = listed(shop)
    assert off(found) == {"suppressed": 1, "accident": 1, "booked": 1, "renewed": 1}
    assert names(found) == [("maintenance_due", "old booking")]


def test_an_owner_is_called_once_for_a_purpose_and_told_of_both_cars(store: Store) -> None:
    """The earlier car is the row, the other stands in it and on the line of repeated phones."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.customer("陈晓芳")
    shop.car("闽C11111", "陈晓芳", service_on=DUE)
    shop.car("闽C22222", "陈晓芳", service_on=DUE - days(2))
    found = listed(shop)
    assert off(found) == {"repeated_phone": 1}
    assert [(row.car.plate, row.also) for row in found.rows] == [("闽C22222", ("闽C11111",))]


def test_a_car_another_shop_has_seen_later_is_a_repeated_vin(store: Store) -> None:
    """It belongs to the shop of its latest visit, as long as that one is of the group."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=DUE)
    mine = shop.one_car("陈晓芳")
    own = {name: value for name, value in shop.one(Shop, id=shop.id).items() if name != "id"}
    there = shop.insert(Shop, own | {"key": "xiamen"})
    elsewhere = shop.customer("陈晓芳 there", shop_id=there)
    theirs = {name: value for name, value in mine.items() if name != "id"} | {
        "shop_id": there,
        "customer_id": elsewhere,
    }
    other = shop.insert(Vehicle, theirs)
    visit = {
        "shop_id": there, "vin": mine["vin"], "day": TODAY, "vehicle_id": other, "counted": True, "amount_minor": 0,
        "is_maintenance": True, "has_accident": False, "changed_at": mine["created_at"],
    }  # fmt: skip
    shop.insert(Visit, visit)
    assert off(listed(shop, sisters=["xiamen"])) == {"repeated_vin": 1}
    assert off(listed(shop)) == {}


def test_a_shop_that_is_no_longer_of_the_group_takes_no_car_away(store: Store) -> None:
    """The list belongs to the shop that plans for the car: schedules.yaml says who the sisters are."""
    group = Group(store, group_yaml(MAINTENANCE, keys=("quanzhou", "jinjiang")))
    group.person("陈晓芳", "quanzhou", "jinjiang")
    group.car("闽C1", "陈晓芳", "quanzhou", "jinjiang", service_on=DUE)
    group["jinjiang"].visit("闽C1", TODAY - days(30))
    here = group["quanzhou"]
    assert off(listed(here, sisters=here.schedules.of_shop("quanzhou").sisters)) == {"repeated_vin": 1}
    group.new_schedules(group_yaml(MAINTENANCE, keys=("quanzhou",)))
    assert names(listed(here, sisters=here.schedules.of_shop("quanzhou").sisters)) == [("maintenance_due", "陈晓芳")]


def test_the_control_group_is_kept_off_the_list(store: Store) -> None:
    """On a line of its own, before a run has enrolled anybody and after; until the last stage goes to everybody."""
    shop = Dealership(store, yaml(MAINTENANCE + "    control: 50%\n", INSURANCE))
    for name, key in (("陈晓芳", treatment_key), ("王强", control_key)):
        shop.customer(name, bucket_key=key("maintenance_due", 2026, 5_000))
        shop.car(name, name, service_on=DUE, insurance_ends_on=DUE)
    everybody = [("insurance_expiry", "王强"), ("insurance_expiry", "陈晓芳"), ("maintenance_due", "陈晓芳")]
    assert off(listed(shop)) == {"kept_back": 1}
    assert sorted(names(listed(shop))) == everybody
    shop.plan_at(at(DUE - days(13)))
    shop.change_customer("王强", bucket_key=shop.person("陈晓芳")["bucket_key"])  # the arm is that of the enrolment
    assert off(listed(shop, today=DUE - days(13))) == {"kept_back": 1}
    assert sorted(names(listed(shop, today=DUE - days(13)))) == everybody
    found = listed(shop, today=DUE - days(3))
    assert (off(found), found.listed()) == ({}, 4)


def test_who_is_not_of_a_campaign_is_in_no_control_group(store: Store) -> None:
    """One that is switched off, or speaks of other cars only, keeps nobody back."""
    of_others = MAINTENANCE.replace("    kind", "    audience: {model: [DX3]}\n    kind")
    for schedules in (MAINTENANCE + "    enabled: false\n    control: 50%\n", of_others + "    control: 50%\n"):
        shop = Dealership(store, yaml(schedules), first=900)
        if not shop.count(Customer):
            shop.customer("王强", bucket_key=control_key("maintenance_due", 2026, 5_000))
            shop.car("王强", "王强", service_on=DUE)
        assert names(listed(shop)) == [("maintenance_due", "王强")]


def test_who_asks_for_an_appointment_by_reply_is_called_first(store: Store) -> None:
    """Nobody has agreed on it yet; once somebody has, or has seen to the reply, they are off the list."""
    shop = Dealership(store, yaml(MAINTENANCE))
    for name in ("陈晓芳", "王强"):
        shop.owner(name, service_on=DUE)
    shop.plan_at(at(DUE - days(14)))
    shop.send_at(at(DUE - days(14)))
    shop.reply("王强", "1", at(DUE - days(14), "12:00"))
    assert [name for _purpose, name in names(listed(shop))] == ["王强", "陈晓芳"]
    assert due_list_document(listed(shop))["rows"][0]["asked_on"] == str(DUE - days(14))
    booking = shop.one(Booking)
    shop.change(Booking, booking["id"], state="booked")
    assert off(listed(shop)) == {"booked": 1}
    shop.change(Booking, booking["id"], state="asked")
    shop.change(Reply, shop.one(Reply)["id"], handled_at=at(DUE - days(13)))
    assert off(listed(shop)) == {"booked": 1}


def test_counting_and_listing_see_one_moment(store: Store) -> None:
    """An import that ends between the two changes neither."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=DUE)
    with store.snapshot() as session:
        counted = count_due(session, shop.id, "maintenance_due", FIRST, LAST)
        shop.owner("王强", service_on=DUE)
        found = list(cars_due(session, shop.id, "maintenance_due", FIRST, LAST, today=TODAY))
    assert (counted, len(found)) == (1, 1)
    assert listed(shop).listed() == 2


# — the sum —

STATES = ("in_use", "sold", "scrapped", "pdi", "test_drive", "stock", "a state of a newer version")
some_days = st.none() | st.dates(date(2026, 9, 1), date(2028, 1, 1))
cars = st.builds(
    DueCar,
    vehicle_id=st.integers(1, 10**6), vin=st.just("LSVAA000000000001"), plate=st.none() | st.just("闽C12345"),
    model=st.none(), state=st.sampled_from(STATES), due_on=st.dates(FIRST, LAST), due_from=st.none(), due_to=st.none(),
    last_odometer=st.none(), in_workshop_since=some_days, is_elsewhere=st.booleans(),
    customer_id=st.none() | st.integers(1, 5), name=st.none() | st.just("陈晓芳"),
    phone=st.none() | st.sampled_from(["+8613800000001", "+8613800000002", "+8613800000003"]),
    unreachable=st.none() | st.just("not_mobile"), consent=st.sampled_from(["yes", "no", "unknown", None]),
    district=st.none(), member_level=st.none(), last_visit_on=some_days, is_suppressed=st.booleans(),
    accident_on=st.none() | st.dates(TODAY - timedelta(days=14), TODAY), renewed_to=some_days, booked_on=some_days,
    asked_on=some_days, is_kept_back=st.booleans(),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(purpose=st.sampled_from(PURPOSES), found=st.lists(cars, max_size=30))
def test_exported_less_every_line_is_always_the_worklist(purpose: str, found: list[DueCar]) -> None:
    """Whatever the records hold: nobody twice, nobody lost, every car of a shared phone named."""
    rows, lines = reconciled(purpose, found, len(found))
    assert len(found) == len(rows) + lines.total()
    assert set(lines) <= set(LINES)
    phones = [row.car.phone for row in rows]
    assert len(set(phones)) == len(phones)
    assert sum(len(row.also) for row in rows) == lines["repeated_phone"]
    assert all(excluded_because(purpose, row.car) is None for row in rows)


def test_a_list_that_does_not_add_up_is_no_list() -> None:
    """A car that fell out between counting and reading is noticed."""
    with pytest.raises(StoreError, match="1 due for maintenance_due, 0 found"):
        reconciled("maintenance_due", [], 1)


@pytest.mark.parametrize("seed", range(6))
def test_the_sum_holds_in_the_database_too(store: Store, seed: int) -> None:
    """A shop of random obstacles: the statement that counts and the one that lists agree."""
    chance = random.Random(seed)
    shop = Dealership(store, yaml(MAINTENANCE))
    for n in range(12):
        change = chance.choice([*OBSTACLES, "stop", "fine", "two cars"])
        name = shop.owner(f"客户{n}", plate=f"闽C{n}", service_on=DUE, insurance_ends_on=DUE)
        if change in OBSTACLES:
            shop.change_car(f"闽C{n}", **OBSTACLES[change])
        elif change == "stop":
            shop.suppression(name)
        elif change == "two cars":
            shop.car(f"闽D{n}", name, service_on=DUE + days(1))
    found = listed(shop)
    assert found.total_exported() == found.listed() + sum(found.of_line(line) for line in LINES) >= 24


# — how it is written —


@pytest.fixture
def december(sqlite_store: Store) -> DueList:
    """A list of two owners and one stop."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    for name in ("陈晓芳", "=王强", "林志强"):
        shop.owner(name, service_on=DUE, last_odometer=52_000)
    shop.suppression("林志强")
    return listed(shop)


def test_the_files_hold_whole_phones_and_run_no_formula(december: DueList) -> None:
    """CSV is the list alone."""
    rows = list(csv.DictReader(io.StringIO(due_list_csv(december).decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == ["陈晓芳", "'=王强"]
    assert all(len(row["Phone"]) == 11 and row["Phone"].isdecimal() for row in rows)


def test_the_workbook_has_the_list_and_the_reconciliation(december: DueList) -> None:
    """Two sheets; the figures of the second add up."""
    book = openpyxl.load_workbook(io.BytesIO(due_list_xlsx(december)))
    assert book.sheetnames == ["Due list", "Reconciliation"]
    assert book["Due list"].max_row == 3
    figures = [int(str(row[1].value)) for row in book["Reconciliation"].iter_rows(min_row=4)]
    assert figures[0] - sum(figures[1:-1]) == figures[-1] == 2


def test_terminal_and_json_mask_phones(december: DueList) -> None:
    """What is shown on screens is not what is called from."""
    page = io.StringIO()
    print_due_list(Console(file=page, width=80), december)
    shown = page.getvalue() + json.dumps(due_list_document(december))
    phones = [row.car.phone for row in december.rows]
    assert not any(phone in shown for phone in phones if phone)
    assert max(len(line) for line in page.getvalue().splitlines()) <= 80
    assert due_list_document(december)["exported"] == 3


def test_a_row_is_a_car_and_a_purpose() -> None:
    """Its purpose is named by a rule."""
    assert Listed.__dataclass_fields__.keys() == {"purpose", "car", "also"}
