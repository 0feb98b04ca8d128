"""Workbooks for tests, as a DMS or a person in Excel makes them: true dates, phones as numbers, a merged title."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
import xlwt  # type: ignore[import-untyped]

Cells = Sequence[Any]

_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")


def typed(text: str) -> Any:
    """What Excel makes of a text that is typed in: a date, a number, or the text."""
    if _DATE.fullmatch(text):
        try:
            return datetime.datetime.fromisoformat(text)
        except ValueError:  # 30 February stays a text
            return text
    return float(text) if _NUMBER.fullmatch(text) else text


def lines(headers: Sequence[str], rows: Sequence[Mapping[str, str]], title: str = "泉州店客户档案") -> list[list[str]]:
    """A title, the header row and the rows: every cell as text."""
    return [[title], list(headers), *([row.get(header, "") for header in headers] for row in rows)]


def as_typed(cells: Sequence[Sequence[str]]) -> list[list[Any]]:
    """Every cell as Excel takes it when it is typed in."""
    return [[typed(cell) for cell in row] for row in cells]


def write_xlsx(path: Path, *sheets: Cells, merge: tuple[int, int, int, int] | None = None) -> Path:
    """An XLSX with these sheets; None and "" leave a cell out. `merge`: a range of the last sheet made one cell."""
    book = xlsxwriter.Workbook(str(path))
    day, moment, clock = (book.add_format({"num_format": form}) for form in ("yyyy/m/d", "yyyy/m/d hh:mm", "hh:mm"))
    for cells in sheets:
        sheet = book.add_worksheet()
        for y, row in enumerate(cells):
            for x, cell in enumerate(row):
                if isinstance(cell, datetime.datetime):
                    sheet.write_datetime(y, x, cell, moment if cell.time() != datetime.time.min else day)
                elif isinstance(cell, datetime.time):
                    sheet.write_datetime(y, x, cell, clock)
                elif isinstance(cell, str) and cell:
                    sheet.write_string(y, x, cell)  # write() would make a formula of =1+1
                elif cell not in (None, ""):
                    sheet.write(y, x, cell)
    if merge is not None:
        sheet.merge_range(*merge, sheets[-1][merge[0]][merge[1]])
    book.close()
    return path


def write_xls(path: Path, *sheets: Cells) -> Path:
    """An XLS of Excel 97 with these sheets."""
    book = xlwt.Workbook(encoding="utf-8")
    day, moment = (xlwt.easyxf(num_format_str=form) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
    for n, cells in enumerate(sheets):
        sheet = book.add_sheet(f"表{n}")
        for y, row in enumerate(cells):
            for x, cell in enumerate(row):
                if isinstance(cell, datetime.datetime):
                    sheet.write(y, x, cell, moment if cell.time() != datetime.time.min else day)
                elif cell not in (None, ""):
                    sheet.write(y, x, cell)
    book.save(str(path))
    return path


def csv_writer(encoding: str, comma: str) -> Callable[[Path, Sequence[Sequence[str]]], Path]:
    """A writer of CSV in an encoding, with a separator."""

    def write(path: Path, cells: Sequence[Sequence[str]]) -> Path:
        path.write_text("\r\n".join(comma.join(row) for row in cells) + "\r\n", encoding=encoding, newline="")
        return path

    return write
