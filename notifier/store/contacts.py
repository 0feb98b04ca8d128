"""Calls by staff, and what each teaches: an appointment, a wrong number, a car sold, a refusal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.contacts import NOT_REACHED, is_held
from notifier.store.bulk import among, insert_rows, table_of
from notifier.store.consents import Told, refuse_marketing
from notifier.store.engine import database_now
from notifier.store.holds import HELD_KINDS
from notifier.store.messages import OpenTouch, cancel_for_phone, open_touches
from notifier.store.put_off import put_off
from notifier.store.rows import update_rows
from notifier.store.suppressions import suppress
from notifier.store.tables import (
    Booking,
    CampaignState,
    Contact,
    Customer,
    Cycle,
    Message,
    Vehicle,
)

__all__ = [
    "WRONG_NUMBER", "CallFacts", "CalledCar", "ContactTouch", "Subject", "book_by_call", "called_cars", "calls_about",
    "cancel_call_booking", "cars_in_use", "contact_touches", "contacts_by_entry", "held_touches", "insert_contacts",
    "phones_called", "refuse", "right_number", "send_later", "take_back_sold", "update_contacts", "wrong_number",
]  # fmt: skip

BOOKING, CAMPAIGN, CONTACT, CUSTOMER = (table_of(model) for model in (Booking, CampaignState, Contact, Customer))
CYCLE, MESSAGE, VEHICLE = (table_of(model) for model in (Cycle, Message, Vehicle))
WRONG_NUMBER = "wrong_number"
"""Why a phone is out of reach, where staff found that it is somebody else's or nobody's."""
REPLY_BOOKING_LASTS = timedelta(days=45)
LOOKED_BACK = timedelta(days=400)


def contacts_by_entry(session: Session, shop_id: int, entries: Collection[str]) -> dict[str, dict[str, Any]]:
    """Entry → all columns of the stored contact."""
    rows = session.execute(sa.select(CONTACT).where(CONTACT.c.shop_id == shop_id, CONTACT.c.entry.in_(entries)))
    return {row["entry"]: dict(row) for row in rows.mappings()}


def insert_contacts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add contacts; a known entry raises."""
    clock = database_now(session)
    insert_rows(session, Contact, [{**row, "created_at": clock, "updated_at": clock} for row in rows])


def update_contacts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite contacts by id."""
    clock = database_now(session)
    update_rows(session, Contact, [{**row, "updated_at": clock} for row in rows])


class CalledCar(NamedTuple):
    """A car of the shop a call may be about."""

    id: int
    vin: str
    customer_id: int | None
    state: str


def called_cars(session: Session, shop_id: int, ids: Collection[int], vins: Collection[str]) -> list[CalledCar]:
    """The shop's cars with one of these ids or VINs."""
    columns = sa.select(VEHICLE.c.id, VEHICLE.c.vin, VEHICLE.c.customer_id, VEHICLE.c.state)
    wanted = sa.or_(VEHICLE.c.id.in_(ids), VEHICLE.c.vin.in_(vins))
    return [CalledCar(*row) for row in session.execute(columns.where(VEHICLE.c.shop_id == shop_id, wanted))]


def cars_in_use(session: Session, customer_id: int) -> list[int]:
    """The customer's cars in use."""
    theirs = sa.select(VEHICLE.c.id).where(VEHICLE.c.customer_id == customer_id, VEHICLE.c.state == "in_use")
    return list(session.execute(theirs.order_by(VEHICLE.c.id)).scalars())


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a call was with, about which car, to what purpose, and when."""

    shop_id: int
    customer_id: int
    vehicle_id: int | None
    purpose: str
    day: date
    clerk: str | None = None


def phones_called(
    session: Session, shop_id: int, ids: Collection[int], phone_keys: Collection[str]
) -> dict[int, str | None]:
    """Customer → phone key, of the shop's customers with one of these ids or phones."""
    columns = sa.select(CUSTOMER.c.id, CUSTOMER.c.phone_key)
    wanted = sa.or_(CUSTOMER.c.id.in_(ids), CUSTOMER.c.phone_key.in_(phone_keys))
    return dict(session.execute(columns.where(CUSTOMER.c.shop_id == shop_id, wanted)).all())


