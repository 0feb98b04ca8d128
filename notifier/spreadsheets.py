"""Tables for people who open them in Excel by double click: text stays text, and nothing in it is ever run.

XLSX cells are typed, so text is written as text. A CSV has no types: it begins with a byte-order mark, without which
Excel reads Chinese as GBK, and text that begins like a formula gets an apostrophe in front, which :func:`restored`
takes away again. Digits a spreadsheet would shorten (a leading zero, more than 15 of them) are whole in a CSV, but only
a workbook keeps them whole through Excel.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from rich.cells import cell_len

__all__ = ["CSV_ENCODING", "SHEET_ROWS", "harmless", "new_workbook", "restored", "whole_file", "write_texts"]

CSV_ENCODING = "utf-8-sig"
SHEET_ROWS = 1_048_575
"""Rows a worksheet holds below its header."""
LONGEST_CELL = 32_767

_RISKY = re.compile(r"'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
"""What a spreadsheet runs as a formula, full-width signs included, and what it cuts in two. Source: OWASP, "CSV
Injection". The apostrophes let :func:`restored` tell our own from one that was there before."""
_SAFE = re.compile(r"-+|-\d[\d,]*(?:\.\d+)?%?")
"""A negative number, and the dashes that stand for nothing."""
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""XML, of which a workbook is made, has no such characters."""


def harmless(text: str) -> str:
    """A cell of a CSV: an apostrophe before what a spreadsheet would run. ``-12.5`` is a number and stays one."""
    return f"'{text}" if _is_risky(text) else text


def restored(text: str) -> str:
    """What the cell was before :func:`harmless`, whatever it was."""
    return text[1:] if text.startswith("'") and _is_risky(text[1:]) else text


def _is_risky(text: str) -> bool:
    return _RISKY.match(text) is not None and _SAFE.fullmatch(text) is None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it becomes `path` when the block has ended well, else it is gone."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def new_workbook(file: Path | IO[bytes], *, in_stream: bool = False) -> Any:
    """An XlsxWriter workbook in which no text is taken for a formula, a link or a number.

    `in_stream`: rows are written from the top down, and memory does not grow with them.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    mode = {"constant_memory": True} if in_stream else {"in_memory": True}
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(file if not isinstance(file, Path) else str(file), {**mode, **plain})


def write_texts(path: Path, headers: Sequence[str], rows: Iterable[Sequence[str]], *, sheet: str) -> int:
    """A table of texts as `path`, whole or not at all: a workbook where it ends in .xlsx, else CSV.

    In a workbook every cell is a text cell, also the empty ones, so that what is typed there stays as typed; what is
    longer than a cell may be (32,767 characters) is cut. `sheet` names the worksheet. Returns how many rows there were.
    """
    with whole_file(path) as partial:
        if path.suffix.lower() == ".xlsx":
            return _write_workbook(partial, headers, rows, sheet)
        with partial.open("w", encoding=CSV_ENCODING, newline="") as stream:
            return _write_csv(stream, headers, rows)


def _write_csv(stream: IO[str], headers: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    writer = csv.writer(stream)
    writer.writerow(map(harmless, headers))
    written = 0
    for row in rows:
        writer.writerow(map(harmless, row))
        written += 1
    return written


def _write_workbook(file: Path, headers: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> int:
    written = 0
    with _closed(new_workbook(file, in_stream=True)) as workbook:
        sheet = workbook.add_worksheet(name)
        text = workbook.add_format({"num_format": "@", "valign": "top"})
        bold = workbook.add_format({"num_format": "@", "bold": True, "bottom": 1})
        widths = [_width(header) for header in headers]
        _write_row(sheet, 0, headers, bold)
        for written, row in enumerate(rows, start=1):
            _write_row(sheet, written, row, text)
            if written <= 200:
                widths = [max(known, _width(cell)) for known, cell in zip(widths, row, strict=True)]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, text)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, written, len(headers) - 1)
        # Or Excel marks each code and phone with a green corner: "number stored as text".
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return written


@contextmanager
def _closed(workbook: Any) -> Iterator[Any]:
    """Written when the block ends; what the disk refuses is raised as the OSError it is."""
    from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

    try:
        with closing(workbook):
            yield workbook
    except FileCreateError as error:
        raise error.args[0] from error


def _write_row(sheet: Any, row: int, cells: Sequence[str], style: Any) -> None:
    for place, cell in enumerate(cells):
        sheet.write_string(row, place, _UNWRITABLE.sub("", cell)[:LONGEST_CELL], style)


def _width(text: str) -> float:
    """In cells, where a Chinese character is two; neither too narrow to see nor endless."""
    return min(40, max(6, cell_len(text) + 2))
