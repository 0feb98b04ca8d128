"""What a campaign's control costs this month: an estimate from the shop's own figures, or honestly nothing.

    outcomes = customers the month put into the control group × (rate of the texted − rate of the untexted)

The rates are those of the lift report over the customers enrolled in the last 365 days; their interval gives the
estimate's. Where the figures show a difference, the estimate is told; where they cannot tell yet, only its upper end;
where an arm is empty, the arms are not those that were drawn, or no control was drawn, nothing. Money: outcomes times
what one of the texted brought in on the average. docs/schedules.md, "What a control group costs".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from notifier.locale import _, ngettext
from notifier.reports import numbers
from notifier.reports.campaigns import ReportCampaign
from notifier.reports.lift import lift_of_campaign
from notifier.store.engine import Session
from notifier.store.facts import Period, enrolled_by_arm

__all__ = ["ControlCost", "control_cost", "control_words", "cost_words"]

LOOKED_BACK = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ControlCost:
    """`customers` came into the control group this month, which is `outcomes` visits or renewals fewer.

    At most `outcomes_most`; the estimate itself counts only where `is_shown`. Money in minor units, None where nobody
    texted has brought in anything.
    """

    customers: int
    outcomes: float
    outcomes_most: float
    minor: float | None
    minor_most: float | None
    is_shown: bool


def control_cost(session: Session, shop_id: int, campaign: ReportCampaign, today: date) -> ControlCost | None:
    """The cost of the month of `today`, or None where the figures say nothing."""
    if not campaign.control_bp:
        return None
    view = lift_of_campaign(session, shop_id, campaign, today - LOOKED_BACK, today, today).first
    rate = view.rate
    if rate is None:
        return None
    month = Period(shop_id, today.replace(day=1), today)
    customers = enrolled_by_arm(session, month, [campaign.id]).get(campaign.id, {}).get("control", 0)
    outcomes, most = customers * max(rate.difference, 0.0), customers * max(rate.interval.high, 0.0)
    worth = view.treatment.revenue.total / view.treatment.came if view.treatment.came else 0
    return ControlCost(
        customers=customers,
        outcomes=outcomes,
        outcomes_most=most,
        minor=outcomes * worth if worth else None,
        minor_most=most * worth if worth else None,
        is_shown=view.verdict == "distinguishable",
    )


def control_words(share_bp: int, cost: ControlCost | None, success: str, currency: str, *, is_known: bool) -> str:
    """``10% control, which costs about 3 visits and 2,400 yuan this month``.

    `is_known`: whether anybody has looked at the figures; else only the share is told.
    """
    share = _("{share} control").format(share=numbers.percent(share_bp))
    if not is_known:
        return share
    return _("{control}, {cost}").format(control=share, cost=cost_words(cost, success, currency))


def cost_words(cost: ControlCost | None, success: str, currency: str) -> str:
    """What stands behind the share; `success`: visit or renewal."""
    if cost is None:
        return _("which costs nobody knows what yet: the figures do not suffice")
    if not cost.customers:
        return _("which has cost nothing this month: nobody was drawn")
    if not cost.is_shown:
        price = _price(cost.outcomes_most, cost.minor_most, success, currency)
        return _("which costs at most {price} this month, perhaps nothing: too early to tell").format(price=price)
    price = _price(cost.outcomes, cost.minor, success, currency)
    return _("which costs about {price} this month").format(price=price)


def _price(outcomes: float, minor: float | None, success: str, currency: str) -> str:
    whole = max(1, round(outcomes))
    if success == "renewal":
        said = ngettext("{count} renewal", "{count} renewals", whole)
    else:
        said = ngettext("{count} visit", "{count} visits", whole)
    words = said.format(count=numbers.count(whole))
    if not minor:
        return words
    return _("{outcomes} and {money}").format(outcomes=words, money=numbers.money(minor, currency, is_rough=True))
