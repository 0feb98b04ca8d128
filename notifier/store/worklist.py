"""What staff may call about: the touches of a range of days, and all that is known of whom and what they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import (
    Booking,
    CampaignState,
    Contact,
    Customer,
    Cycle,
    Decision,
    Enrolment,
    Message,
    MessageCycle,
    Renewal,
    Reply,
    Run,
    Suppression,
    Vehicle,
    Visit,
)

__all__ = [
    "AskedReply", "LastCall", "ListedBooking", "ListedCar", "ListedCustomer", "ListedTouch", "WorklistFacts",
    "listed_touches", "worklist_facts",
]  # fmt: skip

BOOKING, CAMPAIGN, CONTACT, CUSTOMER, CYCLE, DECISION, MESSAGE = (
    table_of(model) for model in (Booking, CampaignState, Contact, Customer, Cycle, Decision, Message)
)
ENROLMENT = table_of(Enrolment)
MESSAGE_CYCLE, RENEWAL, REPLY, RUN, SUPPRESSION, VEHICLE, VISIT = (
    table_of(model) for model in (MessageCycle, Renewal, Reply, Run, Suppression, Vehicle, Visit)
)


class ListedTouch(NamedTuple):
    """One stage of one cycle: what was decided about it, and its message where it has one (`state` …, else None).

    `arm`: that of the cycle's enrolment; None where it has none (yet, or no more).
    """

    cycle_id: int
    campaign_id: str
    rule: str
    subject_type: str
    subject_id: int
    customer_id: int
    anchor_on: date
    came_from: date
    answered_by: str | None
    stage: str
    verdict: str
    reason: str | None
    closes_on: date
    kind: str
    message_id: int | None
    state: str | None
    state_reason: str | None
    sent_at: datetime | None
    count_on: date | None
    arm: str | None


def listed_touches(
    session: Session, shop_id: int, days: tuple[date, date], until: datetime, campaign_id: str | None = None
) -> list[ListedTouch]:
    """Touches texted or planned on a day from the first to the last of `days`, and those without a text open in them.

    `until`: the end of the last day; a touch a run decided about later was not open yet. Those of a car that has
    changed hands since are left out, and those of runs made void.
    """
    first, last = days
    rule = sa.select(CAMPAIGN.c.campaign_id, sa.func.max(CAMPAIGN.c.rule).label("rule"))
    rules = rule.where(CAMPAIGN.c.shop_id == shop_id).group_by(CAMPAIGN.c.campaign_id).subquery()
    kind = sa.func.coalesce(MESSAGE.c.kind, RUN.c.settings["kind"].as_string())
    is_texted = MESSAGE.c.count_on.between(first, last)
    is_open = sa.and_(MESSAGE.c.id.is_(None), DECISION.c.closes_on >= first, RUN.c.planned_for < until)
    is_theirs = sa.or_(CYCLE.c.subject_type == "customer", VEHICLE.c.customer_id == CYCLE.c.customer_id)
    statement = (
        sa.select(CYCLE.c.id, CYCLE.c.campaign_id, rules.c.rule, CYCLE.c.subject_type, CYCLE.c.subject_id,
                  CYCLE.c.customer_id, CYCLE.c.anchor_on, CYCLE.c.came_from, CYCLE.c.answered_by, DECISION.c.stage,
                  DECISION.c.verdict, DECISION.c.reason, DECISION.c.closes_on, kind, MESSAGE.c.id, MESSAGE.c.state,
                  MESSAGE.c.reason, MESSAGE.c.sent_at, MESSAGE.c.count_on, ENROLMENT.c.arm)
        .join(DECISION, DECISION.c.cycle_id == CYCLE.c.id)
        .join(RUN, RUN.c.id == DECISION.c.run_id)
        .join(rules, rules.c.campaign_id == CYCLE.c.campaign_id)
        .outerjoin(MESSAGE_CYCLE, sa.and_(MESSAGE_CYCLE.c.cycle_id == CYCLE.c.id,
                                          MESSAGE_CYCLE.c.stage == DECISION.c.stage))
        .outerjoin(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .outerjoin(ENROLMENT, sa.and_(ENROLMENT.c.id == CYCLE.c.enrolment_id,
                                      ENROLMENT.c.customer_id == CYCLE.c.customer_id))
        .outerjoin(VEHICLE, sa.and_(CYCLE.c.subject_type == "vehicle", VEHICLE.c.id == CYCLE.c.subject_id))
        .where(CYCLE.c.shop_id == shop_id, sa.or_(is_texted, is_open), is_theirs)
        .order_by(CYCLE.c.id, DECISION.c.id)
    )  # fmt: skip
    if campaign_id is not None:
        statement = statement.where(CYCLE.c.campaign_id == campaign_id)
    return [ListedTouch._make(row) for row in session.execute(statement)]


class ListedCustomer(NamedTuple):
    """Whom to call."""

    id: int
    name: str | None
    sex: str | None
    is_company: bool
    phone: str | None
    unreachable: str | None
    consent: str
    stopped: bool
    erased: bool
    bucket_key: str


class ListedCar(NamedTuple):
    """What to call about; `due_days`: the columns of the car by name."""

    id: int
    customer_id: int | None
    vin: str
    plate: str | None
    model: str | None
    state: str
    last_odometer: int | None
    due_days: Mapping[str, date | None]


class AskedReply(NamedTuple):
    """A reply of a customer to a message, not handled yet."""

    id: int
    customer_id: int
    message_id: int | None
    meaning: str
    text: str | None
    arrived_on: date
    handled: bool


class ListedBooking(NamedTuple):
    """An appointment; `reply_id` where it was asked for by reply."""

    vehicle_id: int | None
    reply_id: int | None
    state: str
    booked_on: date


class LastCall(NamedTuple):
    """A call by staff."""

    vehicle_id: int | None
    purpose: str
    clerk: str | None
    contacted_on: date
    result: str | None
    reason_code: str | None
    note: str | None
    next_contact_on: date | None


_DUE_DAYS = ("next_service_on", "next_service_from", "next_service_to", "insurance_ends_on", "inspection_ends_on",
             "loan_ends_on", "warranty_ends_on")  # fmt: skip


@dataclass(slots=True)
class WorklistFacts:
    """What is known of some customers: by customer id, unless it says otherwise. Lists have the latest last.

    `arms`: by (customer id, campaign id, period).
    """

    customers: Mapping[int, ListedCustomer]
    cars: Mapping[int, ListedCar]
    cars_of: Mapping[int, Sequence[ListedCar]]
    came: Mapping[tuple[str, int], date]
    advisors: Mapping[int, str]
    renewed: Mapping[int, date]
    replies: Mapping[int, Sequence[AskedReply]]
    bookings: Mapping[int, Sequence[ListedBooking]]
    calls: Mapping[int, Sequence[LastCall]] = field(default_factory=dict)
    arms: Mapping[tuple[int, str, str], str] = field(default_factory=dict)


def worklist_facts(session: Session, customer_ids: Collection[int], since: date) -> WorklistFacts:
    """All that rows about these customers need; visits, replies, bookings and calls from `since` on."""
    connection, ids = session.connection(), sorted(customer_ids)
    cars = _cars(connection, ids)
    cars_of: dict[int, list[ListedCar]] = defaultdict(list)
    for car in cars:
        if car.customer_id is not None:
            cars_of[car.customer_id].append(car)
    came, advisors = _visits(connection, ids, since)
    return WorklistFacts(
        customers=_customers(connection, ids),
        cars={car.id: car for car in cars},
        cars_of=cars_of,
        came=came,
        advisors=advisors,
        renewed=_renewed(connection, [car.id for car in cars]),
        replies=_replies(connection, ids, since),
        bookings=_bookings(connection, ids, since),
        calls=_calls(connection, ids, since),
        arms=_arms(connection, ids),
    )


def _customers(connection: sa.Connection, ids: Sequence[int]) -> dict[int, ListedCustomer]:
    stopped = sa.exists().where(SUPPRESSION.c.phone_key == CUSTOMER.c.phone_key, SUPPRESSION.c.lifted_at.is_(None))
    columns = sa.select(
        CUSTOMER.c.id, CUSTOMER.c.name, CUSTOMER.c.sex, CUSTOMER.c.is_company, CUSTOMER.c.phone,
        CUSTOMER.c.unreachable, CUSTOMER.c.consent, stopped, CUSTOMER.c.erased_at.is_not(None), CUSTOMER.c.bucket_key,
    )  # fmt: skip
    return {
        row[0]: ListedCustomer(*row) for row in connection.execute(columns.where(among(connection, CUSTOMER.c.id, ids)))
    }


def _cars(connection: sa.Connection, ids: Sequence[int]) -> list[ListedCar]:
    names = ("id", "customer_id", "vin", "plate", "model", "state", "last_odometer")
    columns = sa.select(*(VEHICLE.c[name] for name in (*names, *_DUE_DAYS)))
    rows = connection.execute(columns.where(among(connection, VEHICLE.c.customer_id, ids)).order_by(VEHICLE.c.id))
    return [ListedCar._make((*row[: len(names)], dict(zip(_DUE_DAYS, row[len(names) :], strict=True)))) for row in rows]


def _visits(
    connection: sa.Connection, ids: Sequence[int], since: date
) -> tuple[dict[tuple[str, int], date], dict[int, str]]:
    """Latest counted visit by ("vehicle" or "customer", id), and the advisor of each car's latest visit ever."""
    columns = sa.select(VISIT.c.vehicle_id, VISIT.c.customer_id, VISIT.c.day, VISIT.c.advisor, VISIT.c.counted)
    came: dict[tuple[str, int], date] = {}
    advisors: dict[int, str] = {}
    theirs = columns.where(among(connection, VISIT.c.customer_id, ids)).order_by(VISIT.c.day, VISIT.c.id)
    for vehicle_id, customer_id, day, advisor, counted in connection.execute(theirs):
        if counted and day >= since:
            came["vehicle", vehicle_id] = came["customer", customer_id] = day
        if advisor:
            advisors[vehicle_id] = advisor
    return came, advisors


