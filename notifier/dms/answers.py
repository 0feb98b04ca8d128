"""What a query gave: a table kept on disk, its columns told apart, and the column that says what changed when."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from notifier.dms.cells import text_of
from notifier.dms.readers import Row
from notifier.dms.source import Query
from notifier.dms.staging import Staging
from notifier.dms.stamps import BadStamp, Stamp, Watermark
from notifier.errors import ConfigError, SourceError
from notifier.locale import N_, WhenShown, listed

__all__ = ["Answer", "QueryTable", "TooLong", "bad_stamp", "place_of_stamp", "told_apart", "too_long"]

TELL_EVERY = 1_000
LONGEST_CELL = 1_000_000
"""Characters, as in a file: a picture or a whole document in a column is no cell of a table."""
_packed = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class QueryTable:
    """A query's answer: a Table whose rows lie on disk as long as the reading lasts.

    `rows`: how many. `latest`: the latest change among them and those before; None where the query names no column.
    """

    name: str
    headers: Sequence[str]
    fingerprint: str
    rows: int
    latest: Stamp | None
    kept: Staging

    def __iter__(self) -> Iterator[Row]:
        for line, cells in self.kept.rows("SELECT rowid, cells FROM staged ORDER BY rowid"):
            yield line, json.loads(cells)


class TooLong(Exception):
    """A cell holds more than any cell of a table: the `row` of the answer (from 1), and the column's `place`."""

    def __init__(self, row: int, place: int) -> None:
        super().__init__(row, place)
        self.row, self.place = row, place


def too_long(query: Query, headers: Sequence[str], found: TooLong) -> SourceError:
    """The refusal of an answer with such a cell."""
    return SourceError(
        N_(
            "{file}, line {line}: row {row} of the query of {kind} has a cell of more than a million characters in the "
            "column {column}; leave that column out of the query. Nothing of it was imported."
        ),
        file=query.file,
        line=query.line,
        row=found.row,
        kind=query.records,
        column=headers[found.place],
    )


def told_apart(names: Sequence[str]) -> list[str]:
    """The second column of one name gets its position behind it, as in files."""
    return [f"{name}#{n}" if name in names[: n - 1] else str(name) for n, name in enumerate(names, start=1)]


def place_of_stamp(query: Query, headers: Sequence[str]) -> int | None:
    """The place of the changed_column, None where there is none. Raises ConfigError where the answer lacks it."""
    if query.changed_column is None:
        return None
    if query.changed_column not in headers:
        raise ConfigError(
            N_(
                "{file}, line {line}: the query of {kind} gives no column {column}, which changed_column names; its "
                "columns are {headers}."
            ),
            file=query.file,
            line=query.line,
            kind=query.records,
            column=query.changed_column,
            headers=WhenShown(lambda: listed(headers)),
        )
    return headers.index(query.changed_column)


@dataclass
class Answer:
    """Rows on their way from the database: counted, their stamps noted, their cells made texts.

    `place`: the column of the stamp; `progress` is told now and then how many have come.
    """

    zone: ZoneInfo
    watermark: Watermark
    place: int | None
    progress: Callable[[int], None]
    rows: int = 0

    def texts(self, rows: Iterable[Sequence[object]]) -> Iterator[tuple[str]]:
        """Each row as one text, to be kept on disk. Raises BadStamp, TooLong."""
        for row in rows:
            self.rows += 1
            if self.place is not None:
                self.watermark.note(row[self.place])
            if self.rows % TELL_EVERY == 0:
                self.progress(self.rows)
            texts = [text_of(value, self.zone) for value in row]
            packed = _packed(texts)
            if len(packed) > LONGEST_CELL:  # few rows come near
                self._raise_if_too_long(texts)
            yield (packed,)

    def _raise_if_too_long(self, texts: Sequence[str]) -> None:
        for place, text in enumerate(texts):
            if len(text) > LONGEST_CELL:
                raise TooLong(self.rows, place)


def bad_stamp(query: Query, bad: BadStamp) -> ConfigError:
    """The refusal of a column that is no stamp, its letters and digits masked: they may be a person's."""
    return ConfigError(
        N_(
            "{file}, line {line}: the column {column} of the query of {kind} holds something like {value}, which does "
            "not tell in one fixed form when a row was changed; name a column of moments as changed_column, or leave "
            "it out and all is read each time."
        ),
        file=query.file,
        line=query.line,
        kind=query.records,
        column=query.changed_column,
        value=re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", str(bad)))[:60],
    )
