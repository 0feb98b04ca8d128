"""A file's first bytes say what it is; its name does not: DMS exports are often text or HTML named .xls."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path

from notifier.dms.unopened import cannot_be_opened
from notifier.errors import BadInput
from notifier.locale import N_, WhenShown, _

__all__ = ["OLE", "UTF_16", "ZIP", "first_bytes", "no_table", "raise_if_not_text"]

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LOOKED_AT = 1 << 18
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "GZIP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"SQLite format 3", "SQLite"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
)
_MARKUP = re.compile(
    rb"\s*(?:<!--|<(?:!doctype|\?xml|html|head|body|meta|style|table|div|script)\b|MIME-Version:)", re.IGNORECASE
)
"""HTML, Excel's XML of 2003, and the web archive: what reporting tools call .xls."""


def first_bytes(path: Path) -> bytes:
    """The beginning of a file. Raises BadInput for what cannot be opened, is no file, or is empty."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise BadInput(N_("{path} is a folder; name the file in it that is to be imported."), path=str(path))
        if not stat.S_ISREG(mode):
            raise BadInput(
                N_("{path} is not a file that can be read more than once; save it as a file and import that."),
                path=str(path),
            )
        with path.open("rb") as stream:
            start = stream.read(_LOOKED_AT)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise cannot_be_opened(path, error) from error
    if not start.removeprefix(codecs.BOM_UTF8).strip():
        raise BadInput(N_("The file {path} is empty; export it again."), path=str(path))
    return start


def raise_if_not_text(path: Path, start: bytes) -> None:
    """Refuse a file that begins like another kind of file; `start` are its first bytes."""
    if start.startswith((*ZIP, OLE)):
        raise BadInput(
            N_(
                "The file {path} is not a CSV file but a workbook; in Excel choose Save as, CSV UTF-8, and import that."
            ),
            path=str(path),
        )
    if start.startswith(OLE[:4]):
        raise BadInput(N_("The file {path} is damaged or was cut off; export it or copy it again."), path=str(path))
    kind = next((name for magic, name in _KINDS if start.startswith(magic)), None)
    if kind is not None:
        raise no_table(path, kind)
    if b"\0" in start and not start.startswith(UTF_16):
        raise no_table(path, WhenShown(lambda: _("binary data")))
    plain = start.removeprefix(codecs.BOM_UTF8)
    if _MARKUP.match(plain[2:].replace(b"\0", b"") if start.startswith(UTF_16) else plain):
        raise BadInput(
            N_(
                "The file {path} is a web page or XML, whatever its name says; open it in Excel, save it as XLSX and "
                "import that."
            ),
            path=str(path),
        )


def no_table(path: Path, kind: str | WhenShown) -> BadInput:
    """The refusal of a file of some other `kind`."""
    return BadInput(
        N_("The file {path} holds no table but {kind}; export the table as XLSX or CSV and import that."),
        path=str(path),
        kind=kind,
    )
