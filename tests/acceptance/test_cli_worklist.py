"""The worklist from the command line: out as a workbook, filled in, and back."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.support.cli_shop import CliShop

NOW, EVENING = "2026-03-02T10:05+08:00", "2026-03-03T18:00+08:00"
CUSTOMERS = [
    {"客户编号": f"C{n}", "姓名": name, "手机": f"1380013800{n}", "VIN": vin, "交车日期": "2024-03-05",
     "车牌": f"闽C1234{n}", "车型": "DX7", "保险到期": "2026-04-29"}
    for n, (name, vin) in enumerate((("陈晓芳", "LSVAU2A39N0000001"), ("林志强", "LSVAU2A30N0000002")), start=1)
]  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> CliShop:
    """Two customers texted about their insurance."""
    place = CliShop(tmp_path)
    place.run("import", "customers", place.file("客户.csv", CUSTOMERS), "--at", NOW)
    place.run("plan", "--campaign", "insurance_expiry", "--at", NOW)
    place.run("send", "--until-empty", "--at", NOW)
    return place


def test_the_list_goes_out_and_comes_back(shop: CliShop) -> None:
    """The table names whom to call, the workbook is filled in and imported, and again without a change."""
    page = shop.run("report", "worklist", "--at", EVENING).stdout
    assert "陈晓芳" in page
    assert "13800138001" in page
    out = shop.folder / "list.xlsx"
    shop.run("report", "worklist", "--at", EVENING, "--format", "xlsx", "--out", str(out))
    book = openpyxl.load_workbook(out)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    for heading, text in (("Clerk", "李娜"), ("Day of the call", "2026-03-03"), ("Result", "booked")):
        sheet.cell(2, headings.index(heading) + 1).value = text
    book.save(out)
    first = shop.json("import", "contacts", str(out), "--at", EVENING)
    assert (first["read"], first["new"], first["unchanged"]) == (2, 1, 1)
    assert shop.json("import", "contacts", str(out), "--at", EVENING)["unchanged"] == 2
    rows = shop.run("report", "worklist", "--at", EVENING, "--format", "json").stdout
    assert rows.count('"row"') == 1


def test_an_import_of_calls_speaks_as_the_others_do(shop: CliShop) -> None:
    """A dry run shows how rows are understood, rejects come with their reason, and the freshness is told."""
    file = shop.file("calls.csv", [
        {"手机": "13800138001", "日期": "2026-03-03", "结果": "无人接听"},
        {"手机": "13999999999", "日期": "2026-03-03", "结果": "接通"},
    ])  # fmt: skip
    rehearsed = shop.run("import", "contacts", file, "--at", EVENING, "--dry-run").stdout
    assert "no answer" in rehearsed
    done = shop.run("import", "contacts", file, "--at", EVENING, "--rejects", str(shop.folder / "again.csv")).stdout
    assert "customer not known" in done
    assert "Contacts are known up to 2026-03-03 18:00." in done
    assert "unknown_customer" in (shop.folder / "again.csv").read_text("utf-8-sig")


def test_a_worklist_is_not_taken_for_customers(shop: CliShop) -> None:
    """It has their phones and VINs, but it is a list of calls."""
    out = shop.folder / "list.csv"
    shop.run("report", "worklist", "--at", EVENING, "--format", "csv", "--out", str(out))
    refused = shop.run("import", "customers", str(out), code=1)
    assert "notifier import contacts FILE" in refused.stderr
