"""Rejected rows go out, are mended as in Excel, and come in again: the shop then knows what a clean file tells it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import open_table
from notifier.dms.rejects import write_rejects
from notifier.dms.report import ImportReport
from notifier.jobs.reasons import import_words
from notifier.store.engine import Store
from tests.support.import_desk import (
    CUSTOMER_HEADERS,
    VISIT_HEADERS,
    bring,
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

BAD, LONG = "LSVAU2A30IO000001", "202403050000000123"
PEOPLE = [
    car("0001", phone(1), 1, 姓名="=HYPERLINK(1)"),
    car(LONG, f"+86{phone(2)}", 2, 姓名="-陈晓芳", 车型="@车型") | {"VIN": BAD},
    car("0003", f"0{phone(3)}", 3, 姓名="'=1+1", 车型="+5") | {"VIN": ""},
    car("C4", "", 4, 姓名="林\n先生", 车牌="--") | {"VIN": "1"},
]
MENDED = {line: vin(line - 1) for line in (3, 4, 5)}
ORDERS = [
    order("0007", 1, "2025-05-01", "9000", 金额="-12.5"),
    order(LONG, 1, "2025-06-01", "9500", 金额="-80", 优惠券="=A1") | {"VIN": BAD},
    order("+9", 1, "2025-07-01", "9900", "-", 金额="(80)") | {"VIN": BAD},
]


def _write(path: Path, headers: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headers)
        writer.writerows([row.get(header, "") for header in headers] for row in rows)
    return path


def _mend(path: Path, places: Mapping[int, str]) -> None:
    """What a clerk does: puts the right VIN into the row that came from a line; a workbook stays a workbook."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        names = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            row[names.index("VIN")].value = places[int(str(row[0].value))]
        book.save(path)
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    for cells in rows:
        cells[header.index("VIN")] = places[int(cells[0])]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


def _through_rejects(store: Store, source: Path, out: Path, places: Mapping[int, str]) -> ImportReport:
    """Import (the file's name is its kind), write the rejects, mend them, import those; what that import said."""
    table, kind, shop = open_table(source), source.stem, 1
    report = import_table(kind, store, shop, table, settings())
    assert write_rejects(table, report.rejects, out, import_words) == len(places)
    _mend(out, places)
    return import_table(kind, store, shop, open_table(out), settings())


def _clean(folder: Path, people: Sequence[Mapping[str, str]], orders: Sequence[Mapping[str, str]]) -> Store:
    """A shop that was given the mended rows from the beginning."""
    store, shop = new_shop(folder / "clean.sqlite3")
    bring(store, shop, "customers", people)
    if orders:
        bring(store, shop, "visits", orders)
    return store


def _known(store: Store) -> list[list[Mapping[str, object]]]:
    """Everything but surrogate keys and which import brought it."""
    forgotten = ("id", "import_id", "customer_id", "vehicle_id", "visit_id")
    return [
        sorted(({k: v for k, v in row.items() if k not in forgotten} for row in rows), key=repr)
        for rows in everything(store).values()
    ]


@pytest.mark.parametrize("name", ["r.csv", "r.xlsx"])
def test_mended_customers_are_what_a_clean_file_gives(store: Store, tmp_path: Path, name: str) -> None:
    """Names that start like a formula, leading zeros, 18 digits, line breaks: the same, by either format."""
    assert open_shop(store) == 1
    source = _write(tmp_path / "customers.csv", CUSTOMER_HEADERS, PEOPLE)
    again = _through_rejects(store, source, tmp_path / name, MENDED)
    assert (again.new, again.rejected.total(), again.mapped.unrecognised) == (3, 0, ())
    mended = [row | {"VIN": vin(n)} for n, row in enumerate(PEOPLE, start=1)]
    clean = _clean(tmp_path, mended, ())
    assert _known(store) == _known(clean)
    names = {row["name"] for row in rows_of(store, "customer")}
    assert names == {"=HYPERLINK(1)", "-陈晓芳", "=1+1", "林"}
    assert {row["number"] for row in rows_of(store, "customer_number")} == {"0001", LONG, "0003", "C4"}
    clean.close()


