"""What was decided: campaigns and their runs, the experiment, what each reminder is about, and the words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import amount, document, identity, index_where, moment, reference

__all__ = [
    "CampaignShare",
    "CampaignState",
    "Coupon",
    "Cycle",
    "Decision",
    "Enrolment",
    "MessageCycle",
    "Run",
    "TemplateVersion",
]


class CampaignState(SQLModel, table=True):
    """What the store remembers of a campaign of a shop beyond its entry in schedules.yaml."""

    __tablename__ = "campaign_state"
    __table_args__ = (UniqueConstraint("shop_id", "campaign_id"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    campaign_id: str
    key: str
    rule: str
    floor_on: date | None = Field(default=None, description="stages opened before it are never taken")
    off_since: date | None = Field(default=None, description="first day it was found switched off or gone")
    paused: bool = False


class CampaignShare(SQLModel, table=True):
    """The control share a period runs with; a changed setting starts with the next period."""

    __tablename__ = "campaign_share"
    __table_args__ = (UniqueConstraint("shop_id", "campaign_id", "period"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    campaign_id: str = Field(description="or 'universal'")
    period: str
    share_bp: int = Field(description="basis points of customers")


class Run(SQLModel, table=True):
    """One planning of one campaign of one shop, with the settings it ran with."""

    __table_args__ = (
        UniqueConstraint("shop_id", "campaign_id", "due_at"),
        Index("ix_run_state", "state"),
        Index("ix_run_campaign", "shop_id", "campaign_id", "id"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    campaign_id: str
    due_at: datetime | None = moment(nullable=True)
    planned_for: datetime = moment()
    state: str = Field(description="planning, review, ready, done, void")
    priority: int
    settings: dict[str, Any] = document()
    counts: dict[str, Any] = document()
    review_until: datetime | None = moment(nullable=True)
    reviewed_by: str | None = None
    created_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)


class Enrolment(SQLModel, table=True):
    """A customer in a campaign for a period: the unit of the experiment, carrying the arm."""

    __table_args__ = (
        UniqueConstraint("campaign_id", "customer_id", "period"),
        Index("ix_enrolment_shop", "shop_id", "campaign_id", "period"),
        Index("ix_enrolment_customer", "customer_id"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    campaign_id: str
    customer_id: int = reference("customer.id")
    period: str
    arm: str = Field(description="treatment, control, universal")
    run_id: int = reference("run.id", index=True)
    stage: str = Field(description="the stage it entered at")
    enrolled_at: datetime = moment()
    enrolled_on: date
    first_opens_on: date = Field(description="when the cycle's first stage opened")
    lift_until: date = Field(description="last day of the first view's window")
    out_of_lift: str | None = Field(default=None, description="why it counts in neither arm")


class Cycle(SQLModel, table=True):
    """What one reminder is about: this policy period, this service interval, this birthday."""

    __table_args__ = (
        UniqueConstraint("campaign_id", "subject_type", "subject_id", "subject_key", "anchor_on"),
        Index("ix_cycle_subject", "subject_type", "subject_id"),
        Index("ix_cycle_enrolment", "enrolment_id"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    campaign_id: str
    subject_type: str = Field(description="vehicle or customer")
    subject_id: int = Field(sa_type=sa.BigInteger)
    subject_key: str = Field(default="", description="which festival, list, level, order or topic; mostly none")
    anchor_on: date
    customer_id: int = reference("customer.id", index=True)
    enrolment_id: int | None = reference("enrolment.id", nullable=True)
    came_from: date = Field(description="an outcome on or after this day answers the reminder")
    answered_by: str | None = Field(default=None, description="visit, renewal, or None for a greeting")


class MessageCycle(SQLModel, table=True):
    """One touch of one cycle → the message that carries it; one text may serve two cars."""

    __tablename__ = "message_cycle"
    __table_args__ = (UniqueConstraint("cycle_id", "stage"), Index("ix_message_cycle_message", "message_id"))

    id: int | None = identity()
    cycle_id: int = reference("cycle.id")
    stage: str
    message_id: int = reference("message.id")
    closed: str | None = Field(default=None, description="why this car left the text: came, booked, renewed, sold")


class Decision(SQLModel, table=True):
    """What the latest run decided about one touch of one cycle, and why."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "stage"),
        Index("ix_decision_run", "run_id"),
        index_where("ix_decision_deferred", "verdict = 'deferred'", "closes_on"),
    )

    id: int | None = identity()
    cycle_id: int = reference("cycle.id")
    stage: str
    verdict: str = Field(description="planned, deferred, excluded")
    reason: str | None = None
    closes_on: date
    run_id: int = reference("run.id")


class Coupon(SQLModel, table=True):
    """A code of one customer: unique, so its redemption proves which text brought the visit."""

    __table_args__ = (Index("ix_coupon_customer", "customer_id"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    code: str = Field(unique=True)
    campaign_id: str
    customer_id: int = reference("customer.id")
    message_id: int | None = reference("message.id", nullable=True, index=True)
    value_minor: int = amount()
    issued_on: date
    ends_on: date
    redeemed_on: date | None = None
    visit_id: int | None = reference("visit.id", nullable=True, index=True)


class TemplateVersion(SQLModel, table=True):
    """One published wording; never changed, so every message can name the words it was made from."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("name", "language", "version"),)

    id: int | None = identity()
    name: str
    language: str
    version: int
    source: str = Field(description="the file as it was, front matter included")
    fingerprint: str
    live: bool = True
    published_at: datetime = moment()
    published_by: str | None = None
