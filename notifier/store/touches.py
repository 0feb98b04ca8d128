"""Facts about the customers of one chunk of candidates: a few set-based queries, whatever the chunk's size.

Planning reads them for a few hundred customers at a time, `explain` for one; both get the same facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import ACCIDENT_HOLD
from notifier.store.bulk import among, table_of
from notifier.store.contacts import CallFacts
from notifier.store.put_off import GIVEN_BACK
from notifier.store.tables import (
    Booking,
    Complaint,
    Customer,
    Cycle,
    Enrolment,
    Message,
    MessageCycle,
    Renewal,
    Reply,
    Suppression,
    Vehicle,
    Visit,
)

BOOKING = table_of(Booking)
COMPLAINT = table_of(Complaint)
CUSTOMER = table_of(Customer)
CYCLE = table_of(Cycle)
ENROLMENT = table_of(Enrolment)
MESSAGE = table_of(Message)
MESSAGE_CYCLE = table_of(MessageCycle)
RENEWAL = table_of(Renewal)
REPLY = table_of(Reply)
SUPPRESSION = table_of(Suppression)
VEHICLE = table_of(Vehicle)
VISIT = table_of(Visit)

CAPPED_KINDS = ("marketing", "service")
COUNTED_ARMS = ("treatment", "control")
CLOSING_ANSWERS = ("already_done", "sold")
OUTCOMES_LOOKED_BACK = timedelta(days=800)


class CustomerFacts(NamedTuple):
    """The customer's own row."""

    id: int
    bucket_key: str
    phone: str | None
    phone_key: str | None
    unreachable: str | None
    name: str | None
    sex: str | None
    is_company: bool
    language: str | None
    consent: str
    last_visit_on: date | None
    member_level: str | None = None
    points: int | None = None
    points_end_on: date | None = None


class VehicleFacts(NamedTuple):
    """The car's own row."""

    id: int
    customer_id: int | None
    plate: str | None
    model: str | None
    state: str
    insurance_ends_on: date | None
    next_service_on: date | None
    next_service_kind: str | None
    in_workshop_since: date | None
    delivered_on: date | None = None
    inspection_ends_on: date | None = None
    loan_ends_on: date | None = None
    warranty_ends_on: date | None = None


class CycleFacts(NamedTuple):
    """A cycle that exists, with the touches made of it: stage → (message id, message state)."""

    id: int
    customer_id: int
    anchor_on: date
    came_from: date
    enrolment_id: int | None
    touches: Mapping[str, tuple[int, str]]


class EnrolmentFacts(NamedTuple):
    """An enrolment that exists."""

    id: int
    customer_id: int
    arm: str
    period: str


Cycles = Mapping[tuple[str, int, str], Sequence[CycleFacts]]
"""Cycles by what they are about: ("vehicle" or "customer", its id, subject key)."""


@dataclass(slots=True)
class ChunkFacts:
    """All facts of one chunk, by id."""

    customers: Mapping[int, CustomerFacts]
    vehicles: Mapping[int, VehicleFacts]
    cars_of: Mapping[int, Sequence[VehicleFacts]]
    suppressed: frozenset[str]
    cycles: Cycles
    enrolments: Mapping[int, EnrolmentFacts]
    enrolments_by_id: Mapping[int, EnrolmentFacts]
    came: Mapping[int, date]
    customer_came: Mapping[int, date]
    booked: Mapping[int, Mapping[int | None, date]]
    renewed: Mapping[int, date]
    answered: Mapping[int, str]
    complaints: frozenset[int]
    accidents: Mapping[int, date]
    counted: Mapping[int, int] = field(default_factory=dict)
    texted_elsewhere: Mapping[tuple[str, int, str], Sequence[tuple[date, str]]] = field(default_factory=dict)
    in_workshop_elsewhere: Mapping[int, date] = field(default_factory=dict)
    calls: Mapping[int, Sequence[CallFacts]] = field(default_factory=dict)
    told_of_lists: Mapping[int, Collection[tuple[str, str, str]]] = field(default_factory=dict)


