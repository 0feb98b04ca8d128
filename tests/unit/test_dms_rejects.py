"""Rejected rows: kept on disk, written with their reason, read back without it."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from notifier.dms.headers import Mapped
from notifier.dms.readers import Row, TableOfRows
from notifier.dms.rejects import Rejects, mended, rejects_file, write_rejects
from notifier.dms.report import SHOWN_ROWS, ImportReport, Understood
from notifier.errors import BadInput
from notifier.jobs.reasons import import_words
from notifier.locale import language

TABLE = TableOfRows("v.csv", ("工单号", "姓名"), [["R1", "=1+1"], ["R2", "陈晓芳"], ["0003", "'=1"], ["R4", "-80"]])


def rejects_of(**reasons: str) -> Rejects:
    """Lines (``L3``) with their reasons."""
    rejects = Rejects()
    for line, reason in reasons.items():
        rejects.add(int(line[1:]), reason)
    return rejects


def report() -> ImportReport:
    """Of a file nobody has read yet."""
    return ImportReport("visits", Mapped({}, {}, (), ()))


def test_rejects_are_in_the_order_of_their_lines() -> None:
    """However they were found: while reading, or when the file was seen as a whole."""
    rejects = rejects_of(L9="bad_vin", L2="bad_date", L5="bad_vin")
    assert list(rejects.in_order()) == [(2, "bad_date"), (5, "bad_vin"), (9, "bad_vin")]
    assert dict(rejects) == {2: "bad_date", 5: "bad_vin", 9: "bad_vin"}
    assert (len(rejects), rejects[5], 7 in rejects, rejects.get(7)) == (3, "bad_vin", False, None)


def test_the_later_reason_of_a_line_counts() -> None:
    """Kept already or not."""
    rejects = rejects_of(L2="bad_date")
    assert len(rejects) == 1
    rejects.add(2, "duplicate_order")
    assert dict(rejects) == {2: "duplicate_order"}


def test_a_million_bad_rows_do_not_fill_the_memory() -> None:
    """A column of dates in the wrong place rejects everything; Python's own memory stays small."""
    tracemalloc.start()
    rejects = Rejects()
    for line in range(200_000):
        rejects.add(line, "bad_date")
    assert sum(1 for _ in rejects.in_order()) == 200_000
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("out, rows, file", [
    ("bad.xlsx", 3, "bad.xlsx"), ("bad", 3, "bad.xlsx"), ("bad.csv", 3, "bad.csv"), ("BAD.CSV", 3, "BAD.CSV"),
    ("bad.xlsx", 1_048_575, "bad.xlsx"), ("bad.xlsx", 1_048_576, "bad.csv"), ("bad", 1_048_576, "bad.csv"),
])  # fmt: skip
def test_rejects_are_a_workbook_unless_csv_is_asked_for_or_needed(out: str, rows: int, file: str) -> None:
    """A worksheet holds 1,048,576 rows with its header."""
    assert rejects_file(Path(out), rows) == Path(file)


@pytest.mark.parametrize("out", ["bad.xls", "bad.txt", "bad.2026"])
def test_another_ending_is_refused(out: str) -> None:
    """Before anything is imported, with what to write instead."""
    with pytest.raises(BadInput, match=r"\.xlsx or in \.csv"):
        rejects_file(Path(out))


def written(path: Path) -> list[list[str]]:
    """The cells of a workbook or a CSV."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream))
    return [[str(cell.value or "") for cell in row] for row in openpyxl.load_workbook(path).worksheets[0].iter_rows()]


def test_line_and_reason_stand_before_the_row_as_it_was(tmp_path: Path) -> None:
    """The fixed word for programs, the words of the shop's language for people."""
    with language("zh-CN"):
        words = import_words("bad_date")
        for name, formula in (("r.xlsx", "=1+1"), ("r.csv", "'=1+1")):
            rejects = rejects_of(L2="bad_date", L5="bad_vin")
            assert write_rejects(TABLE, rejects, tmp_path / name, import_words) == 2
            header, first, last = written(tmp_path / name)
            assert header[:2] == ["notifier_line", "notifier_reason"]
            assert header[2].startswith("notifier_")
            assert header[3:] == ["工单号", "姓名"]
            assert first == ["2", "bad_date", words, "R1", formula]
            assert last[:2] == ["5", "bad_vin"]
            assert last[3:] == ["R4", "-80"]
    assert not words.isascii()


