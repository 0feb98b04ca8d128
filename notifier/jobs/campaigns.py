"""The campaigns of a shop as they stand: on, off, paused or refused, and what their last run came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from notifier.domain.freshness import Stale
from notifier.errors import NotifierError, TemplateError
from notifier.jobs.plan.lists import ListUnreadable, read_list_file
from notifier.jobs.plan.shop import Planner, ShopPlanner
from notifier.jobs.texts import TextMaker, load_live
from notifier.schedules import Campaign, ShopSettings
from notifier.store.campaigns import standing_of
from notifier.store.engine import Store
from notifier.store.pauses import PauseRow, pauses_in_force
from notifier.store.runs import RunRow, runs_of_campaign

__all__ = ["CampaignLook", "ShopLook", "Standing", "look_at_campaigns", "template_titles"]

NEXT_RUNS = 5


class Standing(StrEnum):
    """Whether a campaign's texts are planned and sent, and if not, why."""

    ON = "on"
    OFF = "off"
    PAUSED = "paused"
    REFUSED = "refused"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class CampaignLook:
    """One campaign. `problem`: why it is refused, a sentence. `waits_for`: the records it waits for.

    `was_planned`: a campaign nobody has planned yet cannot be paused, only switched off.
    """

    campaign: Campaign
    standing: Standing
    last_run: RunRow | None
    next_runs: list[datetime]
    was_planned: bool
    problem: NotifierError | None = None
    waits_for: Stale | None = None


@dataclass(frozen=True, slots=True)
class ShopLook:
    """The shop's campaigns in the order of the file, those that are off last. `pauses`: those that halt the shop."""

    campaigns: list[CampaignLook]
    pauses: list[PauseRow] = field(default_factory=list)


def look_at_campaigns(
    planner: Planner, shop: ShopSettings, shop_id: int, now: datetime, *, only: str | None = None
) -> ShopLook:
    """How the shop's campaigns stand at `now`; `only`: the key of one of them.

    A few small questions a campaign, whatever the base: no text is counted.
    """
    looker = _Looker(planner, shop, shop_id, now)
    here = planner.schedules.of_shop(shop.key)
    chosen = [here.campaign(only)] if only is not None else sorted(here.campaigns, key=lambda each: not each.enabled)
    looks = [looker.look(campaign) for campaign in chosen]
    with planner.store.read() as session:
        pauses = [pause for pause in pauses_in_force(session) if pause.holds(shop.key)]
    return ShopLook(looks, pauses)


def template_titles(store: Store, language: str) -> dict[str, str]:
    """Template → its title, of the live version in `language`, else in any."""
    known = load_live(store).by_name
    titles = {name: template.title for (name, _other), (_id, template) in known.items()}
    return titles | {name: template.title for (name, own), (_id, template) in known.items() if own == language}


class _Looker:
    def __init__(self, planner: Planner, shop: ShopSettings, shop_id: int, now: datetime) -> None:
        self.planner, self.shop, self.shop_id, self.now = planner, shop, shop_id, now
        self.desk = ShopPlanner(planner, shop, shop_id, now, None)
        self.texts = TextMaker(shop, load_live(planner.store), planner.capabilities, planner.price_micros)
        with planner.store.read() as session:
            self.paused: Mapping[str, bool] = standing_of(session, shop_id)

    def look(self, campaign: Campaign) -> CampaignLook:
        with self.planner.store.read() as session:
            latest = runs_of_campaign(session, self.shop_id, campaign.id, 1)
        problem = self._problem(campaign) if campaign.enabled else None
        waits_for = self.desk.stale_records(campaign) if campaign.enabled else None
        return CampaignLook(
            campaign=campaign,
            standing=self._standing(campaign, problem, waits_for),
            last_run=latest[0] if latest else None,
            next_runs=campaign.next_due(self.now, self.shop.zone, NEXT_RUNS),
            was_planned=campaign.id in self.paused,
            problem=problem,
            waits_for=waits_for,
        )

    def _standing(self, campaign: Campaign, problem: NotifierError | None, waits_for: Stale | None) -> Standing:
        if not campaign.enabled:
            return Standing.OFF
        if self.paused.get(campaign.id):
            return Standing.PAUSED
        if problem is not None:
            return Standing.REFUSED
        return Standing.WAITS if waits_for else Standing.ON

    def _problem(self, campaign: Campaign) -> NotifierError | None:
        planner = self.planner
        try:
            self.texts.raise_if_campaign_cannot_be_sent(campaign)
            read_list_file(campaign, planner.schedules, secret=planner.secret, region=self.shop.region)
        except (TemplateError, ListUnreadable) as problem:
            return problem
        return None