def _renewed(connection: sa.Connection, vehicle_ids: Sequence[int]) -> dict[int, date]:
    latest = sa.select(RENEWAL.c.vehicle_id, sa.func.max(RENEWAL.c.ends_on, type_=sa.Date))
    theirs = latest.where(among(connection, RENEWAL.c.vehicle_id, vehicle_ids)).group_by(RENEWAL.c.vehicle_id)
    return {row[0]: row[1] for row in connection.execute(theirs)}


def _replies(connection: sa.Connection, ids: Sequence[int], since: date) -> dict[int, list[AskedReply]]:
    columns = sa.select(
        REPLY.c.id, REPLY.c.customer_id, REPLY.c.message_id, REPLY.c.meaning, REPLY.c.text, REPLY.c.arrived_on,
        REPLY.c.handled_at.is_not(None),
    )  # fmt: skip
    theirs = columns.where(among(connection, REPLY.c.customer_id, ids), REPLY.c.arrived_on >= since)
    found: dict[int, list[AskedReply]] = defaultdict(list)
    for row in connection.execute(theirs.order_by(REPLY.c.business_at, REPLY.c.id)):
        found[row[1]].append(AskedReply(*row))
    return found


def _bookings(connection: sa.Connection, ids: Sequence[int], since: date) -> dict[int, list[ListedBooking]]:
    columns = sa.select(
        BOOKING.c.customer_id, BOOKING.c.vehicle_id, BOOKING.c.reply_id, BOOKING.c.state, BOOKING.c.booked_on
    )
    made = columns.where(
        among(connection, BOOKING.c.customer_id, ids), BOOKING.c.state != "cancelled", BOOKING.c.booked_on >= since
    )
    found: dict[int, list[ListedBooking]] = defaultdict(list)
    for customer_id, *row in connection.execute(made.order_by(BOOKING.c.booked_on, BOOKING.c.id)):
        found[customer_id].append(ListedBooking(*row))
    return found


def _calls(connection: sa.Connection, ids: Sequence[int], since: date) -> dict[int, list[LastCall]]:
    columns = sa.select(
        CONTACT.c.customer_id, CONTACT.c.vehicle_id, CONTACT.c.purpose, CONTACT.c.clerk, CONTACT.c.contacted_on,
        CONTACT.c.result, CONTACT.c.reason_code, CONTACT.c.note, CONTACT.c.next_contact_on,
    )  # fmt: skip
    made = columns.where(among(connection, CONTACT.c.customer_id, ids), CONTACT.c.contacted_on >= since)
    found: dict[int, list[LastCall]] = defaultdict(list)
    for customer_id, *row in connection.execute(made.order_by(CONTACT.c.contacted_on, CONTACT.c.id)):
        found[customer_id].append(LastCall(*row))
    return found


def _arms(connection: sa.Connection, ids: Sequence[int]) -> dict[tuple[int, str, str], str]:
    columns = sa.select(ENROLMENT.c.customer_id, ENROLMENT.c.campaign_id, ENROLMENT.c.period, ENROLMENT.c.arm)
    theirs = columns.where(among(connection, ENROLMENT.c.customer_id, ids))
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(theirs)}
