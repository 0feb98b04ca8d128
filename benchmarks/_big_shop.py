"""A shop of any size for benchmarks: as many texts as customers, over four hundred days, with all that belongs to them.

Rows are made by counting, never by chance, and written with their ids in bulk: a million customers in minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from notifier.domain.phone import phone_key
from notifier.store.bulk import insert_tuples
from notifier.store.engine import Session
from notifier.store.moments import written_moment
from notifier.store.shops import keep_shop
from notifier.store.tables import metadata
from notifier.wiring import House

__all__ = ["CAMPAIGNS", "DAYS", "fill", "name_of", "phone_of", "plate_of", "vin_of"]

DAYS = 400
"""The days the texts are spread over, the last of them today."""
CAMPAIGNS = ("maintenance_due", "insurance_expiry", "birthday", "winback")
TEMPLATES = ("maintenance_due", "insurance_early", "birthday", "winback_lost")
STATES = (*("delivered",) * 41, *("sent",) * 3, *("undelivered",) * 2, "failed", *("withheld",) * 2, "cancelled")
STEP = 7_919
"""Prime, so that a step this long meets every customer once before it meets one twice."""
CHUNK = 20_000
SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢郭洪邱曾周叶苏"
GIVEN = "晓芳建国志强丽华小燕玉兰文杰秀英海涛美玲俊辉雅婷明辉淑珍伟东佳怡"
PLATE = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def phone_of(n: int) -> str:
    """Of the n-th customer."""
    return f"+86138{n:08d}"


def name_of(n: int) -> str:
    """Of the n-th customer; every 20,480th has it too."""
    return SURNAMES[n % 20] + GIVEN[n // 20 % 32] + GIVEN[n // 640 % 32]


def plate_of(n: int) -> str:
    """Of the n-th car."""
    return "闽C" + "".join(PLATE[n // 34**place % 34] for place in range(5))


def vin_of(n: int) -> str:
    """Of the n-th car."""
    return f"LSVAA{n:012d}"


@dataclass(frozen=True)
class _Making:
    """What every row is made from."""

    size: int
    shop_id: int
    now: datetime
    today: date
    secret: bytes
    versions: Mapping[str, int]
    is_sqlite: bool

    def moment(self, day: date, hour: int = 4) -> str:
        return written_moment(datetime.combine(day, time(hour), UTC), is_sqlite=self.is_sqlite) or ""

    @property
    def clock(self) -> str:
        return written_moment(self.now, is_sqlite=self.is_sqlite) or ""

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def run_of(self, n: int) -> int:
        return (n % DAYS) * len(CAMPAIGNS) + n // DAYS % len(CAMPAIGNS) + 1

    def customer_of(self, n: int) -> int:
        return n * STEP % self.size + 1


Row = Mapping[str, Any]


def fill(house: House, size: int, now: datetime) -> None:
    """`size` customers with a car, a visit and a text each; a run that waits for review, and twenty texts unknown."""
    house.publish_templates()
    version = metadata.tables["template_version"]
    with house.store.write() as session:
        shop = house.schedules.shops[0]
        shop_id = keep_shop(session, shop)
        found = session.execute(sa.select(version.c.name, version.c.id).where(version.c.language == "zh-CN"))
        versions = dict(found.all())
    today = now.astimezone(shop.zone).date()
    making = _Making(size, shop_id, now, today, house.secret, versions, house.store.is_sqlite)
    for name, make, number in (
        ("freshness", _freshness, 2), ("customer", _customer, size), ("customer_number", _number, size),
        ("vehicle", _vehicle, size), ("visit", _visit, size), ("repair_order", _order, size),
        ("campaign_state", _campaign, len(CAMPAIGNS)), ("run", _run, DAYS * len(CAMPAIGNS) + 1),
        ("enrolment", _enrolment, size), ("cycle", _cycle, size), ("message", _message, size),
        ("message_cycle", _touch, size), ("decision", _decision, size), ("attempt", _attempt, size),
        ("reply", _reply, size // 33), ("credit", _credit, size // 50), ("audit", _audit, size),
    ):  # fmt: skip
        _write(house, name, (make(making, n) for n in range(number)))
    _write(house, "message", (_waiting(making, n) for n in range(size // 1000 + 5)))
    _settle(house)


def _write(house: House, name: str, rows: Iterator[Row]) -> None:
    table = metadata.tables[name]
    while chunk := list(islice(rows, CHUNK)):
        columns = list(chunk[0])
        with _hasty(house) as session:
            insert_tuples(session, table, columns, [tuple(row.values()) for row in chunk])
            session.commit()


def _hasty(house: House) -> Session:
    """A database that is only measured need not survive a crash, and each row's references are right."""
    engine = house.store.engine
    connection = engine.connect()
    if house.store.is_sqlite:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-400000"):
            driver.execute(f"PRAGMA {pragma}")
    session = _Hasty(connection)
    if not house.store.is_sqlite:
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    return session


