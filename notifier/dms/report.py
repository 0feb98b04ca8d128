"""What an import did, one verdict a row, and what it doubted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from notifier.dms.headers import Mapped
from notifier.dms.rejects import Rejects

__all__ = ["SHOWN_ROWS", "ImportReport", "Understood"]

SHOWN_ROWS = 10


@dataclass(slots=True)
class Understood:
    """One row as it was read, cleaned: what `--dry-run` shows.

    `facts`: field → value, a date, a number, a text or a fixed English word; amounts in minor units; what says nothing
    may be left out or None. `doubts`: what was doubted. `rejected`: why the row was not taken, None where it was.
    """

    line: int
    facts: Mapping[str, object]
    doubts: tuple[str, ...] = ()
    rejected: str | None = None


@dataclass
class ImportReport:
    """Counts in rows: `read` is the sum of the verdicts; `warned` counts rows of any verdict, once a reason.

    `released` = orders and policies of earlier imports that waited for a car of this one. `rejects`: line → reason.
    `understood`: the first ten rows, whatever became of them. `is_news`: whether it makes the records of its kind
    fresh.
    """

    kind: str
    mapped: Mapped
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    merged: int = 0
    parked: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    released: int = 0
    rejects: Rejects = field(default_factory=Rejects)
    understood: list[Understood] = field(default_factory=list)
    is_news: bool = True

    def reject(self, line: int, reason: str) -> None:
        """The row cannot be taken."""
        self.rejected[reason] += 1
        self.rejects.add(line, reason)
        if not self.understood or line > self.understood[-1].line:
            if len(self.understood) < SHOWN_ROWS:
                self.understood.append(Understood(line, {}, rejected=reason))
        else:
            self._reject_shown(line, reason)

    def _reject_shown(self, line: int, reason: str) -> None:
        """A row that was understood may still be rejected when it is held against the others."""
        for row in self.understood:
            if row.line == line:
                row.rejected = reason

    def understand(self, line: int, facts: Mapping[str, object], doubts: Iterable[str] = ()) -> None:
        """A cleaned row; only the first ten are kept.

        Where making `facts` costs something, ask ``len(report.understood) < SHOWN_ROWS`` first.
        """
        if len(self.understood) < SHOWN_ROWS:
            self.understood.append(Understood(line, dict(facts), tuple(doubts)))

    def warn(self, reasons: Iterable[str]) -> None:
        """What was doubted in one row, each reason once."""
        self.warned.update(set(reasons))

    def count(self, verdict: str, rows: int = 1) -> None:
        """The verdict of a row, or of several: new, changed, unchanged, merged or parked."""
        setattr(self, verdict, getattr(self, verdict) + rows)

    @property
    def rows(self) -> int:
        """Rows that are records: a total under the table is none."""
        return self.read - self.rejected["total_row"]

    def as_json(self) -> dict[str, Any]:
        """The object `--json` prints; docs/json.md explains the keys."""
        return {
            "read": self.read,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "merged": self.merged,
            "parked": self.parked,
            "rejected": _sorted(self.rejected),
            "warned": _sorted(self.warned),
        }

    def as_rehearsed(self) -> dict[str, Any]:
        """The object `--dry-run --json` prints: the counts, and how the file was understood."""
        rows = [
            {"line": row.line, "rejected": row.rejected, "doubts": list(row.doubts), "understood": _plain(row.facts)}
            for row in self.understood
        ]
        mapping = dict(self.mapped.columns)
        return {**self.as_json(), "mapping": mapping, "unrecognised": list(self.mapped.unrecognised), "rows": rows}


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    told = {name: value for name, value in facts.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
