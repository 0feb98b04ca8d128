"""What a call teaches, done in the transaction that stores it: with the functions that answers by SMS go through.

An edited row takes back what only it had taught (an appointment, a car sold, a wrong number), never a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from notifier.dms.repredict import is_plausible, keep_told
from notifier.domain.contacts import NOT_REACHED, REFUSING, is_held, is_sold
from notifier.domain.service_due import Reading
from notifier.store import contacts
from notifier.store.contacts import Subject
from notifier.store.engine import Session
from notifier.store.messages import close_answered, close_booked, close_touches
from notifier.store.replies import mark_sold

__all__ = ["CallTerms", "Named", "learn"]

Row = Mapping[str, Any]


class CallTerms(Protocol):
    """When and where a call is written down, and for how many days it holds back texts of its purpose."""

    @property
    def now(self) -> datetime: ...
    @property
    def today(self) -> date: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def contact_hold_days(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Named:
    """Whom and what a row names. `phone_key`: the phone that was called, None where the row does not say.

    `is_lost`: the car it names is not this customer's (any more); `is_person`: the row is about a person, not a car.
    """

    phone_key: str | None
    is_lost: bool = False
    is_person: bool = False


def learn(session: Session, terms: CallTerms, row: Row, before: Row | None, named: Named) -> tuple[str, ...]:
    """Do what the contact `row` teaches beyond what `before` (the same call as it was stored) had; the doubts.

    A row whose car has changed hands teaches nothing about cars: neither about that one nor about another.
    """
    subject = _subject(row)
    if before is not None:
        _take_back(session, subject, row, before, named)
    result = row["result"]
    if result == "wrong_number":
        contacts.wrong_number(session, subject.customer_id, named.phone_key)
    elif result in REFUSING:
        contacts.refuse(session, subject, _source(subject), terms.now, every_text=result == "do_not_text")
    if named.is_lost:
        doubts = list(_of_lost_car(session, subject, row, named))
    else:
        doubts = [*_sold(session, subject, row, before), *_driven(session, terms, subject, row, before)]
        if _is_booked(row):
            contacts.book_by_call(session, subject, row["booked_for"])
            close_booked(session, subject.customer_id, subject.vehicle_id, subject.day)
    if named.is_person or not named.is_lost:
        if result == "already_done":
            close_touches(session, contacts.held_touches(session, subject), "already_done")
        _hold(session, terms, subject, result)
    return tuple(doubts)


def _of_lost_car(session: Session, subject: Subject, row: Row, named: Named) -> Iterator[str]:
    """What is not done for want of the car. A person's own appointment stands, and answers what is about them."""
    booked = _is_booked(row)
    if booked and named.is_person:
        contacts.book_by_call(session, subject, row["booked_for"])
        close_touches(session, contacts.held_touches(session, subject), "booked")
    about_car = _says_sold(row) or row["odometer"] is not None
    if about_car or (not named.is_person and (booked or row["result"] == "already_done")):
        yield "car_changed_hands"


def _subject(row: Row) -> Subject:
    return Subject(
        row["shop_id"], row["customer_id"], row["vehicle_id"], row["purpose"], row["contacted_on"], row["clerk"]
    )


def _source(subject: Subject) -> str:
    """Where a refusal comes from, as `explain` and a regulator read it."""
    return f"call {subject.clerk}" if subject.clerk else "call"


def _take_back(session: Session, subject: Subject, row: Row, before: Row, named: Named) -> None:
    if before["result"] == "wrong_number" != row["result"]:
        contacts.right_number(session, subject.customer_id)
    if _says_sold(before) and not _says_sold(row) and not named.is_lost:
        contacts.take_back_sold(session, [] if subject.vehicle_id is None else [subject.vehicle_id])
    if _is_booked(before) and (not _is_booked(row) or before["contacted_on"] != row["contacted_on"]):
        contacts.cancel_call_booking(session, _subject({**row, "contacted_on": before["contacted_on"]}))


def _is_booked(row: Row) -> bool:
    return row["result"] == "booked" or row["booked_for"] is not None


def _says_sold(row: Row) -> bool:
    return is_sold(row["result"], row["reason_code"])


def _sold(session: Session, subject: Subject, row: Row, before: Row | None) -> Iterator[str]:
    if not _says_sold(row) or (before is not None and _says_sold(before)):
        return
    vehicle_id = _car(session, subject)
    if vehicle_id is None:
        yield "several_cars"
        return
    mark_sold(session, [vehicle_id])
    close_answered(session, sold=[vehicle_id])


def _driven(session: Session, terms: CallTerms, subject: Subject, row: Row, before: Row | None) -> Iterator[str]:
    km = row["odometer"]
    if km is None or (before is not None and (before["odometer"], before["contacted_on"]) == (km, subject.day)):
        return
    vehicle_id = _car(session, subject)
    if vehicle_id is None:
        yield "several_cars"
    elif is_plausible(session, vehicle_id, told := Reading(subject.day, km)):
        keep_told(session, subject.shop_id, vehicle_id, told, reply_id=None, at=terms.now)
    else:
        yield "implausible_odometer"


def _car(session: Session, subject: Subject) -> int | None:
    """The car a call was about: the one named, else the customer's only one."""
    if subject.vehicle_id is not None:
        return subject.vehicle_id
    theirs = contacts.cars_in_use(session, subject.customer_id)
    return theirs[0] if len(theirs) == 1 else None


def _hold(session: Session, terms: CallTerms, subject: Subject, result: str | None) -> None:
    """Texts of the same purpose wait: those planned already go back to the planner."""
    days = terms.contact_hold_days
    if result in NOT_REACHED or not is_held(subject.day, terms.today, days):
        return
    free_on = subject.day + timedelta(days=days)
    contacts.send_later(session, subject, datetime.combine(free_on, time(), terms.zone))
