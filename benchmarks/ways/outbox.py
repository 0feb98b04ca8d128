"""A house whose outbox holds planned texts, each about a car of its own customer, as planning leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import SQLModel

from benchmarks.ways.way import ACCOUNT_SID, AUTH_TOKEN, SENDER, TEXT
from notifier.config import load_settings
from notifier.domain.segments import count_segments
from notifier.store.bulk import insert_returning_ids, table_of
from notifier.store.engine import Store
from notifier.store.shops import keep_shop
from notifier.store.tables import (
    Complaint,
    Customer,
    Cycle,
    Message,
    MessageCycle,
    Run,
    TemplateVersion,
    Vehicle,
    Visit,
)
from notifier.wiring import House

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
SCHEDULES = """
shop:
  {name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000,
   language: zh-CN}
guards: {quiet_hours: "20:00-09:00", frequency_cap: {messages: 2, days: 7}}
campaigns:
  maintenance_due:
    rule: maintenance_due
    when: "0 10 * * *"
    stages: {early: -14, last: -3}
    template: maintenance_due
    kind: service
"""
CHUNK = 250_000
MESSAGE = table_of(Message)


def house_of(url: str, schedules: str, *, provider: str) -> House:
    """The house of that database, whose Twilio is the provider and whose pace is no limit."""
    environ = {
        "NOTIFIER_DATABASE_URL": url, "NOTIFIER_SCHEDULES": schedules, "NOTIFIER_SECRET_KEY": "k" * 32,
        "NOTIFIER_GATEWAY": "twilio", "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": SENDER, "TWILIO_API_BASE_URL": provider, "NOTIFIER_TWILIO_RATE": "10000",
        "NOTIFIER_PUBLIC_URL": "https://sms.example.com",
    }  # fmt: skip
    return House(load_settings(environ, env_file=None))


class Outbox:
    """One shop's outbox, filled by statements that make their rows in the database. `filled` = texts made so far."""

    def __init__(self, house: House) -> None:
        self._house, self.filled = house, 0
        with house.store.write() as session:
            self._shop = keep_shop(session, house.schedules.shops[0])
            template = {"name": "measured", "language": "zh-CN", "version": 1, "source": TEXT, "fingerprint": "…",
                        "live": False, "published_at": NOW}  # fmt: skip
            self._template = insert_returning_ids(session, TemplateVersion, [template])[0]

    def fill(self, texts: int) -> None:
        """So many more, of a run of their own."""
        run = {"shop_id": self._shop, "campaign_id": "maintenance_due", "planned_for": NOW, "state": "ready",
               "priority": 1, "settings": {"kind": "service", "rule": "maintenance_due"}, "counts": {},
               "created_at": NOW}  # fmt: skip
        with self._house.store.write() as session:
            run_id = insert_returning_ids(session, Run, [run])[0]
        with _loading(self._house.store.url) as store:
            for first in range(self.filled + 1, self.filled + texts + 1, CHUNK):
                last = min(first + CHUNK - 1, self.filled + texts)
                for model, values in self._rows(run_id):
                    _multiply(store, model, first, last, values)
        self.filled += texts

    def fill_up_to(self, waiting: int) -> None:
        """As many more as are missing until so many wait."""
        missing = waiting - (self.filled - self._first_waiting() + 1)
        if missing > 0:
            self.fill(missing)

    def _first_waiting(self) -> int:
        """Its number; they leave in order, and what is behind it waits too."""
        statement = sa.select(sa.func.coalesce(sa.func.min(MESSAGE.c.id), self.filled + 1))
        with self._house.store.read() as session:
            first: int = session.execute(statement.where(MESSAGE.c.state == "planned")).scalar_one()
            return first

    def complain(self, texts: int) -> None:
        """The customers of the first so many that wait are not content: their texts have to wait on."""
        number, first = _NUMBERS.c.n, self._first_waiting()
        last = first + texts - 1
        with _loading(self._house.store.url) as store:
            values = {"shop_id": self._shop, "customer_id": number, "opened_on": TODAY}
            _multiply(store, Complaint, first, last, values)

    def _rows(self, run_id: int) -> Iterator[tuple[type[SQLModel], dict[str, Any]]]:
        """Customer, car, last year's visit, this year's reminder, its touch and its text: all of one number."""
        number = _NUMBERS.c.n
        person = {
            "phone": sa.literal("+86") + sa.cast(13_800_000_000 + number, sa.String),
            "phone_key": sa.literal("k" * 20) + sa.cast(100_000_000_000 + number, sa.String),
        }
        vin = sa.literal("LSVAA") + sa.cast(100_000_000_000 + number, sa.String)
        written = {"created_at": NOW, "updated_at": NOW}
        measured = count_segments(TEXT)
        yield Customer, {
            "id": number, "shop_id": self._shop, "bucket_key": person["phone_key"], **person, "name": "陈晓芳",
            "sex": "f", "is_company": False, "birth_calendar": "solar", "consent": "yes", **written,
        }  # fmt: skip
        yield Vehicle, {
            "id": number, "shop_id": self._shop, "vin": vin, "customer_id": number, "plate": "闽C12345",
            "model": "卡罗拉", "state": "in_use", "irregular": False, **written,
        }  # fmt: skip
        yield Visit, {
            "id": number, "shop_id": self._shop, "vin": vin, "day": TODAY - timedelta(days=170), "vehicle_id": number,
            "customer_id": number, "counted": True, "is_maintenance": True, "has_accident": False, "amount_minor": 1,
            "changed_at": NOW,
        }  # fmt: skip
        yield Cycle, {
            "id": number, "shop_id": self._shop, "campaign_id": "maintenance_due", "subject_type": "vehicle",
            "subject_id": number, "subject_key": "", "anchor_on": TODAY - timedelta(days=170), "customer_id": number,
            "came_from": TODAY - timedelta(days=14), "answered_by": "visit",
        }  # fmt: skip
        yield Message, {
            "id": number, "shop_id": self._shop, "run_id": run_id, "campaign_id": "maintenance_due",
            "kind": "service", "customer_id": number, "stage": "early", "arm": "treatment", "state": "planned",
            "gateway": "twilio", **person, "language": "zh-CN", "template_version_id": self._template, "text": TEXT,
            "encoding": measured.encoding, "segments": measured.count, "cost_micros": 45_000,
            "replies": {"1": "booking"}, "count_on": TODAY, "not_before": NOW,
            "valid_until": NOW + timedelta(days=10), "created_at": NOW, "changed_at": NOW, "attempts": 0,
            "repeated": False,
        }  # fmt: skip
        yield MessageCycle, {"id": number, "cycle_id": number, "stage": "early", "message_id": number}


