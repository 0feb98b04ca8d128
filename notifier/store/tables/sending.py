"""What was sent: the outbox, each POST, the lane all senders share, and what the provider said."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import document, identity, index_where, moment, reference

__all__ = ["Attempt", "Event", "GatewayLane", "Message", "Pause", "ShopPace"]


class Message(SQLModel, table=True):
    """The outbox: one text to one customer, or the row of a control who gets none."""

    __table_args__ = (
        index_where("ix_message_claim", "state = 'planned'", "run_id", "not_before", "id"),
        index_where("ix_message_sweep", "state = 'planned'", "valid_until"),
        index_where("ix_message_unworded", "state = 'planned' AND text IS NULL", "id"),
        index_where("ix_message_open", "state IN ('sending', 'unknown')", "state", "id"),
        Index("ix_message_run", "run_id", "state"),
        Index("ix_message_customer", "customer_id", "count_on"),
        Index("ix_message_count", "shop_id", "count_on"),
        Index("ix_message_phone", "phone_key", "sent_at"),
        Index("ix_message_campaign", "shop_id", "campaign_id", "count_on"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    run_id: int = reference("run.id")
    campaign_id: str
    kind: str = Field(description="marketing, service, transactional, safety")
    customer_id: int = reference("customer.id")
    enrolment_id: int | None = reference("enrolment.id", nullable=True, index=True)
    stage: str
    arm: str
    state: str = Field(
        description="planned, sending, accepted, sent, delivered, undelivered, withheld, cancelled, failed, unknown"
    )
    reason: str | None = None
    gateway: str
    phone: str | None = None
    phone_key: str | None = None
    language: str
    template_version_id: int = reference("template_version.id")
    variant: str | None = Field(default=None, description="which of several wordings under comparison; mostly none")
    text: str | None = None
    encoding: str | None = None
    segments: int = 0
    cost_micros: int = Field(default=0, sa_type=sa.BigInteger, description="millionths of the shop's currency")
    replies: dict[str, Any] = document()
    count_on: date = Field(description="shop day of the first not_before: what caps and budgets count by")
    not_before: datetime = moment()
    valid_until: datetime = moment()
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)
    delivered_at: datetime | None = moment(nullable=True)
    changed_at: datetime = moment()
    attempts: int = 0
    repeated: bool = Field(default=False, description="went back to planned after a proven non-delivery, once")


class Attempt(SQLModel, table=True):
    """One POST, written before it is made."""

    __table_args__ = (
        UniqueConstraint("message_id", "n"),
        UniqueConstraint("gateway", "provider_sid"),
        index_where("ix_attempt_open", "state IN ('posting', 'unknown')", "state", "lease_until"),
    )

    id: int | None = identity()
    message_id: int = reference("message.id")
    n: int
    gateway: str
    state: str = Field(description="posting, unknown, accepted, sent, delivered, undelivered, refused, free")
    claimed_at: datetime = moment()
    business_at: datetime = moment()
    lease_until: datetime = moment()
    provider_sid: str | None = None
    error_code: str | None = None
    error_text: str | None = None
    empty_listing_at: datetime | None = moment(nullable=True)
    changed_at: datetime = moment()


class GatewayLane(SQLModel, table=True):
    """What all senders of one gateway share: the pace (GCRA), the back-off, and why the lane stands still."""

    __tablename__ = "gateway_lane"

    id: int | None = identity()
    gateway: str = Field(unique=True)
    arrival_at: datetime | None = moment(nullable=True)
    retry_at: datetime | None = moment(nullable=True)
    troubles: int = 0
    stopped: str | None = Field(default=None, description="the provider's code that stopped the lane")
    stopped_at: datetime | None = moment(nullable=True)
    last_error: str | None = None
    last_error_at: datetime | None = moment(nullable=True)
    polled_at: datetime | None = moment(nullable=True)
    started_at: datetime | None = moment(nullable=True)


class ShopPace(SQLModel, table=True):
    """How far ahead of the clock a shop with a pace of its own is (GCRA), whatever gateway its texts take."""

    __tablename__ = "shop_pace"

    shop_id: int = Field(sa_type=sa.BigInteger, foreign_key="shop.id", primary_key=True)
    arrival_at: datetime | None = moment(nullable=True)


class Pause(SQLModel, table=True):
    """A person has halted a shop's texts, or everybody's; what is planned stays planned."""

    scope: str = Field(primary_key=True, description="* = everything, else the shop's key")
    shop_id: int | None = reference("shop.id", nullable=True)
    since: datetime = moment()
    by: str | None = None


class Event(SQLModel, table=True):
    """One status callback (or one row of a listing), kept whether or not it changed anything."""

    __table_args__ = (UniqueConstraint("gateway", "provider_sid", "status"),)

    id: int | None = identity()
    gateway: str
    provider_sid: str
    status: str
    message_id: int | None = Field(default=None, sa_type=sa.BigInteger, index=True)
    attempt_n: int | None = None
    event: str | None = Field(default=None, description="what it means for an attempt; None = a status we do not know")
    error_code: str | None = None
    applied: bool = False
    payload: dict[str, Any] | None = document(nullable=True)
    received_at: datetime = moment()
