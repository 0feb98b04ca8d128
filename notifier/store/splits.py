"""Numbers that leave a customer for a phone of their own, with their cars, what was planned and what was said.

Source: rules.md, "Identity": the one who leaves copies bucket key, consent and suppression, and both are dropped from
lift, since nobody can tell any more who was texted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_returning_ids, insert_rows, table_of
from notifier.store.corrections import follow_visits
from notifier.store.customers import (
    customers_by_id,
    firmest_consent,
    record_consent,
    refresh_last_visits,
    update_customers,
)
from notifier.store.messages import cancel_marketing
from notifier.store.phones import Phone
from notifier.store.tables import (
    Booking,
    Contact,
    Customer,
    CustomerNumber,
    Cycle,
    Enrolment,
    Message,
    MessageCycle,
    Renewal,
    Vehicle,
    Visit,
)

__all__ = ["Leaving", "bear_customer", "cars_of_numbers", "leave"]

CUSTOMER, NUMBER, VEHICLE, ENROLMENT = (table_of(model) for model in (Customer, CustomerNumber, Vehicle, Enrolment))
CYCLE, MESSAGE, MESSAGE_CYCLE = table_of(Cycle), table_of(Message), table_of(MessageCycle)
_OF_A_CAR = tuple(table_of(model) for model in (Visit, Renewal, Booking, Contact))

_COPIED = ("shop_id", "bucket_key", "language", "consent", "consent_since", "consent_source", "erased_at")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Numbers and cars (by VIN) that go from one customer to another."""

    origin: int
    target: int
    numbers: tuple[str, ...]
    vins: Collection[str]


def bear_customer(session: Session, origin: int, phone: Phone, now: datetime) -> int:
    """A new customer for `phone` that copies arm, consent and enrolments of `origin`; its id."""
    source = session.execute(sa.select(CUSTOMER).where(CUSTOMER.c.id == origin)).mappings().one()
    row = {name: source[name] for name in _COPIED}
    row |= {"phone": None if row["erased_at"] else phone.e164, "phone_key": phone.key}
    row |= {"is_company": False, "birth_calendar": "solar", "created_at": now, "updated_at": now}
    born = insert_returning_ids(session, Customer, [row])[0]
    if row["consent"] != "unknown":
        record_consent(session, [_consent_record(born, row, now)])
    enrolments = session.execute(sa.select(ENROLMENT).where(ENROLMENT.c.customer_id == origin)).mappings().all()
    copies = [{**row, "customer_id": born, "out_of_lift": "split"} for row in enrolments]
    insert_rows(session, Enrolment, [{name: v for name, v in row.items() if name != "id"} for row in copies])
    return born


def leave(session: Session, shop_id: int, leavings: Sequence[Leaving], now: datetime) -> None:
    """Move numbers and cars with what belongs to them."""
    for leaving in leavings:
        _move_numbers(session, shop_id, leaving)
        _move_cars(session, shop_id, leaving)
    concerned = {key for leaving in leavings for key in (leaving.origin, leaving.target)}
    _take_refusals_along(session, leavings, now)
    session.connection().execute(
        sa.update(ENROLMENT)
        .where(ENROLMENT.c.customer_id.in_(concerned), ENROLMENT.c.out_of_lift.is_(None))
        .values(out_of_lift="split")
    )
    refresh_last_visits(session, concerned, now)
    follow_visits(session, now, cars=(), people=concerned)


def cars_of_numbers(session: Session, shop_id: int, customer_id: int, numbers: Collection[str]) -> list[str]:
    """VINs of the customer's cars that were last brought under one of these numbers."""
    mine = (VEHICLE.c.shop_id == shop_id, VEHICLE.c.customer_id == customer_id)
    statement = sa.select(VEHICLE.c.vin).where(*mine, VEHICLE.c.owner_number.in_(numbers)).order_by(VEHICLE.c.vin)
    return list(session.execute(statement).scalars())


def _consent_record(customer_id: int, told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {"customer_id": customer_id, "value": told["consent"], "since": told["consent_since"], "source": "split",
            "recorded_at": now}  # fmt: skip


def _take_refusals_along(session: Session, leavings: Sequence[Leaving], now: datetime) -> None:
    """Who refused marketing and comes to somebody's phone has refused it for that phone; a yes stays where it is."""
    stored = customers_by_id(session, {key for leaving in leavings for key in (leaving.origin, leaving.target)})
    refused: dict[int, dict[str, Any]] = {}
    for leaving in leavings:
        origin = stored[leaving.origin]
        if origin["consent"] == "no":
            standing = refused.get(leaving.target, stored[leaving.target])
            refused[leaving.target] = firmest_consent((standing, origin))
    refused = {key: row for key, row in refused.items() if not row.items() <= stored[key].items()}
    update_customers(session, [{"id": key, **row, "updated_at": now} for key, row in refused.items()])
    record_consent(session, [_consent_record(key, row, now) for key, row in refused.items()])
    agreed = {key for key, row in stored.items() if row["consent"] == "yes"} - refused.keys()
    cancel_marketing(session, {leaving.target for leaving in leavings} - agreed)


def _move_numbers(session: Session, shop_id: int, leaving: Leaving) -> None:
    session.connection().execute(
        sa.update(NUMBER)
        .where(NUMBER.c.shop_id == shop_id, NUMBER.c.number.in_(leaving.numbers))
        .values(customer_id=leaving.target)
    )


def _move_cars(session: Session, shop_id: int, leaving: Leaving) -> None:
    connection = session.connection()
    owned = (VEHICLE.c.shop_id == shop_id, VEHICLE.c.vin.in_(leaving.vins), VEHICLE.c.customer_id == leaving.origin)
    cars = list(connection.execute(sa.select(VEHICLE.c.id).where(*owned)).scalars())
    connection.execute(sa.update(VEHICLE).where(*owned).values(customer_id=leaving.target))
    for table in _OF_A_CAR:
        connection.execute(
            sa.update(table)
            .where(table.c.vehicle_id.in_(cars), table.c.customer_id == leaving.origin)
            .values(customer_id=leaving.target, **({"attributed_at": None} if "attributed_at" in table.c else {}))
        )
    _move_planned(session, leaving, cars)


def _move_planned(session: Session, leaving: Leaving, cars: Sequence[int]) -> None:
    """Cycles of the cars, and texts still planned that speak of no other car."""
    connection = session.connection()
    theirs = sa.and_(
        CYCLE.c.subject_type == "vehicle", CYCLE.c.subject_id.in_(cars), CYCLE.c.customer_id == leaving.origin
    )
    touched = sa.select(MESSAGE_CYCLE.c.message_id).join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
    others = touched.where(~theirs)
    planned = (MESSAGE.c.customer_id == leaving.origin, MESSAGE.c.state == "planned")
    phone = sa.select(CUSTOMER.c.phone).where(CUSTOMER.c.id == leaving.target).scalar_subquery()
    phone_key = sa.select(CUSTOMER.c.phone_key).where(CUSTOMER.c.id == leaving.target).scalar_subquery()
    connection.execute(
        sa.update(MESSAGE)
        .where(*planned, MESSAGE.c.id.in_(touched.where(theirs)), MESSAGE.c.id.not_in(others))
        .values(customer_id=leaving.target, phone=phone, phone_key=phone_key)
    )
    connection.execute(sa.update(CYCLE).where(theirs).values(customer_id=leaving.target))
