"""What the campaigns of a shop did lately and what their controls cost: counted in the background, shown when there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notifier.reports.campaigns import report_campaign
from notifier.reports.control_cost import ControlCost, control_cost
from notifier.schedules import Schedules
from notifier.store.engine import Store
from notifier.store.facts import CreditCounts, MessageCounts, Period, credit_counts, message_counts
from notifier.store.shops import find_shop

__all__ = ["DAYS", "campaign_figures", "cost_of"]

DAYS = 30
"""So many days up to today, by the day texts were due."""


def campaign_figures(store: Store, schedules: Schedules, now: datetime) -> dict[str, dict[str, Any]]:
    """Campaign id → its figures as JSON; `schedules`: those of one shop. Nothing for a shop never planned for.

    sent, delivered, replied, opted_out: texts; came: outcomes credited, came_minor what they brought in (minor units);
    control: see `ControlCost`, None where nobody can tell.
    """
    (shop,) = schedules.shops
    today = now.astimezone(shop.zone).date()
    ids = [campaign.id for campaign in schedules.campaigns]
    with store.read() as session:
        shop_id = find_shop(session, shop.key)
        if shop_id is None:
            return {}
        period = Period(shop_id, today - timedelta(days=DAYS - 1), today)
        texts, credits_ = message_counts(session, period, ids), credit_counts(session, period, ids)
    found = {}
    for campaign in schedules.campaigns:
        with store.read() as session:
            cost = control_cost(session, shop_id, report_campaign(campaign), today)
        sent, came = texts.get(campaign.id, MessageCounts()), credits_.get(campaign.id, CreditCounts())
        found[campaign.id] = {
            "sent": sent.sent, "delivered": sent.delivered, "replied": sent.replied, "opted_out": sent.opted_out,
            "came": came.outcomes, "came_minor": came.amount_minor, "control": cost and asdict(cost),
        }  # fmt: skip
    return found


def cost_of(figures: Mapping[str, Any]) -> ControlCost | None:
    """The control's cost out of a campaign's figures."""
    control = figures["control"]
    return None if control is None else ControlCost(**control)
