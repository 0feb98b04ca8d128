"""Count what the texts of each version have brought, a few days at a time, beside the days of the page Today."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from notifier.store.engine import Store
from notifier.store.holds import shop_zones
from notifier.store.wording_figures import count_day, counted_days, keep_day

__all__ = ["DAYS", "count_wordings"]

DAYS = 90
"""So far back a day is counted anew: replies and visits that follow a text later than that are not added to it."""
AT_ONCE = 10
"""Days never counted that are counted in one call: the first ninety of a new installation take nine calls."""


def count_wordings(store: Store, now: datetime) -> int:
    """Count today, some days never counted, and of the others the one counted longest ago, for every shop.

    Each day is a reading and a writing of its own, none long. Returns how many were counted. `now` is business time.
    """
    with store.read() as session:
        zones = shop_zones(session)
    counted = 0
    for shop_id, zone in zones.items():
        for day in _days_to_count(store, shop_id, now.astimezone(zone).date()):
            with store.snapshot() as session:
                figures = count_day(session, shop_id, day)
            with store.write() as session:
                keep_day(session, shop_id, day, figures)
            counted += 1
    return counted


def _days_to_count(store: Store, shop_id: int, today: date) -> list[date]:
    days = [today - timedelta(days=back) for back in range(DAYS)]
    with store.read() as session:
        known = counted_days(session, shop_id, days[-1])
    never = [day for day in days[1:] if day not in known]
    longest_ago = sorted((day for day in days[1:] if day in known), key=lambda day: (known[day], day))
    return [today, *never[:AT_ONCE], *longest_ago[:1]]
