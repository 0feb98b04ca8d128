"""A file's first bytes say what it is; its name does not: DMS exports are often text or HTML named .xls."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["OLE", "UTF_16", "ZIP", "first_bytes", "raise_if_not_text"]

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LOOKED_AT = 1 << 18
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (ZIP[0], "XLSX/ZIP"),
    (ZIP[1], "ZIP"),
    (OLE[:4], "XLS"),
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
        raise BadInput(
            N_("The file {path} cannot be opened ({detail}); check its name and your rights to it."),
            path=str(path),
            detail=getattr(error, "strerror", None) or type(error).__name__,
        ) from error
    if not start.removeprefix(codecs.BOM_UTF8).strip():
        raise BadInput(N_("The file {path} is empty; export it again."), path=str(path))
    return start


def raise_if_not_text(path: Path, start: bytes) -> None:
    """Refuse a file that begins like another kind of file; `start` are its first bytes."""
    kind = next((name for magic, name in _KINDS if start.startswith(magic)), None)
    if kind is None and b"\0" in start and not start.startswith(UTF_16):
        kind = "binary"
    if kind:
        raise BadInput(
            N_("The file {path} is not a CSV file but {kind}; in Excel choose Save as, CSV UTF-8, and import that."),
            path=str(path),
            kind=kind,
        )
    plain = start.removeprefix(codecs.BOM_UTF8)
    if _MARKUP.match(plain[2:].replace(b"\0", b"") if start.startswith(UTF_16) else plain):
        raise BadInput(
            N_(
                "The file {path} is a web page or XML, whatever its name says; open it in Excel, save it as XLSX and "
                "import that."
            ),
            path=str(path),
        )
