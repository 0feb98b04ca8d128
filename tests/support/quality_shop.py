"""A shop whose data quality was counted by hand; the figures stand in tests/integration/test_quality.py.

Today is 1 March 2026.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from notifier.store.engine import Store
from tests.support.import_desk import add, open_shop, vin

TODAY = date(2026, 3, 1)
BORN = datetime(2020, 1, 1, tzinfo=UTC)
WRONG_VIN = vin(5)[:8] + ("1" if vin(5)[8] != "1" else "2") + vin(5)[9:]


class QualityShop:
    """Customers and cars put in row by row; what is not said is in order."""

    def __init__(self, store: Store, key: str = "main") -> None:
        self.store, self.key, self.count = store, key, 0
        self.id = open_shop(store, key)

    def customer(self, name: str, /, *numbers: str, **columns: Any) -> int:
        """A customer in reach who agreed to marketing, with a birthday; `numbers` of the DMS."""
        self.count += 1
        phone = columns.pop("phone", f"+86138{self.count:08d}")
        row = {
            "shop_id": self.id, "bucket_key": name, "name": name, "phone": phone, "unreachable": None,
            "phone_key": phone and f"{self.key}-{self.count}", "is_company": False, "birth_mmdd": "0305",
            "birth_calendar": "solar", "consent": "yes", "created_at": BORN, "updated_at": BORN,
        } | columns  # fmt: skip
        customer_id = add(self.store, "customer", **row)
        for number in numbers:
            add(self.store, "customer_number", shop_id=self.id, number=number, customer_id=customer_id)
        return customer_id

    def stop(self, customer: int, *, lifted: bool = False) -> None:
        """The phone of the n-th customer said stop."""
        add(self.store, "suppression", phone_key=f"{self.key}-{customer}", reason="stop", since=BORN,
            lifted_at=BORN if lifted else None)  # fmt: skip

    def car(self, number: str, owner: int | None, **columns: Any) -> int:
        """A car in use with every day known; it is driven 40 km a day and had its maintenance."""
        row = {
            "shop_id": self.id, "vin": number, "customer_id": owner, "model": "V3", "state": "in_use", "plate": None,
            "delivered_on": date(2024, 1, 1), "insurance_ends_on": date(2026, 9, 1), "irregular": False,
            "next_service_on": date(2026, 4, 1), "next_service_kind": "regular", "km_per_day": 40.0,
            "created_at": BORN, "updated_at": BORN,
        } | columns  # fmt: skip
        return add(self.store, "vehicle", **row)

    def visit(self, car: int | None, day: date, customer: int | None, *, counted: bool = True, minor: int = 0) -> None:
        """A day in the workshop."""
        add(self.store, "visit", shop_id=self.id, vin=f"car {car}", day=day, vehicle_id=car, customer_id=customer,
            counted=counted, is_maintenance=True, has_accident=False, amount_minor=minor, changed_at=BORN)  # fmt: skip

    def order(self, number: str, car: int | None, day: date, km: int | None = None, **columns: Any) -> None:
        """A repair order; without a car it waits for one."""
        row = {
            "shop_id": self.id, "order_no": number, "vin": f"VIN of {car}", "vehicle_id": car, "date_in": day,
            "category": "maintenance", "odometer": km, "odometer_kept": True, "amount_minor": 0, "updated_at": BORN,
        } | columns  # fmt: skip
        add(self.store, "repair_order", **row)

    def policy(self, number: str, car: int | None, day: date) -> None:
        """A policy; without a car it waits for one."""
        add(self.store, "renewal", shop_id=self.id, policy_no=number, vin=f"VIN of {car}", vehicle_id=car, day=day,
            ends_on=day, premium_minor=0, commission_minor=0, changed_at=BORN)  # fmt: skip


def hand_made(store: Store) -> QualityShop:
    """The shop of the figures; a second shop stands beside it and is counted nowhere."""
    shop = QualityShop(store)
    _people_and_cars(shop)
    _workshop(shop)
    other = QualityShop(store, "other")
    other.car(vin(90), other.customer("Zoe", "Z1", phone=None, unreachable="missing"), delivered_on=None)
    other.order("Z1", None, TODAY)
    return shop


def _people_and_cars(shop: QualityShop) -> None:
    ann = shop.customer("Ann", "K1")
    bo = shop.customer("Bo", "K2", phone=None, unreachable="missing")
    cai = shop.customer("Cai", "K3", phone=None, unreachable="not_mobile", consent="unknown")
    shop.customer("Dan", "K4", phone=None, unreachable="too_short")
    eve = shop.customer("Eve", "K5", unreachable="30005")
    fei = shop.customer("Fei", "K6", consent="no")
    gao = shop.customer("Gao", "K7", consent="no")
    han = shop.customer("Han", "K8", consent="unknown", birth_mmdd=None)
    ivy = shop.customer("Ivy", "K9")
    jin = shop.customer("Jin Ltd", "K10", "K11", is_company=True, birth_mmdd=None)
    shop.customer("Kai", phone=None, name=None, erased_at=BORN, consent="unknown", birth_mmdd=None)
    lin = shop.customer("Lin", f"vin:{vin(12)}", birth_mmdd=None)
    shop.stop(5)
    shop.stop(6)
    shop.stop(7, lifted=True)
    shop.car(vin(1), ann, plate="闽C10O01")
    shop.car(vin(2), bo, plate="闽C10001", insurance_ends_on=None, km_per_day=None)
    shop.car(vin(3), cai, model=None)
    shop.car(WRONG_VIN, eve, irregular=True, next_service_kind="first", delivered_on=date(2025, 1, 1))
    shop.car(vin(6), fei)
    shop.car(vin(7), gao, insurance_ends_on=None)
    shop.car(vin(8), han, km_per_day=None)
    shop.car(vin(9), ivy, state="sold", plate="闽C10001", delivered_on=None)
    shop.car(vin(10), jin, delivered_on=None)
    shop.car(vin(12), lin, delivered_on=None, next_service_on=None, next_service_kind=None, km_per_day=None)
    shop.car(vin(14), None)
    for n, state in enumerate(("scrapped", "pdi", "test_drive", "stock"), start=20):
        shop.car(vin(n), None, state=state, model=None)


def _workshop(shop: QualityShop) -> None:
    """Cars have the ids 1 to 15 in the order above: Ann's is 1, Eve's 4, Fei's 5, Gao's 6, Han's 7, Jin's 9."""
    june, july = date(2025, 6, 1), date(2025, 7, 1)
    for car in (1, 2, 4, 5, 6, 7, 9, 10):
        shop.visit(car, june, car)
    shop.visit(3, june, 3, counted=False)
    shop.order("R1", 1, june, 10_000)
    shop.order("R2", 1, july, 11_000)
    shop.order("R3", 4, june, 5_000)
    shop.order("R4", 5, june, 8_000)
    shop.order("R5", 6, june, 9_000)
    shop.order("R6", 6, july, 900_000, odometer_kept=False)
    shop.order("R7", 9, june, 7_000)
    shop.order("R8", 9, june, 7_000)
    add(shop.store, "odometer_reading", shop_id=shop.id, vehicle_id=5, day=july, km=9_000, created_at=BORN)
    for number, day in enumerate(
        (date(2026, 3, 1), date(2026, 1, 31), date(2026, 1, 30), date(2025, 3, 2), date(2025, 3, 1)), start=1
    ):
        shop.order(f"P{number}", None, day, vin=f"PARKED {min(number, 4)}")
    shop.policy("I1", 1, june)
    shop.policy("I2", None, date(2026, 2, 1))
