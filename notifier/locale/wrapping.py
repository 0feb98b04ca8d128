"""Breaking sentences into lines of cells: Latin words stay whole, Chinese may be broken at any character."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

__all__ = ["Wrapped", "wrapped"]

_PIECES = re.compile(r"\s+|[^\s]+")
_NEVER_FIRST = frozenset("，。；：、！？）》”’%…,.;:!?)]")


def wrapped(words: str, width: int, start: str = "", indent: str = "") -> Iterator[str]:
    """Lines of at most `width` cells; the first begins with `start`, the others with `indent` (as wide as `start`)."""
    room = width - cell_len(indent)
    line = ""
    for piece in _pieces(words):
        if line and cell_len(line + piece) > room:
            yield (start + line).rstrip()
            start, line = indent, piece.lstrip()
        else:
            line += piece
    yield (start + line).rstrip()


class Wrapped:
    """A sentence on a page, as wide as there is room: Rich by itself breaks Chinese only where a space stands.

    The first line begins with `start`, the others as far to the right.
    """

    def __init__(self, words: str, style: str = "", *, start: str = "") -> None:
        self.words, self.style, self.start = words, style, start

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = wrapped(self.words, options.max_width, self.start, " " * cell_len(self.start))
        yield Text("\n".join(lines), self.style, overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        before, longest = cell_len(self.start), max(map(cell_len, wrapped(self.words, 1)))
        return Measurement(before + longest, before + cell_len(self.words)).with_maximum(options.max_width)


def _pieces(words: str) -> Iterator[str]:
    """Words and spaces; a Chinese character is a word of its own, with the mark behind it that may not begin a line."""
    for run in _PIECES.findall(words):
        piece = ""
        for character in run:
            is_wide = cell_len(character) > 1
            if piece and (is_wide or cell_len(piece[-1]) > 1) and character not in _NEVER_FIRST:
                yield piece
                piece = ""
            piece += character
        yield piece
