"""The people of the console's shop: a crowd nobody knows, and some by name whom tests and pictures look at.

Everybody is invented; numbers are of one made-up block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from notifier.demo.chance import chance
from notifier.demo.population import make_people
from notifier.domain.phone import phone_key
from notifier.store.bulk import insert_returning_ids, insert_rows
from notifier.store.engine import Session
from notifier.store.tables import Customer, CustomerNumber, RepairOrder, Vehicle, Visit

CROWD = 1_000
SCRIPT = "<script>alert('陈')</script><b>粗</b>"
COMPANY = "泉州鸿泰建材进出口贸易有限责任公司"
INTERVAL = timedelta(days=182)
ADVISORS = ("何文斌", "施丽芳", "柯国辉")


@dataclass(slots=True)
class Car:
    """A car as it is put in; `vehicle`: columns of its row. Its `id` and `visit_ids` come with the rows."""

    vin: str
    plate: str | None
    model: str
    delivered_on: date
    visits: list[date] = field(default_factory=list)
    visit_ids: dict[date, int] = field(default_factory=dict)
    vehicle: dict[str, Any] = field(default_factory=dict)
    id: int = 0

    @property
    def last_seen(self) -> date:
        """The last visit, else the delivery."""
        return self.visits[-1] if self.visits else self.delivered_on


@dataclass(slots=True)
class Someone:
    """A customer; `row`: columns of the row. The `id` comes with the row."""

    name: str | None
    phone: str | None
    cars: list[Car]
    row: dict[str, Any] = field(default_factory=dict)
    number: str = ""
    id: int = 0


@dataclass(slots=True)
class Cast:
    """Everybody, the named ones by name; cars not yet texted about are handed out one by one."""

    people: list[Someone]
    named: dict[str, Someone]
    secret: bytes
    _waiting: Iterator[Someone] = field(init=False)

    def __post_init__(self) -> None:
        known = {id(person) for person in self.named.values()}
        self._waiting = iter([person for person in self.people if id(person) not in known])

    def next(self) -> Someone:
        """Somebody of the crowd who has had no text yet, whose phone and car a text can be about."""
        return next(person for person in self._waiting if person.row["consent"] == "yes")


def make_cast(today: date, secret: bytes) -> Cast:
    """Everybody as they are on `today`; the same for the same day."""
    named = {person.name or "": person for person in _named(today)}
    people = [*named.values(), *_crowd(today)]
    for n, person in enumerate(people):
        person.number = f"KH{n + 10001}"
    return Cast(people, named, secret)


def _crowd(today: date) -> Iterator[Someone]:
    for n, made in enumerate(make_people(6, CROWD, today)):
        luck = chance("console", n)
        cars = [
            Car(car.vin, car.plate, car.model, car.delivered_on, _past_visits(luck, car.delivered_on, today),
                vehicle={"insurance_ends_on": car.insurance_ends_on})
            for car in made.cars
        ]  # fmt: skip
        row = {
            "sex": "m" if made.sex == "男" else "f", "district": made.district, "birth_on": made.birthday,
            "birth_mmdd": made.birthday and f"{made.birthday:%m%d}",
            "consent": {"是": "yes", "否": "no"}.get(made.consent, "unknown"),
        }  # fmt: skip
        yield Someone(made.name, f"+86{made.phone}", cars, row)


def _past_visits(luck: Random, delivered_on: date, today: date) -> list[date]:
    """About every half year, the last one some weeks ago at least."""
    days, day = [], delivered_on + timedelta(days=luck.randrange(90, 190))
    while day < today - timedelta(days=20):
        days.append(day)
        day += timedelta(days=luck.randrange(140, 215))
    return days[-6:]


def _named(today: date) -> list[Someone]:
    def ago(days: int) -> date:
        return today - timedelta(days=days)

    def car(n: int, plate: str | None, *visits: int, model: str = "DX7", **vehicle: Any) -> Car:
        return Car(f"LDNAB2A3XP{n:07d}", plate, model, ago(900), [ago(days) for days in visits], vehicle=vehicle)

    def phone(n: int) -> str:
        return f"+861380001{n:04d}"

    yes: dict[str, Any] = {"consent": "yes", "consent_since": ago(800), "consent_source": "购车合同"}
    return [
        Someone("陈晓芳", phone(1), [car(1, "闽C8A123", 700, 510, 330, 168)],
                yes | {"sex": "f", "district": "丰泽区",
                       "member_level": "金卡", "points": 2680, "points_end_on": today + timedelta(days=50)}),
        Someone("林志强", phone(2), [car(2, "闽C6F888", 520, 345, 170), car(3, "闽CD05678", 300, 120, model="DX5")],
                yes | {"sex": "m", "district": "鲤城区"}),
        Someone("阿卜杜热西提·阿不都克里木", phone(3), [car(4, "闽CDA12345", 400, 180)], yes | {"sex": "m"}),
        Someone(COMPANY, phone(4), [car(5, "闽C2K777", 390, 171)], yes | {"is_company": True}),
        Someone(SCRIPT, phone(5), [car(6, "闽C3X001", 420, 178)], yes | {"sex": "f"}),
        Someone("黄雅婷", phone(6), [car(7, None, 410, 177, model="DX3")], yes | {"sex": "f"}),
        Someone("Daniel Weber", phone(7), [car(8, "闽C7E246", 365, 173)], yes | {"sex": "m", "language": "en"}),
        Someone("王建国", phone(8), [car(9, "闽C1W321", 480, 260)], yes | {"sex": "m"}),
        Someone("苏玉兰", phone(9), [car(10, "闽C5S519", 350, 174)], yes | {"sex": "f"}),
        Someone("郭家豪", None, [car(11, "闽C9G090", 600, 430)], {"sex": "m", "unreachable": "missing"}),
        Someone("傅诗涵", phone(11), [car(12, "闽C4F404", 190)], {"sex": "f", "consent": "no"}),
    ]  # fmt: skip


def keep_cast(session: Session, cast: Cast, shop_id: int, now: datetime) -> None:
    """Write people, numbers, cars, visits and orders; their ids are theirs afterwards."""
    made = now - timedelta(days=700)
    stamps = {"created_at": made, "updated_at": made}
    usual = {
        "shop_id": shop_id, "unreachable": None, "sex": None, "is_company": False, "language": None, "district": None,
        "birth_on": None, "birth_mmdd": None, "birth_calendar": "solar", "member_level": None, "points": None,
        "points_end_on": None, "consent": "unknown", "consent_since": None, "consent_source": None, **stamps,
    }  # fmt: skip
    for person in cast.people:
        person.row["phone_key"] = person.phone and phone_key(cast.secret, person.phone)
    people = [
        usual | {
            "bucket_key": f"console-{n}", "name": person.name, "phone": person.phone,
            "last_visit_on": max((car.last_seen for car in person.cars), default=None), **person.row,
        }
        for n, person in enumerate(cast.people)
    ]  # fmt: skip
    for person, key in zip(cast.people, insert_returning_ids(session, Customer, people), strict=True):
        person.id = key
    numbers = [{"shop_id": shop_id, "number": person.number, "customer_id": person.id} for person in cast.people]
    insert_rows(session, CustomerNumber, numbers)
    owned = [(person, car) for person in cast.people for car in person.cars]
    rows = [_vehicle_row(person, car) | stamps | {"shop_id": shop_id} for person, car in owned]
    for (_person, car), key in zip(owned, insert_returning_ids(session, Vehicle, rows), strict=True):
        car.id = key
    _keep_visits(session, owned, shop_id, now)


def _vehicle_row(person: Someone, car: Car) -> dict[str, Any]:
    anchor = car.last_seen
    due = anchor + INTERVAL
    row = {
        "vin": car.vin, "customer_id": person.id, "owner_since": car.delivered_on, "plate": car.plate,
        "irregular": False, "model": car.model, "state": "in_use", "delivered_on": car.delivered_on,
        "insurance_ends_on": None, "inspection_ends_on": None,
        "last_maintenance_on": car.visits[-1] if car.visits else None,
        "service_anchor_on": anchor, "next_service_on": due, "next_service_from": due - timedelta(days=18),
        "next_service_to": due, "next_service_kind": "regular" if car.visits else "first", "km_per_day": 31.5,
        "last_odometer": 1_000 + 5_120 * len(car.visits),
    }  # fmt: skip
    return row | car.vehicle


def _keep_visits(session: Session, owned: list[tuple[Someone, Car]], shop_id: int, now: datetime) -> None:
    visits: list[dict[str, Any]] = [
        {
            "shop_id": shop_id, "vin": car.vin, "day": day, "vehicle_id": car.id, "customer_id": person.id,
            "counted": True, "is_maintenance": True, "has_accident": False,
            "amount_minor": 38_000 + (car.id * 7919 + n * 5_000) % 90_000, "odometer": 1_000 + 5_120 * (n + 1),
            "advisor": ADVISORS[(car.id + n) % 3], "changed_at": now,
        }
        for person, car in owned
        for n, day in enumerate(car.visits)
    ]  # fmt: skip
    ids = insert_returning_ids(session, Visit, visits)
    cars = {car.id: car for _person, car in owned}
    for row, key in zip(visits, ids, strict=True):
        cars[row["vehicle_id"]].visit_ids[row["day"]] = key
    orders = [
        {
            "shop_id": shop_id, "order_no": f"RO{key:07d}", "vin": row["vin"], "vehicle_id": row["vehicle_id"],
            "visit_id": key, "date_in": row["day"], "category": "maintenance", "odometer": row["odometer"],
            "odometer_kept": True, "amount_minor": row["amount_minor"], "advisor": row["advisor"], "updated_at": now,
        }
        for key, row in zip(ids, visits, strict=True)
    ]  # fmt: skip
    insert_rows(session, RepairOrder, orders)
