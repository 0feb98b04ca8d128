"""A lane and a reconciler with short times, towards the local Twilio."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from notifier.gateways.base import Gateway
from notifier.gateways.twilio import TwilioGateway
from notifier.jobs.reconcile import Reconciler, ReconcileResult, ReconcileSettings
from notifier.jobs.send import Lane, LaneSettings, SendResult
from notifier.schedules import Schedules, parse_schedules
from tests.support.outbox import NOON, SECRET, Outbox
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID

PUBLIC_URL = "https://sms.example.com"
SCHEDULES = """
shop:
  {name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN,
   phone: 0595-22880000, language: zh-CN}
guards: {quiet_hours: "20:00-09:00"}
campaigns:
  due: {rule: maintenance_due, when: "0 10 * * *", stages: {early: -14}, template: due, kind: service}
"""


@cache
def schedules() -> Schedules:
    """One shop, with quiet hours; parsed once, for a lane asks at every claim."""
    return parse_schedules(SCHEDULES, "schedules.yaml")


SHOP_KEY = schedules().shops[0].key


def twilio_at(url: str, **settings: Any) -> TwilioGateway:
    """A gateway towards the local Twilio; its callbacks name our message and attempt."""
    token = settings.pop("auth_token", AUTH_TOKEN)
    values: dict[str, Any] = {"messaging_service_sid": SERVICE_SID, "public_url": PUBLIC_URL, "units_per_second": 1000}
    return TwilioGateway(ACCOUNT_SID, token, api_base_url=url, **values | settings)


def lane_of(
    outbox: Outbox,
    gateway: Gateway,
    *,
    now: datetime = NOON,
    read: Callable[[], Schedules] = schedules,
    **settings: Any,
) -> Lane:
    """A sender at that business time. Where a lease is meant to lapse, its POSTs are given half a second."""
    times = {"post_timeout": 0.5 if "lease" in settings else 5.0, "lease": 20.0} | settings
    return Lane(outbox.store, gateway, read, LaneSettings(**times), lambda: now, 50_000)


async def drained(outbox: Outbox, gateway: Gateway, *, until_empty: bool = True, **settings: Any) -> SendResult:
    """One drain."""
    return await lane_of(outbox, gateway, **settings).drain(until_empty=until_empty)


async def reconciled(
    outbox: Outbox, gateway: Gateway, *, wait: bool = True, after: float = 0.2, gap: float = 0.2,
    post_timeout: float = 0.5, pulls: bool = False, now: datetime = NOON,
) -> ReconcileResult:  # fmt: skip
    """One reconciliation, statuses pushed rather than pulled unless said otherwise."""
    settings = ReconcileSettings(*(timedelta(seconds=seconds) for seconds in (after, gap, post_timeout)))
    return await Reconciler(outbox.store, gateway, settings, SECRET, "CN", pulls).run(lambda: now, wait=wait)
