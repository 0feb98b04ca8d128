"""What a campaign of one rule alone can say in schedules.yaml: which festivals, which topics, which list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["Listed", "Options"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A broadcast: `id` names it for ever, `day` is the event's, `ends_on` the last day on which it is worth saying.

    `title`: what a text calls it. `file`: a CSV of phones or VINs; None = whoever the campaign's filter leaves.
    """

    id: str
    day: date
    ends_on: date
    title: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The options of every rule; those that are not a campaign's own are empty.

    `festivals`: names known to domain/festivals. `topics`: topic → (month, day) of each year. `listed`: the list.
    """

    festivals: tuple[str, ...] = ()
    topics: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)
    listed: Listed | None = None
