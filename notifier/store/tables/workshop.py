"""What happened in the workshop, and what is known of the reading of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import amount, document, identity, index_where, moment, reference

__all__ = ["DmsImport", "Freshness", "OdometerReading", "Renewal", "RepairOrder", "SyncPoint", "Visit"]


class RepairOrder(SQLModel, table=True):
    """One order as the DMS has it. Parked while its VIN is unknown (`vehicle_id` is None)."""

    __tablename__ = "repair_order"
    __table_args__ = (
        UniqueConstraint("shop_id", "order_no"),
        # Both name the car, not its VIN: an import goes through the cars in the order of their ids, and an index whose
        # order is another has to write a page a row.
        Index("ix_repair_order_vehicle", "vehicle_id", "date_in"),
        index_where("ix_repair_order_parked", "vehicle_id IS NULL", "shop_id", "vin"),
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
