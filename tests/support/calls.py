"""A shop's call desk for tests: the worklist as it goes out, filled in, and as it comes back."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.reports.campaigns import ReportShop
from notifier.reports.worklist import Worklist, WorklistRow, worklist
from tests.support.shop import SECRET, ZONE, Dealership

HEADERS = ("清单编号", "清单日期", "VIN", "手机", "招揽项目", "客服专员", "跟进日期", "跟进结果", "未到店原因", "里程",
           "预约日期", "下次跟进日期", "备注")  # fmt: skip


def settings(now: datetime, **changes: Any) -> ImportSettings:
    """How the shop imports at `now`."""
    return ImportSettings(**{"now": now, "secret": SECRET, "region": "CN", "zone": ZONE, **changes})


def calls(rows: Sequence[Mapping[str, str]], headers: Sequence[str] = HEADERS) -> TableOfRows:
    """Rows of calls by header; what a row leaves out is empty."""
    return TableOfRows("calls.csv", headers, [[row.get(header, "") for header in headers] for row in rows])


def bring_calls(shop: Dealership, now: datetime, *rows: Mapping[str, str], **changes: Any) -> ImportReport:
    """Import these calls."""
    dry_run = changes.pop("dry_run", False)
    return import_table("contacts", shop.store, shop.id, calls(rows), settings(now, **changes), dry_run=dry_run)


def row_of(shop: Dealership, plate: str, purpose: str = "maintenance_due") -> str:
    """The row of the worklist about this car."""
    return f"{purpose}-V{shop.car_id(plate)}"


def called(shop: Dealership, plate: str, day: str, result: str, **cells: str) -> dict[str, str]:
    """A row of the worklist as a clerk fills it in."""
    return {"清单编号": row_of(shop, plate), "VIN": shop.one_car(plate)["vin"], "跟进日期": day, "跟进结果": result,
            "客服专员": "李娜", **cells}  # fmt: skip


def listed(shop: Dealership, today: date, *, only: str | None = None, back: int = 30, ahead: int = 30) -> Worklist:
    """The worklist of the days around `today`."""
    place = ReportShop(shop.id, "东南汽车泉州店", "Asia/Shanghai")
    days = (today - timedelta(days=back), today + timedelta(days=ahead))
    with shop.store.read() as session:
        return worklist(session, place, shop.schedules.campaigns, days, today=today, region="CN", only=only)


def told(shop: Dealership, today: date, **how: Any) -> list[tuple[str, str, str, str | None]]:
    """(customer, purpose, group, why) of each row, in its order."""
    return [(row.customer.name or "", row.purpose, row.group, row.why) for row in listed(shop, today, **how).rows]


def the_row(shop: Dealership, today: date, name: str) -> WorklistRow:
    """The only row of a customer."""
    (row,) = (row for row in listed(shop, today).rows if row.customer.name == name)
    return row


def cells_of(content: bytes | Path) -> tuple[list[str], list[list[Any]]]:
    """Headings and cells of a workbook's first sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content) if isinstance(content, bytes) else content)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [str(cell) for cell in header], [list(row) for row in rows]
