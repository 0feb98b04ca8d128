"""Tables for people who open them in Excel by double click: text stays text, and nothing in it is ever run.

XLSX cells are typed, so text is written as text. A CSV has no types: it begins with a byte-order mark, without which
Excel reads Chinese as GBK, and text that begins like a formula gets an apostrophe in front, which :func:`restored`
takes away again. Digits a spreadsheet would shorten (a leading zero, more than 15 of them) are whole in a CSV, but only
a workbook keeps them whole through Excel.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, Literal

from rich.cells import cell_len

__all__ = [
    "CSV_ENCODING", "SHEET_ROWS", "FormColumn", "Notes", "form_csv", "form_workbook", "harmless", "new_workbook",
    "restored", "whole_file", "write_texts",
]  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column of a list that people fill in and send back. `kind`: what its cells hold.

    `is_filled`: staff write here, so it is shaded. `choices`: the words of its drop-down, and `advice` what to do where
    another is typed. `is_ours`: for programs, shown small and grey.
    """

    heading: str
    kind: Literal["text", "day", "number"] = "text"
    is_filled: bool = False
    choices: tuple[str, ...] = ()
    advice: str = ""
    is_ours: bool = False
    width: float | None = None


FormCell = str | date | int | None


@dataclass(frozen=True, slots=True)
class Notes:
    """A second sheet with sentences on how to fill the first one in."""

    sheet: str
    sentences: Sequence[str]


def form_csv(columns: Sequence[FormColumn], rows: Iterable[Sequence[FormCell]]) -> bytes:
    """The list as CSV: no drop-downs, days as ISO."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(column.heading) for column in columns])
    for row in rows:
        writer.writerow([harmless("" if cell is None else str(cell)) for cell in row])
    return text.getvalue().encode(CSV_ENCODING)


def form_workbook(
    columns: Sequence[FormColumn], rows: Iterable[Sequence[FormCell]], *, sheet: str, day: date, notes: Notes,
    frozen: int = 0,
) -> bytes:  # fmt: skip
    """The list as a workbook: text cells are text, days are days, what staff fill in is shaded and has its drop-downs.

    `frozen`: columns that stay in sight, beside the header. `day`: the day of the file, so that the same list gives the
    same bytes.
    """
    file = io.BytesIO()
    with _closed(new_workbook(file, in_stream=True)) as workbook:
        workbook.set_properties({"title": sheet, "created": datetime.combine(day, time())})
        page = workbook.add_worksheet(sheet)
        styles = [_form_style(workbook, column) for column in columns]
        page.set_row(0, HEADING_HEIGHT)
        for place, column in enumerate(columns):
            page.set_column(place, place, column.width or max(9, _width(column.heading)), styles[place])
            page.write_string(0, place, column.heading, _heading_style(workbook, column))
        line = 0
        for line, row in enumerate(rows, start=1):
            page.set_row(line, LINE_HEIGHT * _lines(columns, row))
            for place, cell in enumerate(row):
                _write_form_cell(page, line, place, cell, styles[place])
        page.freeze_panes(1, frozen)
        page.autofilter(0, 0, max(line, 1), len(columns) - 1)
        for place, column in enumerate(columns):
            _validate(page, place, max(line, 1), column)
        page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        _set_up_printing(page, columns, max(line, 1))
        _notes_page(workbook, notes)
    return file.getvalue()


_NUMBER_FORMATS = {"text": "@", "day": "yyyy-mm-dd", "number": "0"}
A4 = 9
LINE_HEIGHT = 15
HEADING_HEIGHT = 2 * LINE_HEIGHT
_MOST_LINES = 4
_WRAPS_FROM = 24
_SHADE, _HEADING_SHADE, _OURS = "#FFF7DB", "#F2C94C", "#8A8A8A"


def _form_style(workbook: Any, column: FormColumn) -> Any:
    style: dict[str, str | int] = {"num_format": _NUMBER_FORMATS[column.kind], "valign": "top"}
    if column.is_filled:
        style |= {"bg_color": _SHADE, "border": 1, "border_color": "#D9D2B0"}
    if column.kind == "day":
        style |= {"align": "left"}
    if _wraps(column):
        style |= {"text_wrap": True}
    if column.is_ours:
        style |= {"font_color": _OURS, "font_size": 8}
    return workbook.add_format(style)


def _wraps(column: FormColumn) -> bool:
    return column.kind == "text" and (column.width or 0) >= _WRAPS_FROM


def _lines(columns: Sequence[FormColumn], row: Sequence[FormCell]) -> int:
    """How many lines high the row is. Not every program works that out by itself when it opens the file."""
    most = 1
    for column, cell in zip(columns, row, strict=True):
        if _wraps(column) and isinstance(cell, str):
            most = max(most, -(-cell_len(cell) // int(column.width or 1)) + cell.count("\n"))
    return min(most, _MOST_LINES)


def _heading_style(workbook: Any, column: FormColumn) -> Any:
    style = {"num_format": "@", "bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
    return workbook.add_format(style | ({"bg_color": _HEADING_SHADE} if column.is_filled else {}))


def _write_form_cell(page: Any, line: int, place: int, cell: FormCell, style: Any) -> None:
    if cell is None or cell == "":
        page.write_blank(line, place, None, style)
    elif isinstance(cell, date):
        page.write_datetime(line, place, datetime.combine(cell, time()), style)
    elif isinstance(cell, int):
        page.write_number(line, place, cell, style)
    else:
        page.write_string(line, place, _UNWRITABLE.sub("", cell)[:LONGEST_CELL], style)


def _validate(page: Any, place: int, last: int, column: FormColumn) -> None:
    """Excel takes a list of words of up to 255 characters; what else is typed is refused with the advice."""
    if column.choices:
        rule: dict[str, Any] = {"validate": "list", "source": list(column.choices), "error_message": column.advice}
    elif column.is_filled and column.kind == "day":
        rule = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_message": column.advice}
    elif column.is_filled and column.kind == "number":
        rule = {"validate": "integer", "criteria": ">=", "value": 0, "error_message": column.advice}
    else:
        return
    page.data_validation(1, place, last, place, {**rule, "error_title": column.heading[:32]})


def _set_up_printing(page: Any, columns: Sequence[FormColumn], last: int) -> None:
    """On paper, as far as the last column to be filled in: what stands behind it would make the print too small."""
    filled = [place for place, column in enumerate(columns) if column.is_filled]
    page.print_area(0, 0, last, filled[-1] if filled else len(columns) - 1)
    page.set_landscape()
    page.set_paper(A4)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _notes_page(workbook: Any, notes: Notes) -> None:
    page = workbook.add_worksheet(notes.sheet)
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 100)
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    for line, sentence in enumerate(notes.sentences):
        page.write_string(line, 0, sentence, wrapped)
