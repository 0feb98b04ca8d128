"""A car's whole history in one file is stored as if its orders had come one by one."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from notifier.store.engine import Store
from tests.support.import_desk import add, bring, car, new_shop, open_shop, order, phone, rows_of, vin

CARS, UNKNOWN = (1, 2, 3), 4
_NAMES = itertools.count()

ROWS = st.lists(
    st.tuples(
        st.sampled_from((*CARS, UNKNOWN)),
        st.sampled_from(("2024-03-01", "2024-03-01 09:30", "2024-09-02", "2025-02-10", "2025-08-01 17:05", "2026-1-5")),
        st.sampled_from(("", "0", "4000", "9500", "15200", "152000", "21000")),
        st.sampled_from(("定期保养", "首保", "一般维修", "事故车", "PDI", "内部", "?")),
        st.sampled_from(("", "350", "-80.5", "1,200.00")),
        st.sampled_from(("", "林顾问", "许顾问")),
        st.sampled_from(("", "", "SAVE200")),
    ),
    max_size=9,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Room for two small databases an example."""
    return tmp_path_factory.mktemp("newcomers")


def _shop(folder: Path) -> tuple[Store, int]:
    store, shop = new_shop(folder / f"{next(_NAMES)}.sqlite3")
    # Ms Chen has two of the cars; the third was never delivered, as far as the shop knows.
    owners = [car("C1", phone(1), 1), car("C1", phone(1), 2, "2023-01-05"), car("C3", phone(3), 3, "")]
    bring(store, shop, "customers", owners)
    chen = next(row["id"] for row in rows_of(store, "customer") if row["phone"] == f"+86{phone(1)}")
    add(
        store, "coupon", shop_id=shop, code="SAVE200", campaign_id="winback", customer_id=chen, value_minor=20_000,
        issued_on=date(2024, 1, 1), ends_on=date(2026, 12, 31),
    )  # fmt: skip
    return store, shop


def _stored(store: Store) -> dict[str, list[Any]]:
    """What the orders made, without the ids that tell only in which order it came."""
    visits = {row["id"]: (row["vin"], row["day"]) for row in rows_of(store, "visit")}
    forgotten = {"id", "import_id", "changed_at", "attributed_at", "created_at", "updated_at"}

    def plain(row: dict[str, Any]) -> dict[str, Any]:
        told = {name: value for name, value in row.items() if name not in forgotten}
        return told | ({"visit_id": visits.get(row["visit_id"])} if "visit_id" in row else {})

    return {
        name: sorted((plain(row) for row in rows_of(store, name)), key=str)
        for name in ("repair_order", "visit", "vehicle", "customer", "coupon")
    }


def _orders(rows: list[tuple[Any, ...]], numbers: list[int]) -> list[dict[str, str]]:
    return [
        order(f"R{n}", number, day, km, category, 金额=amount, 服务顾问=advisor, 优惠券=coupon)
        for n, (number, day, km, category, amount, advisor, coupon) in zip(numbers, rows, strict=False)
    ]


@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, later=ROWS, numbers=st.permutations(range(9)), chunk_rows=st.sampled_from((1, 2, 3)))
def test_one_file_or_one_order_at_a_time(
    folder: Path, rows: list[tuple[Any, ...]], later: list[tuple[Any, ...]], numbers: list[int], chunk_rows: int
) -> None:
    """Orders, visits, due days, last visits, coupons and the sum of the verdicts; then a file that moves orders."""
    orders, moved = _orders(rows, list(range(9))), _orders(later, numbers)
    at_once, shop = _shop(folder)
    report = bring(at_once, shop, "visits", orders)
    one_by_one, shop = _shop(folder)
    reports = [bring(one_by_one, shop, "visits", [each]) for each in orders]
    assert _stored(at_once) == _stored(one_by_one)
    for verdict in ("read", "new", "merged", "parked"):
        assert getattr(report, verdict) == sum(getattr(each, verdict) for each in reports)
    bring(at_once, shop, "visits", moved)
    bring(one_by_one, shop, "visits", moved, chunk_rows=chunk_rows, paced=False)
    assert _stored(at_once) == _stored(one_by_one)
    at_once.close()
    one_by_one.close()


def test_an_order_that_left_leaves_a_day_that_may_be_taken(store: Store) -> None:
    """The shop corrects a VIN, and then the car it had by mistake comes on that very day."""
    shop = open_shop(store)
    bring(store, shop, "customers", [car(f"C{n}", phone(n), n) for n in (1, 2)])
    bring(store, shop, "visits", [order("R1", 2, "2025-01-10")])
    bring(store, shop, "visits", [order("R1", 1, "2025-01-10")])
    report = bring(store, shop, "visits", [order("R2", 2, "2025-01-10")])
    assert (report.new, report.read) == (1, 1)
    assert {row["vin"]: row["counted"] for row in rows_of(store, "visit")} == {vin(1): True, vin(2): True}


def test_a_phone_in_the_column_of_money_is_no_amount(store: Store) -> None:
    """Emptied and doubted on both databases; what large cars cost together is kept."""
    shop = open_shop(store)
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    report = bring(store, shop, "visits", [
        order("R1", 1, "2025-01-10", 金额="13800138000"), order("R2", 1, "2025-02-10", 金额="30000000.00"),
        order("R3", 1, "2025-02-10", 金额="12,000,000"),
    ])  # fmt: skip
    assert report.as_json()["warned"] == {"bad_amount": 1}
    assert sorted(row["amount_minor"] for row in rows_of(store, "visit")) == [0, 4_200_000_000]


def test_a_chunk_that_holds_cars_of_every_way(store: Store, tmp_path: Path) -> None:
    """New histories beside an unchanged car, a changed one and one that nobody knows: each is told apart."""
    shop = open_shop(store)
    bring(store, shop, "customers", [car(f"C{n}", phone(n), n) for n in (1, 2, 3)])
    known = [order("R1", 1, "2025-01-10", "5000"), order("R2", 2, "2025-01-10", "6000")]
    bring(store, shop, "visits", known)
    report = bring(store, shop, "visits", [
        known[0], order("R2", 2, "2025-01-11", "6000"), order("R3", 3, "2025-02-01"), order("R4", 3, "2025-02-01"),
        order("R5", 9, "2025-02-01"),
    ])  # fmt: skip
    counts = report.as_json()
    assert {name: counts[name] for name in ("new", "merged", "changed", "unchanged", "parked")} == {
        "new": 1, "merged": 1, "changed": 1, "unchanged": 1, "parked": 1,
    }  # fmt: skip
    days = {row["vin"]: str(row["day"]) for row in rows_of(store, "visit") if row["counted"]}
    assert days == {vin(1): "2025-01-10", vin(2): "2025-01-11", vin(3): "2025-02-01"}
