"""Whether records may be trusted today: nobody is reminded the day after a visit we have not been told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["Freshness", "Stale", "freshness_of", "makes_planning_wait"]


class Freshness(StrEnum):
    """How one kind of import stands."""

    FRESH = "fresh"
    NEVER = "never"
    TOO_OLD = "too_old"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Stale:
    """A kind of import that makes planning wait. `known_to` None = never imported; `limit`: how old it may be."""

    kind: str
    freshness: Freshness
    known_to: datetime | None
    limit: timedelta | None

    @property
    def reason(self) -> str:
        """The fixed word for it."""
        return "import_unfinished" if self.freshness is Freshness.UNFINISHED else "data_too_old"


def freshness_of(
    known_to: datetime | None, limit: timedelta | None, now: datetime, *, is_unfinished: bool
) -> Freshness:
    """How the records known to `known_to` (None = never imported) stand at `now`; `limit` None = they never grow old.

    An import that began and did not end outweighs everything: nobody knows what is there of it.
    """
    if is_unfinished:
        return Freshness.UNFINISHED
    if known_to is None:
        return Freshness.NEVER
    is_old = limit is not None and now - known_to > limit
    return Freshness.TOO_OLD if is_old else Freshness.FRESH


def makes_planning_wait(freshness: Freshness, limit: timedelta | None) -> bool:
    """Whether campaigns that read these records wait; without a limit only for an import that has not ended."""
    if limit is None:
        return freshness is Freshness.UNFINISHED
    return freshness is not Freshness.FRESH
