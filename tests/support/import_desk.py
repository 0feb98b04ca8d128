"""A shop's import desk for tests: rows in, reports out, and the whole database as plain rows to compare."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.domain.phone import phone_key
from notifier.errors import Refused
from notifier.store.bulk import insert_returning_ids
from notifier.store.engine import Store
from notifier.store.shops import import_lock
from notifier.store.tables import Shop, metadata

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
TODAY = date(2026, 3, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
SECRET = b"import desk"

CUSTOMER_HEADERS = (
    "客户编号",
    "姓名",
    "手机",
    "VIN",
    "交车日期",
    "车牌",
    "车型",
    "保险到期",
    "车辆状态",
    "营销同意",
    "同意日期",
    "生日",
)
VISIT_HEADERS = ("工单号", "VIN", "进厂日期", "里程", "维修类别", "金额", "优惠券", "服务顾问")
RENEWAL_HEADERS = ("保单号", "VIN", "保险公司", "起保日期", "终保日期", "出单日期", "保费")
HEADERS = {"customers": CUSTOMER_HEADERS, "visits": VISIT_HEADERS, "renewals": RENEWAL_HEADERS}

_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
                   strict=True)) | {str(n): n for n in range(10)}  # fmt: skip
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(n: int) -> str:
    """The n-th car's VIN, its check digit right."""
    plain = f"LSVAU2A30N{n:07d}"
    rest = sum(_VALUES[c] * w for c, w in zip(plain, _WEIGHTS, strict=True)) % 11
    return f"{plain[:8]}{'X' if rest == 10 else rest}{plain[9:]}"


def phone(n: int) -> str:
    """The n-th person's mobile number as a DMS writes it."""
    return f"138{n:08d}"


def key_of(n: int) -> str:
    """What is remembered of that number for ever."""
    return phone_key(SECRET, f"+86{phone(n)}")


def settings(**changes: Any) -> ImportSettings:
    """The desk's usual settings."""
    return ImportSettings(**{"now": NOW, "secret": SECRET, "region": "CN", "zone": SHANGHAI, **changes})


def open_shop(store: Store, key: str = "main") -> int:
    """A shop to import into."""
    row = {
        "key": key, "name": "东南汽车泉州店", "signature": "东南泉州", "timezone": "Asia/Shanghai", "region": "CN",
        "phone": "0595-22880000", "language": "zh-CN",
    }  # fmt: skip
    with store.write() as session:
        return insert_returning_ids(session, Shop, [row])[0]


def new_shop(path: Path) -> tuple[Store, int]:
    """A shop in a new SQLite file, mostly to compare another with; to be closed."""
    store = Store(f"sqlite:///{path}")
    metadata.create_all(store.engine)
    return store, open_shop(store)


def shop_that_knows(*, since: datetime = NOW, **known: Sequence[Mapping[str, str]]) -> Any:
    """The fixture of a test page: a shop open in its `store`, into which these rows of each kind were imported."""

    @pytest.fixture(name="shop")
    def fixture(store: Store) -> int:
        shop_id = open_shop(store)
        for kind, rows in known.items():
            bring(store, shop_id, kind, rows, now=since)
        return shop_id

    return fixture


def table(kind: str, rows: Sequence[Mapping[str, str]]) -> TableOfRows:
    """Rows of cells by header; what a row leaves out is empty."""
    headers = HEADERS[kind]
    return TableOfRows(kind, headers, [[row.get(header, "") for header in headers] for row in rows])


def bring(store: Store, shop_id: int, kind: str, rows: Sequence[Mapping[str, str]], **changes: Any) -> ImportReport:
    """Import rows of a kind with the desk's settings."""
    return import_table(kind, store, shop_id, table(kind, rows), settings(**changes))


def car(number: str, tel: str, n: int, delivered: str = "2024-03-05", **cells: str) -> dict[str, str]:
    """A row of a customer file."""
    return {"客户编号": number, "手机": tel, "VIN": vin(n), "交车日期": delivered, **cells}


def order(no: str, n: int, day: str, km: str = "", category: str = "定期保养", **cells: str) -> dict[str, str]:
    """A row of a visits file."""
    return {"工单号": no, "VIN": vin(n), "进厂日期": day, "里程": km, "维修类别": category, **cells}


