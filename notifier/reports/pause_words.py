"""A pause in words: since when, by whom, and what ends it. Shared by pause, resume, send, explain, status, doctor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING

from notifier.locale import _

if TYPE_CHECKING:
    from notifier.store.engine import Session
    from notifier.store.pauses import PauseRow

__all__ = ["pause_sentences", "still_claiming_sentence"]


def pause_sentences(session: Session, pauses: Iterable[PauseRow]) -> list[str]:
    """One each, on the clock of the shop (of everything: of the first shop), as the database knows it.

    Not as schedules.yaml does: whoever stops everything may do so because that file is broken.
    """
    from notifier.store.holds import shop_zones
    from notifier.store.shops import shop_keys

    zones, keys = shop_zones(session), shop_keys(session)
    zone_of = {keys[shop_id]: zone for shop_id, zone in zones.items()}
    first = zones[min(zones)] if zones else UTC
    return [_sentence(each, f"{each.since.astimezone(zone_of.get(each.shop or '', first)):%Y-%m-%d %H:%M}")
            for each in pauses]  # fmt: skip


def still_claiming_sentence() -> str:
    """What remains to be done where a pause counts, and a claim that began before does not end."""
    return _(
        "The pause counts, but a sender has been taking texts for more than 10 seconds, as one does that is frozen or "
        "whose machine is gone: what it takes may still leave. End that process to be sure that nothing does."
    )


def _sentence(pause: PauseRow, since: str) -> str:
    if pause.shop is None:
        said = _("Sending is paused since {since}, by {by}: no text leaves, of any kind. notifier resume ends that.")
        return said.format(since=since, by=pause.by or "–")
    said = _(
        "The shop {shop} is paused since {since}, by {by}: no text of it leaves, of any kind. "
        "notifier resume --shop {shop} ends that."
    )
    return said.format(shop=pause.shop, since=since, by=pause.by or "–")
