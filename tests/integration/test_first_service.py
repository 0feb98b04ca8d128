"""First service (首保): due from the delivery until the first maintenance; a check before the delivery is none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from notifier.store.engine import Store
from tests.support.import_desk import add, bring, car, open_shop, order, rows_of

DELIVERED = date(2025, 9, 10)


def day(after: int) -> str:
    """So many days after the delivery, as a DMS writes it."""
    return (DELIVERED + timedelta(days=after)).isoformat()


def predicted(store: Store, *orders: dict[str, str], **cells: str) -> dict[str, Any]:
    """The car after its customer row and these orders."""
    shop_id = open_shop(store)
    bring(store, shop_id, "customers", [car("C1", "13800000001", 1, DELIVERED.isoformat(), 车型="菱悦", **cells)])
    if orders:
        bring(store, shop_id, "visits", list(orders))
    return rows_of(store, "vehicle")[0]


def due(vehicle: dict[str, Any]) -> tuple[str | None, date | None, date | None]:
    """What is due, since when it is counted, and when."""
    return vehicle["next_service_kind"], vehicle["service_anchor_on"], vehicle["next_service_on"]


def test_a_car_just_delivered_is_due_for_its_first_service_in_half_a_year(store: Store) -> None:
    """Nothing tells how much it is driven."""
    assert due(predicted(store)) == ("first", DELIVERED, date(2026, 3, 10))


def test_kilometres_before_the_first_service_bring_it_forward(store: Store) -> None:
    """A repair at 3,000 km after 60 days: 50 km a day from the delivery, 5,000 km after 100."""
    vehicle = predicted(store, order("R1", 1, day(60), "3000", "一般维修"))
    assert due(vehicle) == ("first", DELIVERED, DELIVERED + timedelta(days=100))
    assert (vehicle["km_per_day"], vehicle["last_odometer"]) == (50.0, 3_000)


@pytest.mark.parametrize("category", ["首保", "定期保养"])
def test_after_the_first_maintenance_the_regular_one_is_due(store: Store, category: str) -> None:
    """Counted from that visit; the same day's PDI changes nothing."""
    vehicle = predicted(store, order("R1", 1, day(80), "4000", category), order("R2", 1, day(80), "4000", "PDI"))
    assert due(vehicle) == ("regular", DELIVERED + timedelta(days=80), date(2026, 5, 29))
    assert vehicle["last_maintenance_on"] == DELIVERED + timedelta(days=80)


@pytest.mark.parametrize("category", ["PDI", "内部", "事故车", "一般维修", "装潢"])
def test_what_is_no_maintenance_leaves_the_first_service_due(store: Store, category: str) -> None:
    """The check before the delivery least of all; its 12 km are where the car began."""
    vehicle = predicted(store, order("R1", 1, day(-2), "12", category), order("R2", 1, day(60), "3012", "一般维修"))
    assert due(vehicle)[:2] == ("first", DELIVERED)
    # 3,000 km in 62 days: 5,000 km in 103.3
    assert vehicle["next_service_on"] == DELIVERED + timedelta(days=104)


def test_a_car_not_delivered_is_due_for_nothing(store: Store) -> None:
    """PDI done, no delivery on record."""
    shop_id = open_shop(store)
    bring(store, shop_id, "customers", [car("C1", "13800000001", 1, "", 车辆状态="PDI")])
    bring(store, shop_id, "visits", [order("R1", 1, "2026-01-05", "12", "PDI")])
    vehicle = rows_of(store, "vehicle")[0]
    assert due(vehicle) == (None, None, None)


def test_what_the_owner_told_by_sms_counts_in_the_next_import_too(store: Store) -> None:
    """An import derives the car anew, with the kilometres told; the workshop's readings stay believed."""
    shop_id = open_shop(store)
    bring(store, shop_id, "customers", [car("C1", "13800000001", 1, DELIVERED.isoformat())])
    vehicle_id = rows_of(store, "vehicle")[0]["id"]
    now = rows_of(store, "vehicle")[0]["created_at"]
    told = {"shop_id": shop_id, "vehicle_id": vehicle_id, "created_at": now}
    add(store, "odometer_reading", **told, day=DELIVERED + timedelta(days=100), km=4_000)
    bring(store, shop_id, "visits", [order("R1", 1, day(60), "3000", "一般维修")])
    vehicle = rows_of(store, "vehicle")[0]
    # Slopes 50, 40 and 25 km a day.
    assert (vehicle["km_per_day"], vehicle["last_odometer"]) == (40.0, 4_000)
    assert rows_of(store, "repair_order")[0]["odometer_kept"]
