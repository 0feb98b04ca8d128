"""The same content in any file a DMS or Excel writes makes the same database, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import open_table
from notifier.errors import BadInput
from notifier.store.engine import Store
from tests.support.import_desk import (
    DIRTY,
    HEADERS,
    VISITS,
    bring,
    by_key,
    car,
    everything,
    new_shop,
    open_shop,
    order,
    phone,
    rows_of,
    settings,
    vin,
)
from tests.support.workbooks import as_typed, csv_writer, lines, write_xls, write_xlsx

Rows = Sequence[Mapping[str, str]]
Writer = Callable[[Path, Any], Path]

PEOPLE: Rows = [
    *DIRTY,
    car("100200300", phone(20), 20, 姓名="=1+1", 保险到期="2026-05-01"),
    car("100200301", phone(20), 21, "1900-01-01", 姓名="陈女士", 车牌="闽C12345", 生日="1980-05-09"),
    {},
    car("100200302", phone(22), 22, 车辆状态="试驾", 营销同意="是", 同意日期="2025-12-31", 生日="农历八月初八"),
    car("100200303", "0595-22880000", 23, "2027-02-30"),
    {"姓名": "合计", "手机": "18"},
]
ORDERS: Rows = [
    *VISITS,
    order("2025080100017", 20, "2025-08-01 09:31:00", "12345", 金额="1234.5"),
    order("2025080100018", 20, "2025-08-01 16:05:30", "0", "一般维修", 金额="-80"),
    order("2025080100018", 20, "2025-08-02", "0", "一般维修", 金额="-80"),
    order("R9", 21, "2025-09-01", "9000.5", "首保", 优惠券="123456"),
    order("R10", 22, "", "9000"),
    order("", 22, "2025-09-01", "9000"),
]
RENEWALS: Rows = [
    {"保单号": "100000000000001", "VIN": vin(20), "保险公司": "人保", "起保日期": "2025-05-02",
     "终保日期": "2026-05-01", "出单日期": "2025-04-20", "保费": "3650.75"},
    {"保单号": "P2", "VIN": vin(21), "终保日期": "", "保费": "3000"},
    {"保单号": "P3", "VIN": vin(1), "终保日期": "2026-12-31", "保费": "4000"},
    {"保单号": "P3", "VIN": vin(1), "终保日期": "2027-12-31", "保费": "4000"},
]  # fmt: skip
CONTENT = {"customers": PEOPLE, "visits": ORDERS, "renewals": RENEWALS}


def _with_a_cover(path: Path, cells: Any) -> Path:
    return write_xlsx(path, [], [["打印日期", "2026-03-01"]], cells)


WRITERS: Mapping[str, tuple[str, Writer, bool]] = {
    "utf-8": ("x.csv", csv_writer("utf-8", ","), False),
    "utf-8 with its mark": ("x.csv", csv_writer("utf-8-sig", ","), False),
    "gbk": ("x.csv", csv_writer("gbk", ","), False),
    "gb18030 with semicolons": ("x.csv", csv_writer("gb18030", ";"), False),
    "tabs, named .xls": ("x.xls", csv_writer("gbk", "\t"), False),
    "Excel's Unicode text": ("x.txt", csv_writer("utf-16", "\t"), False),
    "xlsx, typed": ("x.xlsx", write_xlsx, True),
    "xlsx, all text": ("x.xlsx", write_xlsx, False),
    "xlsx behind a cover": ("x.xlsx", _with_a_cover, True),
    "xls, typed": ("x.xls", write_xls, True),
    "xls, all text": ("x.xls", write_xls, False),
}


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[tuple[Store, int]]:
    """Another shop, to compare with."""
    other, shop = new_shop(tmp_path / "twin.sqlite3")
    yield other, shop
    other.close()


@pytest.mark.parametrize("name", WRITERS)
def test_every_file_makes_the_same_database(store: Store, twin: tuple[Store, int], tmp_path: Path, name: str) -> None:
    """True dates, phones, mileages and order numbers as numbers: the same rows, doubts, reasons and lines."""
    shop = open_shop(store)
    file, write, is_typed = WRITERS[name]
    for kind, rows in CONTENT.items():
        cells = lines(HEADERS[kind], rows)
        path = write(tmp_path / file, as_typed(cells) if is_typed else cells)
        report = import_table(kind, store, shop, open_table(path), settings())
        told = [row for row in rows if row]
        same = bring(*twin, kind, told)
        assert report.as_json() == same.as_json()
        place = [line for line, row in enumerate(rows, start=3) if row]
        assert dict(report.rejects) == {place[line - 2]: reason for line, reason in same.rejects.items()}
    assert by_key(everything(store)) == by_key(everything(twin[0]))


def test_the_content_has_something_to_tell(store: Store) -> None:
    """Or the test above would compare less than it says: by hand, from the rows."""
    shop = open_shop(store)
    reports = {kind: bring(store, shop, kind, [row for row in rows if row]) for kind, rows in CONTENT.items()}
    assert dict(reports["customers"].rejected) == {"bad_vin": 1, "total_row": 1, "duplicate_vin": 2}
    assert dict(reports["visits"].rejected) == {
        "duplicate_order": 2, "future_date": 1, "bad_date": 1, "missing_order_no": 1,
    }  # fmt: skip
    assert dict(reports["renewals"].rejected) == {"bad_date": 1, "duplicate_policy": 1}
    by_number = {row["order_no"]: row for row in rows_of(store, "repair_order")}
    assert by_number["2025080100017"]["amount_minor"] == 123450
    assert {row["phone"] for row in rows_of(store, "customer")} >= {"+8613800000020", "+8613800000022"}


def test_a_workbook_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    """Nor does the same content as CSV."""
    shop = open_shop(store)
    cells = lines(HEADERS["customers"], PEOPLE)
    first = import_table(
        "customers", store, shop, open_table(write_xlsx(tmp_path / "a.xlsx", as_typed(cells))), settings()
    )
    before = everything(store)
    for path in (tmp_path / "a.xlsx", csv_writer("gbk", ",")(tmp_path / "b.csv", cells)):
        again = import_table("customers", store, shop, open_table(path), settings())
        assert (again.new, again.changed, again.merged) == (0, 0, 0)
        assert again.read == first.read
    freshness = before.pop("freshness")
    after = everything(store)
    assert len(after.pop("freshness")) == len(freshness)
    assert after == before


def test_a_workbook_of_another_kind_writes_nothing(store: Store, tmp_path: Path) -> None:
    """Visits given as customers: one sentence, and the shop as empty as it was."""
    shop = open_shop(store)
    path = write_xlsx(tmp_path / "x.xlsx", as_typed(lines(HEADERS["visits"], ORDERS)))
    before = everything(store)
    with pytest.raises(BadInput):
        import_table("customers", store, shop, open_table(path), settings())
    assert everything(store) == before
