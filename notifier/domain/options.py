"""What a campaign of one rule alone can say in schedules.yaml: which festivals, which topics, which list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

__all__ = ["Listed", "Members", "Options"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A broadcast: `id` names it for ever, `day` is the event's, `ends_on` the last day on which it is worth saying.

    `title`: what a text calls it. `file`: a CSV or workbook of phones or VINs, as seen from schedules.yaml; None =
    whoever the campaign's filter leaves, and with `is_for_all` everybody where there is no filter.
    """

    id: str
    day: date
    ends_on: date
    title: str
    file: str | None = None
    is_for_all: bool = False

    def document(self) -> dict[str, str | None]:
        """As plain JSON values, for a run's settings."""
        file = "all" if self.is_for_all else self.file
        return {"id": self.id, "title": self.title, "day": self.day.isoformat(), "ends_on": self.ends_on.isoformat(),
                "file": file}  # fmt: skip

    @property
    def period(self) -> str:
        """The enrolment period of a list is the list. Source: rules.md, "Enrolment and arms"."""
        return f"list:{self.id}"


@dataclass(frozen=True, slots=True)
class Members:
    """Who is on a list, row by row: (VIN, phone key), either of them or both; the VIN speaks first."""

    rows: Sequence[tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of every rule; those that are not a campaign's own are empty.

    `festivals`: names known to domain/festivals. `topics`: topic → (month, day) of each year. `listed`: the list.
    """

    festivals: tuple[str, ...] = ()
    topics: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)
    listed: Listed | None = None
