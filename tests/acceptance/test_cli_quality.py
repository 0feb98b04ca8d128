"""`notifier report quality`: the page, the work list, the same for programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin

AT = "2026-03-10T10:00+08:00"


@pytest.fixture
def shop(tmp_path: Path) -> CliShop:
    """Three customers, one without a phone, and an order of a car nobody knows."""
    shop = CliShop(tmp_path)
    rows = [
        {"客户编号": "K1", "姓名": "陈芳", "手机": phone(1), "VIN": vin(1), "交车日期": "2024-03-05"},
        {"客户编号": "K2", "姓名": "王伟", "手机": "", "VIN": vin(2), "交车日期": "2024-03-05"},
        {"客户编号": "K3", "姓名": "林红", "手机": "0595-22881234", "VIN": vin(3), "交车日期": "2024-03-05"},
    ]
    shop.run("import", "customers", shop.file("c.csv", rows), "--at", AT)
    order = {"工单号": "R1", "VIN": vin(9), "进厂日期": "2026-02-01"}
    shop.run("import", "visits", shop.file("v.csv", [order]), "--at", AT)
    return shop


def test_the_page_leads_with_who_can_be_reached(shop: CliShop) -> None:
    """In both languages, with the imports' freshness and the way to the work list."""
    said = shop.run("report", "quality", "--at", AT).stdout
    assert "Of 3 customers, 1 can be reached by SMS today (33.3%)." in said
    assert "K3 林** LSVAU2A" in said
    assert "visits: known to 2026-03-10 10:00, 0 minutes ago; 2 days are allowed." in said
    shop.language = "zh_CN.UTF-8"
    assert "33.3%" in shop.run("report", "quality", "--at", AT).stdout


def test_programs_and_spreadsheets_get_the_same(shop: CliShop) -> None:
    """JSON the figures, CSV and XLSX the work list; --out writes a file."""
    page = json.loads(shop.run("report", "quality", "--format", "json", "--at", AT).stdout)
    counts = {finding["finding"]: finding["count"] for finding in page["findings"] if finding["count"]}
    assert (page["customers"], page["reached"]) == (3, 1)
    assert (counts["no_phone"], counts["phone_not_mobile"], counts["orders_parked"]) == (1, 1, 1)
    text = shop.run("report", "quality", "--format", "csv", "--at", AT).stdout
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert ["No phone on record", "K2"] in [row[:2] for row in rows]
    out = shop.folder / "quality.xlsx"
    shop.run("report", "quality", "--format", "xlsx", "--out", str(out), "--at", AT)
    assert len(openpyxl.load_workbook(out).worksheets) == 3
    shop.run("report", "quality", "--out", str(shop.folder / "page.txt"), "--at", AT)
    assert "1 can be reached" in (shop.folder / "page.txt").read_text(encoding="utf-8")
