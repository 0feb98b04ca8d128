"""CSV files as tables."""

from __future__ import annotations

import csv
import time
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from notifier.dms.readers import open_csv
from notifier.dms.readers.examining import LONGEST_LINE
from notifier.errors import BadInput

TEXT = '泉州店导出,,\n\n客户编号,手机,VIN\nC1,"一,\n二",V1\n\nC2,3\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_gives_the_same_rows(tmp_path: Path, encoding: str, end: str) -> None:
    """A title row above, a blank row, a line break in a cell and a short row, whatever ends a line."""
    path = tmp_path / "x.csv"
    path.write_text(TEXT.replace("\n", end), encoding, newline="")
    table = open_csv(path)
    assert table.headers == ["客户编号", "手机", "VIN"]
    assert list(table) == [
        (4, ["C1", f"一,{end}二", "V1"]), (7, ["C2", "3", ""]),
    ]  # fmt: skip
    assert list(table) == list(table)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_separator(tmp_path: Path, separator: str) -> None:
    """Told by the header row."""
    path = tmp_path / "x.csv"
    path.write_text(separator.join(["VIN", "手机"]) + "\r\n" + separator.join(["V1", "1"]) + "\r\n", newline="")
    assert list(open_csv(path)) == [(2, ["V1", "1"])]


@pytest.mark.parametrize("quote", ["", '"'])
def test_rows_of_any_width(tmp_path: Path, quote: str) -> None:
    """Blank ones are passed over, short ones filled, long ones cut; with quotation marks in the file or without."""
    path = tmp_path / "x.csv"
    path.write_text(
        f"VIN,手机,姓名\n{quote}V1{quote},1,陈\n,,\n \t,　,\n,2\n　,,李\nV3,3,王,多,余\n\n,,,多\nV4", "utf-8"
    )
    table = open_csv(path)
    assert table.is_quoted is bool(quote)
    assert list(table) == [
        (2, ["V1", "1", "陈"]), (5, ["", "2", ""]), (6, ["　", "", "李"]), (7, ["V3", "3", "王"]),
        (9, ["", "", ""]), (10, ["V4", "", ""]),
    ]  # fmt: skip


def test_two_columns_of_one_name_do_not_hide_each_other(tmp_path: Path) -> None:
    """The second gets its position behind it; columns without a name stay without."""
    path = tmp_path / "x.csv"
    path.write_text("VIN,备注,备注,,\nV1,a,b,,\n")
    table = open_csv(path)
    assert table.headers == ["VIN", "备注", "备注#3", "", ""]
    assert list(table) == [(2, ["V1", "a", "b", "", ""])]


def test_a_mapping_makes_the_header_known(tmp_path: Path) -> None:
    """Names nobody knows, given by hand."""
    path = tmp_path / "x.csv"
    path.write_text("标题\n甲,乙\n1,2\n", "gbk")
    assert list(open_csv(path, {"vin": "甲"})) == [(3, ["1", "2"])]


def test_traditional_big5_is_read(tmp_path: Path) -> None:
    """Its bytes pass for GB18030, its column names do not."""
    path = tmp_path / "x.csv"
    path.write_bytes("車架號,手機號碼,姓名\nV1,1,陳小姐\n".encode("big5"))
    assert list(open_csv(path)) == [(2, ["V1", "1", "陳小姐"])]


def test_gbk_under_english_names(tmp_path: Path) -> None:
    """The header row reads alike in every encoding; far below, the names tell."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"VIN,phone,name\n" + b"V1,1,Chen\n" * 40_000 + "V2,2,陈女士\n".encode("gbk"))
    table = open_csv(path)
    assert table.encoding == "gb18030"
    assert list(table)[-1] == (40_002, ["V2", "2", "陈女士"])


@pytest.mark.parametrize("encoding, bad", [("utf-8", b"\xff"), ("utf-8", "陈".encode("gbk")), ("gbk", b"\xff\xff")])
def test_a_damaged_character_is_named_with_its_line(tmp_path: Path, encoding: str, bad: bytes) -> None:
    """UTF-8 with one wrong byte is not taken for GBK: the names would come out as other people's."""
    path = tmp_path / "x.csv"
    rows = "车架号,手机,姓名\r\n" + "V1,1,陈女士\r\n" * 50_000
    path.write_bytes(rows.encode(encoding) + b"V2,2," + bad + b"\r\nV3,3,x\r\n")
    with pytest.raises(BadInput, match=r"neither UTF-8 nor GBK \(line 50002\)"):
        open_csv(path)


