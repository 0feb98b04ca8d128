"""What every source of rows is to the import: one header, then (line number, cells) for each row, in a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from notifier.dms.headers import count_known
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["HEADER_WITHIN", "Header", "Row", "Table", "TableOfRows", "best_header", "is_blank", "no_header"]

Row = tuple[int, Sequence[str]]
"""The line a row begins on, and its cells: as many as the table has headers."""

HEADER_WITHIN = 20
"""Rows from the top: titles, a print date and a filter line stand above the header, never a page of them."""


class Table(Protocol):
    """A source of rows. Iterating again starts again at the top, with the same rows.

    `name` for people; `headers` as written; `fingerprint` = sha256 of the content, the same for the same content.
    """

    @property
    def name(self) -> str: ...

    @property
    def headers(self) -> Sequence[str]: ...

    @property
    def fingerprint(self) -> str: ...

    def __iter__(self) -> Iterator[Row]: ...


@dataclass(frozen=True)
class TableOfRows:
    """Rows that are already in memory: what a screen or a query hands over."""

    name: str
    headers: Sequence[str]
    cells: Sequence[Sequence[str]]

    @property
    def fingerprint(self) -> str:
        """sha256 of headers and cells."""
        return sha256(repr((list(self.headers), [list(row) for row in self.cells])).encode()).hexdigest()

    @property
    def most_rows(self) -> int:
        """Rows there can be at most: what a progress bar is measured by."""
        return len(self.cells)

    def __iter__(self) -> Iterator[Row]:
        return iter(enumerate(self.cells, start=2))


class Header(NamedTuple):
    """The row that names the columns: how many names we know, its place among the rows (from 1), its cells."""

    known: int
    place: int
    cells: list[str]


def best_header(rows: Iterable[Sequence[str]], mapping: Mapping[str, str] | None = None) -> Header:
    """Among the first rows the one with the most known column names; `known` is 0 where there is none."""
    best = Header(0, 0, [])
    for place, cells in enumerate(islice(rows, HEADER_WITHIN), start=1):
        known = count_known(cells, mapping)
        if known > best.known:
            best = Header(known, place, _unique([cell.strip() for cell in cells]))
    return best


def _unique(headers: list[str]) -> list[str]:
    """The second column of one name gets its position behind it, so that no cell hides another."""
    seen: set[str] = set()
    named = []
    for position, header in enumerate(headers, start=1):
        named.append(f"{header}#{position}" if header and header in seen else header)
        seen.add(header)
    return named


def is_blank(cells: Iterable[str]) -> bool:
    """Whether a row says nothing: a line between groups, or the formatted rest of a sheet."""
    return all(not cell or cell.isspace() for cell in cells)


def no_header(path: Path) -> BadInput:
    """The refusal of a file whose first rows name no column."""
    return BadInput(
        N_(
            "The first rows of {path} hold no column name we know; put a header row such as {example} on top, or say "
            "in a mapping file which column is which."
        ),
        path=str(path),
        example="VIN, 手机, 姓名",
    )
