"""When a text may leave: outside the quiet hours, on a day the shop is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.closed_days import ClosedDays
from notifier.domain.phone_zones import zones_of_phone
from notifier.domain.quiet_hours import GIVE_UP_AFTER_DAYS, QuietHours

__all__ = ["SendingHours", "Zones"]

Zones = tuple[ZoneInfo, ...]

_ALWAYS = QuietHours()


@dataclass(frozen=True, slots=True)
class SendingHours:
    """Those of one shop. `zone`: the shop's; closed days are days there, whoever is texted.

    `by_phone`: the quiet hours are those on the clock of the customer's phone, not of the shop.
    """

    zone: ZoneInfo
    quiet: QuietHours = field(default_factory=QuietHours)
    closed: ClosedDays = field(default_factory=ClosedDays)
    by_phone: bool = False

    def zones_of(self, phone: str | None) -> Zones:
        """The zones in which a text to this phone must not disturb: the shop's where the phone's are not known."""
        return (zones_of_phone(phone) if self.by_phone else ()) or (self.zone,)

    def is_open(self, moment: datetime, zones: Zones = ()) -> bool:
        """Whether a text may leave at this (aware) moment; `zones`: as `zones_of` has them, the shop's by default."""
        return self.next_open(moment, zones) == moment

    def next_open(self, moment: datetime, zones: Zones = ()) -> datetime:
        """The first moment, in UTC, from the aware `moment` on at which a text may leave.

        Where a phone may be in zones that have no waking hour in common, the shop's zone decides. Raises BadInput for a
        naive moment, and where no day of the next 60 is open (schedules.yaml is checked for that).
        """
        if zones in ((), (self.zone,)):
            return self.quiet.next_allowed(moment, self.zone, self.closed.is_closed)
        candidate, given_up = moment, moment + timedelta(days=GIVE_UP_AFTER_DAYS)
        while candidate < given_up:
            later = self._after(candidate, zones)
            if later == candidate:
                return later
            candidate = later
        return self.next_open(moment)

    def _after(self, moment: datetime, zones: Zones) -> datetime:
        """One step nearer: past the closed days, then past each zone's quiet hours; the same moment where it is open.

        No step passes over an open moment, so the first that stands still is the earliest.
        """
        later = _ALWAYS.next_allowed(moment, self.zone, self.closed.is_closed)
        for zone in zones:
            later = self.quiet.next_allowed(later, zone)
        return later
