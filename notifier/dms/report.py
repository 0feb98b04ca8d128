"""What an import did, one verdict a row, and what it doubted."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notifier.dms.headers import Mapped
from notifier.dms.readers import Table

__all__ = ["ImportReport", "write_rejects"]

REASON_COLUMN, LINE_COLUMN = "notifier_reason", "notifier_line"


@dataclass
class ImportReport:
    """Counts in rows: `read` is the sum of the verdicts; `warned` counts rows of any verdict, once a reason.

    `released` = orders and policies of earlier imports that waited for a car of this one. `rejects`: line → reason.
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
    rejects: dict[int, str] = field(default_factory=dict)

    def reject(self, line: int, reason: str) -> None:
        """The row cannot be taken."""
        self.rejected[reason] += 1
        self.rejects[line] = reason

    def warn(self, reasons: Iterable[str]) -> None:
        """What was doubted in one row, each reason once."""
        self.warned.update(set(reasons))

    def count(self, verdict: str) -> None:
        """One row's verdict: new, changed, unchanged, merged or parked."""
        setattr(self, verdict, getattr(self, verdict) + 1)

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


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def write_rejects(table: Table, report: ImportReport, out: Path) -> int:
    """The rejected rows as they were, with reason and line, ready to be mended in Excel and imported again.

    CSV with a byte-order mark, so that Excel opens it by double click. Returns how many rows were written.
    """
    kept = [place for place, header in enumerate(table.headers) if header not in (REASON_COLUMN, LINE_COLUMN)]
    headers = [table.headers[place] for place in kept]
    written = 0
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*headers, REASON_COLUMN, LINE_COLUMN])
        for line, row in table if report.rejects else ():
            if line in report.rejects:
                writer.writerow([*(row[place] for place in kept), report.rejects[line], line])
                written += 1
    return written
