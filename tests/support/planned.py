"""What a campaign planned, hand-made: for tests of what becomes of it when customers, cars or phones change hands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from notifier.domain.rules import RULES
from notifier.store.engine import Store
from tests.support.import_desk import NOW, TODAY, add

__all__ = ["Campaign"]

TOMORROW = NOW + timedelta(days=1)


class Campaign:
    """A run of one campaign, named as its rule, with what it planned."""

    def __init__(self, store: Store, shop_id: int, campaign_id: str) -> None:
        self.store, self.shop_id, self.campaign_id = store, shop_id, campaign_id
        offset = "-30d" if RULES[campaign_id].has_due_date else "0d"
        settings = {"rule": campaign_id, "stages": {"day": offset}, "late_days": 3}
        self.run_id = add(store, "run", shop_id=shop_id, campaign_id=campaign_id, planned_for=NOW, state="ready",
                          priority=1, settings=settings, counts={}, created_at=NOW)  # fmt: skip
        self.version = add(store, "template_version", name=campaign_id, language="zh-CN", version=1, source="",
                           fingerprint="", live=True, published_at=NOW)  # fmt: skip

    def enrol(self, customer: Mapping[str, Any], arm: str, days_ago: int = 0) -> int:
        """The customer's enrolment of this year."""
        return add(self.store, "enrolment", shop_id=self.shop_id, campaign_id=self.campaign_id, arm=arm,
                   customer_id=customer["id"], period="2026", run_id=self.run_id, stage="day",
                   enrolled_at=NOW - timedelta(days=days_ago), enrolled_on=TODAY, first_opens_on=TODAY,
                   lift_until=TODAY)  # fmt: skip

    def cycle(self, customer: Mapping[str, Any], anchor: date, vehicle_id: int | None = None) -> int:
        """What a reminder is about: the customer, or one of the cars."""
        return add(self.store, "cycle", shop_id=self.shop_id, campaign_id=self.campaign_id, came_from=anchor,
                   subject_type="vehicle" if vehicle_id else "customer", subject_id=vehicle_id or customer["id"],
                   anchor_on=anchor, customer_id=customer["id"], answered_by="visit" if vehicle_id else None,
                   enrolment_id=None)  # fmt: skip

    def text(self, customer: Mapping[str, Any], cycle_id: int, state: str) -> int:
        """A message of the one stage."""
        message_id = add(self.store, "message", shop_id=self.shop_id, run_id=self.run_id,
                         campaign_id=self.campaign_id, kind="service", customer_id=customer["id"], stage="day",
                         arm="treatment", state=state, gateway="simulator", phone=customer["phone"],
                         phone_key=customer["phone_key"], language="zh-CN", template_version_id=self.version,
                         text="您好", replies={}, count_on=TODAY, not_before=NOW, valid_until=TOMORROW, created_at=NOW,
                         changed_at=NOW, segments=1, cost_micros=0, attempts=0, repeated=False)  # fmt: skip
        add(self.store, "message_cycle", cycle_id=cycle_id, stage="day", message_id=message_id)
        return message_id
