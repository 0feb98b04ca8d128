"""Model means from the base: a sample of bounded cost, kept with the import, never fed by their own predictions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from notifier.store.bulk import insert_rows
from notifier.store.engine import Store
from notifier.store.imports import begin_import, finish_import
from notifier.store.model_rates import (
    CARS_OF_STRETCH,
    STRETCHES,
    keep_rates,
    model_rates,
    rates_for_import,
    rates_in_use,
    sample_of_cars,
)
from notifier.store.tables import RepairOrder, Vehicle
from tests.support.import_desk import open_shop, vin

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
START = date(2025, 1, 1)


def fill(store: Store, shop_id: int, cars: int, *, model: str = "DX7", orders: int = 3, start: int = 1) -> None:
    """Cars driven 30 to 39 km a day, seen every 100 days; what was predicted of them is nonsense."""
    with store.write() as session:
        vehicles = [
            {"shop_id": shop_id, "vin": vin(n), "model": model, "state": "in_use", "km_per_day": 999.0,
             "irregular": False, "created_at": NOW, "updated_at": NOW}
            for n in range(start, start + cars)
        ]  # fmt: skip
        insert_rows(session, Vehicle, vehicles)
        ids: dict[str, int] = dict(session.execute(sa.text("SELECT vin, id FROM vehicle")).all())
        rows: list[Mapping[str, Any]] = [
            {"shop_id": shop_id, "order_no": f"RO{n}-{visit}", "vin": vin(n), "vehicle_id": ids[vin(n)],
             "date_in": START + timedelta(days=100 * visit), "category": "maintenance", "odometer_kept": True,
             "odometer": 1_000 + 100 * visit * (30 + n % 10), "amount_minor": 0, "updated_at": NOW}
            for n in range(start, start + cars)
            for visit in range(orders)
        ]  # fmt: skip
        insert_rows(session, RepairOrder, rows)


def begin(store: Store, shop_id: int, at: datetime, fingerprint: str = "f") -> int:
    """An import of visits that has begun."""
    with store.write() as session:
        return begin_import(session, shop_id, "visits", source="x.csv", fingerprint=fingerprint, at=at)


def rates(store: Store, shop_id: int, import_id: int, at: datetime, **more: Any) -> Mapping[str, float]:
    """What that import predicts with."""
    with store.write() as session:
        return rates_for_import(session, shop_id, import_id, at, **more)


def test_models_are_judged_by_readings_never_by_what_was_predicted(store: Store) -> None:
    """The stored 999 km a day count for nothing; cars of dealers count for nothing."""
    shop_id = open_shop(store)
    fill(store, shop_id, 10)
    with store.read() as session:
        assert model_rates(session, shop_id) == {"DX7": 34.5, "": 34.5}
    with store.write() as session:
        session.execute(sa.text("UPDATE vehicle SET state = 'test_drive' WHERE id > 4"))
    with store.read() as session:
        assert model_rates(session, shop_id) == {}


def test_a_small_base_is_read_whole_and_a_large_one_by_a_sample_of_all_its_parts(store: Store) -> None:
    """Cars of another shop are nobody's business."""
    shop_id, other = open_shop(store), open_shop(store, "other")
    fill(store, shop_id, 2_000, orders=0)
    fill(store, other, 50, orders=0, start=2_001)
    with store.read() as session:
        assert len(sample_of_cars(session, shop_id)) == 2_000
        assert len(sample_of_cars(session, other)) == 50
    fill(store, shop_id, 8_000, orders=0, start=2_051)
    with store.read() as session:
        sample = sample_of_cars(session, shop_id)
    assert len(sample) == STRETCHES * CARS_OF_STRETCH
    assert max(sample) > 9_700
    assert sum(car < 5_000 for car in sample) == len(sample) / 2


def test_an_import_keeps_what_it_predicts_with_for_its_repetition_and_for_a_month(store: Store) -> None:
    """Killed and begun again it finds the same figures, though the base has changed; a month later they are new."""
    shop_id = open_shop(store)
    fill(store, shop_id, 10)
    first = begin(store, shop_id, NOW)
    assert rates(store, shop_id, first, NOW) == {"DX7": 34.5, "": 34.5}
    fill(store, shop_id, 10, model="得利卡", start=11)
    assert begin(store, shop_id, NOW) == first
    assert rates(store, shop_id, first, NOW) == {"DX7": 34.5, "": 34.5}
    with store.write() as session:
        known = rates_in_use(session, shop_id, NOW)
        assert known is not None
        finish_import(session, first, {"read": 1})
        keep_rates(session, first, known)
    soon, late = NOW + timedelta(days=20), NOW + timedelta(days=31)
    second = begin(store, shop_id, soon, "g")
    assert rates(store, shop_id, second, soon) == {"DX7": 34.5, "": 34.5}
    third = begin(store, shop_id, late, "h")
    assert rates(store, shop_id, third, late) == {"DX7": 34.5, "得利卡": 34.5, "": 34.5}


def test_the_first_visits_of_a_shop_teach_the_means_themselves(store: Store) -> None:
    """The base knows cars and no readings: those of the file are asked for, once."""
    shop_id = open_shop(store)
    fill(store, shop_id, 6, orders=0)
    first = begin(store, shop_id, NOW)
    assert rates(store, shop_id, first, NOW) == {}
    with store.read() as session:
        assert rates_in_use(session, shop_id, NOW) is None

    def incoming(cars: Any) -> list[tuple[int, date, int]]:
        return [(car, START + timedelta(days=100 * n), 4_000 * n + 1) for car in cars for n in range(3)]

    assert rates(store, shop_id, first, NOW, incoming=incoming) == {"DX7": 40.0, "": 40.0}
    assert rates(store, shop_id, first, NOW) == {"DX7": 40.0, "": 40.0}
