"""Files as tables, and files that are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from notifier.dms.readers import open_csv
from notifier.errors import BadInput

TEXT = '泉州店导出,,\n\n客户编号,手机,VIN\nC1,"一,\n二",V1\n\nC2,3\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_encoding_gives_the_same_rows(tmp_path: Path, encoding: str) -> None:
    """A title row above, a blank row, a line break in a cell and a short row."""
    path = tmp_path / "x.csv"
    path.write_text(TEXT, encoding, newline="")
    table = open_csv(path)
    assert table.headers == ["客户编号", "手机", "VIN"]
    assert list(table) == [
        (4, ["C1", "一,\n二", "V1"]), (7, ["C2", "3", ""]),
    ]  # fmt: skip
    assert list(table) == list(table)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_separator(tmp_path: Path, separator: str) -> None:
    """Told by the header row."""
    path = tmp_path / "x.csv"
    path.write_text(separator.join(["VIN", "手机"]) + "\r\n" + separator.join(["V1", "1"]) + "\r\n", newline="")
    assert list(open_csv(path)) == [(2, ["V1", "1"])]


def test_two_columns_of_one_name_do_not_hide_each_other(tmp_path: Path) -> None:
    """The second gets its position behind it."""
    path = tmp_path / "x.csv"
    path.write_text("VIN,备注,备注\nV1,a,b\n")
    assert list(open_csv(path)) == [(2, ["V1", "a", "b"])]


def test_traditional_big5_is_read(tmp_path: Path) -> None:
    """Its bytes pass for GB18030, its column names do not."""
    path = tmp_path / "x.csv"
    path.write_bytes("車架號,手機號碼,姓名\nV1,1,陳小姐\n".encode("big5"))
    assert list(open_csv(path)) == [(2, ["V1", "1", "陳小姐"])]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b" \r\n\r\n ", "is empty"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"PK\x03\x04rest", "XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "XLS"),
        (gzip.compress(b"x"), "GZIP"),
        (b"VIN\0\0\0,1\n", "binary"),
        (b"\xff\xfa\xff\xfb\n" * 3, "neither UTF-8 nor GBK"),
        ("甲,乙\n1,2\n".encode(), "no column name we know"),
        (b"x" * 3_000_000, "longer than a million characters"),
        (b"VIN,phone\n" + b"y" * 3_000_000, "longer than a million characters"),
    ],
)
def test_wrong_files_are_refused_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    """One clear sentence, whatever it is."""
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        list(open_csv(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Named, with what to check."""
    with pytest.raises(BadInput, match="cannot be opened"):
        open_csv(tmp_path / "none.csv")


def test_a_giant_cell_is_refused(tmp_path: Path) -> None:
    """An open quote would swallow the rest of the file."""
    path = tmp_path / "x.csv"
    path.write_text('VIN,手机\n"V1' + "\nrow" * 100_000)
    with pytest.raises(BadInput, match="line 2: the row cannot be read as CSV"):
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
def test_a_stray_quote_never_swallows_rows(tmp_path: Path, closed_at: int | None) -> None:
    """Ms Chen's name opens a quotation mark nobody closes (or one far below does): refused with its line."""
    lines = ["VIN,手机,姓名"] + [f"LSVAA49J13204{n:04d},1380013{n:04d},客户{n}" for n in range(1, 12)]
    lines[2] = lines[2].replace("客户", '"客户')
    if closed_at is not None:
        lines[closed_at] += '"'
    file = tmp_path / "c.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 3"):
        list(open_csv(file))


def test_a_remark_over_several_lines_is_one_cell(tmp_path: Path) -> None:
    """Excel writes them so, with commas in them too."""
    file = tmp_path / "c.csv"
    file.write_text('VIN,手机,姓名\nLSVAA49J132040001,13800130001,"陈,晓芳\n二楼,前台"\n', encoding="utf-8")
    ((line, row),) = list(open_csv(file))
    assert (line, row[2]) == (2, "陈,晓芳\n二楼,前台")
