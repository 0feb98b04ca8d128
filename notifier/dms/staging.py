"""A private database on disk for the length of one import: rows wait here to be sorted and compared as a whole.

So the result never depends on the order of a file's rows, each car is dealt with once, and memory does not grow with
the file. Nothing of it outlives the import; it is no part of the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from types import TracebackType
from typing import Any, Self

__all__ = ["Staging"]

Record = tuple[Any, ...]
_BATCH = 2_000


class Staging:
    """One table ``staged`` with the given columns, and any others an import makes beside it."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32000", "temp_store=FILE"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(f"CREATE TABLE staged ({', '.join(self.columns)})")
        self._connection.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add(self, records: Iterable[Record], table: str = "staged") -> None:
        """Add records, in batches."""
        iterator = iter(records)
        while batch := list(islice(iterator, _BATCH)):
            marks = ", ".join("?" * len(batch[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)  # noqa: S608 — our own names

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """One statement that gives nothing back."""
        self._connection.execute(statement, values)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[Record]:
        """The rows of a query, in a stream: `staged` may be changed only when they have all been taken."""
        cursor = self._connection.cursor()
        cursor.execute(statement, values)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch

    def groups(self, statement: str, size: int) -> Iterator[list[Record]]:
        """The rows of a query in chunks of about `size`; rows with the same first column stay together."""
        chunk: list[Record] = []
        for _key, group in groupby(self.rows(statement), key=lambda record: record[0]):
            chunk.extend(group)
            if len(chunk) >= size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk
