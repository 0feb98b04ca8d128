"""Workbooks as tables: XLSX, XLS and ODS."""

from __future__ import annotations

import gc
import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from notifier.dms.readers import open_sheet, open_table
from notifier.errors import BadInput
from tests.support.workbooks import write_xls, write_xlsx

_at = datetime.fromisoformat
HEADERS = ["客户编号", "手机", "车架号", "交车日期", "姓名"]
ROWS: list[list[Any]] = [
    HEADERS,
    [100200300.0, 13800138000.0, "LSVAU2A30N0000001", _at("2024-03-05"), "陈女士"],
    [],
    ["C2", "138 0013 8001", 12345678901234567, "2024/3/5", " 李\n二楼 "],
    ["", "", "", _at("2024-03-05 09:31:00"), 5000.5],
    [True],
]
AS_TEXT = [
    (2, ["100200300", "13800138000", "LSVAU2A30N0000001", "2024-03-05", "陈女士"]),
    (4, ["C2", "138 0013 8001", "12345678901234600", "2024/3/5", " 李\n二楼 "]),
    (5, ["", "", "", "2024-03-05 09:31:00", "5000.5"]),
    (6, ["TRUE", "", "", "", ""]),
]


@pytest.mark.parametrize("write, name", [(write_xlsx, "x.xlsx"), (write_xls, "x.xls"), (write_xlsx, "misnamed.csv")])
def test_a_sheet_is_read_as_it_was_typed(tmp_path: Path, write: Any, name: str) -> None:
    """Numbers for phones without a point, true dates, text dates as they are, blank rows passed over."""
    table = open_table(write(tmp_path / name, ROWS))
    assert table.headers == HEADERS
    assert list(table) == AS_TEXT
    assert list(table) == AS_TEXT
    assert (table.name, table.most_rows) == (name, 5)


@pytest.mark.parametrize("write, name", [(write_xlsx, "x.xlsx"), (write_xls, "x.xls")])
def test_the_first_sheet_with_column_names_is_taken(tmp_path: Path, write: Any, name: str) -> None:
    """Not the empty one, nor the cover that says "date"; its title rows and empty first column are passed over."""
    moved = [[], ["", "泉州店客户档案"], ["", "日期", _at("2024-03-05")], *(["", *row] for row in ROWS)]
    table = open_sheet(write(tmp_path / name, [], [["日期", _at("2024-03-05")]], moved, ROWS[:1]))
    assert [header for header in table.headers if header] == HEADERS
    assert [(line - 3, list(cells)[-5:]) for line, cells in table] == AS_TEXT
    assert table.sheet in ("Sheet3", "表2")


def test_one_name_will_do_where_no_sheet_has_more(tmp_path: Path) -> None:
    """A list of VINs, or a header row known by the mapping."""
    assert list(open_sheet(write_xlsx(tmp_path / "1.xlsx", [["x"]], [["VIN"], ["V1"]]))) == [(2, ["V1"])]
    cells = [["甲", "乙"], ["V1", 2]]
    assert list(open_sheet(write_xlsx(tmp_path / "2.xlsx", cells), {"vin": "甲"})) == [(2, ["V1", "2"])]


def test_a_hidden_sheet_comes_last(tmp_path: Path) -> None:
    """What people see is what they mean."""
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for n in (1, 2):
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["VIN", "手机"])
            sheet.write_row(1, 0, [f"V{n}", n])
            if n == 1:
                sheet.hide()
            else:
                sheet.activate()
                sheet.set_first_sheet()
    assert list(open_sheet(path)) == [(2, ["V2", "2"])]


def test_what_a_formula_or_an_error_leaves(tmp_path: Path) -> None:
    """A formula's last result; nothing for #N/A and #DIV/0!."""
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["VIN", "手机", "姓名"])
        sheet.write_formula(1, 0, '="V"&"1"', None, "V1")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 1, "=13800138000+1", None, 13800138001)
    assert list(open_sheet(path)) == [(2, ["V1", "", ""]), (3, ["", "13800138001", ""])]


