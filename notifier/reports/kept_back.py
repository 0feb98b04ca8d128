"""Who is kept untexted for comparison, and so is not called about the same purpose either: a call would spoil it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from notifier.domain.cycles import matching_cycle, stage_windows
from notifier.domain.experiment import Draw, withholds
from notifier.domain.guards import Arm
from notifier.domain.rules import RULES
from notifier.store.arms import control_shares
from notifier.store.audiences import AUDIENCES, Ask, Due
from notifier.store.due_list import arms_of_cars, arms_of_period

if TYPE_CHECKING:
    from notifier.schedules import Campaign
    from notifier.store.engine import Session
    from notifier.store.worklist import ListedTouch, WorklistFacts

__all__ = ["UNIVERSAL", "KeptBack", "kept_cars"]

UNIVERSAL = "universal"
"""Under which name the share of the universal control group is kept."""


class _Draws:
    """By which shares the planner draws, campaign by campaign and period by period."""

    def __init__(self, session: Session, shop_id: int, campaigns: Mapping[str, Campaign]) -> None:
        self._session, self._shop_id, self._campaigns = session, shop_id, campaigns
        self._draws: dict[tuple[str, str, int], Draw] = {}
        self._shares: dict[str, Mapping[str, int]] = {}

    def period(self, campaign_id: str, year: int) -> str:
        """The enrolment period: the list's, where the campaign has one."""
        campaign = self._campaigns.get(campaign_id)
        listed = campaign.options.listed if campaign is not None else None
        return listed.period if listed is not None else str(year)

    def of(self, campaign_id: str, kind: str, year: int) -> Draw:
        """The draw of a campaign in a year."""
        found = self._draws.get((campaign_id, kind, year))
        if found is None:
            period = self.period(campaign_id, year)
            shares = self._share(campaign_id, period), self._share(UNIVERSAL, str(year))
            found = self._draws[campaign_id, kind, year] = Draw(kind, campaign_id, period, year, *shares)
        return found

    def _share(self, name: str, period: str) -> int:
        """The share the period began with; before its first run the file's, else that of the period before."""
        if name not in self._shares:
            self._shares[name] = control_shares(self._session, self._shop_id, name)
        shares, campaign = self._shares[name], self._campaigns.get(name)
        if period in shares:
            return shares[period]
        return campaign.control_bp if campaign is not None else shares[max(shares)] if shares else 0


class KeptBack:
    """The control groups of a shop, whether their texts are withheld already or still wait for a run or a free day.

    `campaigns`: those of schedules.yaml, by id; `year`: the shop's.
    """

    def __init__(self, session: Session, shop_id: int, campaigns: Mapping[str, Campaign], year: int) -> None:
        self._draws, self._campaigns, self._year = _Draws(session, shop_id, campaigns), campaigns, year

    def is_over(self, touch: ListedTouch) -> bool:
        """Whether the comparison ends with this stage: the last one of a service campaign goes to everybody."""
        return touch.kind == "service" and self._is_last(touch)

    def keeps(self, touch: ListedTouch, facts: WorklistFacts) -> bool:
        """Whether the touch's customer gets no such text, so that others can be compared with them."""
        return withholds(self._arm(touch, facts), touch.kind, is_last=self._is_last(touch))

    def _is_last(self, touch: ListedTouch) -> bool:
        campaign = self._campaigns.get(touch.campaign_id)
        return campaign is not None and campaign.stages[-1].name == touch.stage

    def _arm(self, touch: ListedTouch, facts: WorklistFacts) -> Arm:
        """That of the cycle's enrolment, else of this period's, else the one the next run would draw."""
        period = self._draws.period(touch.campaign_id, self._year)
        known = touch.arm or facts.arms.get((touch.customer_id, touch.campaign_id, period))
        if known is not None:
            return Arm(known)
        draw = self._draws.of(touch.campaign_id, touch.kind, self._year)
        return draw.arm_of(facts.customers[touch.customer_id].bucket_key)


def kept_cars(
    session: Session, shop_id: int, campaigns: Sequence[Campaign], purpose: str, days: tuple[date, date], *,
    today: date,
) -> frozenset[int]:  # fmt: skip
    """The cars due for `purpose` on these days whose owner is in the control group of a campaign that speaks of it.

    A comparison is over once the last stage of a service campaign is open: that one goes to everybody.
    """
    running = [campaign for campaign in campaigns if campaign.enabled]
    has_first_service = any(campaign.rule == "first_service" for campaign in running)
    # Without a campaign of its own a first service is spoken of as any other.
    rule = "maintenance_due" if purpose == "first_service" and not has_first_service else purpose
    draws = _Draws(session, shop_id, {campaign.id: campaign for campaign in campaigns})
    kept: set[int] = set()
    for campaign in running:
        if campaign.rule == rule:
            ask = Ask(shop_id, *days, options=campaign.options, audience=campaign.audience, today=today)
            kept |= _kept_by(session, campaign, ask, today, draws)
    return frozenset(kept)


def _kept_by(session: Session, campaign: Campaign, ask: Ask, today: date, draws: _Draws) -> set[int]:
    dues = AUDIENCES[campaign.rule](session, ask)
    of_cars = arms_of_cars(session, campaign.id, {due.vehicle_id for due in dues if due.vehicle_id is not None})
    of_period = arms_of_period(session, ask.shop_id, campaign.id, {due.customer_id for due in dues})
    kept: set[int] = set()
    for due in dues:
        if due.vehicle_id is None:
            continue
        windows = stage_windows(due.due_on, campaign.stages, campaign.late_days)
        year = max(today, windows[0].opens_on).year
        known = _arm_of_cycle(due, of_cars.get((due.vehicle_id, due.customer_id), ()), campaign.rule)
        known = known or of_period.get((due.customer_id, draws.period(campaign.id, year)))
        arm = Arm(known) if known else draws.of(campaign.id, campaign.kind, year).arm_of(due.bucket_key)
        is_last = len(windows) == 1 or today >= windows[-1].opens_on
        if withholds(arm, campaign.kind, is_last=is_last):
            kept.add(due.vehicle_id)
    return kept


def _arm_of_cycle(due: Due, cycles: Sequence[tuple[str, date]], rule: str) -> str | None:
    return matching_cycle(due.anchor_on, cycles, RULES[rule].tolerance_days)
