"""The campaign summary: one row a campaign, with what was sent, what came back, what is credited and what was caused.

Credited and caused answer two questions; they stand side by side with their ratio and are never added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from notifier.reports.campaigns import ReportCampaign, ReportShop
from notifier.reports.lift import LiftFigures, lift_of_campaign
from notifier.store import facts
from notifier.store.engine import Session
from notifier.store.facts import CreditCounts, MessageCounts, OrderCounts, Period

__all__ = ["CampaignReport", "CampaignRow", "Enrolled", "campaign_report", "campaign_summary", "lift_of_campaign"]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Customers by arm; the universal control stands outside the campaign's own two arms."""

    treatment: int = 0
    control: int = 0
    universal: int = 0

    @property
    def total(self) -> int:
        """All customers enrolled, whatever their arm."""
        return self.treatment + self.control + self.universal


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign in the report's period. See the parts for what each figure counts."""

    campaign: ReportCampaign
    enrolled: Enrolled
    messages: MessageCounts
    credit: CreditCounts
    lift: LiftFigures

    @property
    def credited_per_caused(self) -> float | None:
        """Outcomes credited for each one caused; None unless a gain is proven, for the divisor may be 0."""
        view = self.lift.first
        if view.verdict != "distinguishable" or view.rate is None or view.rate.incremental <= 0:
            return None
        return self.credit.outcomes / view.rate.incremental


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """The whole page: whose, which days, how orders became visits, how fresh the data are, and the rows.

    `known_to` maps a kind of import to the moment up to which its records are known.
    """

    shop: ReportShop
    from_day: date
    to_day: date
    today: date
    orders: OrderCounts
    rows: tuple[CampaignRow, ...]
    known_to: Mapping[str, datetime] = field(default_factory=dict)


def campaign_summary(
    session: Session,
    *,
    shop: ReportShop,
    campaigns: Sequence[ReportCampaign],
    today: date,
    from_day: date,
    to_day: date,
) -> list[CampaignRow]:
    """One row a campaign, in the order given: who was enrolled and written to in [from_day, to_day].

    Replies, bookings and credits belong to their text and are counted whenever they came; lift is read as of `today`.
    """
    period, ids = Period(shop.id, from_day, to_day), [campaign.id for campaign in campaigns]
    enrolled = facts.enrolled_by_arm(session, period, ids)
    messages = facts.message_counts(session, period, ids)
    credits_ = facts.credit_counts(session, period, ids)
    return [
        CampaignRow(
            campaign=campaign,
            enrolled=Enrolled(**enrolled.get(campaign.id, {})),
            messages=messages.get(campaign.id, MessageCounts()),
            credit=credits_.get(campaign.id, CreditCounts()),
            lift=lift_of_campaign(session, shop.id, campaign, from_day, to_day, today),
        )
        for campaign in campaigns
    ]


def campaign_report(
    session: Session,
    *,
    shop: ReportShop,
    campaigns: Sequence[ReportCampaign],
    today: date,
    from_day: date,
    to_day: date,
) -> CampaignReport:
    """:func:`campaign_summary` with its opening line and the freshness of the data: what the renderers take."""
    rows = campaign_summary(session, shop=shop, campaigns=campaigns, today=today, from_day=from_day, to_day=to_day)
    return CampaignReport(
        shop=shop,
        from_day=from_day,
        to_day=to_day,
        today=today,
        orders=facts.order_counts(session, Period(shop.id, from_day, to_day)),
        rows=tuple(rows),
        known_to=facts.known_to(session, shop.id),
    )