def _reread(path: Path) -> TableOfRows:
    headers, *rows = written(path)
    return TableOfRows(path.name, headers, rows)


@pytest.mark.parametrize("name", ["r.xlsx", "r.csv"])
def test_what_comes_back_is_what_was_there(tmp_path: Path, name: str) -> None:
    """Our columns are gone, formulas and apostrophes as they were: a name like ``'=1`` keeps its own."""
    rejects = rejects_of(L2="bad_date", L3="bad_date", L4="bad_date", L5="bad_date")
    write_rejects(TABLE, rejects, tmp_path / name)
    table = mended(_reread(tmp_path / name))
    assert (table.name, list(table.headers)) == (name, ["工单号", "姓名"])
    assert [list(cells) for _line, cells in table] == [list(cells) for cells in TABLE.cells]
    assert table.fingerprint == _reread(tmp_path / name).fingerprint


def test_rejects_of_rejects_carry_our_columns_once(tmp_path: Path) -> None:
    """A file mended badly comes back with the reasons of now and the lines of now."""
    write_rejects(TABLE, rejects_of(L2="bad_date", L5="bad_vin"), tmp_path / "r.csv")
    write_rejects(_reread(tmp_path / "r.csv"), rejects_of(L3="future_date"), tmp_path / "again.csv")
    header, row = written(tmp_path / "again.csv")
    assert header == ["notifier_line", "notifier_reason", "notifier_note", "工单号", "姓名"]
    assert row == ["3", "future_date", "future_date", "R4", "-80"]


def test_any_other_file_is_read_as_it_is() -> None:
    """An apostrophe that nobody of us wrote is left alone."""
    assert mended(TABLE) is TABLE


class _Endless:
    """A table that must not be read further than it is needed."""

    name, headers, fingerprint = "v.csv", ("工单号",), ""

    def __iter__(self) -> Iterator[Row]:
        yield 2, ["R1"]
        yield 3, ["R2"]
        raise AssertionError("read on")


def test_the_file_is_read_a_second_time_only_as_far_as_needed(tmp_path: Path) -> None:
    """Of a long file with one bad row near its top, the top."""
    assert write_rejects(_Endless(), rejects_of(L2="bad_vin"), tmp_path / "r.csv") == 1
    assert write_rejects(_Endless(), Rejects(), tmp_path / "none.csv") == 0
    assert written(tmp_path / "none.csv") == [["notifier_line", "notifier_reason", "notifier_note", "工单号"]]


def test_a_report_keeps_the_first_ten_rows_whatever_became_of_them() -> None:
    """Understood or rejected at once; and rejected later, when the file was seen as a whole."""
    told = report()
    told.understand(2, {"vin": "A"}, ["vin_check_digit"])
    told.reject(3, "bad_vin")
    for line in range(4, 40):
        told.understand(line, {"vin": str(line)})
    told.reject(2, "duplicate_order")
    told.reject(50, "bad_date")
    assert len(told.understood) == SHOWN_ROWS
    assert told.understood[:3] == [
        Understood(2, {"vin": "A"}, ("vin_check_digit",), "duplicate_order"), Understood(3, {}, (), "bad_vin"),
        Understood(4, {"vin": "4"}),
    ]  # fmt: skip
    assert (told.rejected.total(), dict(told.rejects)) == (3, {2: "duplicate_order", 3: "bad_vin", 50: "bad_date"})
