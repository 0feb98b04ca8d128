"""Kilometres a customer answers with are a reading of the car, and move its next service at once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from notifier.domain.model_rates import MIN_CARS
from notifier.store.engine import Store
from notifier.store.model_rates import ModelRates, keep_rates
from notifier.store.tables import DmsImport, OdometerReading, RepairOrder, Reply
from tests.support.shop import MAINTENANCE, Dealership, at, days, yaml

ASKING = "---\ntitle: early\nkind: service\nreplies: {1: booking, km: odometer}\n---\n{{ vehicle.plate }}回复公里数"
SENT_ON = date(2026, 3, 10)
FIRST, SECOND = date(2025, 3, 15), date(2025, 9, 21)
DUE = FIRST + timedelta(days=370)
numbers = count(1)


def order(shop: Dealership, plate: str, day: date, km: int) -> None:
    """A maintenance order of the car."""
    car = shop.one_car(plate)
    row: dict[str, Any] = {
        "shop_id": shop.id, "order_no": f"RO{next(numbers)}", "vin": car["vin"], "vehicle_id": car["id"],
        "date_in": day, "category": "maintenance", "odometer": km, "odometer_kept": True, "amount_minor": 0,
        "updated_at": at(day),
    }  # fmt: skip
    shop.insert(RepairOrder, row)


def texted(store: Store, wording: str = ASKING, plates: tuple[str, ...] = ("闽C1",)) -> Dealership:
    """Ms Chen's cars: 10,000 and 14,750 km at two visits 190 days apart (25 km a day), and texted about the next."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.wording("early", wording)
    shop.customer("陈晓芳")
    for plate in plates:
        shop.car(plate, "陈晓芳", service_on=SENT_ON + days(10), anchor_on=SECOND)
        order(shop, plate, FIRST, 10_000)
        order(shop, plate, SECOND, 14_750)
    shop.plan_at(at(SENT_ON))
    assert shop.send_at(at(SENT_ON))
    return shop


def readings(shop: Dealership) -> list[tuple[int, date, int]]:
    """Car, day, kilometres of what was told."""
    return [(row["vehicle_id"], row["day"], row["km"]) for row in shop.rows(OdometerReading)]


def meanings(shop: Dealership) -> list[str]:
    """What the replies were taken for."""
    return [row["meaning"] for row in shop.rows(Reply)]


@pytest.mark.parametrize("words", ["22000", "2.2万公里", "里程22000公里", "22,000 km", "公里数:22000"])
def test_kilometres_told_are_a_reading_and_predict_anew(store: Store, words: str) -> None:
    """Median of three slopes, 36.2 km a day, where it was 25; half a year caps what was due after 200 days."""
    shop = texted(store)
    shop.reply("陈晓芳", words, at(SENT_ON, "12:00"))
    assert meanings(shop) == ["odometer"]
    assert readings(shop) == [(shop.car_id("闽C1"), SENT_ON, 22_000)]
    car = shop.one_car("闽C1")
    first, second, third = 4_750 / 190, 7_250 / 170, 12_000 / 360
    assert car["km_per_day"] == pytest.approx(sorted((first, second, third))[1], abs=1e-6)
    assert car["next_service_on"] == SECOND + days(150)  # 5,000 km at 33.33 a day
    assert (car["last_odometer"], car["last_maintenance_on"], car["irregular"]) == (22_000, SECOND, False)


def test_the_latest_reply_of_a_day_counts(store: Store) -> None:
    """A slip is put right by the next text; tomorrow's is another reading."""
    shop = texted(store)
    for words, moment in (("23000", at(SENT_ON, "12:00")), ("22000", at(SENT_ON, "12:05")),
                          ("22050", at(SENT_ON + days(1), "09:00"))):  # fmt: skip
        shop.reply("陈晓芳", words, moment)
    car = shop.car_id("闽C1")
    assert readings(shop) == [(car, SENT_ON, 22_000), (car, SENT_ON + days(1), 22_050)]
    assert shop.one_car("闽C1")["last_odometer"] == 22_050


@pytest.mark.parametrize("words", ["12000", "220000公里", "1,000"])
def test_what_cannot_be_is_kept_for_people_and_is_no_reading(store: Store, words: str) -> None:
    """Fewer kilometres than at the last visit, or more than a car can drive."""
    shop = texted(store)
    before = shop.one_car("闽C1")
    shop.reply("陈晓芳", words, at(SENT_ON, "12:00"))
    assert meanings(shop) == ["text"]
    assert readings(shop) == []
    assert shop.one_car("闽C1") == before