def _campaigns_of(session: Session, shop_id: int, rule: str) -> list[str]:
    """The ids of the shop's campaigns of a rule, those no longer in the file among them."""
    found = sa.select(CAMPAIGN.c.campaign_id).where(CAMPAIGN.c.shop_id == shop_id, CAMPAIGN.c.rule == rule)
    return list(session.execute(found).scalars())


def held_touches(session: Session, subject: Subject, before: datetime | None = None) -> list[OpenTouch]:
    """Planned touches of the call's purpose, about its customer and car; with `before`, those that would go earlier."""
    campaigns = _campaigns_of(session, subject.shop_id, subject.purpose)
    if not campaigns:
        return []
    where = [CYCLE.c.campaign_id.in_(campaigns), CYCLE.c.customer_id == subject.customer_id,
             MESSAGE.c.kind.in_(HELD_KINDS)]  # fmt: skip
    if subject.vehicle_id is not None:
        where.append(sa.or_(CYCLE.c.subject_type == "customer", CYCLE.c.subject_id == subject.vehicle_id))
    if before is not None:
        where.append(MESSAGE.c.not_before < before)
    return open_touches(session, *where)


def send_later(session: Session, subject: Subject, until: datetime) -> int:
    """Give planned texts of the call's purpose back to the planner, which waits until `until`.

    Their touches are deferred, as if the call had come before the run. Returns how many texts were cancelled.
    """
    return put_off(session, held_touches(session, subject, until), "contacted")


def wrong_number(session: Session, customer_id: int, phone_key: str | None) -> None:
    """The customer's phone is somebody else's, or nobody's: no text goes there until it changes.

    `phone_key`: the phone that was called, None where nobody wrote it down; another one than the customer's proves
    nothing about theirs.
    """
    own = session.execute(sa.select(CUSTOMER.c.phone_key).where(CUSTOMER.c.id == customer_id)).scalar_one()
    if own is None or phone_key not in (None, own):
        return
    _mark(session, customer_id, sa.true(), WRONG_NUMBER)
    cancel_for_phone(session, own, "unreachable")


def right_number(session: Session, customer_id: int) -> None:
    """Staff corrected themselves: the number is right."""
    _mark(session, customer_id, CUSTOMER.c.unreachable == WRONG_NUMBER, None)


def _mark(session: Session, customer_id: int, condition: sa.ColumnElement[bool], unreachable: str | None) -> None:
    session.connection().execute(
        sa.update(CUSTOMER)
        .where(CUSTOMER.c.id == customer_id, condition)
        .values(unreachable=unreachable, updated_at=database_now(session))
    )


def take_back_sold(session: Session, vehicle_ids: Sequence[int]) -> None:
    """Staff corrected themselves: these cars are still their owner's."""
    session.connection().execute(
        sa.update(VEHICLE)
        .where(VEHICLE.c.id.in_(vehicle_ids), VEHICLE.c.state == "sold")
        .values(state="in_use", updated_at=database_now(session))
    )


def refuse(session: Session, subject: Subject, source: str, now: datetime, *, every_text: bool) -> None:
    """The customer wants no offers; with `every_text` no texts at all, which is a stop like any other.

    A consent given after the day of the call stands.
    """
    columns = (CUSTOMER.c.phone_key, CUSTOMER.c.consent, CUSTOMER.c.consent_since)
    key, consent, since = session.execute(sa.select(*columns).where(CUSTOMER.c.id == subject.customer_id)).one()
    if not (consent == "yes" and since is not None and since > subject.day):
        refuse_marketing(session, subject.customer_id, Told(now, subject.day, source))
    if every_text and key is not None:
        suppress(session, key, reason="staff", source=source)


def book_by_call(session: Session, subject: Subject, wanted_on: date | None) -> None:
    """Keep the appointment a call came to: once a customer, car and day of the call.

    Where the customer had asked for one by reply, that one is now agreed on.
    """
    known = _booking_of_call(session, subject)
    if known is None:
        known = _booking_asked_for(session, subject)
    if known is not None:
        agreed = {"state": "booked", **({"wanted_on": wanted_on} if wanted_on else {})}
        session.connection().execute(sa.update(BOOKING).where(BOOKING.c.id == known).values(**agreed))
        return
    insert_rows(session, Booking, [{
        "shop_id": subject.shop_id, "customer_id": subject.customer_id, "vehicle_id": subject.vehicle_id,
        "message_id": None, "reply_id": None, "booked_on": subject.day, "wanted_on": wanted_on, "state": "booked",
        "created_at": database_now(session),
    }])  # fmt: skip


