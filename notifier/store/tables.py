"""The tables, and the unique keys that carry the guarantees. docs/store.md tells them in words.

Times are UTC and aware. Dates of business are dates in the shop's zone. Money is integer minor units (分, cents);
the price of one text is smaller than that and is kept in millionths of the currency (``…_micros``).
Columns that hold a person's data (name, phone, text, payload) are nullable, so erasure nulls them and figures stay.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from notifier.store.columns import amount, document, identity, moment, reference

# Named constraints can be changed by later migrations on SQLite too.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def where_set(name: str, column: str) -> Index:
    """An index by shop and a day most rows do not have: it costs an import nothing where the day is missing."""
    is_set = text(f"{column} IS NOT NULL")
    return Index(name, "shop_id", column, sqlite_where=is_set, postgresql_where=is_set)


class Shop(SQLModel, table=True):
    """One dealership, as schedules.yaml describes it."""

    id: int | None = identity()
    key: str = Field(unique=True)
    name: str
    signature: str
    timezone: str
    region: str
    phone: str
    language: str


class Customer(SQLModel, table=True):
    """A person or company, known by DMS numbers or by the phone; one phone is one customer of a shop."""

    __table_args__ = (
        UniqueConstraint("shop_id", "phone_key"),
        Index("ix_customer_birthday", "shop_id", "birth_mmdd"),
        Index("ix_customer_last_visit", "shop_id", "last_visit_on"),
        where_set("ix_customer_points", "points_end_on"),
        where_set("ix_customer_level", "member_level_since"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    bucket_key: str = Field(description="drawn at birth, survives merges; arms are hashed from it")
    phone: str | None = None
    phone_key: str | None = Field(default=None, index=True)
    unreachable: str | None = Field(default=None, description="why no text can reach this phone; None = reachable")
    name: str | None = None
    sex: str | None = Field(default=None, description="m, f or None")
    is_company: bool = False
    language: str | None = None
    district: str | None = None
    birth_on: date | None = None
    birth_mmdd: str | None = None
    birth_calendar: str = "solar"
    member_level: str | None = None
    member_level_since: date | None = Field(default=None, description="the day an import brought a changed level")
    points: int | None = None
    points_end_on: date | None = None
    consent: str = Field(default="unknown", description="marketing: yes, no or unknown")
    consent_since: date | None = None
    consent_source: str | None = None
    last_visit_on: date | None = Field(
        default=None, description="latest counted visit of any car, else the latest delivery"
    )
    created_at: datetime = moment()
    updated_at: datetime = moment()
    erased_at: datetime | None = moment(nullable=True)


class CustomerNumber(SQLModel, table=True):
    """A DMS number by which a shop knows a customer."""

    __tablename__ = "customer_number"
    __table_args__ = (UniqueConstraint("shop_id", "number"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    number: str
    customer_id: int = reference("customer.id", index=True)
    phone_key: str | None = None


class ConsentChange(SQLModel, table=True):
    """Every change of a customer's marketing consent, with its source: what a regulator asks for."""

    __tablename__ = "consent"

    id: int | None = identity()
    customer_id: int = reference("customer.id", index=True)
    value: str
    since: date | None = None
    source: str
    recorded_at: datetime = moment()


class Suppression(SQLModel, table=True):
    """A phone that said stop. Kept by phone key across the group, so it outlives customers and erasure."""

    id: int | None = identity()
    phone_key: str = Field(unique=True)
    reason: str = Field(description="stop, carrier, staff")
    source: str | None = Field(default=None, description="the words or the code that said so")
    since: datetime = moment()
    lifted_at: datetime | None = moment(nullable=True)


