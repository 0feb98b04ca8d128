"""What is no table is refused in one sentence, whatever it is called."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
import xlwt  # type: ignore[import-untyped]

from notifier.dms.readers import open_csv, open_table
from notifier.errors import BadInput
from tests.support.workbooks import write_xls, write_xlsx

TABLE = [["VIN", "手机"], ["V1", 13800138000]]


@pytest.mark.parametrize("name", ["x.csv", "x.xls", "x.xlsx", "x"])
def test_text_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    """Many systems export text separated by tabs as .xls."""
    path = tmp_path / name
    path.write_text("车架号\t手机\r\nV1\t1\r\n", "gbk", newline="")
    assert list(open_table(path)) == [(2, ["V1", "1"])]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b" \r\n\r\n ", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"%PDF-1.7\n...", "holds no table but PDF; export the table as XLSX or CSV"),
        (gzip.compress(b"x", mtime=0), "holds no table but GZIP"),
        (b"Rar!\x1a\x07\x00", "holds no table but RAR"),
        (b"VIN\0\0\0,1\n", "holds no table but binary data"),
        (b"\xd0\xcf\x11\xe0\xa1", "damaged or was cut off"),
        (b"\xff\xfa\xff\xfb\n" * 3, r"neither UTF-8 nor GBK \(line 1\)"),
        ("VIN,手机\n甲,1\n".encode() + b"\xff\xff,2\n", r"neither UTF-8 nor GBK \(line 3\)"),
        ("VIN,手机\r\n甲,1\r\n乙,2\r\n".encode("gbk") + b"\xff\xff,2\r\n", r"neither UTF-8 nor GBK \(line 4\)"),
        ("甲,乙\n1,2\n".encode(), "no column name we know"),
        (b'"VIN,phone\n1,2\n', "no column name we know"),
        (b"x" * 3_000_000, "longer than a million characters"),
        (b"VIN,phone\n" + b"y" * 3_000_000, "longer than a million characters"),
        (b"<html><table><tr><td>VIN</td></tr></table></html>", "web page or XML.*save it as XLSX"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><p>VIN,phone", "web page or XML"),
        (b"<!--x--><table>", "web page or XML"),
        ("\ufeff<HTML>车架号".encode("utf-16-le"), "web page or XML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "web page or XML"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "web page or XML"),
        (b"PK\x03\x04rest", "damaged or was cut off"),
        (b"PK\x05\x06" + b"\0" * 18, "holds no table but ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged or was cut off"),
    ],
)
def test_wrong_files_are_refused_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    """One clear sentence, whatever it is."""
    path = tmp_path / "wrong.xlsx"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        list(open_table(path))


@pytest.mark.parametrize("write", [write_xlsx, write_xls])
def test_a_workbook_is_no_csv(tmp_path: Path, write: object) -> None:
    """Where only text can be read, the way out is named."""
    path = write(tmp_path / "x.csv", TABLE)  # type: ignore[operator]
    with pytest.raises(BadInput, match=r"not a CSV file but a workbook.*CSV UTF-8"):
        open_csv(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    """Not there, a folder, a device: named, with what to check."""
    for path, words in (
        (tmp_path / "none.csv", "cannot be opened: there is no file of that name"),
        (tmp_path / "a\0b.csv", "cannot be opened"),
        (tmp_path, "is a folder"),
        (Path("/dev/null"), "not a file that can be read more than once"),
    ):
        with pytest.raises(BadInput, match=words):
            open_table(path)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in parts.items():
            writer.writestr(name, content)
    return archive.getvalue()


@pytest.mark.parametrize(
    "parts, words",
    [
        ({"a.csv": b"VIN,phone\n"}, "holds no table but ZIP"),
        ({"inner.zip": _zipped({"a.xlsx": b"x"})}, "holds no table but ZIP"),
        ({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}, "holds no table but Word"),
        ({"[Content_Types].xml": b"<x/>", "ppt/presentation.xml": b"<x/>"}, "holds no table but PowerPoint"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "holds no table but OpenDocument"),
        ({"Index/Document.iwa": b"x"}, "holds no table but Numbers"),
        ({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}, "damaged or was cut off"),
        ({"xl/workbook.xml": b"not xml", "xl/worksheets/sheet1.xml": b"\0" * 100}, "damaged or was cut off"),
    ],
)
def test_zips_that_are_no_workbook(tmp_path: Path, parts: Mapping[str, bytes], words: str) -> None:
    """Told by what is in them."""
    path = tmp_path / "x.xlsx"
    path.write_bytes(_zipped(parts))
    with pytest.raises(BadInput, match=words):
        open_table(path)


@pytest.mark.parametrize("write, name", [(write_xlsx, "x.xlsx"), (write_xls, "x.xls")])
def test_a_workbook_cut_off_or_scratched(tmp_path: Path, write: object, name: str) -> None:
    """A download that broke off; bytes turned on the disk: a sentence, never a traceback."""
    path = write(tmp_path / name, [["VIN", "手机"], *([f"V{n}", n] for n in range(200))])  # type: ignore[operator]
    whole = path.read_bytes()
    for cut in (9, 512, len(whole) // 3, len(whole) // 2, len(whole) - 700):
        path.write_bytes(whole[:cut])
        with pytest.raises(BadInput, match=r"damaged"):
            open_table(path)
    # A table of sectors that points past the end of the file: the library panics.
    scratched = bytearray(whole)
    for place in range(48, 512, 7):
        scratched[place] ^= 0x5A
    path.write_bytes(scratched)
    with pytest.raises(BadInput, match=r"damaged|too much memory|no table"):
        open_table(path)


def _bomb(megabytes: int, filler: bytes) -> bytes:
    archive = io.BytesIO()
    block = filler * ((1 << 20) // len(filler))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as writer:
        writer.writestr("xl/workbook.xml", b"<x/>")
        with writer.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(megabytes):
                part.write(block)
    return archive.getvalue()


def test_a_zip_bomb_is_refused_at_once(tmp_path: Path) -> None:
    """150 MB of nothing in less than one."""
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(_bomb(150, b"\0"))
    began = time.process_time()
    with pytest.raises(BadInput, match=r"would unpack to 150 MB in 2 parts, 2\d\d times its size"):
        open_table(path)
    assert time.process_time() - began < 5


def test_a_zip_bomb_that_lies_is_refused_too(tmp_path: Path) -> None:
    """The sizes written in the archive say ten bytes."""
    honest = _bomb(150, b"\0")
    size = (150 << 20).to_bytes(4, "little")
    assert honest.count(size) >= 1
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(honest.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(BadInput, match=r"damaged|would unpack"):
        open_table(path)


def test_more_parts_than_a_workbook_has(tmp_path: Path) -> None:
    """Ten thousand and one."""
    path = tmp_path / "x.xlsx"
    path.write_bytes(_zipped({f"xl/{n}.xml": b"" for n in range(10_001)}))
    with pytest.raises(BadInput, match="in 10001 parts"):
        open_table(path)


def test_a_giant_workbook_is_refused_unread(tmp_path: Path) -> None:
    """300 MB, as it lies there."""
    path = tmp_path / "x.xlsx"
    with path.open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(300 << 20)
    with pytest.raises(BadInput, match="larger than 200 MB"):
        open_table(path)


def test_a_password_is_said(tmp_path: Path) -> None:
    """Excel of today wraps a protected workbook in a container of its own; Excel 97 marked the sheets."""
    path = tmp_path / "new.xlsx"
    wrapped = xlwt.CompoundDoc.XlsDoc()
    wrapped.save(str(path), b"\0" * 8_000)
    content = path.read_bytes().replace("Workbook".encode("utf-16-le"), "Envelope".encode("utf-16-le"))
    path.write_bytes(content + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(BadInput, match="protected by a password"):
        open_table(path)
    old = tmp_path / "old.xls"
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "VIN")
    plain = book.get_biff_data()
    begin = 4 + int.from_bytes(plain[2:4], "little")
    wrapped.save(str(old), plain[:begin] + b"\x2f\x00\x06\x00\x00\x00\x01\x02\x03\x04" + plain[begin:])
    with pytest.raises(BadInput, match="protected by a password"):
        open_table(old)


def test_a_word_document_of_old(tmp_path: Path) -> None:
    """The same container as XLS, another document in it."""
    path = tmp_path / "x.xls"
    xlwt.CompoundDoc.XlsDoc().save(str(path), b"\0" * 8_000)
    path.write_bytes(
        path.read_bytes().replace("Workbook".encode("utf-16-le"), b"") + "WordDocument".encode("utf-16-le")
    )
    with pytest.raises(BadInput, match="holds no table but Word"):
        open_table(path)


def test_a_workbook_that_takes_too_long(tmp_path: Path) -> None:
    """Never minutes: the process is ended, and the way out named."""
    path = write_xlsx(tmp_path / "x.xlsx", TABLE)
    with patch("notifier.dms.readers.sheets.SECONDS", 0.001), pytest.raises(BadInput, match="takes too long"):
        open_table(path)
