"""What came back: replies and what followed them, and which text earned it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import amount, identity, moment, reference

__all__ = ["Assist", "Booking", "Click", "Complaint", "Contact", "Credit", "Link", "Reply"]


class Reply(SQLModel, table=True):
    """One text from a customer, what it answers and what it means."""

    __table_args__ = (
        UniqueConstraint("gateway", "provider_id"),
        Index("ix_reply_customer", "customer_id", "arrived_on"),
        Index("ix_reply_day", "shop_id", "arrived_on"),
    )

    id: int | None = identity()
    gateway: str
    provider_id: str
    shop_id: int | None = reference("shop.id", nullable=True)
    customer_id: int | None = reference("customer.id", nullable=True)
    message_id: int | None = reference("message.id", nullable=True, index=True)
    phone: str | None = None
    phone_key: str | None = Field(default=None, index=True)
    text: str | None = None
    meaning: str
    received_at: datetime = moment()
    business_at: datetime = moment()
    arrived_on: date
    handled_by: str | None = None
    handled_at: datetime | None = moment(nullable=True)


class Booking(SQLModel, table=True):
    """An appointment a customer asked for, by reply, link or phone."""

    __table_args__ = (Index("ix_booking_customer", "customer_id", "booked_on"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    customer_id: int = reference("customer.id")
    vehicle_id: int | None = reference("vehicle.id", nullable=True)
    message_id: int | None = reference("message.id", nullable=True, index=True)
    reply_id: int | None = Field(default=None, sa_type=sa.BigInteger, foreign_key="reply.id", unique=True)
    booked_on: date
    wanted_on: date | None = None
    state: str = "asked"
    created_at: datetime = moment()


class Contact(SQLModel, table=True):
    """A call or visit by staff: a touch of its own, and what spoils an experiment if nobody counts it."""

    __table_args__ = (
        UniqueConstraint("shop_id", "entry"),
        Index("ix_contact_customer", "customer_id", "contacted_on"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    customer_id: int = reference("customer.id")
    vehicle_id: int | None = reference("vehicle.id", nullable=True)
    entry: str = Field(description="the row of the worklist it was written in and its day, or the form")
    purpose: str = Field(description="the rule the row is about: maintenance_due, winback …")
    clerk: str | None = None
    contacted_on: date
    result: str | None = Field(default=None, description="reached, booked, refused, no_answer, wrong_number, sold …")
    reason_code: str | None = Field(default=None, description="price, skill, waiting, distance, sold, own_garage …")
    note: str | None = None
    next_contact_on: date | None = None
    odometer: int | None = None
    booked_for: date | None = None
    import_id: int | None = reference("dms_import.id", nullable=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class Complaint(SQLModel, table=True):
    """An open complaint holds greetings and offers back until somebody has settled it."""

    __table_args__ = (Index("ix_complaint_customer", "customer_id", "closed_on"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    customer_id: int = reference("customer.id")
    reply_id: int | None = reference("reply.id", nullable=True)
    opened_on: date
    closed_on: date | None = None
    note: str | None = None


class Link(SQLModel, table=True):
    """A short link of one message."""

    id: int | None = identity()
    code: str = Field(unique=True)
    message_id: int = reference("message.id", index=True)
    url: str


class Click(SQLModel, table=True):
    """One opening of a short link."""

    id: int | None = identity()
    link_id: int = reference("link.id", index=True)
    business_at: datetime = moment()
    clicked_on: date
    received_at: datetime = moment()


class Credit(SQLModel, table=True):
    """Each outcome → at most one message."""

    __table_args__ = (
        UniqueConstraint("outcome_type", "outcome_id"),
        Index("ix_credit_campaign", "shop_id", "campaign_id", "day"),
        Index("ix_credit_day", "shop_id", "day"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    outcome_type: str = Field(description="visit or renewal")
    outcome_id: int = Field(sa_type=sa.BigInteger)
    message_id: int = reference("message.id", index=True)
    campaign_id: str
    evidence: str = Field(description="coupon, booking, reply, sent")
    day: date
    amount_minor: int = amount()
    credited_at: datetime = moment()


class Assist(SQLModel, table=True):
    """A message that would have earned an outcome, had another not been stronger."""

    __table_args__ = (UniqueConstraint("outcome_type", "outcome_id", "message_id"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    outcome_type: str
    outcome_id: int = Field(sa_type=sa.BigInteger)
    message_id: int = reference("message.id", index=True)
    campaign_id: str