def test_a_bare_figure_nobody_asked_for_waits_for_people(store: Store) -> None:
    """The text offered digits only; with a unit it is clear enough."""
    shop = texted(store, "---\ntitle: early\nkind: service\nreplies: {1: booking}\n---\n{{ vehicle.plate }}回复1")
    shop.reply("陈晓芳", "22000", at(SENT_ON, "12:00"))
    shop.reply("陈晓芳", "22000公里", at(SENT_ON, "12:01"))
    assert meanings(shop) == ["text", "odometer"]


def test_of_two_cars_nobody_can_tell_which(store: Store) -> None:
    """A text about both: people must ask."""
    shop = texted(store, plates=("闽C1", "闽C2"))
    shop.reply("陈晓芳", "22000公里", at(SENT_ON, "12:00"))
    assert (meanings(shop), readings(shop)) == (["text"], [])


def test_of_two_cars_the_one_the_text_named_is_meant(store: Store) -> None:
    """The other is not due yet."""
    shop = texted(store)
    shop.car("闽C2", "陈晓芳")
    shop.reply("陈晓芳", "22000公里", at(SENT_ON, "12:00"))
    assert [row[0] for row in readings(shop)] == [shop.car_id("闽C1")]


def test_a_car_sold_since_is_not_measured_by_its_former_owner(store: Store) -> None:
    """Its new owner drives it."""
    shop = texted(store)
    shop.customer("王强")
    shop.sell("闽C1", "王强")
    shop.reply("陈晓芳", "22000公里", at(SENT_ON, "12:00"))
    assert (meanings(shop), readings(shop)) == (["text"], [])


def test_kilometres_told_unasked_are_those_of_the_only_car(store: Store) -> None:
    """No text was ever sent."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("王强", plate="闽C9", delivered_on=date(2026, 1, 1))
    shop.reply("王强", "里程3000公里", at(SENT_ON, "12:00"))
    car = shop.one_car("闽C9")
    assert readings(shop) == [(car["id"], SENT_ON, 3_000)]
    # From zero at delivery: 44.1 km a day, so 5,000 km are driven after 114 days.
    assert (car["next_service_kind"], car["next_service_on"]) == ("first", date(2026, 1, 1) + days(114))


def test_a_stranger_and_a_stop_are_no_readings(store: Store) -> None:
    """Nobody's phone; and who says stop says stop."""
    shop = texted(store)
    shop.customer("无车人")
    shop.reply("无车人", "22000公里", at(SENT_ON, "12:00"))
    shop.reply("陈晓芳", "退订 22000公里", at(SENT_ON, "12:00"))
    assert meanings(shop) == ["text", "stop"]
    assert readings(shop) == []


def test_the_workshops_reading_of_the_day_stands(store: Store) -> None:
    """What the clerk read from the instrument is not put right by a text."""
    shop = texted(store)
    order(shop, "闽C1", SENT_ON, 21_950)
    shop.reply("陈晓芳", "22000", at(SENT_ON, "18:00"))
    assert (meanings(shop), readings(shop)) == (["text"], [])


def test_the_models_mean_in_use_is_the_imports(store: Store) -> None:
    """One interval weighs two thirds: 2/3 of 42.6 and 1/3 of 60 km a day."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("王强", plate="闽C9", last_maintenance_on=SECOND, model="DX7")
    order(shop, "闽C9", SECOND, 14_750)
    import_id = shop.insert(
        DmsImport,
        {"shop_id": shop.id, "kind": "visits", "source": "x", "fingerprint": "f", "state": "done", "at": at(SENT_ON),
         "started_at": at(SENT_ON), "counts": {"read": MIN_CARS}},
    )  # fmt: skip
    shop.write(lambda session: keep_rates(session, import_id, ModelRates(SENT_ON, {"DX7": 60.0, "": 30.0})))
    shop.reply("王强", "22000公里", at(SENT_ON, "12:00"))
    assert shop.one_car("闽C9")["km_per_day"] == pytest.approx(7_250 / 170 * 2 / 3 + 60 / 3, abs=1e-5)
    assert shop.rows(DmsImport)[0]["counts"]["read"] == MIN_CARS
