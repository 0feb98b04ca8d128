"""One pass over a text file before it is read: are its characters readable, its lines lines, its content which?"""

from __future__ import annotations

import codecs
import io
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, NoReturn

from notifier.dms.readers.mixture import MixtureWatch, two_encodings
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["Content", "OtherEncoding", "examine", "line_ends", "raise_if_first_line_endless"]

LONGEST_LINE = 1_000_000
"""Characters. The widest export seen has 4,000; a file without line ends would fill the memory."""
_BLOCK = 1 << 18
"""Bytes at once: fewer than a line may have characters, so that only the ends of a block need to be looked at."""
_ENDLESS = 4 * LONGEST_LINE + _BLOCK
_TAKES_NEARLY_ANYTHING = ("gb18030", "big5")


class Content(NamedTuple):
    """sha256 of the bytes, and whether a quotation mark is among them (if not, every line is a row)."""

    fingerprint: str
    is_quoted: bool


class OtherEncoding(Exception):
    """The bytes of `line` are no characters of the encoding that was tried."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def examine(path: Path, encoding: str, *, within: int | None = None) -> Content:
    """Read all of a file (or the bytes `within`) as `encoding`, holding a block at a time.

    Raises OtherEncoding where the bytes are none of `encoding`; BadInput for a line over a million characters, a NUL
    among them, or lines of UTF-8 among those of a Chinese encoding.
    """
    digest, decoder = sha256(), codecs.getincrementaldecoder(encoding)()
    mixture = MixtureWatch(encoding) if encoding in _TAKES_NEARLY_ANYTHING else None
    is_quoted, read, open_line = False, 0, 0
    with path.open("rb", buffering=0) as stream:
        block = b" "
        while block and (within is None or read < within):
            block = stream.read(_BLOCK)
            text = _decoded(decoder, block, path, encoding, read)
            if "\0" in text:
                _refuse_nul(path, _line_at(path, encoding, read) + line_ends(text[: text.index("\0")]))
            open_line = _open_line(text, open_line)
            if open_line > LONGEST_LINE:
                _refuse_line(path, _line_at(path, encoding, read))
            if mixture is not None and mixture.is_mixed(block):
                raise two_encodings(path, encoding)
            digest.update(block)
            is_quoted = is_quoted or b'"' in block
            read += len(block)
    return Content(digest.hexdigest(), is_quoted)


def raise_if_first_line_endless(path: Path, encoding: str) -> None:
    """Of a file without a header: better said than that its names are unknown."""
    try:
        examine(path, encoding, within=_ENDLESS)
    except OtherEncoding:
        return


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes, path: Path, encoding: str, read: int) -> str:
    try:
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode(encoding, "ignore")
        raise OtherEncoding(_line_at(path, encoding, read) + line_ends(good)) from error


def _open_line(text: str, before: int) -> int:
    """The length of the line that `text` leaves open, or, if that is too long, of the one it ends."""
    last = max(text.rfind("\n"), text.rfind("\r"))
    if last < 0:
        return before + len(text)
    first = min((at for at in (text.find("\n"), text.find("\r")) if at >= 0), default=0)
    return before + first if before + first > LONGEST_LINE else len(text) - last - 1


def _line_at(path: Path, encoding: str, position: int) -> int:
    """The line in which the byte at `position` stands; read again, for sentences alone."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("ignore"), translate=True)
    line = 1
    with path.open("rb") as stream:
        while position > 0 and (block := stream.read(min(position, _BLOCK))):
            line += decoder.decode(block).count("\n")
            position -= len(block)
    return line


def line_ends(text: str) -> int:
    """How many lines end in `text`, whatever ends them."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _refuse_line(path: Path, line: int) -> NoReturn:
    raise BadInput(
        N_(
            "{path}, line {line} is longer than a million characters: this is not a table of rows; "
            "export it again as CSV."
        ),
        path=str(path),
        line=line,
    )


def _refuse_nul(path: Path, line: int) -> NoReturn:
    raise BadInput(
        N_(
            "{path}, line {line} holds NUL bytes, which no text has: the file is damaged, or was cut off while it was "
            "written; export it again."
        ),
        path=str(path),
        line=line,
    )
