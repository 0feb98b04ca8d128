"""Whom the schedules let leave at this moment: hours, closed days, and the pace of shops that have one of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from notifier.domain.sending_hours import SendingHours
from notifier.schedules import Schedules
from notifier.store.runs import RunRow
from notifier.store.waiting import Door

__all__ = ["Doorkeeper"]

ALWAYS_ALLOWED_KINDS = ("safety", "transactional")


@dataclass(slots=True)
class Doorkeeper:
    """Asked at every claim, so what was worked out stays until the schedules change. `shops`: id → key."""

    schedules: Callable[[], Schedules]
    shops: Mapping[int, str] = field(default_factory=dict)
    _known: Schedules | None = None
    _hours: dict[int, SendingHours] = field(default_factory=dict)
    _paces: dict[int, float] = field(default_factory=dict)

    def knows_shops(self, shops: Mapping[int, str]) -> None:
        """Id → key of every shop that has a row by now."""
        self.shops, self._known = shops, None

    def door(self, now: datetime) -> Door:
        """Who may leave at `now`."""
        self._work_out()
        return Door(partial(self._may_send, now), partial(self._held_until, now))

    @property
    def paces(self) -> Mapping[int, float]:
        """Shop → units a second, of those that have a pace of their own."""
        self._work_out()
        return self._paces

    def _work_out(self) -> None:
        schedules = self.schedules()
        if schedules is self._known:
            return
        in_file = {shop.key for shop in schedules.shops}
        own = {key: schedules.of_shop(name) for key, name in self.shops.items() if name in in_file}
        self._hours = {key: here.guards.hours(here.shops[0].zone) for key, here in own.items()}
        self._paces = {key: here.guards.pace for key, here in own.items() if here.guards.pace is not None}
        self._known = schedules

    def _may_send(self, now: datetime, run: RunRow) -> bool:
        """Nothing leaves in the shop's quiet hours or on its closed days, however long it has waited.

        Of a shop nobody knows the hours of (not in the file any more, or not yet looked up) nothing but safety and
        answers.
        """
        if run.settings.get("kind") in ALWAYS_ALLOWED_KINDS:
            return True
        hours = self._hours.get(run.shop_id)
        return hours is not None and (hours.by_phone or hours.is_open(now))

    def _held_until(self, now: datetime, run: RunRow, phone: str) -> datetime | None:
        """The same where the clock of the customer's phone counts."""
        hours = self._hours.get(run.shop_id)
        if run.settings.get("kind") in ALWAYS_ALLOWED_KINDS or hours is None or not hours.by_phone:
            return None
        moment = hours.next_open(now, hours.zones_of(phone))
        return moment if moment > now else None