def test_a_cell_merged_over_rows_belongs_to_each_of_them(tmp_path: Path) -> None:
    """One owner, written once beside two cars; the title merged over the columns is no such thing."""
    rows = [["客户档案"], ["手机", "VIN"], [13800138000, "V1"], ["", "V2"], ["", "V3"], [13800138009, "V4"]]
    path = write_xlsx(tmp_path / "x.xlsx", rows, merge=(2, 0, 3, 0))
    assert [cells for _line, cells in open_sheet(path)] == [
        ["13800138000", "V1"], ["13800138000", "V2"], ["", "V3"], ["13800138009", "V4"],
    ]  # fmt: skip
    titled = write_xlsx(tmp_path / "y.xlsx", rows, merge=(0, 0, 0, 1))
    assert open_sheet(titled).headers == ["手机", "VIN"]


def test_columns_without_a_name_at_the_end_are_left_out(tmp_path: Path) -> None:
    """A remark far to the right is not part of the table; a column without a name in the middle stays in its place."""
    path = write_xlsx(tmp_path / "x.xlsx", [["VIN", "", "手机", "", ""], ["V1", "x", 1, "y", "", "", "z"]])
    table = open_sheet(path)
    assert table.headers == ["VIN", "", "手机"]
    assert list(table) == [(2, ["V1", "x", "1"])]


def test_a_clock_and_a_column_twice(tmp_path: Path) -> None:
    """As text like everything else; the second column of a name gets its position."""
    table = open_sheet(write_xlsx(tmp_path / "x.xlsx", [["VIN", "备注", "备注"], ["V1", time(9, 31), "b"]]))
    assert table.headers == ["VIN", "备注", "备注#3"]
    assert list(table) == [(2, ["V1", "09:31:00", "b"])]


def test_open_document_is_read_with_its_endless_empty_rows(tmp_path: Path) -> None:
    """LibreOffice writes a million empty rows as one."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = "<table:table-row>{}</table:table-row>"
    rows = row.format(cell.format("VIN") + cell.format("手机")) + row.format(
        cell.format("V1")
        + '<table:table-cell office:value-type="float" office:value="13800138000"><text:p>1.38E10</text:p>'
        "</table:table-cell>"
    )
    endless = (
        '<table:table-row table:number-rows-repeated="1048573">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    path = _open_document(tmp_path, rows + endless)
    assert list(open_sheet(path)) == [(2, ["V1", "13800138000"])]


def _open_document(folder: Path, rows: str) -> Path:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    path = folder / "x.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr("content.xml", content)
    return path


def test_an_open_document_bomb_is_refused(tmp_path: Path) -> None:
    """One cell, said to stand in every place of a sheet."""
    rows = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16384"><text:p>VIN</text:p></table:table-cell></table:table-row>'
    )
    with pytest.raises(BadInput, match=r"too much memory|damaged"):
        open_sheet(_open_document(tmp_path, rows))


def test_a_cell_far_away_is_refused(tmp_path: Path) -> None:
    """A slip of a finger in the last row and column makes a grid of 400 GB."""
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["VIN", "手机"])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(BadInput, match="too much memory: a cell stands far away"):
        open_sheet(path)


def test_a_sheet_over_the_limit_is_refused(tmp_path: Path) -> None:
    """With its size, and the way out."""
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["VIN", "手机"])
        sheet.write(1_000_000, 4, "x")
    with pytest.raises(BadInput, match=r"1000001 rows and 5 columns.*CSV UTF-8"):
        open_sheet(path)


def test_the_fingerprint_is_of_the_file(tmp_path: Path) -> None:
    """The same file under another name is the same import."""
    one = write_xlsx(tmp_path / "1.xlsx", ROWS)
    two = tmp_path / "2.xls"
    two.write_bytes(one.read_bytes())
    assert open_sheet(one).fingerprint == open_sheet(two).fingerprint
    write_xlsx(two, ROWS[:-1])
    assert open_sheet(one).fingerprint != open_sheet(two).fingerprint


def test_two_may_read_a_table_at_once_and_it_leaves_nothing(tmp_path: Path) -> None:
    """Each from the top; with the table goes the file its rows lie in."""
    table = open_sheet(write_xlsx(tmp_path / "x.xlsx", [["VIN", "手机"], *([f"V{n}", n] for n in range(20_000))]))
    for (one, cells), (other, same) in zip(table, table, strict=True):
        assert (one, cells) == (other, same)
    assert one == 20_001
    spool = table.spool
    del table
    gc.collect()
    assert spool.closed