def load_facts(
    session: Session,
    *,
    campaign_id: str,
    period: str,
    today: date,
    customer_ids: Sequence[int],
    vehicle_ids: Sequence[int],
    cap_days: int | None,
    cycles: Cycles | None = None,
) -> ChunkFacts:
    """Everything the guards and the renderer need for these customers and cars.

    Cycles are keyed by what they are about: ("vehicle" or "customer", id, subject key). `cap_days`: length of the
    frequency cap in days.
    """
    connection = session.connection()
    customers = _customers(connection, customer_ids)
    cars_of = _cars_of(connection, customer_ids)
    vehicles = {car.id: car for cars in cars_of.values() for car in cars}
    cycles = cycles_of(session, campaign_id, customer_ids, vehicle_ids) if cycles is None else cycles
    enrolments = _enrolments(connection, campaign_id, period, customer_ids)
    inherited = {c.enrolment_id for found in cycles.values() for c in found if c.enrolment_id}
    known = {e.id: e for e in enrolments.values()}
    return ChunkFacts(
        customers=customers,
        vehicles=vehicles,
        cars_of=cars_of,
        suppressed=_suppressed(connection, [c.phone_key for c in customers.values() if c.phone_key]),
        cycles=cycles,
        enrolments=enrolments,
        enrolments_by_id=known | _enrolments_by_id(connection, inherited - known.keys()),
        came=_latest_visits(connection, VISIT.c.vehicle_id, vehicle_ids, today),
        customer_came=_latest_visits(connection, VISIT.c.customer_id, customer_ids, today),
        booked=_latest_bookings(connection, customer_ids),
        renewed=_latest_renewals(connection, vehicle_ids),
        answered=_closing_answers(connection, [c.id for found in cycles.values() for c in found]),
        complaints=_open_complaints(connection, customer_ids),
        accidents=_accidents(connection, customer_ids, today),
        counted=_counted(connection, customer_ids, today, cap_days),
    )


_ENROLMENT_COLUMNS = [ENROLMENT.c[name] for name in EnrolmentFacts._fields]


def _customers(connection: sa.Connection, ids: Sequence[int]) -> dict[int, CustomerFacts]:
    columns = [CUSTOMER.c[name] for name in CustomerFacts._fields]
    rows = connection.execute(sa.select(*columns).where(among(connection, CUSTOMER.c.id, ids)))
    return {row[0]: CustomerFacts(*row) for row in rows.all()}


def _cars_of(connection: sa.Connection, customer_ids: Sequence[int]) -> dict[int, list[VehicleFacts]]:
    columns = [VEHICLE.c[name] for name in VehicleFacts._fields]
    statement = sa.select(*columns).where(among(connection, VEHICLE.c.customer_id, customer_ids)).order_by(VEHICLE.c.id)
    cars: dict[int, list[VehicleFacts]] = defaultdict(list)
    for row in connection.execute(statement).all():
        cars[row[1]].append(VehicleFacts(*row))
    return cars


def _suppressed(connection: sa.Connection, phone_keys: Sequence[str]) -> frozenset[str]:
    statement = sa.select(SUPPRESSION.c.phone_key).where(
        among(connection, SUPPRESSION.c.phone_key, phone_keys), SUPPRESSION.c.lifted_at.is_(None)
    )
    return frozenset(connection.execute(statement).scalars())


