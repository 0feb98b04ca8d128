"""Who is who: shops, customers and their numbers, cars, consent, and phones that said stop."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import identity, moment, reference, where_set

__all__ = ["ConsentChange", "Customer", "CustomerNumber", "Shop", "Suppression", "Vehicle"]


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
