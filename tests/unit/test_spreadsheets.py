"""What Excel opens: text stays text, nothing is run, nothing is half-written, and what was guarded comes back."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from notifier.spreadsheets import harmless, new_workbook, restored, whole_file, write_texts

DANGEROUS = [
    "=1+1", "+8613800000001", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", "\nx", " =1+1", "＝1+1", "＋1",
    "－1+1", "＠x", "--1", "-1-1", "-陈",
]  # fmt: skip
PLAIN = ["", "陈晓芳", "0012", "202403050000000123", "-12.5", "-1,234.50", "-80%", "-", "--", "1=1", "闽C12345", "1e5"]
ROWS = [["=1+1", "0012", "202403050000000123"], ["陈晓芳", "", "-12.5"], ["'=1", "a\nb", "http://x.example"]]
HEADERS = ["姓名", "=cmd", "工单号"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    """Signs that start a formula, full-width ones too, and what would cut the cell in two; reading takes it away."""
    assert harmless(text) == f"'{text}"
    assert restored(harmless(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    """A negative amount is a number, and a dash stands for nothing."""
    assert harmless(text) == text == restored(text)


@given(st.text(alphabet="'=+-@ \t\n\r＝1.,%x陈", max_size=8) | st.text(max_size=20))
def test_reading_gives_back_what_was_written(text: str) -> None:
    """Whatever the cell was, apostrophes of its own included; and what is written is never run."""
    assert restored(harmless(text)) == text
    assert harmless(text)[:1] not in {*"=+@\t\r\n"}


def read_csv(path: Path) -> list[list[str]]:
    """The cells of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def sheet_of(path: Path) -> Worksheet:
    """The workbook's one sheet, as Excel would read it."""
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert isinstance(sheet, Worksheet)
    return sheet


def test_a_csv_opens_by_double_click(tmp_path: Path) -> None:
    """Byte-order mark, formulas harmless in headers as well, every digit there."""
    path = tmp_path / "t.csv"
    assert write_texts(path, HEADERS, ROWS, sheet="退回") == 3
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_csv(path) == [
        ["姓名", "'=cmd", "工单号"], ["'=1+1", "0012", "202403050000000123"], ["陈晓芳", "", "-12.5"],
        ["''=1", "a\nb", "http://x.example"],
    ]  # fmt: skip


def test_every_cell_of_a_workbook_is_a_text_cell(tmp_path: Path) -> None:
    """No formula, link or number; an empty cell is formatted as text too, so that a phone typed there stays whole."""
    path = tmp_path / "t.xlsx"
    assert write_texts(path, HEADERS, ROWS, sheet="退回") == 3
    sheet = sheet_of(path)
    assert sheet.title == "退回"
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows()] == [HEADERS, *ROWS]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {(cell.data_type, cell.number_format, cell.hyperlink) for cell in cells} == {("s", "@", None)}
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:C4"


def test_a_cell_no_workbook_can_hold_is_cut_and_never_breaks_it(tmp_path: Path) -> None:
    """Control characters have no place in XML; 32,767 characters is the most a cell takes."""
    path = tmp_path / "t.xlsx"
    write_texts(path, ["x"], [["a\x00b\x07"], ["长" * 40_000]], sheet="s")
    assert [cell.value for cell in sheet_of(path)["A"]] == ["x", "ab", "长" * 32_767]


def test_a_table_without_rows_still_has_its_header(tmp_path: Path) -> None:
    """Nothing was rejected: the file says so by being empty."""
    for name in ("t.csv", "t.xlsx"):
        assert write_texts(tmp_path / name, ["VIN"], [], sheet="s") == 0
    assert read_csv(tmp_path / "t.csv") == [["VIN"]]
    assert sheet_of(tmp_path / "t.xlsx")["A1"].value == "VIN"


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, name: str) -> None:
    """Rows that break off leave the file of before, and nothing beside it."""

    def broken() -> list[list[str]]:
        raise ValueError("the source is gone")

    path = tmp_path / name
    path.write_bytes(b"of before")
    with pytest.raises(ValueError, match="gone"):
        write_texts(path, ["x"], (row for row in broken()), sheet="s")
    assert path.read_bytes() == b"of before"
    assert list(tmp_path.iterdir()) == [path]


_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from notifier.spreadsheets import write_texts

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    write_texts(Path(sys.argv[1]), ["x"], ([str(n * 7919)] for n in range(20_000)), sheet="s")
except OSError as error:
    print("refused", error.errno)
"""


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_full_disk_is_an_os_error_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    """Whichever library wrote."""
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(tmp_path / name)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.startswith("refused")
    assert list(tmp_path.iterdir()) == []


def test_the_partial_name_is_not_the_final_one(tmp_path: Path) -> None:
    """Whoever watches the folder never sees half a file under its name."""
    with whole_file(tmp_path / "a.csv") as partial:
        assert (partial.parent, partial.suffix) == (tmp_path, ".part")
        assert str(os.getpid()) in partial.name
        partial.write_text("x", encoding="utf-8")
        assert not (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "x"


def test_a_workbook_takes_no_text_for_anything_else(tmp_path: Path) -> None:
    """Also where a renderer writes without saying that it is text."""
    workbook = new_workbook(tmp_path / "w.xlsx")
    sheet = workbook.add_worksheet("s")
    for row, text in enumerate(["=1+1", "https://x.example", "0012"]):
        sheet.write(row, 0, text)
    workbook.close()
    assert [(cell.value, cell.data_type) for cell in sheet_of(tmp_path / "w.xlsx")["A"]] == [
        ("=1+1", "s"), ("https://x.example", "s"), ("0012", "s")
    ]  # fmt: skip