def add(store: Store, name: str, /, **values: Any) -> int:
    """One row of any table, for what imports do not write."""
    by_name = {mapper.local_table.name: mapper.class_ for mapper in _mappers()}
    with store.write() as session:
        return insert_returning_ids(session, by_name[name], [values])[0]


def _mappers() -> list[Any]:
    from sqlmodel import SQLModel

    return list(SQLModel._sa_registry.mappers)


def wait_for_the_lock_of_the_dead(store: Store, shop_id: int) -> None:
    """Until the lock of an import that was killed is noticed to be free (PostgreSQL: when it reads from the socket)."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with import_lock(store, shop_id):
                return
        except Refused:
            assert time.monotonic() < deadline, "the dead import's lock was never given back"
            time.sleep(0.05)


def rows_of(store: Store, name: str) -> list[dict[str, Any]]:
    """All rows of a table, by id."""
    with store.read() as session:
        found = session.execute(sa.select(metadata.tables[name]).order_by("id")).mappings()
        return [dict(row) for row in found]


def people(store: Store) -> list[dict[str, Any]]:
    """Customers with their numbers and the VINs of their cars, smallest number first."""
    numbers, cars = rows_of(store, "customer_number"), rows_of(store, "vehicle")
    found = [
        {
            **customer,
            "numbers": sorted(n["number"] for n in numbers if n["customer_id"] == customer["id"]),
            "cars": sorted(c["vin"] for c in cars if c["customer_id"] == customer["id"]),
        }
        for customer in rows_of(store, "customer")
    ]
    return sorted(found, key=lambda one: (one["numbers"], one["cars"]))


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The tables an import writes, row by row; without the database's own clock."""
    names = ("customer", "customer_number", "vehicle", "repair_order", "visit", "renewal", "consent", "suppression",
             "freshness")  # fmt: skip
    return {
        name: [{k: v for k, v in row.items() if k != "changed_at"} for row in rows_of(store, name)] for name in names
    }


def by_key(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Without surrogate keys: which id a row got is not part of what is known."""
    people = {row["id"]: row["bucket_key"] for row in tables["customer"]}
    cars = {row["id"]: row["vin"] for row in tables["vehicle"]}
    days = {row["id"]: (row["vin"], row["day"]) for row in tables["visit"]}
    names = {"customer_id": people, "vehicle_id": cars, "visit_id": days}
    plain = {}
    for table, rows in tables.items():
        told = [
            {k: names.get(k, {}).get(v, v) for k, v in row.items() if k not in ("id", "import_id", "started_at")}
            for row in rows
        ]
        plain[table] = sorted(told, key=repr)
    return plain


DIRTY = [
    car("C1", phone(1), 1, 姓名="陈女士"),
    car("C1", phone(7), 2, "2025-01-01", 姓名="陈某"),
    car("C2", phone(7), 3, 营销同意="是"),
    car("C3", phone(2), 1, "2025-06-01"),
    car("C3", phone(2), 1, "2025-06-01"),
    car("C4", "", 4),
    car("C4", phone(4), 5, 营销同意="否"),
    car("C5", phone(4), 6, 生日="5月9日"),
    car("", phone(4), 7),
    car("", "", 8),
    car("C6", "12", 9, "1900-01-01"),
    car("C7", phone(7), 10, 保险到期="2026-05-01"),
    car("C8", phone(2), 11),
    {"姓名": "无车"},
]
VISITS = [
    order("R1", 1, "2025-07-01", "9000", 金额="100"),
    order("R1", 1, "2025-07-02", "9000", 金额="100"),
    order("R2", 1, "2025-07-01", "9000", "事故车"),
    order("R3", 2, "2025-09-01", "70000"),
    order("R4", 2, "2025-10-01", "7100"),
    order("R5", 2, "2025-11-01", "8000", "一般维修"),
    order("R6", 99, "2025-11-01", "8000"),
    order("R7", 3, "2027-01-01"),
]
"""A customer file and a visits file with everything in them that makes the order of rows matter."""


__all__ = [
    "DIRTY", "NOW", "SECRET", "SHANGHAI", "TODAY", "VISITS", "add", "bring", "by_key", "car", "everything", "key_of",
    "new_shop", "open_shop", "order", "people", "phone", "rows_of", "settings", "shop_that_knows", "table", "vin",
]  # fmt: skip
