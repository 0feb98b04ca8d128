"""What schedules.yaml says, typed and frozen: shops, guards, campaigns."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from notifier.domain.buckets import BUCKETS, bucket, variant_salt
from notifier.domain.closed_days import ClosedDays
from notifier.domain.contacts import CONTACT_HOLD_DAYS
from notifier.domain.cycles import Offset, Stage
from notifier.domain.filters import Filter
from notifier.domain.options import Options
from notifier.domain.quiet_hours import QuietHours
from notifier.domain.rules import campaign_title
from notifier.domain.sending_hours import SendingHours
from notifier.errors import NotFound
from notifier.locale import N_
from notifier.schedules import crontab

__all__ = [
    "Campaign",
    "CouponOffer",
    "CreditWindows",
    "DailyBudget",
    "FrequencyCap",
    "Guards",
    "Kind",
    "Schedules",
    "ShopSettings",
]

FULL_SHARE_BP = 10_000


class Kind(StrEnum):
    """What a text is in law: marketing needs consent; safety is never withheld. Smaller priority goes first."""

    SAFETY = "safety"
    TRANSACTIONAL = "transactional"
    SERVICE = "service"
    MARKETING = "marketing"

    @property
    def priority(self) -> int:
        """Safety 0, transactional 1, service 2, marketing 3."""
        return list(Kind).index(self)

    @property
    def may_be_withheld(self) -> bool:
        """Whether a control group is allowed."""
        return self in (Kind.SERVICE, Kind.MARKETING)


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One dealership. `region`: ISO country of its phone numbers; `currency`: ISO 4217."""

    key: str
    name: str
    signature: str
    zone: ZoneInfo
    region: str
    phone: str
    language: str
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """At most `messages` to one customer in any `days` days; `spans_group`: of all shops of the group together."""

    messages: int
    days: int
    spans_group: bool = False


@dataclass(frozen=True, slots=True)
class DailyBudget:
    """The shop's limit a day, in texts, in millionths of its currency, or both. None = no such limit."""

    messages: int | None
    amount_micros: int | None


@dataclass(frozen=True, slots=True)
class Guards:
    """What holds texts back for all campaigns.

    `data_max_age`: per import (customers, visits …) how old it may be. `universal_control_bp`: basis points of
    customers who get no marketing. `contact_hold_days`: how long a call by staff holds texts of its purpose back.
    `quiet_hours` None = no quiet hours; they are `in_customers_zone`, or the shop's. `pace`: units a second (as the
    gateway counts: segments or messages) a shop may send; None = as fast as the gateway.
    """

    quiet_hours: QuietHours | None
    frequency_cap: FrequencyCap | None
    daily_budget: DailyBudget | None
    data_max_age: Mapping[str, timedelta] = field(hash=False)
    universal_control_bp: int
    closed_days: ClosedDays = field(default_factory=ClosedDays)
    in_customers_zone: bool = False
    contact_hold_days: int = CONTACT_HOLD_DAYS
    pace: float | None = None

    def hours(self, zone: ZoneInfo) -> SendingHours:
        """When texts of a shop in `zone` may leave."""
        return SendingHours(zone, self.quiet_hours or QuietHours(), self.closed_days, by_phone=self.in_customers_zone)


@dataclass(frozen=True, slots=True)
class CreditWindows:
    """Days after a reply, and after the send, within which an outcome earns credit (facts/statistics.md)."""

    reply_days: int = 14
    sent_days: int = 7