@pytest.mark.parametrize("name", ["r.csv", "r.xlsx"])
def test_mended_visits_are_what_a_clean_file_gives(store: Store, tmp_path: Path, name: str) -> None:
    """A refund stays a refund; an order number keeps every digit and sign."""
    shop = open_shop(store)
    bring(store, shop, "customers", PEOPLE[:1])
    source = _write(tmp_path / "visits.csv", VISIT_HEADERS, ORDERS)
    again = _through_rejects(store, source, tmp_path / name, {3: vin(1), 4: vin(1)})
    assert (again.new, again.rejected.total(), again.mapped.unrecognised) == (2, 0, ())
    clean = _clean(tmp_path, PEOPLE[:1], [row | {"VIN": vin(1)} for row in ORDERS])
    assert _known(store) == _known(clean)
    amounts = {row["order_no"]: row["amount_minor"] for row in rows_of(store, "repair_order")}
    assert amounts == {"0007": -1250, LONG: -8000, "+9": -8000}
    clean.close()


def test_rejects_not_yet_mended_are_rejected_for_the_same_reasons(store: Store, tmp_path: Path) -> None:
    """Importing the file of rejects itself changes nothing."""
    shop = open_shop(store)
    table = open_table(_write(tmp_path / "people.csv", CUSTOMER_HEADERS, PEOPLE))
    first = import_table("customers", store, shop, table, settings())
    before = _known(store)
    write_rejects(table, first.rejects, tmp_path / "r.xlsx")
    again = import_table("customers", store, shop, open_table(tmp_path / "r.xlsx"), settings())
    assert again.rejected == first.rejected
    assert _known(store) == before


def test_the_first_rows_are_told_as_they_were_understood(store: Store) -> None:
    """Field by field, cleaned, with what was doubted; a row rejected at once, and one found later to be there twice."""
    shop = open_shop(store)
    rows = [
        car("C1", phone(1), 1, "2024年3月5日", 姓名="陈女士", 生日="农历八月初八", 车辆状态="试驾", 车牌="闽C·12345"),
        car("C2", "12", 2, "1900-01-01"), car("C3", phone(3), 3) | {"VIN": BAD}, car("C4", phone(4), 1, "2023-01-01"),
    ]  # fmt: skip
    report = bring(store, shop, "customers", rows)
    told = report.as_rehearsed()["rows"]
    assert told[0] == {
        "line": 2, "rejected": None, "doubts": [],
        "understood": {
            "number": "C1", "phone": f"+86{phone(1)}", "vin": vin(1), "name": "陈", "sex": "f", "birth_mmdd": "0808",
            "birth_calendar": "lunar", "is_company": False, "plate": "闽C12345", "state": "test_drive",
            "delivered_on": "2024-03-05",
        },
    }  # fmt: skip
    assert (told[1]["doubts"], told[1]["rejected"]) == (["placeholder_date", "phone_too_short"], None)
    assert (told[2]["understood"], told[2]["rejected"]) == ({}, "bad_vin")
    assert (told[3]["understood"]["number"], told[3]["rejected"]) == ("C4", "duplicate_vin")
    assert report.as_rehearsed()["mapping"]["phone"] == "手机"


def test_policies_are_told_as_they_were_understood(store: Store) -> None:
    """Days as days, money in minor units."""
    shop = open_shop(store)
    row = {"保单号": "P1", "VIN": vin(1), "保险公司": "人保", "终保日期": "2026/5/1", "保费": "￥3,200.00"}
    (told,) = bring(store, shop, "renewals", [row]).as_rehearsed()["rows"]
    assert told["understood"] == {
        "policy_no": "P1", "vin": vin(1), "insurer": "人保", "ends_on": "2026-05-01", "premium": 320_000,
        "commission": 0,
    }  # fmt: skip


def test_whoever_watches_hears_of_reading_and_then_of_storing(store: Store) -> None:
    """Rows read to the last, then rows stored to the last."""
    shop = open_shop(store)
    for kind, rows in (
        ("customers", [car(f"C{n}", phone(n), n) for n in range(1, 1203)]),
        ("visits", [order(f"R{n}", n, "2025-05-01") for n in range(1, 1203)]),
        ("renewals", [{"保单号": f"P{n}", "VIN": vin(n), "终保日期": "2026-05-01"} for n in range(1, 1203)]),
    ):
        heard: list[tuple[str, int]] = []
        bring(
            store, shop, kind, rows,
            reading=lambda done, heard=heard: heard.append(("read", done)),
            progress=lambda done, heard=heard: heard.append(("stored", done)),
        )  # fmt: skip
        assert heard == sorted(heard)
        assert dict(heard) == {"read": 1202, "stored": 1202}
