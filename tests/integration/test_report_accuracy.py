"""The accuracy report on a real base: every car once, however many parts it is read in."""

from __future__ import annotations

from datetime import UTC, date, datetime

from notifier.reports.accuracy import AccuracyReport, accuracy_report
from notifier.reports.campaigns import ReportShop
from notifier.store import service_histories
from notifier.store.bulk import insert_rows
from notifier.store.engine import Store
from notifier.store.tables import Vehicle
from tests.support.import_desk import add, bring, car, open_shop, order, rows_of

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
CHEN = (("2025-01-10", "5000"), ("2025-05-10", "9800"), ("2025-09-07", "15000"), ("2026-01-05", "19800"))


def reported(
    store: Store, shop_id: int, first: date = date(2025, 1, 1), last: date = date(2026, 12, 31)
) -> AccuracyReport:
    """The report as of March 2026."""
    with store.read() as session:
        shop = ReportShop(shop_id, "东南汽车泉州店", "Asia/Shanghai")
        return accuracy_report(session, shop=shop, today=date(2026, 3, 1), from_day=first, to_day=last)


def test_a_shops_own_past_is_judged(store: Store) -> None:
    """Ms Chen's car by hand; a repair counts as a reading, a zero and a tenfold are not believed."""
    shop_id, other = open_shop(store), open_shop(store, "other")
    for shop in (shop_id, other):
        bring(store, shop, "customers", [car("C1", "13800000001", 1, "2024-12-01"), car("C2", "13800000002", 2)])
    orders = [order(f"R{n}", 1, day, km) for n, (day, km) in enumerate(CHEN)]
    orders += [order("R8", 1, "2025-07-01", "120000", "一般维修"), order("R9", 2, "2025-07-01", "3000", "一般维修")]
    bring(store, shop_id, "visits", orders)
    found = reported(store, shop_id)
    assert (found.accuracy.prediction.n, found.accuracy.prediction.distance) == (3, 66)
    assert found.accuracy.fixed_months.distance == 186
    assert (found.accuracy.readings, found.accuracy.rejected) == (5, 1)
    assert found.accuracy.overdue == 0
    assert set(found.known_to) == {"customers", "visits"}
    assert reported(store, other).accuracy.prediction.n == 0


def test_the_future_is_not_overdue(store: Store) -> None:
    """Due on 6 May: not yet in March, however far the days asked for reach."""
    shop_id = open_shop(store)
    bring(store, shop_id, "customers", [car("C1", "13800000001", 1, "2024-12-01")])
    bring(store, shop_id, "visits", [order("R1", 1, "2025-05-10", "9800")])
    found = reported(store, shop_id, last=date(2026, 12, 31))
    assert (found.accuracy.overdue, found.to_day) == (1, date(2026, 3, 1))
    assert reported(store, shop_id, date(2026, 6, 1), date(2026, 12, 31)).accuracy.overdue == 0
    add_visit = order("R2", 1, "2026-01-05", "19800")
    bring(store, shop_id, "visits", [add_visit])
    assert reported(store, shop_id).accuracy.overdue == 0


def test_cars_read_in_many_parts_are_each_judged_once(store: Store) -> None:
    """More cars than one part holds, and what their owners told."""
    shop_id = open_shop(store)
    cars = service_histories.CARS_AT_ONCE * 2 + 1
    rows = [
        {"shop_id": shop_id, "vin": f"LTEST{n:012d}", "state": "in_use", "irregular": False, "created_at": NOW,
         "updated_at": NOW}
        for n in range(cars)
    ]  # fmt: skip
    with store.write() as session:
        insert_rows(session, Vehicle, rows)
    ids = [row["id"] for row in rows_of(store, "vehicle")]
    for vehicle_id in (ids[0], ids[service_histories.CARS_AT_ONCE], ids[-1]):
        for day in (date(2025, 1, 10), date(2025, 5, 10)):
            add(store, "visit", shop_id=shop_id, vin="x", day=day, vehicle_id=vehicle_id, counted=True,
                is_maintenance=True, has_accident=False, amount_minor=0, changed_at=NOW)  # fmt: skip
    add(store, "odometer_reading", shop_id=shop_id, vehicle_id=ids[-1], day=date(2025, 1, 20), km=5_400, created_at=NOW)
    add(store, "odometer_reading", shop_id=shop_id, vehicle_id=ids[-1], day=date(2025, 3, 1), km=7_000, created_at=NOW)
    found = reported(store, shop_id).accuracy
    assert found.prediction.n == 3
    # Twice 61 days early by time; the third at 40 km a day, due on 15 May, came on 10 May.
    assert found.prediction.distance == 61 + 61 + 5
