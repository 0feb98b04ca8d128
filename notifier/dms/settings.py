"""What an import needs to know beside the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from notifier.domain.contacts import CONTACT_HOLD_DAYS

__all__ = ["ImportSettings"]


def _say_nothing(done: int) -> None:
    """Nobody watches."""
    del done


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """`now`: business time (``--at``). `as_of`: the records are as fresh as that; None: as `now`. `secret`: the key of
    phone keys.

    `region`: country in which phones without a country code are read. `consent_source`: these people agreed to
    marketing, by this source. `mapping`: field → header. `chunk_rows`: rows a transaction; `paced`: of visits, more or
    fewer as time tells. `reading` is told how many rows have been read and cleaned, then `progress` how many of them
    are stored (or rejected). `contact_hold_days`: how long a call holds back texts of its purpose.
    """

    now: datetime
    secret: bytes
    region: str
    zone: ZoneInfo
    as_of: datetime | None = None
    consent_source: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    chunk_rows: int = 500
    paced: bool = True
    contact_hold_days: int = CONTACT_HOLD_DAYS
    reading: Callable[[int], None] = _say_nothing
    progress: Callable[[int], None] = _say_nothing

    @property
    def today(self) -> date:
        """The shop's day."""
        return self.now.astimezone(self.zone).date()
