"""One import under way: where it writes, as which import, with which settings, and what it has counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from notifier.dms.readers import Row, Table
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.store.engine import Store

__all__ = ["ImportJob"]

_TOLD_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Handed from step to step."""

    store: Store
    shop_id: int
    import_id: int
    settings: ImportSettings
    report: ImportReport
    rates: dict[str, float] = field(default_factory=dict)
    """Model → km a day, what predictions of this import lean on; found by its step."""

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of `table`, counted as read; whoever watches is told every thousand rows and at the end."""
        for batch in self.batches(table):
            yield from batch

    def batches(self, table: Table) -> Iterator[list[Row]]:
        """The same rows, a thousand at a time."""
        rows = iter(table)
        while batch := list(islice(rows, _TOLD_EVERY)):
            self.report.read += len(batch)
            yield batch
            self.settings.reading(self.report.read)