def cycles_of(session: Session, campaign_id: str, customer_ids: Sequence[int], vehicle_ids: Sequence[int]) -> Cycles:
    """The campaign's cycles about these customers and cars."""
    connection = session.connection()
    statement = sa.select(
        CYCLE.c.subject_type, CYCLE.c.subject_id, CYCLE.c.subject_key, CYCLE.c.id, CYCLE.c.customer_id,
        CYCLE.c.anchor_on, CYCLE.c.came_from, CYCLE.c.enrolment_id,
    ).where(CYCLE.c.campaign_id == campaign_id)  # fmt: skip
    # A campaign speaks of cars or of customers; only a list may do both.
    of_cars = statement.where(CYCLE.c.subject_type == "vehicle", among(connection, CYCLE.c.subject_id, vehicle_ids))
    of_people = statement.where(CYCLE.c.subject_type == "customer", among(connection, CYCLE.c.subject_id, customer_ids))
    rows = [*(connection.execute(of_cars) if vehicle_ids else ()), *connection.execute(of_people)]
    touches = _touches(connection, [row[3] for row in rows])
    cycles: dict[tuple[str, int, str], list[CycleFacts]] = defaultdict(list)
    for subject_type, subject_id, key, cycle_id, customer_id, anchor_on, came_from, enrolment_id in rows:
        made = touches.get(cycle_id, {})
        found = CycleFacts(cycle_id, customer_id, anchor_on, came_from, enrolment_id, made)
        cycles[subject_type, subject_id, key].append(found)
    return cycles


def _touches(connection: sa.Connection, cycle_ids: Sequence[int]) -> dict[int, dict[str, tuple[int, str]]]:
    statement = (
        sa.select(MESSAGE_CYCLE.c.cycle_id, MESSAGE_CYCLE.c.stage, MESSAGE.c.id, MESSAGE.c.state)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(among(connection, MESSAGE_CYCLE.c.cycle_id, cycle_ids))
    )
    touches: dict[int, dict[str, tuple[int, str]]] = defaultdict(dict)
    for cycle_id, stage, message_id, state in connection.execute(statement).all():
        touches[cycle_id][stage] = (message_id, state)
    return touches


def _enrolments(
    connection: sa.Connection, campaign_id: str, period: str, customer_ids: Sequence[int]
) -> dict[int, EnrolmentFacts]:
    statement = sa.select(*_ENROLMENT_COLUMNS).where(
        ENROLMENT.c.campaign_id == campaign_id,
        ENROLMENT.c.period == period,
        among(connection, ENROLMENT.c.customer_id, customer_ids),
    )
    return {row[1]: EnrolmentFacts(*row) for row in connection.execute(statement).all()}


def _enrolments_by_id(connection: sa.Connection, ids: Iterable[int]) -> dict[int, EnrolmentFacts]:
    statement = sa.select(*_ENROLMENT_COLUMNS).where(among(connection, ENROLMENT.c.id, sorted(ids)))
    return {row[0]: EnrolmentFacts(*row) for row in connection.execute(statement).all()}


def _latest_visits(
    connection: sa.Connection, column: sa.Column[Any], ids: Sequence[int], today: date
) -> dict[int, date]:
    statement = (
        sa.select(column, sa.func.max(VISIT.c.day))
        .where(among(connection, column, ids), VISIT.c.counted, VISIT.c.day >= today - OUTCOMES_LOOKED_BACK)
        .group_by(column)
    )
    return {row[0]: row[1] for row in connection.execute(statement).all()}


def _latest_bookings(connection: sa.Connection, customer_ids: Sequence[int]) -> dict[int, dict[int | None, date]]:
    """Customer → car (None: no car was named) → the latest day."""
    statement = (
        sa.select(BOOKING.c.customer_id, BOOKING.c.vehicle_id, sa.func.max(BOOKING.c.booked_on))
        .where(among(connection, BOOKING.c.customer_id, customer_ids), BOOKING.c.state != "cancelled")
        .group_by(BOOKING.c.customer_id, BOOKING.c.vehicle_id)
    )
    booked: dict[int, dict[int | None, date]] = defaultdict(dict)
    for customer_id, vehicle_id, day in connection.execute(statement).all():
        booked[customer_id][vehicle_id] = day
    return booked


