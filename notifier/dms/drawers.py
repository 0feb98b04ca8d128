"""Rows on disk, sorted into drawers as they come: memory does not grow with them, and a drawer is read at once."""

from __future__ import annotations

import marshal
import os
import tempfile
from array import array
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import Any, Self

__all__ = ["Blocks", "Drawers", "rows_of"]

Blocks = list[tuple[int, int]]
"""Where in the file the rows of some drawers lie: place and length."""


class Drawers:
    """`count` drawers in a file of their own, which nobody else sees and which ends with them.

    Rows are laid on top by appending to ``top[drawer]``; :meth:`put_away`, called now and then, writes them out.
    """

    def __init__(self, count: int) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed at the end of the block that uses the drawers)
        self.top: list[list[Any]] = [[] for _ in range(count)]
        self._places: dict[int, array[int]] = {}
        self.rows = [0] * count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def fileno(self) -> int:
        """The file's number: another process may read it."""
        return self._file.fileno()

    def put_away(self) -> None:
        """Write what lies on top."""
        place = self._file.tell()
        for drawer, rows in enumerate(self.top):
            if rows:
                self.rows[drawer] += len(rows)
                written = marshal.dumps(rows)
                self._places.setdefault(drawer, array("q")).extend((place, len(written)))
                place += self._file.write(written)
                self.top[drawer] = []
        self._file.flush()

    def blocks(self, drawers: Collection[int]) -> Blocks:
        """Where the rows of these drawers lie, to be read by :func:`rows_of`."""
        known = (self._places[drawer] for drawer in drawers if drawer in self._places)
        return [pair for places in known for pair in zip(places[::2], places[1::2], strict=True)]

    def each(self) -> Iterator[list[Any]]:
        """The rows of each drawer that has any."""
        for drawer, rows in enumerate(self.rows):
            if rows:
                yield self.of([drawer])

    def of(self, drawers: Collection[int]) -> list[Any]:
        """All rows of these drawers."""
        return rows_of(self.fileno(), self.blocks(drawers))


def rows_of(file: int, blocks: Blocks) -> list[Any]:
    """The rows in these blocks of a drawers' file."""
    rows: list[Any] = []
    for place, length in blocks:
        rows += marshal.loads(os.pread(file, length, place))  # noqa: S302 (what we have written ourselves)
    return rows
