"""Repair orders from a file: verdicts, visits, parked orders, predictions and coupons, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.store.engine import Store
from notifier.store.model_rates import ModelRates, keep_rates
from tests.support.import_desk import (
    NOW,
    SHANGHAI,
    TODAY,
    add,
    bring,
    car,
    everything,
    order,
    people,
    phone,
    rows_of,
    settings,
    shop_that_knows,
    vin,
)

# Ms Chen's two cars.
shop = shop_that_knows(customers=[car("C1", phone(1), 1, 姓名="陈女士"), car("C1", phone(1), 2)])


def visits(store: Store) -> list[tuple[str, bool, bool, int]]:
    found = sorted(rows_of(store, "visit"), key=lambda row: (row["day"], row["vin"]))
    return [(f"{row['day']}", row["counted"], row["is_maintenance"], row["amount_minor"]) for row in found]


def test_orders_of_a_day_are_one_visit(store: Store, shop: int) -> None:
    """Two counted orders, an accident and a PDI order: one visit, its money from the counted ones."""
    report = bring(store, shop, "visits", [
        order("R1", 1, "2025-05-01", "9000", 金额="￥800.50"),
        order("R2", 1, "2025-05-01", "9000", "装潢", 金额="-100"),
        order("R3", 1, "2025-05-01", "9000", "事故车", 金额="5000"), order("R4", 2, "2025-05-02", "", "PDI", 金额="1"),
    ])  # fmt: skip
    assert report.as_json() == {
        "read": 4, "new": 2, "changed": 0, "unchanged": 0, "merged": 2, "parked": 0, "rejected": {}, "warned": {},
    }  # fmt: skip
    assert visits(store) == [("2025-05-01", True, True, 70_050), ("2025-05-02", False, False, 0)]
    first = next(row for row in rows_of(store, "visit") if row["vin"] == vin(1))
    assert (first["has_accident"], first["odometer"], first["customer_id"]) == (True, 9000, people(store)[0]["id"])
    assert people(store)[0]["last_visit_on"] == date(2025, 5, 1)


def test_a_file_twice_changes_nothing(store: Store, shop: int) -> None:
    """Parked stays parked, the rest is unchanged, and so is the database."""
    rows = [order("R1", 1, "2025-05-01 10:30", "9000"), order("R2", 1, "2025-05-01"), order("R9", 9, "2025-05-01")]
    first = bring(store, shop, "visits", rows)
    before = everything(store)
    second = bring(store, shop, "visits", rows)
    assert (first.new, first.merged, first.parked) == (1, 1, 1)
    assert second.as_json() == {**first.as_json(), "new": 0, "merged": 0, "unchanged": 2}
    assert everything(store) == before
    assert rows_of(store, "visit")[0]["arrived_at"] == datetime(2025, 5, 1, 2, 30, tzinfo=UTC)


def test_what_cannot_be_taken_is_rejected_with_a_reason(store: Store, shop: int) -> None:
    """No number, no VIN, no date, the future, and a number twice: the first by date stays."""
    report = bring(store, shop, "visits", [
        order("", 1, "2025-05-01"), order("R1", 1, "2025-05-01") | {"VIN": "123"}, order("R2", 1, "soon"),
        order("R3", 1, "2026-03-02"), order("R4", 1, "2025-05-02"), order("R4", 1, "2025-05-01"),
        order("R5", 1, "2026-03-01"),
    ])  # fmt: skip
    assert report.as_json()["rejected"] == {
        "bad_date": 1, "bad_vin": 1, "duplicate_order": 1, "future_date": 1, "missing_order_no": 1,
    }  # fmt: skip
    assert [row[0] for row in visits(store)] == ["2025-05-01", "2026-03-01"]
    assert report.rejects[6] == "duplicate_order"


def test_a_later_file_corrects_an_order(store: Store, shop: int) -> None:
    """A moved order leaves an uncounted day behind and makes the right one; both visits are to be credited anew."""
    bring(store, shop, "visits", [order("R1", 1, "2025-05-01", 金额="100")])
    with store.write() as session:
        session.connection().exec_driver_sql("UPDATE visit SET attributed_at = changed_at")
    report = bring(store, shop, "visits", [order("R1", 2, "2025-05-03", 金额="200")])
    assert report.changed == 1
    assert visits(store) == [("2025-05-01", False, False, 0), ("2025-05-03", True, True, 20_000)]
    assert [row["attributed_at"] for row in rows_of(store, "visit")] == [None, None]
    assert people(store)[0]["last_visit_on"] == date(2025, 5, 3)


def test_parked_orders_are_taken_up_when_their_car_arrives(store: Store, shop: int) -> None:
    """They make a visit, a prediction and a last visit, outside the sum of the customer file."""
    bring(store, shop, "visits", [order("R1", 3, "2025-05-01", "9000"), order("R2", 3, "2025-11-01", "14000")])
    report = bring(store, shop, "customers", [car("C3", phone(3), 3)])
    assert (report.read, report.new, report.released) == (1, 1, 2)
    assert len(visits(store)) == 2
    vehicle = next(row for row in rows_of(store, "vehicle") if row["vin"] == vin(3))
    assert (vehicle["last_maintenance_on"], vehicle["next_service_kind"]) == (date(2025, 11, 1), "regular")
    assert people(store)[1]["last_visit_on"] == date(2025, 11, 1)


def test_a_wrong_odometer_keeps_the_visit_and_drops_the_reading(store: Store, shop: int) -> None:
    """Zero, ten-fold and falling readings are doubted and used for nothing."""
    report = bring(store, shop, "visits", [
        order("R1", 1, "2025-01-10", "5000"), order("R2", 1, "2025-05-10", "98000"),
        order("R3", 1, "2025-09-07", "15000"), order("R4", 1, "2026-01-05", "0"), order("R5", 1, "2026-02-01", "1980"),
        order("R6", 1, "2026-02-20", "20100"),
    ])  # fmt: skip
    assert report.as_json()["warned"] == {"bad_odometer": 1, "implausible_odometer": 2}
    assert (report.new, len(visits(store))) == (6, 6)
    kept = {row["order_no"]: row["odometer_kept"] for row in rows_of(store, "repair_order")}
    assert [no for no, believed in kept.items() if not believed] == ["R2", "R4", "R5"]
    assert next(row for row in rows_of(store, "vehicle") if row["vin"] == vin(1))["last_odometer"] == 20_100


def test_the_next_service_is_predicted_from_the_readings(store: Store, shop: int) -> None:
    """facts/statistics.md, unit check: 5,000 km at 40.619048 km a day from 2026-01-05 is 2026-05-09."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, "2024-12-01", 车型="朗逸")])
    with store.write() as session:
        import_id = rows_of(store, "dms_import")[-1]["id"]
        keep_rates(session, import_id, ModelRates(TODAY, {"朗逸": 36.0}))
    bring(store, shop, "visits", [
        order("R1", 1, "2025-01-10", "5000"), order("R2", 1, "2025-05-10", "9800"),
        order("R3", 1, "2025-09-07", "15000"), order("R4", 1, "2026-01-05", "19800"),
    ])  # fmt: skip
    vehicle = next(row for row in rows_of(store, "vehicle") if row["vin"] == vin(1))
    assert vehicle["km_per_day"] == pytest.approx(40.619048)
    assert (vehicle["next_service_on"], vehicle["service_anchor_on"]) == (date(2026, 5, 9), date(2026, 1, 5))


