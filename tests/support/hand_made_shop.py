"""A shop made by hand, row by row, so that every figure of a report can be computed on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from notifier.store.tables import (
    Assist,
    Booking,
    CampaignShare,
    Contact,
    Credit,
    Customer,
    Enrolment,
    Freshness,
    Message,
    Renewal,
    RepairOrder,
    Reply,
    Run,
    Shop,
    TemplateVersion,
    Vehicle,
    Visit,
)

NOON = datetime(2026, 1, 1, 4, tzinfo=UTC)


class HandMadeShop:
    """One shop in `session`; customers are made when they are first named, each with as many cars as are named."""

    def __init__(self, session: Session, key: str = "quanzhou") -> None:
        self.session = session
        self.key = key
        self._numbers = count(1)
        self._customers: dict[str, int] = {}
        self._cars: dict[str, int] = {}
        self.id = self._new(
            Shop(key=key, name="东南汽车泉州店", signature="东南泉州", timezone="Asia/Shanghai", region="CN",
                 phone="0595-22880000", language="zh-CN")
        )  # fmt: skip
        self.template = self._new(
            TemplateVersion(name=f"due-{key}", language="en", version=1, source="…", fingerprint="…", published_at=NOON)
        )
        self.ready = self.run("ready")

    def run(self, state: str) -> int:
        """A run in `state`."""
        return self._new(
            Run(shop_id=self.id, campaign_id="due", planned_for=NOON, state=state, priority=1, created_at=NOON)
        )

    def customer(self, name: str) -> int:
        """The customer of that name."""
        if name not in self._customers:
            row = Customer(
                shop_id=self.id, bucket_key=f"{self.key}-{name}", name=name, created_at=NOON, updated_at=NOON
            )
            self._customers[name] = self._new(row)
        return self._customers[name]

    def car(self, vin: str, owner: str) -> int:
        """The car of that VIN, owned by `owner`."""
        if vin not in self._cars:
            row = Vehicle(shop_id=self.id, vin=vin, customer_id=self.customer(owner), created_at=NOON, updated_at=NOON)
            self._cars[vin] = self._new(row)
        return self._cars[vin]

    def enrol(
        self, name: str, arm: str, on: date, until: date, *, campaign: str = "due", opens: date | None = None,
        period: str = "2026", out: str | None = None, run: int | None = None,
    ) -> int:  # fmt: skip
        """Enrol the customer on `on`, with a window to `until`; the first stage opened that day unless `opens` says."""
        return self._new(
            Enrolment(
                shop_id=self.id, campaign_id=campaign, customer_id=self.customer(name), period=period, arm=arm,
                run_id=run or self.ready, stage="early", enrolled_at=NOON, enrolled_on=on, first_opens_on=opens or on,
                lift_until=until, out_of_lift=out,
            )
        )  # fmt: skip

    def visit(self, name: str, day: date, minor: int = 0, *, counted: bool = True, vin: str | None = None) -> int:
        """A day in the workshop of one of the customer's cars."""
        vin = vin or f"VIN-{name}"
        return self._new(
            Visit(shop_id=self.id, vin=vin, day=day, vehicle_id=self.car(vin, name), customer_id=self.customer(name),
                  counted=counted, amount_minor=minor, changed_at=NOON)
        )  # fmt: skip

    def renewal(self, name: str, day: date, commission: int) -> int:
        """A policy written by the shop."""
        return self._new(
            Renewal(shop_id=self.id, policy_no=f"P{next(self._numbers)}", vin=f"VIN-{name}", day=day,
                    customer_id=self.customer(name), ends_on=day, premium_minor=400_000, commission_minor=commission,
                    changed_at=NOON)
        )  # fmt: skip

    def message(self, name: str, state: str, on: date, **columns: Any) -> int:
        """A text to the customer, counted on `on`: 2 segments for 0.10 unless said otherwise."""
        values: dict[str, Any] = {
            "campaign_id": "due", "run_id": self.ready, "arm": "treatment", "segments": 2, "cost_micros": 100_000,
        } | columns  # fmt: skip
        return self._new(
            Message(
                shop_id=self.id, kind="service", customer_id=self.customer(name), stage="early", state=state,
                gateway="simulator", language="en", template_version_id=self.template, count_on=on, not_before=NOON,
                valid_until=NOON, created_at=NOON, changed_at=NOON, **values,
            )
        )  # fmt: skip

    def reply(self, message: int, meaning: str) -> None:
        """An answer to a text."""
        self._new(
            Reply(gateway="simulator", provider_id=f"{self.key}-{next(self._numbers)}", message_id=message,
                  meaning=meaning, received_at=NOON, business_at=NOON, arrived_on=NOON.date())
        )  # fmt: skip

    def booking(self, name: str, message: int | None) -> None:
        """An appointment, which names the text or none."""
        self._new(
            Booking(shop_id=self.id, customer_id=self.customer(name), message_id=message, booked_on=NOON.date(),
                    created_at=NOON)
        )  # fmt: skip

    def credit(self, outcome: int, message: int, minor: int, campaign: str = "due") -> None:
        """The visit is booked to the text."""
        self._new(
            Credit(shop_id=self.id, outcome_type="visit", outcome_id=outcome, message_id=message, campaign_id=campaign,
                   evidence="sent", day=NOON.date(), amount_minor=minor, credited_at=NOON)
        )  # fmt: skip

    def assist(self, outcome: int, message: int, campaign: str = "due") -> None:
        """The text helped to the visit."""
        self._new(
            Assist(shop_id=self.id, outcome_type="visit", outcome_id=outcome, message_id=message, campaign_id=campaign)
        )

    def phone_call(self, name: str, on: date) -> None:
        """A clerk phoned the customer."""
        self._new(
            Contact(
                shop_id=self.id,
                customer_id=self.customer(name),
                entry=f"{name}:{on}",
                purpose="maintenance_due",
                contacted_on=on,
                created_at=NOON,
                updated_at=NOON,
            )
        )

    def order(self, vin: str, day: date, category: str, *, is_parked: bool = False) -> None:
        """One repair order; a parked one waits for its car."""
        car = None if is_parked else self.car(vin, vin)
        self._new(
            RepairOrder(shop_id=self.id, order_no=f"R{next(self._numbers)}", vin=vin, vehicle_id=car, date_in=day,
                        category=category, updated_at=NOON)
        )  # fmt: skip

    def share(self, period: str, share_bp: int, campaign: str = "due") -> None:
        """The control share a period was drawn with."""
        self._new(CampaignShare(shop_id=self.id, campaign_id=campaign, period=period, share_bp=share_bp))

    def known(self, kind: str, at: datetime) -> None:
        """Up to when one kind of import is known."""
        self._new(Freshness(shop_id=self.id, kind=kind, at=at))

    def _new(self, row: Any) -> int:
        self.session.add(row)
        self.session.flush()
        number: int = row.id
        return number
