"""schedules.yaml → typed campaigns: what runs when, for whom. Staff read docs/schedules.md.

Every problem of the file is reported at once, each in one sentence with file, line, key and a mend.
"""

from __future__ import annotations

from notifier.schedules.campaigns import (
    Campaign,
    CouponOffer,
    CreditWindows,
    DailyBudget,
    FrequencyCap,
    Guards,
    Kind,
    Schedules,
    ShopSettings,
)
from notifier.schedules.live import Change, LiveSchedules
from notifier.schedules.parse import load_schedules, parse_schedules
from notifier.schedules.places import ScheduleProblems
from notifier.schedules.review import KnownCampaign, ScheduleWarning, raise_if_campaign_was_renamed, warnings_of

__all__ = [
    "Campaign",
    "Change",
    "CouponOffer",
    "CreditWindows",
    "DailyBudget",
    "FrequencyCap",
    "Guards",
    "Kind",
    "KnownCampaign",
    "LiveSchedules",
    "ScheduleProblems",
    "ScheduleWarning",
    "Schedules",
    "ShopSettings",
    "load_schedules",
    "parse_schedules",
    "raise_if_campaign_was_renamed",
    "warnings_of",
]
