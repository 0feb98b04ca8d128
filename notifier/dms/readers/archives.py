"""What is really inside a ZIP or an OLE container, looked at before anything unpacks it.

XLSX, ODS, Word and every ZIP begin alike, and so do XLS, Word 97 and any workbook with a password.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import NoReturn

from notifier.dms.readers.first_bytes import no_table
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["raise_if_no_workbook"]

MEGABYTE = 1 << 20
LARGEST_FILE = 200 * MEGABYTE
"""As it lies on the disk. A sheet of a million rows has 70 MB; the rest are pictures."""
LARGEST_UNPACKED = 1024 * MEGABYTE
SUSPECT_UNPACKED = 100 * MEGABYTE
SUSPECT_RATIO = 200
"""Sheets shrink to a tenth, dull ones to a fiftieth; bombs to a thousandth."""
MOST_ENTRIES = 10_000
_BLOCK = 1 << 18

_NOT_A_TABLE = (("word/", "Word"), ("ppt/", "PowerPoint"), ("Index/Document.iwa", "Numbers"))
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."


def raise_if_no_workbook(path: Path, *, is_zip: bool) -> None:
    """Refuse, in one sentence, what is no workbook, is protected by a password, or unpacks to more than it may."""
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(
            N_("The file {path} is larger than {limit} MB; in Excel choose Save as, CSV UTF-8, and import that."),
            path=str(path),
            limit=LARGEST_FILE // MEGABYTE,
        )
    if is_zip:
        _look_into_zip(path)
    else:
        _look_into_ole(path)


def _look_into_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _raise_if_no_spreadsheet(path, archive)
            if any(entry.flag_bits & 1 for entry in entries):
                _refuse_password(path)
            _raise_if_too_much(path, sum(entry.file_size for entry in entries), len(entries))
            _inflate(path, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise BadInput(
            N_("The file {path} is damaged or was cut off ({detail}); export it or copy it again."),
            path=str(path),
            detail=str(error) or type(error).__name__,
        ) from error


def _raise_if_no_spreadsheet(path: Path, archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if any(name.startswith("xl/") for name in names):
        return
    kind = next((kind for start, kind in _NOT_A_TABLE if any(name.startswith(start) for name in names)), "ZIP")
    if "mimetype" in names:
        with archive.open("mimetype") as entry:
            mime = entry.read(100)
        if mime.startswith(_OPEN_DOCUMENT + b"spreadsheet"):
            return
        kind = "OpenDocument" if mime.startswith(_OPEN_DOCUMENT) else kind
    raise no_table(path, kind)


def _raise_if_too_much(path: Path, unpacked: int, entries: int = 0) -> None:
    packed = path.stat().st_size
    is_bomb = unpacked > SUSPECT_UNPACKED and unpacked > SUSPECT_RATIO * packed
    if is_bomb or unpacked > LARGEST_UNPACKED or entries > MOST_ENTRIES:
        raise BadInput(
            N_(
                "The file {path} would unpack to {size} MB in {entries} parts, {times} times its size, which no table "
                "needs; in Excel choose Save as, CSV UTF-8, and import that."
            ),
            path=str(path),
            size=unpacked // MEGABYTE,
            entries=entries,
            times=unpacked // packed,
        )


def _inflate(path: Path, archive: zipfile.ZipFile) -> None:
    """Unpack, keeping nothing, what a reader will unpack: the sizes written in an archive may be lies."""
    read = 0
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels", ".bin")):
            continue
        with archive.open(entry) as part:
            while block := part.read(_BLOCK):
                read += len(block)
                _raise_if_too_much(path, read, len(archive.infolist()))


_PASSWORD = "EncryptedPackage".encode("utf-16-le")
_FILEPASS = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
"""BOF of a BIFF8 workbook, perhaps WRITEPROTECT, then FILEPASS ([MS-XLS] 2.4.117)."""
_BOOKS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book"))
_DOCUMENTS = (("WordDocument".encode("utf-16-le"), "Word"), ("PowerPoint".encode("utf-16-le"), "PowerPoint"))


def _look_into_ole(path: Path) -> None:
    content = path.read_bytes()
    if _PASSWORD in content or _FILEPASS.search(content):
        _refuse_password(path)
    kind = next((kind for name, kind in _DOCUMENTS if name in content), None)
    if kind and not any(name in content for name in _BOOKS):
        raise no_table(path, kind)


def _refuse_password(path: Path) -> NoReturn:
    raise BadInput(
        N_("The file {path} is protected by a password; open it in Excel, remove the password, and save it again."),
        path=str(path),
    )
