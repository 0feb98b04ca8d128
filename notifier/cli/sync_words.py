"""What `doctor` and `status` say of a sync that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.locale import _
from notifier.locale.records import records_word

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from notifier.store.syncs import SyncFailure
    from notifier.wiring import House

__all__ = ["failed_sync", "failed_sync_sentence", "failure_sentence"]


def failed_sync(house: House) -> SyncFailure | None:
    """The sync that failed last, of whichever shop, and that nothing has made good since."""
    from notifier.store.shops import find_shop
    from notifier.store.syncs import last_failure

    with house.store.read() as session:
        ids = [find_shop(session, shop.key) for shop in house.schedules.shops]
        found = [last_failure(session, shop_id) for shop_id in ids if shop_id is not None]
        return max(filter(None, found), key=lambda failure: failure.at, default=None)


def failed_sync_sentence(house: House) -> str:
    """When it failed, since when, and why; empty where none did."""
    failure = failed_sync(house)
    return failure_sentence(failure, house.schedules.shops[0].zone) if failure is not None else ""


def failure_sentence(failure: SyncFailure, zone: ZoneInfo) -> str:
    """The same of one that is known."""
    at, since = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (failure.at, failure.since))
    if at == since:
        sentence = _("notifier sync failed on {at}, at the {records}: {why}")
    else:
        sentence = _("notifier sync has failed since {since}, last on {at}, at the {records}: {why}")
    return sentence.format(at=at, since=since, records=records_word(failure.kind), why=failure)
