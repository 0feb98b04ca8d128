"""Whom a broadcast names, whatever stands against texting them: for those who must be told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifier.errors import BadInput
from notifier.jobs.plan.lists import UnknownRow, unknown_people
from notifier.jobs.plan.shop import Planner, ShopPlanner
from notifier.locale import N_
from notifier.schedules import Campaign, Kind, ShopSettings
from notifier.store.audiences import Ask
from notifier.store.campaigns import UNIVERSAL

__all__ = ["Named", "people_named"]


@dataclass(frozen=True, slots=True)
class Named:
    """How the list is asked for its people, and its rows that name nobody we know."""

    ask: Ask
    unknown: Sequence[UnknownRow]


def people_named(planner: Planner, shop: ShopSettings, shop_id: int, campaign: Campaign, now: datetime) -> Named:
    """The people of the campaign's list.

    Raises BadInput for a campaign without a list, or one that warns of nothing: who said stop to marketing wants no
    call either. ListUnreadable where its file cannot be read.
    """
    listed = campaign.options.listed
    if listed is None or campaign.kind is not Kind.SAFETY:
        raise BadInput(
            N_("{campaign} is no list of kind safety; people are phoned instead only where a text warns them."),
            campaign=campaign.key,
        )
    setting = ShopPlanner(planner, shop, shop_id, now, only=None).setting(campaign, {campaign.id: 0, UNIVERSAL: 0})
    unknown = unknown_people(planner.store, setting.listing) if setting.listing is not None else []
    return Named(setting.ask(listed.day, listed.day), unknown)
