"""What a report needs to know of a shop and of its campaigns; the caller fills it from the schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from notifier.schedules import Campaign
from notifier.schedules.stage_words import touch_words

__all__ = ["ReportCampaign", "ReportShop", "report_campaign"]


@dataclass(frozen=True, slots=True)
class ReportShop:
    """`currency` is an ISO 4217 code, `timezone` an IANA name."""

    id: int
    name: str
    timezone: str
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class ReportCampaign:
    """`success` is ``visit`` or ``renewal``; `control_bp` the control share in basis points (1000 = 10 %).

    `title` is the display name in the reader's language. The windows are days: of lift from enrolment, of credit from
    sending (with a reply; without one). `touches`: stage → what people call it.
    """

    id: str
    key: str
    title: str
    kind: str
    success: str
    control_bp: int
    lift_window_days: int
    credit_reply_days: int = 14
    credit_sent_days: int = 7
    touches: Mapping[str, str] = field(default_factory=dict)


def report_campaign(campaign: Campaign) -> ReportCampaign:
    """A campaign of schedules.yaml as reports need it, its title in the reader's language."""
    return ReportCampaign(
        id=campaign.id, key=campaign.key, title=campaign.title, kind=campaign.kind.value,
        success=campaign.success, control_bp=campaign.control_bp, lift_window_days=campaign.lift_window_days,
        credit_reply_days=campaign.credit.reply_days, credit_sent_days=campaign.credit.sent_days,
        touches={stage.name: touch_words(campaign, stage.name) for stage in campaign.stages},
    )  # fmt: skip