def test_a_coupon_is_redeemed_once_by_the_first_visit(store: Store, shop: int) -> None:
    """The earliest day stands, whichever order was imported first."""
    owner = people(store)[0]["id"]
    add(store, "coupon", shop_id=shop, code="K7", campaign_id="winback", customer_id=owner, value_minor=100,
        issued_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))  # fmt: skip
    bring(store, shop, "visits", [order("R2", 1, "2025-06-01", 优惠券="k7")])
    bring(store, shop, "visits", [order("R1", 2, "2025-05-01", 优惠券="K7")])
    bring(store, shop, "visits", [order("R3", 1, "2025-07-01", 优惠券="K7")])
    (coupon,) = rows_of(store, "coupon")
    first = next(row for row in rows_of(store, "visit") if row["day"] == date(2025, 5, 1))
    assert (coupon["redeemed_on"], coupon["visit_id"]) == (date(2025, 5, 1), first["id"])


def test_renewals_make_the_insurance_end_later(store: Store, shop: int) -> None:
    """A policy proves its end; the file alone may correct an end to an earlier day that no policy proves."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, 保险到期="2026-04-10"), car("C1", phone(1), 2)])
    policy = {"保单号": "P1", "VIN": vin(2), "终保日期": "2027-02-01", "起保日期": "2026-02-02", "保费": "3,000"}
    parked = {**policy, "保单号": "P9", "VIN": vin(9)}
    first = bring(store, shop, "renewals", [policy, parked, policy])
    again = bring(store, shop, "renewals", [policy, parked])
    assert (first.new, first.parked, first.rejected) == (1, 1, {"duplicate_policy": 1})
    assert (again.unchanged, again.parked) == (1, 1)
    bring(store, shop, "customers", [
        car("C1", phone(1), 1, 保险到期="2026-04-03"), car("C1", phone(1), 2, 保险到期="2026-02-01"),
        car("C1", phone(1), 9),
    ])  # fmt: skip
    ends = {row["vin"]: row["insurance_ends_on"] for row in rows_of(store, "vehicle")}
    assert ends == {vin(1): date(2026, 4, 3), vin(2): date(2027, 2, 1), vin(9): date(2027, 2, 1)}
    renewals = {row["policy_no"]: row for row in rows_of(store, "renewal")}
    assert (renewals["P1"]["day"], renewals["P1"]["premium_minor"]) == (date(2026, 2, 2), 300_000)
    assert renewals["P9"]["vehicle_id"] is not None


def test_a_policy_corrected_to_an_earlier_end_takes_the_car_along(store: Store, shop: int) -> None:
    """The end came from the policy, so it goes back with it."""
    policy = {"保单号": "P1", "VIN": vin(1), "终保日期": "2027-02-01"}
    bring(store, shop, "renewals", [policy])
    report = bring(store, shop, "renewals", [{**policy, "终保日期": "2026-12-01"}])
    ends = {row["vin"]: row["insurance_ends_on"] for row in rows_of(store, "vehicle")}
    assert (report.changed, ends[vin(1)]) == (1, date(2026, 12, 1))


def test_a_rehearsal_counts_and_keeps_nothing(store: Store, shop: int) -> None:
    """--dry-run says what would be done, on a database that stays as it is."""
    from notifier.dms.imports import import_table
    from tests.support.import_desk import settings, table

    before = everything(store)
    rows = [order("R1", 1, "2025-05-01"), order("R2", 1, "2025-05-01"), order("R9", 9, "2025-05-01")]
    report = import_table("visits", store, shop, table("visits", rows), settings(), dry_run=True)
    assert (report.new, report.merged, report.parked) == (1, 1, 1)
    assert everything(store) == before
    assert [row["kind"] for row in rows_of(store, "dms_import")] == ["customers"]
    assert NOW.astimezone(SHANGHAI).date() == settings().today


def test_a_file_with_fewer_columns_leaves_what_is_stored(store: Store, shop: int) -> None:
    """Orders of one export, amounts of another: what a file does not say it does not erase."""
    told = [order("R1", 1, "2025-05-10", "9800", "一般维修", 金额="350.00", 服务顾问="林顾问", 优惠券="K7")]
    bring(store, shop, "visits", told)
    before = rows_of(store, "repair_order"), rows_of(store, "visit"), rows_of(store, "vehicle")
    bare = TableOfRows("bare.csv", ("工单号", "VIN", "进厂日期"), [["R1", vin(1), "2025-05-10"]])
    report = import_table("visits", store, shop, bare, settings())
    assert report.unchanged == 1
    moved = TableOfRows("moved.csv", ("工单号", "VIN", "进厂日期", "金额"), [["R1", vin(1), "2025-05-11", ""]])
    assert import_table("visits", store, shop, moved, settings()).changed == 1
    (stored,) = rows_of(store, "repair_order")
    assert before[0][0] | {"date_in": date(2025, 5, 11), "amount_minor": 0} == stored | {
        "visit_id": before[0][0]["visit_id"], "import_id": before[0][0]["import_id"],
    }  # fmt: skip


def test_a_policy_file_with_fewer_columns_leaves_what_is_stored(store: Store, shop: int) -> None:
    """Only the end is told anew."""
    full = {
        "保单号": "P1",
        "VIN": vin(1),
        "保险公司": "平安",
        "起保日期": "2025-05-01",
        "终保日期": "2026-04-30",
        "保费": "4000",
    }
    bring(store, shop, "renewals", [full])
    bare = TableOfRows("bare.csv", ("保单号", "VIN", "终保日期"), [["P1", vin(1), "2026-05-31"]])
    assert import_table("renewals", store, shop, bare, settings()).changed == 1
    (stored,) = rows_of(store, "renewal")
    kept = {name: stored[name] for name in ("insurer", "starts_on", "ends_on", "premium_minor")}
    assert kept == {
        "insurer": "平安", "starts_on": date(2025, 5, 1), "ends_on": date(2026, 5, 31), "premium_minor": 400_000,
    }  # fmt: skip