class _Hasty(Session):
    """Takes its connection along when it ends: its settings are nobody else's."""

    def close(self) -> None:
        bind = self.get_bind()
        super().close()
        if isinstance(bind, sa.Connection):
            bind.invalidate()
            bind.close()


def _settle(house: House) -> None:
    """As autovacuum leaves a table some minutes after so many rows; SQLite has nothing like it running."""
    if not house.store.is_sqlite:
        with house.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _freshness(making: _Making, n: int) -> Row:
    return {"shop_id": making.shop_id, "kind": ("customers", "visits")[n], "at": making.clock}


def _customer(making: _Making, n: int) -> Row:
    phone = phone_of(n)
    return {
        "id": n + 1, "shop_id": making.shop_id, "bucket_key": f"k{n}", "phone": phone,
        "phone_key": phone_key(making.secret, phone), "name": name_of(n), "sex": "fm"[n % 2], "is_company": False,
        "birth_mmdd": f"{n % 12 + 1:02d}-{n // 12 % 28 + 1:02d}", "birth_calendar": "solar", "consent": "yes",
        "last_visit_on": making.ago(n % 700).isoformat(), "created_at": making.clock, "updated_at": making.clock,
    }  # fmt: skip


def _number(making: _Making, n: int) -> Row:
    return {"shop_id": making.shop_id, "number": f"C{n:07d}", "customer_id": n + 1}


def _vehicle(making: _Making, n: int) -> Row:
    return {
        "id": n + 1, "shop_id": making.shop_id, "vin": vin_of(n), "customer_id": n + 1, "plate": plate_of(n),
        "model": ("卡罗拉", "凯美瑞", "雷凌", "汉兰达")[n % 4], "state": "in_use", "irregular": False,
        "delivered_on": making.ago(700 + n % 1500).isoformat(), "service_anchor_on": making.ago(n % 700).isoformat(),
        "last_maintenance_on": making.ago(n % 700).isoformat(), "next_service_kind": "regular",
        "next_service_on": making.ago(n % 700 - 365).isoformat(),
        "next_service_from": making.ago(n % 700 - 350).isoformat(),
        "next_service_to": making.ago(n % 700 - 380).isoformat(),
        "insurance_ends_on": making.ago(-(n % 365)).isoformat(), "created_at": making.clock, "updated_at": making.clock,
    }  # fmt: skip


def _visit(making: _Making, n: int) -> Row:
    return {
        "id": n + 1, "shop_id": making.shop_id, "vin": vin_of(n), "day": making.ago(n % 700).isoformat(),
        "vehicle_id": n + 1, "customer_id": n + 1, "counted": True, "is_maintenance": True, "has_accident": False,
        "amount_minor": 88_000, "changed_at": making.clock, "attributed_at": making.clock,
    }  # fmt: skip


def _order(making: _Making, n: int) -> Row:
    return {
        "shop_id": making.shop_id, "order_no": f"R{n:08d}", "vin": vin_of(n), "vehicle_id": n + 1, "visit_id": n + 1,
        "date_in": making.ago(n % 700).isoformat(), "category": "maintenance", "odometer_kept": True,
        "amount_minor": 88_000, "updated_at": making.clock,
    }  # fmt: skip


def _campaign(making: _Making, n: int) -> Row:
    return {
        "shop_id": making.shop_id, "campaign_id": CAMPAIGNS[n], "key": CAMPAIGNS[n], "rule": CAMPAIGNS[n],
        "paused": False,
    }  # fmt: skip


