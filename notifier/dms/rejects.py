"""The rows an import could not take: remembered on disk, written for Excel, and read again when they are mended."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notifier.dms.readers import Row, Table
from notifier.errors import BadInput
from notifier.locale import N_, _
from notifier.spreadsheets import SHEET_ROWS, restored, write_texts

__all__ = [
    "LINE",
    "REASON",
    "Mended",
    "Rejects",
    "came_back_twice",
    "is_mended",
    "mended",
    "rejects_file",
    "write_rejects",
]

OURS = "notifier_"
"""Columns whose name begins so were added by us, and are passed over when the file comes back."""
LINE, REASON = f"{OURS}line", f"{OURS}reason"
TWICE = frozenset({"duplicate_contact", "duplicate_order", "duplicate_policy", "duplicate_vin"})
"""Reasons that lie in another row: alone, the row looks as if nothing were wrong with it."""
_BATCH = 1_000


class Rejects(Mapping[int, str]):
    """Line → reason, in the order of the lines.

    A file of a million bad rows must not fill the memory, so what does not fit a small buffer lies in a private
    database on disk, of which nothing is left behind. Of two reasons for one line the later stays.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, str] = {}
        self._kept: sqlite3.Connection | None = None

    def add(self, line: int, reason: str) -> None:
        """The row of this line cannot be taken."""
        self._waiting[line] = reason
        if len(self._waiting) >= _BATCH:
            self._database()

    def _database(self) -> sqlite3.Connection:
        """The database, with everything in it."""
        if self._kept is None:
            self._kept = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._kept.close)
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000", "temp_store=FILE"):
                self._kept.execute(f"PRAGMA {pragma}")
            self._kept.execute("CREATE TABLE reject (line INTEGER PRIMARY KEY, reason TEXT)")
            self._kept.execute("BEGIN")
        self._kept.executemany("INSERT OR REPLACE INTO reject VALUES (?, ?)", self._waiting.items())
        self._waiting.clear()
        return self._kept

    def __getitem__(self, line: int) -> str:
        found = self._database().execute("SELECT reason FROM reject WHERE line = ?", (line,)).fetchone()
        if found is None:
            raise KeyError(line)
        return str(found[0])

    def __iter__(self) -> Iterator[int]:
        return (line for line, _reason in self.in_order())

    def __len__(self) -> int:
        return int(self._database().execute("SELECT count(*) FROM reject").fetchone()[0])

    def in_order(self) -> Iterator[tuple[int, str]]:
        """(line, reason) by line, in a stream."""
        yield from self._database().execute("SELECT line, reason FROM reject ORDER BY line")

    def between(self, first: int, last: int) -> dict[int, str]:
        """Line → reason, of the lines from `first` to `last`."""
        wanted = "SELECT line, reason FROM reject WHERE line BETWEEN ? AND ?"
        return dict(self._database().execute(wanted, (first, last)).fetchall())


@dataclass(frozen=True)
class Mended:
    """A file of rejects that comes back: without our columns, its cells as they were before we wrote them.

    `twice`: the rows read so far that were there twice (TWICE), unless somebody has cleared the cell that says so.
    """

    source: Table
    places: tuple[int, ...]
    reason_at: int | None = None
    twice: Rejects = field(default_factory=Rejects)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def headers(self) -> Sequence[str]:
        return [restored(self.source.headers[place]) for place in self.places]

    @property
    def fingerprint(self) -> str:
        return self.source.fingerprint

    def __iter__(self) -> Iterator[Row]:
        for line, row in self.source:
            if self.reason_at is not None and (reason := row[self.reason_at].strip()) in TWICE:
                self.twice.add(line, reason)
            yield line, [restored(row[place]) for place in self.places]


def mended(table: Table) -> Table:
    """`table` as its rows are to be read: a file of rejects without what we added to it; any other as it is."""
    headers = [header.strip() for header in table.headers]
    places = tuple(place for place, header in enumerate(headers) if not header.startswith(OURS))
    if len(places) == len(headers):
        return table
    return Mended(table, places, headers.index(REASON) if REASON in headers else None)


def is_mended(table: Table) -> bool:
    """Is it a file of rejects that comes back, as it was opened or as :func:`mended` gives it?"""
    return mended(table) is not table or isinstance(table, Mended)


def came_back_twice(table: Table, rows: Sequence[Row]) -> Mapping[int, str]:
    """Line → reason of those among `rows`, just read of `table`, that were rejected for being there twice."""
    return table.twice.between(rows[0][0], rows[-1][0]) if isinstance(table, Mended) and rows else {}


def rejects_file(out: Path, rows: int = 0) -> Path:
    """The file that `rows` rejected rows go to where `out` was asked for: a workbook, unless it ends in .csv.

    More rows than a worksheet holds go to a .csv of that name. Raises BadInput for an ending that is neither.
    """
    if out.suffix.lower() not in ("", ".csv", ".xlsx"):
        raise BadInput(
            N_("Rejected rows go to a workbook or a CSV file; let {file} end in .xlsx or in .csv."), file=str(out)
        )
    if rows > SHEET_ROWS:
        return out.with_suffix(".csv")
    return out if out.suffix else out.with_suffix(".xlsx")


def write_rejects(table: Table, rejects: Rejects, out: Path, words: Callable[[str], str] = str) -> int:
    """The rejected rows as they were, with line and reason, ready to be mended in Excel and imported again.

    `table` is read a second time. `words` puts a reason into the reader's language. Our columns stand in front, so that
    nobody has to look for them: the line, the reason's fixed word, the reason in words. The file (:func:`rejects_file`)
    is there whole or not at all. Returns how many rows were written.
    """
    file = rejects_file(out, len(rejects))
    source = mended(table)
    as_cell = _told_apart if file.suffix.lower() == ".xlsx" else str
    note = f"{OURS}{_('note')}"
    rows = ([str(line), reason, words(reason), *map(as_cell, row)] for line, reason, row in _rejected(source, rejects))
    return write_texts(file, [LINE, REASON, note, *source.headers], rows, sheet=_("Rejected"))


def _rejected(table: Table, rejects: Rejects) -> Iterator[tuple[int, str, Sequence[str]]]:
    """The rows of `table` that were rejected; both are in the order of their lines."""
    wanted = rejects.in_order()
    line, reason = next(wanted, (0, ""))
    for at, row in table if line else ():
        while line and line < at:
            line, reason = next(wanted, (0, ""))
        if not line:
            return
        if line == at:
            yield at, reason, row


def _told_apart(cell: str) -> str:
    """A workbook needs no apostrophe before a formula, but one that was there must survive being read again."""
    return f"'{cell}" if restored(cell) != cell else cell
