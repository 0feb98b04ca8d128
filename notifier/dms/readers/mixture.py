"""Lines of UTF-8 in a file of GBK or Big5: two programs wrote into it, and half of the names would be read wrong.

UTF-8 often passes for GBK: 张三 becomes 寮犱笁 without an error. The other way round it is rare, so a line that reads
as Chinese in UTF-8, and in commoner characters than in the encoding of the file, is not of that encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["MixtureWatch", "two_encodings"]

_LIKE_UTF_8 = re.compile(
    rb"(?<![^\r\n])[\t\x20-\x7f]*(?:(?:\xc2[\x80-\xbf]|[\xe2-\xe9\xef][\x80-\xbf]{2})[\t\x20-\x7f]*)+(?![^\r\n])"
)
"""A whole line that in UTF-8 holds Latin signs (a name's dot), punctuation, Chinese and full-width characters alone."""
_LINE_END = re.compile(rb"\r\n|\r|\n")
_IDEOGRAPHS = re.compile("[一-鿿]")
_COMMON = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6))
"""First bytes of the characters in everyday use: the first plane of either standard."""


class MixtureWatch:
    """Looks at the blocks of a file, from its beginning, that are about to be read as `encoding`."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._begun = b""

    def is_mixed(self, block: bytes) -> bool:
        """Whether a line that ends in this block is UTF-8; an empty block ends the last line."""
        text = self._begun + block
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1 if block else len(text)
        self._begun = text[end:]
        return any(self._is_utf_8(match[0]) for match in _LIKE_UTF_8.finditer(text, 0, end))

    def _is_utf_8(self, line: bytes) -> bool:
        try:
            there, here = line.decode(), line.decode(self._encoding)
        except UnicodeDecodeError:  # a line the encoding cannot read is told as such
            return False
        return len(_IDEOGRAPHS.findall(there)) > 1 and _rare(there) <= _rare(here)


def two_encodings(path: Path, encoding: str) -> BadInput:
    """The refusal of a file of which a MixtureWatch for `encoding` has said that it is mixed; read again for it."""
    watch = MixtureWatch(encoding)
    theirs, others = 0, 0
    for number, line in enumerate(_lines(path), start=1):
        theirs = theirs or number * watch.is_mixed(line + b"\n")
        others = others or number * (not line.isascii() and not _reads_as_utf_8(line))
        if theirs and others:
            break
    return BadInput(
        N_(
            "{path} is written in two encodings: line {utf_8} is UTF-8, line {other} is not; half of the names would "
            "be read wrong. Export it again, or save all of it in one encoding, best UTF-8."
        ),
        path=str(path),
        utf_8=theirs,
        other=others,
    )


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for chunk in stream:  # ends at a line feed alone; returns divide it further
            yield from _LINE_END.split(chunk.removesuffix(b"\n").removesuffix(b"\r"))


def _reads_as_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rare(text: Iterable[str]) -> int:
    """How many of its characters are in nobody's everyday use."""
    return sum(not character.isascii() and not _is_common(character) for character in text)


def _is_common(character: str) -> bool:
    if not _IDEOGRAPHS.match(character):
        return ord(character) == 0xB7 or 0x2010 <= ord(character) <= 0x303F or ord(character) >= 0xFF00
    return any(
        first <= raw[0] <= last
        for charset, first, last in _COMMON
        if len(raw := character.encode(charset, "ignore")) == 2
    )
