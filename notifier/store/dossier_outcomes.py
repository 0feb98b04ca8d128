"""What became of one customer: visits with their orders, policies, vouchers and appointments; by pages, the latest
first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.dossiers import Place, is_behind
from notifier.store.tables import Booking, Coupon, Credit, Message, Renewal, RepairOrder, Vehicle, Visit

__all__ = [
    "BookingRow",
    "CouponRow",
    "CreditRow",
    "OrderRow",
    "RenewalRow",
    "VisitRow",
    "bookings_page",
    "coupons_page",
    "credits_of",
    "orders_of_visits",
    "renewals_page",
    "visit_days",
    "visits_page",
]

BOOKING, COUPON, CREDIT, MESSAGE, RENEWAL, ORDER, VEHICLE, VISIT = (
    table_of(model) for model in (Booking, Coupon, Credit, Message, Renewal, RepairOrder, Vehicle, Visit)
)


class VisitRow(NamedTuple):
    """A car's day in the workshop; `counted` is False for PDI, internal and accident orders alone."""

    id: int
    day: date
    vehicle_id: int
    plate: str | None
    vin: str
    counted: bool
    is_maintenance: bool
    has_accident: bool
    amount_minor: int
    odometer: int | None
    advisor: str | None

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.day, self.id)


class OrderRow(NamedTuple):
    """One order of a visit."""

    visit_id: int
    order_no: str
    category: str
    amount_minor: int
    odometer: int | None
    advisor: str | None
    coupon_code: str | None


class CreditRow(NamedTuple):
    """Which text brought an outcome, and what shows it."""

    outcome_id: int
    message_id: int
    campaign_id: str
    evidence: str
    sent_at: datetime | None


class RenewalRow(NamedTuple):
    """A policy the shop wrote."""

    id: int
    day: date
    vin: str
    policy_no: str
    insurer: str | None
    ends_on: date
    premium_minor: int

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.day, self.id)


class CouponRow(NamedTuple):
    """A voucher of theirs."""

    id: int
    issued_on: date
    code: str
    campaign_id: str
    value_minor: int
    ends_on: date
    redeemed_on: date | None

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.issued_on, self.id)


class BookingRow(NamedTuple):
    """An appointment asked for or agreed on."""

    id: int
    booked_on: date
    wanted_on: date | None
    state: str
    plate: str | None
    by_reply: bool

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.booked_on, self.id)


def visits_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[VisitRow]:
    """Their days in the workshop, the latest first."""
    statement = (
        sa.select(VISIT.c.id, VISIT.c.day, VISIT.c.vehicle_id, VEHICLE.c.plate, VISIT.c.vin, VISIT.c.counted,
                  VISIT.c.is_maintenance, VISIT.c.has_accident, VISIT.c.amount_minor, VISIT.c.odometer, VISIT.c.advisor)
        .join(VEHICLE, VEHICLE.c.id == VISIT.c.vehicle_id)
        .where(VISIT.c.customer_id == customer_id, *is_behind(VISIT.c.day, VISIT.c.id, behind))
        .order_by(VISIT.c.day.desc(), VISIT.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [VisitRow(*row) for row in session.execute(statement)]


def orders_of_visits(session: Session, visits: Sequence[VisitRow]) -> Mapping[int, Sequence[OrderRow]]:
    """Visit → its orders. They are found by car and day, which is what they have an index of."""
    if not visits:
        return {}
    statement = (
        sa.select(*(ORDER.c[name] for name in OrderRow._fields))
        .where(
            ORDER.c.vehicle_id.in_({visit.vehicle_id for visit in visits}),
            ORDER.c.date_in.in_({visit.day for visit in visits}),
            ORDER.c.visit_id.in_([visit.id for visit in visits]),
        )
        .order_by(ORDER.c.order_no)
    )
    found: dict[int, list[OrderRow]] = defaultdict(list)
    for row in session.execute(statement):
        found[row[0]].append(OrderRow(*row))
    return found


def visit_days(session: Session, vehicle_ids: Collection[int], since: date) -> Mapping[int, Sequence[date]]:
    """Car → the days it was in the workshop from `since` on, whoever brought it."""
    statement = sa.select(VISIT.c.vehicle_id, VISIT.c.day).where(
        VISIT.c.vehicle_id.in_(vehicle_ids), VISIT.c.day >= since, VISIT.c.counted
    )
    found: dict[int, list[date]] = defaultdict(list)
    for vehicle_id, day in session.execute(statement.order_by(VISIT.c.day)):
        found[vehicle_id].append(day)
    return found


def credits_of(session: Session, outcome_type: str, ids: Collection[int]) -> Mapping[int, CreditRow]:
    """Outcome → the text that brought it; those nobody texted about are left out."""
    statement = (
        sa.select(CREDIT.c.outcome_id, CREDIT.c.message_id, CREDIT.c.campaign_id, CREDIT.c.evidence, MESSAGE.c.sent_at)
        .join(MESSAGE, MESSAGE.c.id == CREDIT.c.message_id)
        .where(CREDIT.c.outcome_type == outcome_type, CREDIT.c.outcome_id.in_(ids))
    )
    return {row[0]: CreditRow(*row) for row in session.execute(statement)}


def renewals_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[RenewalRow]:
    """Policies written for them, the latest first."""
    statement = (
        sa.select(*(RENEWAL.c[name] for name in RenewalRow._fields))
        .where(RENEWAL.c.customer_id == customer_id, *is_behind(RENEWAL.c.day, RENEWAL.c.id, behind))
        .order_by(RENEWAL.c.day.desc(), RENEWAL.c.id.desc())
        .limit(limit)
    )
    return [RenewalRow(*row) for row in session.execute(statement)]


def coupons_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[CouponRow]:
    """Their vouchers, the latest first."""
    statement = (
        sa.select(*(COUPON.c[name] for name in CouponRow._fields))
        .where(COUPON.c.customer_id == customer_id, *is_behind(COUPON.c.issued_on, COUPON.c.id, behind))
        .order_by(COUPON.c.issued_on.desc(), COUPON.c.id.desc())
        .limit(limit)
    )
    return [CouponRow(*row) for row in session.execute(statement)]


def bookings_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[BookingRow]:
    """Their appointments, the latest first."""
    statement = (
        sa.select(BOOKING.c.id, BOOKING.c.booked_on, BOOKING.c.wanted_on, BOOKING.c.state, VEHICLE.c.plate,
                  BOOKING.c.reply_id.is_not(None))
        .outerjoin(VEHICLE, VEHICLE.c.id == BOOKING.c.vehicle_id)
        .where(BOOKING.c.customer_id == customer_id, *is_behind(BOOKING.c.booked_on, BOOKING.c.id, behind))
        .order_by(BOOKING.c.booked_on.desc(), BOOKING.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [BookingRow(*row) for row in session.execute(statement)]
