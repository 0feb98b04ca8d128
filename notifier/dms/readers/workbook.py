"""A workbook's table, written as CSV to standard output: what runs in the process that :mod:`sheets` starts.

The first line is a JSON object: the table's headers, or why there is none. Then one CSV row a row of the sheet: the
number Excel shows beside it, and its cells.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from notifier.dms.readers.archives import raise_if_no_workbook
from notifier.dms.readers.cells import LONGEST_CELL, text_of
from notifier.dms.readers.first_bytes import ZIP, first_bytes
from notifier.dms.readers.table import HEADER_WITHIN, Header, best_header, is_blank, no_header
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["MEMORY", "MOST_CELLS", "main", "write_table"]

MEMORY = 1 << 30
"""Bytes of address space. One cell far below or far right of a table makes a grid of gigabytes."""
MOST_CELLS = 4_000_000
"""Rows times columns of a sheet. The library holds a sheet whole: 100,000 rows of 12 columns take 110 MB, this 370."""
_SURE = 2
"""Column names that make a header row; a cover sheet may well say "date" once."""


def main() -> None:
    """Arguments: the workbook's path; the mapping (field → header) as JSON."""
    _limit_memory()
    path, mapping = Path(sys.argv[1]), json.loads(sys.argv[2])
    with open(1, "w", encoding="utf-8", newline="", closefd=False) as out:
        try:
            write_table(path, mapping, out)
        except BadInput as error:
            out.write(json.dumps({"refused": error.sentence, "fields": error.fields}) + "\n")
        except MemoryError:
            os.abort()  # as the library does


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit; a lower one may stand already
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def write_table(path: Path, mapping: Mapping[str, str], out: IO[str]) -> None:
    """Find the sheet with a header row and write what stands below it. Raises BadInput before anything is written."""
    raise_if_no_workbook(path, is_zip=first_bytes(path).startswith(ZIP))
    sheet, header = _sheet_with_header(path, mapping)
    headers = list(header.cells)
    while headers and not headers[-1]:
        headers.pop()
    height = sheet.end[0] + 1 if sheet.end else 0
    out.write(json.dumps({"headers": headers, "sheet": sheet.name, "rows": height - header.place}) + "\n")
    width = len(headers)
    write = csv.writer(out).writerow
    for row, cells in _rows_below(sheet, header.place):
        write([row, *cells[:width]])


def _sheet_with_header(path: Path, mapping: Mapping[str, str]) -> tuple[CalamineSheet, Header]:
    """The first sheet with a header row, visible ones first; a single column name counts where no sheet has more."""
    best: tuple[str, Header] | None = None
    with path.open("rb") as stream, _opened(path, stream) as book:
        for name in _names(book):
            sheet = _sheet(path, book, name)
            header = best_header((_texts(cells) for cells in islice(sheet.iter_rows(), HEADER_WITHIN)), mapping)
            if header.known >= _SURE:
                return sheet, header
            if header.known and best is None:
                best = name, header
        if best is None:
            raise no_header(path)
        return _sheet(path, book, best[0]), best[1]


def _names(book: CalamineWorkbook) -> list[str]:
    tables = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    return [sheet.name for sheet in sorted(tables, key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible)]


def _opened(path: Path, stream: IO[bytes]) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(stream)
    except CalamineError as error:
        raise _damaged(path, error) from error


def _sheet(path: Path, book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        sheet = book.get_sheet_by_name(name)
    except CalamineError as error:
        raise _damaged(path, error) from error
    if sheet.height * sheet.width > MOST_CELLS:
        raise BadInput(
            N_(
                "Sheet {sheet} of {path} has {rows} rows and {columns} columns, too many for a workbook; in Excel "
                "choose Save as, CSV UTF-8, and import that."
            ),
            sheet=name,
            path=str(path),
            rows=sheet.height,
            columns=sheet.width,
        )
    return sheet


def _damaged(path: Path, error: Exception) -> BadInput:
    return BadInput(
        N_("The file {path} is damaged or was cut off ({detail}); export it or copy it again."),
        path=str(path),
        detail=str(error),
    )


def _rows_below(sheet: CalamineSheet, place: int) -> Iterator[tuple[int, list[str]]]:
    """Rows that say something, from the one below `place`. A cell merged over several rows belongs to each of them."""
    merged = _merged_down(sheet, place)
    open_cells: dict[int, tuple[int, str]] = {}
    for row, raw in enumerate(islice(sheet.iter_rows(), place, None), start=place + 1):
        cells = _texts(raw)
        if merged or open_cells:
            open_cells |= {column: (last, cells[column]) for column, last in merged.pop(row, ())}
            open_cells = {column: kept for column, kept in open_cells.items() if row <= kept[0]}
        if is_blank(cells):
            continue
        for column, (_last, text) in open_cells.items():
            cells[column] = text
        yield row, cells


def _merged_down(sheet: CalamineSheet, place: int) -> dict[int, list[tuple[int, int]]]:
    """Row → (column among the cells read, last row) of the merged cells below the header that cover several rows."""
    left = sheet.start[1] if sheet.start else 0
    merged: dict[int, list[tuple[int, int]]] = {}
    for (top, column), (bottom, _right) in sheet.merged_cell_ranges or ():
        if bottom > top >= place and 0 <= column - left < sheet.width:
            merged.setdefault(top + 1, []).append((column - left, bottom + 1))
    return merged


def _texts(cells: list[Any]) -> list[str]:
    return [cell if type(cell) is str and len(cell) <= LONGEST_CELL else text_of(cell) for cell in cells]