@dataclass(frozen=True, slots=True)
class CouponOffer:
    """A voucher: its value in minor units (分, cents) and the days it is valid."""

    value_minor: int
    valid_days: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """One entry of `campaigns:`. `id` never changes, `key` is its name in the file; stages are in order of time.

    `templates`: stage → template name; `variants`: stage → variant → template, where several are compared.
    `control_bp`: basis points withheld. `catch_up`: the first run takes every open stage. `explicit_id`: the file says
    `id:` itself. `line`: where it stands in the file. `name`: what the shop calls it, None where it has not said.
    """

    id: str
    key: str
    rule: str
    kind: Kind
    when: str
    stages: tuple[Stage, ...]
    templates: Mapping[str, str] = field(hash=False)
    control_bp: int
    success: str
    credit: CreditWindows
    coupon: CouponOffer | None
    spread_per_day: int | None
    review: bool
    lift_window_days: int
    late_days: int
    grace: timedelta
    catch_up: bool
    priority: int
    enabled: bool
    line: int
    explicit_id: bool = False
    options: Options = field(default_factory=Options)
    audience: Filter | None = None
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    name: str | None = None

    @property
    def title(self) -> str:
        """What screens call it, in the reader's language."""
        listed = self.options.listed
        return campaign_title(self.key, self.name, listed.title if listed is not None else None)

    @property
    def every_template(self) -> frozenset[str]:
        """The names of all its templates, those under comparison included."""
        return frozenset(self.templates.values()).union(*(compared.values() for compared in self.variants.values()))

    def wording(self, stage: str, bucket_key: str, period: str) -> tuple[str | None, str]:
        """The variant and the template a customer gets at `stage`: the same all period long, in equal shares."""
        compared = self.variants.get(stage)
        if not compared:
            return None, self.templates[stage]
        names = list(compared)
        place = bucket(variant_salt(self.id, period), bucket_key) * len(names) // BUCKETS
        return names[place], compared[names[place]]

    def due_at(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The last due time (UTC) at or before the aware `moment` and not older than `grace`.

        None where there is none, or the campaign is not enabled. Raises BadInput for a naive moment.
        """
        return crontab.last_due(self.when, zone, moment, self.grace) if self.enabled else None

    def next_due(self, moment: datetime, zone: ZoneInfo, count: int = 1) -> list[datetime]:
        """The next `count` due times (UTC) after the aware `moment`; none for a campaign that is not enabled."""
        return crontab.upcoming(self.when, zone, moment, count) if self.enabled else []

    def runs_between(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
        """The due times (UTC) in [start, end), both aware."""
        return list(takewhile(lambda due: due < end, crontab.due_times(self.when, zone, start)))

    def settings_document(self) -> dict[str, Any]:
        """The settings as plain JSON values, stored with each run: what it ran with can be read years later."""
        return {
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "rule": self.rule,
            "kind": self.kind.value,
            "when": self.when,
            "stages": {stage.name: offset_text(stage.offset) for stage in self.stages},
            "templates": dict(self.templates),
            "variants": {stage: dict(compared) for stage, compared in self.variants.items()},
            "control_bp": self.control_bp,
            "success": self.success,
            "credit": {"reply_days": self.credit.reply_days, "sent_days": self.credit.sent_days},
            "coupon": self.coupon and {"value_minor": self.coupon.value_minor, "valid_days": self.coupon.valid_days},
            "spread_per_day": self.spread_per_day,
            "review": self.review,
            "lift_window_days": self.lift_window_days,
            "late_days": self.late_days,
            "grace_seconds": int(self.grace.total_seconds()),
            "catch_up": self.catch_up,
            "priority": self.priority,
            "audience": self.audience and self.audience.document(),
            "list": self.options.listed and self.options.listed.document(),
        }


@dataclass(frozen=True, slots=True)
class Schedules:
    """The whole file. `fingerprint`: SHA-256 of its text.

    `guards` and `campaigns` are those of the group; `own`: shop key → the guards and campaigns of a shop that has
    others. Whatever is done for one shop asks `of_shop`, whose answer keeps the others as `sisters`: shop key → the
    ids of the campaigns switched on there.
    """

    shops: tuple[ShopSettings, ...]
    guards: Guards
    campaigns: tuple[Campaign, ...]
    path: Path
    fingerprint: str
    own: Mapping[str, tuple[Guards, tuple[Campaign, ...]]] = field(default_factory=dict, hash=False)
    sisters: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)

    @property
    def is_group(self) -> bool:
        """Whether there is more than one shop."""
        return len(self.shops) > 1

    @property
    def caps_span_group(self) -> bool:
        """Whether a shop counts the texts of the others too."""
        every = [self.guards, *(guards for guards, _campaigns in self.own.values())]
        caps = [guards.frequency_cap for guards in every]
        return self.is_group and any(cap is not None and cap.spans_group for cap in caps)

    def of_shop(self, key: str) -> Schedules:
        """The file as one shop has it: itself alone, with its own guards and campaigns.

        Raises NotFound, naming the keys there are, for a key that is none of them.
        """
        guards, campaigns = self._own_of(key)
        others = {shop.key: self._own_of(shop.key)[1] for shop in self.shops if shop.key != key}
        sisters = {name: frozenset(each.id for each in theirs if each.enabled) for name, theirs in others.items()}
        return replace(
            self, shops=(self.shop(key),), guards=guards, campaigns=campaigns, own={}, sisters=sisters or self.sisters
        )  # fmt: skip

    def _own_of(self, key: str) -> tuple[Guards, tuple[Campaign, ...]]:
        return self.own.get(key, (self.guards, self.campaigns))

    def shop(self, key: str) -> ShopSettings:
        """The shop of this key. Raises NotFound as `of_shop` does."""
        for shop in self.shops:
            if shop.key == key:
                return shop
        raise NotFound(
            N_("There is no shop {name} in {file}; it has: {known}."),
            name=key,
            file=str(self.path),
            known=", ".join(shop.key for shop in self.shops),
        )

    def campaign(self, key_or_id: str) -> Campaign:
        """The campaign of this key, else of this id. Raises NotFound with the nearest name."""
        for found in (*(c for c in self.campaigns if c.key == key_or_id), *self._of_id(key_or_id)):
            return found
        names = [campaign.key for campaign in self.campaigns]
        called = [campaign.key for campaign in self.campaigns if campaign.title == key_or_id]
        near = called or difflib.get_close_matches(key_or_id, names, n=1)
        if near:
            raise NotFound(
                N_("There is no campaign {name} in {file}; did you mean {nearest}?"),
                name=key_or_id,
                file=str(self.path),
                nearest=near[0],
            )
        raise NotFound(
            N_("There is no campaign {name} in {file}; it has: {known}."),
            name=key_or_id,
            file=str(self.path),
            known=", ".join(names) or "–",
        )

    def _of_id(self, campaign_id: str) -> list[Campaign]:
        return [campaign for campaign in self.campaigns if campaign.id == campaign_id]


def offset_text(offset: Offset) -> str:
    """``6m`` or ``-14d``: an offset as staff write it."""
    return f"{offset.months}m" if offset.months else f"{offset.days}d"