class Vehicle(SQLModel, table=True):
    """A car, its owner, and the stored days on which something falls due."""

    __table_args__ = (
        UniqueConstraint("shop_id", "vin"),
        Index("ix_vehicle_service", "shop_id", "next_service_on"),
        Index("ix_vehicle_insurance", "shop_id", "insurance_ends_on"),
        Index("ix_vehicle_delivered", "shop_id", "delivered_on"),
        where_set("ix_vehicle_inspection", "inspection_ends_on"),
        where_set("ix_vehicle_loan", "loan_ends_on"),
        where_set("ix_vehicle_warranty", "warranty_ends_on"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    vin: str
    customer_id: int | None = reference("customer.id", nullable=True, index=True)
    owner_since: date | None = None
    owner_number: str | None = Field(default=None, description="the owner's DMS number in the latest customer file")
    plate: str | None = None
    model: str | None = None
    state: str = Field(default="in_use", description="in_use, sold, scrapped, pdi, test_drive, stock")
    delivered_on: date | None = None
    insurance_ends_on: date | None = None
    inspection_ends_on: date | None = None
    loan_ends_on: date | None = None
    warranty_ends_on: date | None = None
    last_maintenance_on: date | None = None
    service_anchor_on: date | None = Field(default=None, description="last maintenance visit, else delivery")
    next_service_on: date | None = None
    next_service_from: date | None = None
    next_service_to: date | None = None
    next_service_kind: str | None = Field(default=None, description="first or regular")
    km_per_day: float | None = None
    last_odometer: int | None = None
    irregular: bool = False
    in_workshop_since: date | None = None
    referrer_number: str | None = Field(default=None, description="who brought the buyer: a DMS number of the shop")
    referrer_phone_key: str | None = Field(default=None, description="the same where the file names a phone")
    created_at: datetime = moment()
    updated_at: datetime = moment()


class RepairOrder(SQLModel, table=True):
    """One order as the DMS has it. Parked while its VIN is unknown (`vehicle_id` is None)."""

    __tablename__ = "repair_order"
    __table_args__ = (
        UniqueConstraint("shop_id", "order_no"),
        # Both name the car, not its VIN: an import goes through the cars in the order of their ids, and an index whose
        # order is another has to write a page a row.
        Index("ix_repair_order_vehicle", "vehicle_id", "date_in"),
        Index(
            "ix_repair_order_parked",
            "shop_id",
            "vin",
            sqlite_where=text("vehicle_id IS NULL"),
            postgresql_where=text("vehicle_id IS NULL"),
        ),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    order_no: str
    vin: str
    vehicle_id: int | None = reference("vehicle.id", nullable=True)
    visit_id: int | None = reference("visit.id", nullable=True)
    date_in: date
    arrived_at: datetime | None = moment(nullable=True)
    category: str = Field(
        description="first_service, maintenance, repair, accident, warranty, decoration, pdi, internal, other"
    )
    odometer: int | None = Field(default=None, description="km, as written")
    odometer_kept: bool = True
    amount_minor: int = amount(default=0)
    advisor: str | None = None
    coupon_code: str | None = None
    import_id: int | None = reference("dms_import.id", nullable=True)
    updated_at: datetime = moment()


class OdometerReading(SQLModel, table=True):
    """Kilometres a customer told us by SMS: one a car and day, counted beside those of the orders."""

    __tablename__ = "odometer_reading"
    __table_args__ = (UniqueConstraint("vehicle_id", "day"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    vehicle_id: int = reference("vehicle.id")
    day: date = Field(description="the shop's day on which the reply arrived")
    km: int
    reply_id: int | None = reference("reply.id", nullable=True)
    created_at: datetime = moment()


class Visit(SQLModel, table=True):
    """A car's day in the workshop: its orders merged, PDI, internal and accident orders left out."""

    __table_args__ = (
        UniqueConstraint("vehicle_id", "day"),
        Index("ix_visit_customer", "customer_id", "day"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    vin: str
    day: date
    vehicle_id: int = reference("vehicle.id")
    customer_id: int | None = reference("customer.id", nullable=True)
    counted: bool = Field(description="False where every order of the day is PDI, internal or accident")
    is_maintenance: bool = False
    has_accident: bool = False
    arrived_at: datetime | None = moment(nullable=True)
    amount_minor: int = amount(default=0)
    odometer: int | None = None
    advisor: str | None = None
    changed_at: datetime = moment()
    attributed_at: datetime | None = moment(nullable=True)


class SyncPoint(SQLModel, table=True):
    """How far `notifier sync` has read a DMS database, for one kind of rows."""

    __tablename__ = "sync_point"
    __table_args__ = (UniqueConstraint("shop_id", "kind"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    kind: str = Field(description="customers, visits or renewals")
    query: str = Field(description="sha256 of the query it was read with: another query is read from its beginning")
    since: str | None = Field(
        default=None, description="the greatest stamp read so far, its kind in front: moment, day, text"
    )
    at: datetime = moment()


class Renewal(SQLModel, table=True):
    """An insurance policy written by the shop: the success of an insurance reminder."""

    __table_args__ = (
        UniqueConstraint("shop_id", "policy_no"),
        Index("ix_renewal_vehicle", "vehicle_id", "ends_on"),
        Index("ix_renewal_customer", "customer_id", "day"),
    )

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    policy_no: str
    vin: str
    vehicle_id: int | None = reference("vehicle.id", nullable=True)
    customer_id: int | None = reference("customer.id", nullable=True)
    insurer: str | None = None
    day: date = Field(description="the day it was written; without one, the earlier of its start and its import")
    starts_on: date | None = None
    ends_on: date
    premium_minor: int = amount(default=0)
    commission_minor: int = amount(default=0)
    import_id: int | None = reference("dms_import.id", nullable=True)
    changed_at: datetime = moment()
    attributed_at: datetime | None = moment(nullable=True)


class DmsImport(SQLModel, table=True):
    """One reading of one file or query. Unfinished ones are visible to nobody but their own repetition."""

    __tablename__ = "dms_import"
    __table_args__ = (Index("ix_dms_import_kind", "shop_id", "kind", "state"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    kind: str
    source: str
    fingerprint: str
    state: str = Field(description="running, done, superseded, refused")
    at: datetime = moment()
    started_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)
    counts: dict[str, Any] = document()


class Freshness(SQLModel, table=True):
    """Up to which moment the shop's own records are known, per kind of import."""

    __table_args__ = (UniqueConstraint("shop_id", "kind"),)

    id: int | None = identity()
    shop_id: int = reference("shop.id")
    kind: str
    at: datetime = moment()


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
        Index(
            "ix_decision_deferred",
            "closes_on",
            sqlite_where=sa.text("verdict = 'deferred'"),
            postgresql_where=sa.text("verdict = 'deferred'"),
        ),
    )

    id: int | None = identity()
    cycle_id: int = reference("cycle.id")
    stage: str
    verdict: str = Field(description="planned, deferred, excluded")
    reason: str | None = None
    closes_on: date
    run_id: int = reference("run.id")


class Message(SQLModel, table=True):
    """The outbox: one text to one customer, or the row of a control who gets none."""

    __table_args__ = (
        Index(
            "ix_message_claim",
            "run_id",
            "not_before",
            "id",
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        ),
        Index(
            "ix_message_sweep",
            "valid_until",
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        ),
        Index(
            "ix_message_open",
            "state",
            "id",
            sqlite_where=sa.text("state IN ('sending', 'unknown')"),
            postgresql_where=sa.text("state IN ('sending', 'unknown')"),
        ),
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
        Index(
            "ix_attempt_open",
            "state",
            "lease_until",
            sqlite_where=sa.text("state IN ('posting', 'unknown')"),
            postgresql_where=sa.text("state IN ('posting', 'unknown')"),
        ),
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


class Reply(SQLModel, table=True):
    """One text from a customer, what it answers and what it means."""

    __table_args__ = (
        UniqueConstraint("gateway", "provider_id"),
        Index("ix_reply_customer", "customer_id", "arrived_on"),
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
    entry: str = Field(description="the row of the worklist it was written in, and its day")
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


class Credit(SQLModel, table=True):
    """Each outcome → at most one message."""

    __table_args__ = (
        UniqueConstraint("outcome_type", "outcome_id"),
        Index("ix_credit_campaign", "shop_id", "campaign_id", "day"),
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


class PlannerLock(SQLModel, table=True):
    """The row a planner holds while it plans for a shop."""

    __tablename__ = "planner_lock"

    shop_id: int = Field(sa_type=sa.BigInteger, foreign_key="shop.id", primary_key=True)


class SimulatedText(SQLModel, table=True):
    """The simulator's phone network: one text it accepted, with the statuses still to come."""

    __tablename__ = "simulated_text"
    __table_args__ = (Index("ix_simulated_text_due", "next_at"), Index("ix_simulated_text_to", "to"))

    id: int | None = identity()
    sid: str = Field(unique=True)
    to: str
    body: str
    callback: str = Field(description="message:attempt")
    status: str
    error_code: str | None = None
    created_at: datetime = moment()
    next_at: datetime | None = moment(nullable=True)
    plan: dict[str, Any] = document()


class SimulatedReply(SQLModel, table=True):
    """A text a simulated customer sends back."""

    __tablename__ = "simulated_reply"

    id: int | None = identity()
    sid: str = Field(unique=True)
    sender: str
    body: str
    text_sid: str | None = None
    at: datetime = moment(index=True)


metadata = SQLModel.metadata
