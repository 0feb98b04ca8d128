"""Texts under comparison, side by side: each variant's shares with intervals, and against the first one.

No winner is called before every window has closed; until then the intervals are those of an early look (alpha / 3).
Against more than one rival alpha is shared between them. Source: facts/statistics.md, "Estimators".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from notifier.domain.lift import INTERIM_DIVISOR, Interval, RateLift, is_distinguishable, newcombe, wilson
from notifier.reports.campaigns import ReportCampaign, ReportShop
from notifier.store.engine import Session
from notifier.store.facts import Period
from notifier.store.variants import VariantCounts, variant_counts

__all__ = ["VERDICTS", "StageComparison", "VariantReport", "VariantRow", "variant_report"]

ALPHA = 0.05
VERDICTS = ("open", "different", "not_distinguishable", "alone")


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One wording in customers. `came`: its interval of coming; `against_first`: the difference, None for the first."""

    counts: VariantCounts
    template: str
    came: Interval
    against_first: RateLift | None

    @property
    def rate(self) -> float:
        """The share that came, 0 … 1."""
        return self.counts.came / self.counts.n


@dataclass(frozen=True, slots=True)
class StageComparison:
    """The wordings of one stage, the first one first. `verdict` is one of VERDICTS; `until`: the last window's end."""

    campaign: ReportCampaign
    stage: str
    rows: Sequence[VariantRow]
    verdict: str
    until: date

    @property
    def touch(self) -> str:
        """The stage in words; its name where the campaign has it no more."""
        return self.campaign.touches.get(self.stage, self.stage)


@dataclass(frozen=True, slots=True)
class VariantReport:
    """All comparisons of a shop over [first, last], as known on `today`."""

    shop: ReportShop
    first: date
    last: date
    today: date
    stages: Sequence[StageComparison]


def variant_report(  # noqa: PLR0917 (read in this order everywhere)
    session: Session,
    shop: ReportShop,
    campaigns: Sequence[tuple[ReportCampaign, Mapping[str, Mapping[str, str]]]],
    first: date,
    last: date,
    today: date,
) -> VariantReport:
    """`campaigns`: each with its wordings, stage → variant → template."""
    stages = [
        comparison
        for campaign, wordings in campaigns
        for comparison in _of_campaign(session, Period(shop.id, first, last), campaign, wordings, today)
    ]
    return VariantReport(shop, first, last, today, stages)


def _of_campaign(
    session: Session,
    period: Period,
    campaign: ReportCampaign,
    wordings: Mapping[str, Mapping[str, str]],
    today: date,
) -> list[StageComparison]:
    counts = variant_counts(
        session, period, campaign.id, success=campaign.success, window_days=campaign.lift_window_days, today=today
    )
    return [
        compare(campaign, stage, list(found), wordings.get(stage, {}), today)
        for stage, found in groupby(counts, key=lambda each: each.stage)
    ]


def compare(
    campaign: ReportCampaign, stage: str, counts: Sequence[VariantCounts], templates: Mapping[str, str], today: date
) -> StageComparison:
    """The wordings of one stage, in the order of schedules.yaml."""
    order = {name: place for place, name in enumerate(templates)}
    ordered = sorted(counts, key=lambda each: (order.get(each.variant, len(order)), each.variant))
    until = max(each.until for each in ordered)
    is_open = today <= until
    rivals = max(len(ordered) - 1, 1)
    alpha = ALPHA / rivals / (INTERIM_DIVISOR if is_open else 1)
    first = ordered[0]
    rows = [
        VariantRow(
            each, templates.get(each.variant, "–"), wilson(each.came, each.n, alpha),
            None if each is first else newcombe(each.came, each.n, first.came, first.n, alpha),
        )
        for each in ordered
    ]  # fmt: skip
    return StageComparison(campaign, stage, rows, _verdict(rows, is_open=is_open), until)


def _verdict(rows: Sequence[VariantRow], *, is_open: bool) -> str:
    if len(rows) < 2:
        return "alone"
    if is_open:
        return "open"
    differ = any(row.against_first is not None and is_distinguishable(row.against_first.interval) for row in rows)
    return "different" if differ else "not_distinguishable"
