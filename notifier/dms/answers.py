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
from notifier.errors import ConfigError
from notifier.locale import N_, WhenShown, listed

__all__ = ["Answer", "QueryTable", "bad_stamp", "place_of_stamp", "told_apart"]

TELL_EVERY = 1_000
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
        """Each row as one text, to be kept on disk. Raises BadStamp."""
        for row in rows:
            self.rows += 1
            if self.place is not None:
                self.watermark.note(row[self.place])
            if self.rows % TELL_EVERY == 0:
                self.progress(self.rows)
            yield (_packed([text_of(value, self.zone) for value in row]),)


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