def test_nul_bytes_far_below(tmp_path: Path) -> None:
    """What a disk leaves where a file was not written to its end."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"VIN,phone\n" + b"V1,1\n" * 100_000 + b"V2\0\0\0\0")
    with pytest.raises(BadInput, match="line 100002 holds NUL bytes"):
        open_csv(path)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_longest_line_there_may_be(tmp_path: Path, encoding: str, end: str) -> None:
    """A million characters, line end not counted; one more is refused with its line."""
    path = tmp_path / "x.csv"
    head = f"车架号,手机{end}V1,1{end}"
    longest = ("," + "长" * 99_999) * (LONGEST_LINE // 100_000)
    path.write_text(f"{head}{longest}{end}V2,2{end}", encoding, newline="")
    assert [line for line, _cells in open_csv(path)] == [2, 3, 4]
    path.write_text(f"{head}{longest}长{end}V2,2{end}", encoding, newline="")
    with pytest.raises(BadInput, match="line 3 is longer than a million characters"):
        open_csv(path)


@pytest.mark.parametrize("head", [b"", b"VIN,phone\nV1,1\n"])
def test_a_giant_line_is_refused_before_it_fills_the_memory(tmp_path: Path, head: bytes) -> None:
    """200 MB without a line end: at once, within a few MB."""
    path = tmp_path / "x.csv"
    with path.open("wb") as stream:
        stream.write(head)
        for _ in range(200):
            stream.write(b"x" * 1_000_000)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(BadInput, match="longer than a million characters"):
        open_csv(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000
    assert time.process_time() - began < 5


def test_a_giant_cell_is_refused(tmp_path: Path) -> None:
    """An open quote would swallow the rest of the file."""
    path = tmp_path / "x.csv"
    path.write_text('VIN,手机\n"V1' + "\nrow" * 100_000)
    with pytest.raises(BadInput, match="line 2: the row cannot be read as CSV"):
        list(open_csv(path))


def test_a_giant_cell_without_quotes_is_refused(tmp_path: Path) -> None:
    """With the line it stands in."""
    path = tmp_path / "x.csv"
    path.write_text("VIN,手机\nV1,1\nV2," + "9" * 200_000 + "\n")
    with pytest.raises(BadInput, match="line 3: the row cannot be read as CSV"):
        list(open_csv(path))


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    """The same file under another name is the same import."""
    one, two = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text("VIN,手机\nV1,1\n")
    two.write_text("VIN,手机\nV1,1\n")
    assert open_csv(one).fingerprint == open_csv(two).fingerprint
    two.write_text("VIN,手机\nV1,2\n")
    assert open_csv(one).fingerprint != open_csv(two).fingerprint


@pytest.mark.parametrize("closed_at", [None, 9])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_stray_quote_never_swallows_rows(tmp_path: Path, closed_at: int | None, end: str) -> None:
    """Ms Chen's name opens a quotation mark nobody closes (or one far below does): refused with its line."""
    lines = ["VIN,手机,姓名"] + [f"LSVAA49J13204{n:04d},1380013{n:04d},客户{n}" for n in range(1, 12)]
    lines[2] = lines[2].replace("客户", '"客户')
    if closed_at is not None:
        lines[closed_at] += '"'
    file = tmp_path / "c.csv"
    file.write_text(end.join(lines) + end, encoding="utf-8", newline="")
    with pytest.raises(BadInput, match="line 3"):
        list(open_csv(file))


def test_a_quote_closed_by_the_next_remark_is_found_too(tmp_path: Path) -> None:
    """After remarks over several lines that are all right; the row between would be lost."""
    file = tmp_path / "c.csv"
    file.write_text('VIN,手机,姓名\nV1,1,"陈\n女士"\nV2,2,李\nV3,3,"王\nV4,4,"赵"\nV5,5,钱\n', encoding="utf-8")
    with pytest.raises(BadInput, match="line 5: a quotation mark is opened there and not closed, and 1 lines"):
        list(open_csv(file))


def test_a_remark_over_several_lines_is_one_cell(tmp_path: Path) -> None:
    """Excel writes them so, with commas in them too."""
    file = tmp_path / "c.csv"
    file.write_text('VIN,手机,姓名\nLSVAA49J132040001,13800130001,"陈,晓芳\n二楼,前台"\n', encoding="utf-8")
    ((line, row),) = list(open_csv(file))
    assert (line, row[2]) == (2, "陈,晓芳\n二楼,前台")


def test_a_file_changed_while_it_is_read(tmp_path: Path) -> None:
    """Said as such, never as a broken character."""
    file = tmp_path / "c.csv"
    file.write_text("车架号,手机\nV1,1\n", encoding="utf-8")
    table = open_csv(file)
    file.write_text("车架号,手机\nV1,陈\n", encoding="gbk")
    with pytest.raises(BadInput, match="changed while it was read"):
        list(table)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_at_most(tmp_path: Path, end: str) -> None:
    """What a progress bar goes by: never fewer than there are."""
    file = tmp_path / "c.csv"
    file.write_text(end.join(["VIN,手机", *["V1,1"] * 10]), newline="")
    assert open_csv(file).most_rows == 11


def test_reading_costs_little_more_than_csv_alone(tmp_path: Path) -> None:
    """The table's own part, in the same run: usually a fifth; twice as long would be noticed at a million rows."""
    file = tmp_path / "c.csv"
    row = "RO{n:09d},LSVAA4187E{n:07d},2024-03-05,{n},定期保养,1502.00,顾问2"
    file.write_text(
        "工单号,车架号,进厂日期,里程,维修类别,金额,服务顾问\n" + "\n".join(row.format(n=n) for n in range(100_000))
    )
    table = open_csv(file)
    bare, ours = [], []
    for _ in range(5):
        with file.open(encoding="utf-8", newline="") as stream:
            bare.append(_seconds(csv.reader(stream)))
        ours.append(_seconds(table))
    assert min(ours) < 2 * min(bare)


def _seconds(rows: Iterable[object]) -> float:
    began = time.thread_time()
    assert sum(1 for _row in rows) >= 100_000
    return time.thread_time() - began