def _latest_renewals(connection: sa.Connection, vehicle_ids: Sequence[int]) -> dict[int, date]:
    statement = (
        sa.select(RENEWAL.c.vehicle_id, sa.func.max(RENEWAL.c.ends_on))
        .where(among(connection, RENEWAL.c.vehicle_id, vehicle_ids))
        .group_by(RENEWAL.c.vehicle_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement).all()}


def _closing_answers(connection: sa.Connection, cycle_ids: Sequence[int]) -> dict[int, str]:
    statement = (
        sa.select(MESSAGE_CYCLE.c.cycle_id, REPLY.c.meaning)
        .join(REPLY, REPLY.c.message_id == MESSAGE_CYCLE.c.message_id)
        .where(among(connection, MESSAGE_CYCLE.c.cycle_id, cycle_ids), REPLY.c.meaning.in_(CLOSING_ANSWERS))
        .order_by(REPLY.c.id)
    )
    return {row[0]: row[1] for row in connection.execute(statement).all()}


def _open_complaints(connection: sa.Connection, customer_ids: Sequence[int]) -> frozenset[int]:
    statement = sa.select(COMPLAINT.c.customer_id).where(
        among(connection, COMPLAINT.c.customer_id, customer_ids), COMPLAINT.c.closed_on.is_(None)
    )
    return frozenset(connection.execute(statement).scalars())


def _accidents(connection: sa.Connection, customer_ids: Sequence[int], today: date) -> dict[int, date]:
    statement = (
        sa.select(VISIT.c.customer_id, sa.func.max(VISIT.c.day))
        .where(
            among(connection, VISIT.c.customer_id, customer_ids),
            VISIT.c.has_accident,
            VISIT.c.day >= today - ACCIDENT_HOLD,
        )
        .group_by(VISIT.c.customer_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement).all()}


def _counted(
    connection: sa.Connection, customer_ids: Sequence[int], today: date, cap_days: int | None
) -> dict[int, int]:
    """Rows that count towards the frequency cap: treatment and control alike, whatever became of them."""
    if cap_days is None:
        return {}
    statement = (
        sa.select(MESSAGE.c.customer_id, sa.func.count())
        .where(
            among(connection, MESSAGE.c.customer_id, customer_ids),
            MESSAGE.c.count_on > today - timedelta(days=cap_days),
            *counts_as_sent(),
        )
        .group_by(MESSAGE.c.customer_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement).all()}


def counts_as_sent() -> tuple[sa.ColumnElement[bool], ...]:
    """What caps and budgets count: capped kinds, both arms of an experiment, without what takes no place."""
    return MESSAGE.c.kind.in_(CAPPED_KINDS), *takes_a_place()


def takes_a_place() -> tuple[sa.ColumnElement[bool], ...]:
    """What a spread counts: both arms, but nothing made void, and nothing that went back to the planner unsent.

    A recall is paced by the workshop like any other.
    """
    reason = sa.func.coalesce(MESSAGE.c.reason, "")
    given_back = sa.and_(reason.in_(GIVEN_BACK), MESSAGE.c.attempts == 0)
    return MESSAGE.c.arm.in_(COUNTED_ARMS), reason != "void", ~given_back


def counted_by_day(
    session: Session, shop_id: int, from_day: date, campaign_id: str | None = None
) -> dict[date, tuple[int, int]]:
    """Day → (messages, cost in micros) that count towards the budget (or one campaign's spread) from a day on."""
    counts = counts_as_sent() if campaign_id is None else (MESSAGE.c.campaign_id == campaign_id, *takes_a_place())
    statement = (
        sa.select(MESSAGE.c.count_on, sa.func.count(), sa.func.coalesce(sa.func.sum(MESSAGE.c.cost_micros), 0))
        .where(MESSAGE.c.shop_id == shop_id, MESSAGE.c.count_on >= from_day, *counts)
        .group_by(MESSAGE.c.count_on)
    )
    return {row[0]: (row[1], int(row[2])) for row in session.connection().execute(statement)}