def cancel_call_booking(session: Session, subject: Subject) -> None:
    """Staff corrected themselves: there is no appointment."""
    known = _booking_of_call(session, subject)
    if known is not None:
        session.connection().execute(sa.update(BOOKING).where(BOOKING.c.id == known).values(state="cancelled"))


def _booking_of_call(session: Session, subject: Subject) -> int | None:
    own = (BOOKING.c.reply_id.is_(None), BOOKING.c.message_id.is_(None), BOOKING.c.booked_on == subject.day)
    return _latest_booking(session, subject, BOOKING.c.vehicle_id.is_not_distinct_from(subject.vehicle_id), *own)


def _booking_asked_for(session: Session, subject: Subject) -> int | None:
    car = sa.or_(BOOKING.c.vehicle_id.is_(None), BOOKING.c.vehicle_id.is_not_distinct_from(subject.vehicle_id))
    lately = BOOKING.c.booked_on.between(subject.day - REPLY_BOOKING_LASTS, subject.day)
    return _latest_booking(session, subject, car, lately, BOOKING.c.reply_id.is_not(None), BOOKING.c.state == "asked")


def _latest_booking(session: Session, subject: Subject, *where: sa.ColumnElement[bool]) -> int | None:
    mine = (BOOKING.c.customer_id == subject.customer_id, BOOKING.c.state != "cancelled")
    found = sa.select(BOOKING.c.id).where(*mine, *where).order_by(BOOKING.c.booked_on.desc(), BOOKING.c.id.desc())
    return session.execute(found.limit(1)).scalar_one_or_none()


class ContactTouch(NamedTuple):
    """A call that reached its customer: what may have earned a visit."""

    id: int
    customer_id: int
    purpose: str
    contacted_on: date


def contact_touches(session: Session, customer_ids: Sequence[int]) -> dict[int, list[ContactTouch]]:
    """Customer → the calls that reached them."""
    reached = sa.or_(CONTACT.c.result.is_(None), CONTACT.c.result.not_in(sorted(NOT_REACHED)))
    columns = sa.select(CONTACT.c.id, CONTACT.c.customer_id, CONTACT.c.purpose, CONTACT.c.contacted_on)
    found: dict[int, list[ContactTouch]] = defaultdict(list)
    for row in session.execute(columns.where(CONTACT.c.customer_id.in_(customer_ids), reached)):
        found[row[1]].append(ContactTouch(*row))
    return found


class CallFacts(NamedTuple):
    """A call about one purpose: whether it still holds texts back, and whether the customer said that it is done."""

    vehicle_id: int | None
    day: date
    clerk: str | None
    holds: bool
    is_done: bool


def calls_about(
    session: Session, purpose: str, customer_ids: Sequence[int], today: date, hold_days: int
) -> dict[int, list[CallFacts]]:
    """Customer → the calls of this purpose that reached them, the latest first."""
    reached = sa.or_(CONTACT.c.result.is_(None), CONTACT.c.result.not_in(sorted(NOT_REACHED)))
    statement = (
        sa.select(CONTACT.c.customer_id, CONTACT.c.vehicle_id, CONTACT.c.contacted_on, CONTACT.c.clerk,
                  CONTACT.c.result)
        .where(CONTACT.c.purpose == purpose, reached, among(session.connection(), CONTACT.c.customer_id, customer_ids),
               CONTACT.c.contacted_on.between(today - LOOKED_BACK, today))
        .order_by(CONTACT.c.contacted_on.desc(), CONTACT.c.id.desc())
    )  # fmt: skip
    calls: dict[int, list[CallFacts]] = defaultdict(list)
    for customer_id, vehicle_id, day, clerk, result in session.execute(statement):
        calls[customer_id].append(
            CallFacts(vehicle_id, day, clerk, is_held(day, today, hold_days), result == "already_done")
        )
    return calls