def _numbers(first: sa.ColumnElement[int], last: sa.ColumnElement[int]) -> sa.CTE:
    """A column n from first to last."""
    numbers = sa.select(first.label("n")).cte("numbers", recursive=True)
    return numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < last))


_NUMBERS = _numbers(sa.bindparam("first", type_=sa.BigInteger), sa.bindparam("last", type_=sa.BigInteger))


def _multiply(store: Store, model: type[SQLModel], first: int, last: int, values: dict[str, Any]) -> None:
    """A row for each number from first to last; a value is the same for all, or an expression of the number."""
    table = table_of(model)
    columns = [
        value if isinstance(value, sa.ColumnElement) else sa.literal(value, table.c[name].type)
        for name, value in values.items()
    ]
    statement = sa.insert(table).from_select(list(values), sa.select(*columns).select_from(_NUMBERS))
    with store.write() as session:
        session.connection().execute(statement, {"first": first, "last": last})


@contextmanager
def _loading(url: str) -> Iterator[Store]:
    """The database without its checks of references, which would take most of the time; afterwards as at rest.

    What autovacuum does within its minute is done at once: a plan made for an empty table is not what is measured.
    """
    store = Store(url)
    prepare = ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF") if store.is_sqlite else (
        "SET session_replication_role = replica",
    )  # fmt: skip

    @sa.event.listens_for(store.engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for statement in prepare:
            cursor.execute(statement)
        cursor.close()
        if not store.is_sqlite:
            connection.commit()

    yield store
    settle = ("PRAGMA wal_checkpoint(TRUNCATE)",) if store.is_sqlite else ("VACUUM ANALYZE", "CHECKPOINT")
    driver = store.engine.raw_connection()
    driver.dbapi_connection.rollback()  # type: ignore[union-attr]
    if not store.is_sqlite:
        driver.dbapi_connection.autocommit = True  # type: ignore[union-attr]
    for statement in settle:
        driver.cursor().execute(statement)
    driver.invalidate()
    store.close()
