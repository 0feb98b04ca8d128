"""Pace by GCRA (generic cell rate algorithm): one remembered moment, no counter and no window that could burst twice.

`arrival_at` is the theoretical arrival time of the next unit. Units may pass while it is no further ahead of the clock
than the burst; each moves it on by its share of a second. Source: ITU-T I.371, annex A.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["BURST", "Pace"]

BURST = timedelta(seconds=0.05)
LONGEST_TEXT = 30  # units: what the longest text any provider takes can put the arrival ahead of the clock


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a stream of units stands at `clock`, in units a second. `arrived`: its theoretical arrival time."""

    arrived: datetime
    clock: datetime
    units_per_second: float

    @classmethod
    def at(cls, clock: datetime, arrival_at: datetime | None, units_per_second: float) -> Pace:
        """From the remembered `arrival_at`; never in the past, and anew where the clock was set back.

        Nothing can put it further ahead than the burst and one long text, so a time beyond that was written by a
        clock that has been corrected since: it must not stop the stream for the difference.
        """
        furthest = clock + BURST + timedelta(seconds=LONGEST_TEXT / units_per_second)
        if arrival_at is None or arrival_at > furthest:
            return cls(clock, clock, units_per_second)
        return cls(max(arrival_at, clock), clock, units_per_second)

    @property
    def room(self) -> float:
        """Units that may pass now: none (0), or at least one, so that a long text is not stuck for ever."""
        units = (self.clock + BURST - self.arrived).total_seconds() * self.units_per_second
        return max(units, 1.0) if units > 0 else 0.0

    @property
    def again_at(self) -> datetime:
        """From when on one may pass."""
        return self.arrived - BURST + timedelta(milliseconds=1)

    def after(self, units: float) -> datetime:
        """The arrival time to remember once `units` have passed."""
        return self.arrived + timedelta(seconds=units / self.units_per_second)