def _run(making: _Making, n: int) -> Row:
    """One a day and campaign, then one that waits for a person."""
    is_last = n == DAYS * len(CAMPAIGNS)
    day, campaign = making.ago(n // len(CAMPAIGNS)), CAMPAIGNS[n % len(CAMPAIGNS)]
    number = making.size // 1000 + 5 if is_last else making.size // DAYS // len(CAMPAIGNS)
    moment = making.moment(making.today if is_last else day, 3 if is_last else 2)
    settings = f'{{"key": "{"winback" if is_last else campaign}", "rule": "{campaign}", "kind": "service"}}'
    return {
        "id": n + 1, "shop_id": making.shop_id, "campaign_id": "winback" if is_last else campaign, "due_at": moment,
        "planned_for": moment, "state": "review" if is_last else "done", "priority": 2, "settings": settings,
        "counts": f'{{"planned": {number}, "withheld": 0, "excluded": {{}}, "deferred": {{}}}}',
        "review_until": making.moment(making.ago(-3)) if is_last else None, "created_at": moment,
        "finished_at": None if is_last else moment,
    }  # fmt: skip


def _enrolment(making: _Making, n: int) -> Row:
    day = making.ago(n % DAYS)
    return {
        "id": n + 1, "shop_id": making.shop_id, "campaign_id": CAMPAIGNS[n // DAYS % 4],
        "customer_id": making.customer_of(n), "period": str(day.year), "arm": "control" if n % 25 == 0 else "treatment",
        "run_id": making.run_of(n), "stage": "early", "enrolled_at": making.moment(day), "enrolled_on": day.isoformat(),
        "first_opens_on": day.isoformat(), "lift_until": day.isoformat(),
    }  # fmt: skip


def _cycle(making: _Making, n: int) -> Row:
    return {
        "id": n + 1, "shop_id": making.shop_id, "campaign_id": CAMPAIGNS[n // DAYS % 4], "subject_type": "vehicle",
        "subject_id": making.customer_of(n), "subject_key": "", "anchor_on": making.ago(n % DAYS + 365).isoformat(),
        "customer_id": making.customer_of(n), "enrolment_id": n + 1, "came_from": making.ago(n % DAYS + 14).isoformat(),
        "answered_by": "visit",
    }  # fmt: skip


def _message(making: _Making, n: int) -> Row:
    """Twenty of today nobody can tell of."""
    state = "unknown" if n % DAYS == 0 and n // DAYS < 20 else STATES[n // DAYS * 7 % 50]
    return _text(making, n, making.ago(n % DAYS), state) | {
        "id": n + 1, "run_id": making.run_of(n), "enrolment_id": n + 1,
    }  # fmt: skip


def _waiting(making: _Making, n: int) -> Row:
    return _text(making, n, making.today, "planned") | {
        "id": making.size + n + 1, "run_id": DAYS * len(CAMPAIGNS) + 1, "enrolment_id": None,
    }  # fmt: skip


def _text(making: _Making, n: int, day: date, state: str) -> dict[str, Any]:
    customer, moment, place = making.customer_of(n), making.moment(day), n // DAYS % 4
    is_sent = state in ("delivered", "sent", "undelivered")
    return {
        "shop_id": making.shop_id, "campaign_id": CAMPAIGNS[place], "kind": "service" if place < 2 else "marketing",
        "customer_id": customer, "stage": "early", "arm": "control" if state == "withheld" else "treatment",
        "state": state, "gateway": "simulator", "phone": phone_of(customer - 1), "phone_key": f"{customer:032d}",
        "language": "zh-CN", "template_version_id": making.versions[TEMPLATES[place]],
        "text": f"【东南泉州】{name_of(customer - 1)}您好,{plate_of(customer - 1)}该做保养了。回复1预约,拒收请回复R",
        "encoding": "UCS-2", "segments": 1, "cost_micros": 45_000, "replies": '{"1": "booking"}',
        "count_on": day.isoformat(), "not_before": moment, "valid_until": making.moment(day + timedelta(days=10)),
        "created_at": moment, "sent_at": moment if is_sent else None, "attempts": int(is_sent), "repeated": False,
        "delivered_at": moment if state == "delivered" else None, "changed_at": moment,
    }  # fmt: skip


def _touch(making: _Making, n: int) -> Row:  # noqa: ARG001  # as the others
    return {"cycle_id": n + 1, "stage": "early", "message_id": n + 1}


def _decision(making: _Making, n: int) -> Row:
    return {
        "cycle_id": n + 1, "stage": "early", "verdict": "planned", "closes_on": making.ago(n % DAYS - 10).isoformat(),
        "run_id": making.run_of(n),
    }  # fmt: skip


def _attempt(making: _Making, n: int) -> Row:
    moment = making.moment(making.ago(n % DAYS))
    return {
        "message_id": n + 1, "n": 1, "gateway": "simulator", "state": "delivered", "claimed_at": moment,
        "business_at": moment, "lease_until": moment, "provider_sid": f"SM{n:032d}", "changed_at": moment,
    }  # fmt: skip


def _reply(making: _Making, n: int) -> Row:
    message = n * 33
    customer, day = making.customer_of(message), making.ago(message % DAYS)
    meaning = ("booking", "text", "already_done", "stop")[n % 4]
    return {
        "gateway": "simulator", "provider_id": f"IN{n:032d}", "shop_id": making.shop_id, "customer_id": customer,
        "message_id": message + 1, "phone": phone_of(customer - 1), "phone_key": f"{customer:032d}", "text": "1",
        "meaning": meaning, "received_at": making.moment(day, 5), "business_at": making.moment(day, 5),
        "arrived_on": day.isoformat(),
    }  # fmt: skip


def _credit(making: _Making, n: int) -> Row:
    message = n * 50
    return {
        "shop_id": making.shop_id, "outcome_type": "visit", "outcome_id": making.customer_of(message),
        "message_id": message + 1, "campaign_id": CAMPAIGNS[message // DAYS % 4], "evidence": "sent",
        "day": making.ago(message % DAYS).isoformat(), "amount_minor": 88_000, "credited_at": making.clock,
    }  # fmt: skip


def _audit(making: _Making, n: int) -> Row:
    return {
        "at": making.clock, "who": "林静", "action": "customer.reveal_phone", "subject_type": "customer",
        "subject": str(n + 1), "shop_id": making.shop_id,
    }  # fmt: skip
