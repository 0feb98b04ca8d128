"""Count the days the page Today shows: today and yesterday each time, older ones in turn."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from notifier.store.day_figures import count_day, days_between, keep_days
from notifier.store.engine import Store
from notifier.store.holds import shop_zones

__all__ = ["DAYS", "tally"]

DAYS = 35
"""So many days are kept up to date: the thirty that are shown, and those a late import or receipt still changes."""
ALWAYS = 2
"""Today and yesterday."""


def tally(store: Store, now: datetime) -> int:
    """Count, for every shop, today, yesterday, the days never counted, and of the others the one counted longest ago.

    So a day that a late import, receipt or reply changes is right again within `DAYS` calls. Each day is read in a
    transaction of its own, and none is long. Returns how many days were counted. `now` is business time.
    """
    with store.read() as session:
        zones = shop_zones(session)
    return sum(_tally_shop(store, shop_id, now.astimezone(zone).date()) for shop_id, zone in zones.items())


def _tally_shop(store: Store, shop_id: int, today: date) -> int:
    figures = {}
    for day in _days_to_count(store, shop_id, today):
        with store.read() as session:
            figures[day] = count_day(session, shop_id, day)
    with store.write() as session:
        keep_days(session, shop_id, figures)
    return len(figures)


def _days_to_count(store: Store, shop_id: int, today: date) -> list[date]:
    days = [today - timedelta(days=back) for back in range(DAYS)]
    with store.read() as session:
        known = {each.day: each.counted_at for each in days_between(session, shop_id, days[-1], today)}
    older = days[ALWAYS:]
    never = [day for day in older if day not in known]
    longest_ago = sorted((day for day in older if day in known), key=lambda day: (known[day], day))
    return days[:ALWAYS] + never + longest_ago[:1]
