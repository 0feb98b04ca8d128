"""A call written down at the desk: the same record, and the same lessons, as a row of the worklist that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from notifier.dms.call_lessons import Named, learn
from notifier.dms.cleaning import clean_text
from notifier.domain.contacts import CONTACT_HOLD_DAYS, REASON_CODES, RESULTS, RowName, entry_of
from notifier.domain.rules import RULES
from notifier.errors import BadInput
from notifier.jobs.customer_doing import Doing, car_to_change, person_to_change
from notifier.locale import N_
from notifier.store.contacts import contacts_by_entry, insert_contacts, update_contacts
from notifier.store.engine import Session

__all__ = ["Call", "record_call"]

_KEPT = ("clerk", "result", "reason_code", "note", "next_contact_on", "odometer", "booked_for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What came of a call. `purpose`: the rule it was about, empty for none; `day` and days ahead are the shop's.

    `form`: the name of the form it is written in, for each its own: two calls of one minute are two.
    """

    result: str
    day: date
    purpose: str = ""
    vehicle_id: int | None = None
    reason_code: str | None = None
    note: str = ""
    next_contact_on: date | None = None
    booked_for: date | None = None
    odometer: int | None = None
    form: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True)
class _Terms:
    """As an import of calls has them."""

    now: datetime
    today: date
    zone: ZoneInfo
    contact_hold_days: int


def record_call(session: Session, doing: Doing, call: Call, *, hold_days: int = CONTACT_HOLD_DAYS) -> tuple[str, ...]:
    """Keep the call and do what it teaches, in one transaction; what of it was doubted, as the import's words.

    `hold_days`: how long texts of the same purpose wait. The same form again is the same call put right, and nothing
    at all where it says the same. Raises BadInput for a result or a day that cannot be.
    """
    _raise_if_impossible(call, doing)
    person = person_to_change(session, doing)
    if call.vehicle_id is not None:
        car_to_change(session, doing, call.vehicle_id)
    row = _row(doing, call)
    before = contacts_by_entry(session, doing.shop_id, [row["entry"]]).get(row["entry"])
    if before is not None and all(before[name] == value for name, value in row.items()):
        return ()
    if before is None:
        insert_contacts(session, [{**row, "import_id": None}])
    else:
        update_contacts(session, [{"id": before["id"], **row}])
    terms = _Terms(doing.now, doing.today, doing.zone, hold_days)
    doubts = learn(session, terms, row, before, Named(person.phone_key, is_person=call.vehicle_id is None))
    told = {name: row[name] for name in ("purpose", "contacted_on", *_KEPT) if row[name] not in (None, "")}
    doing.write_down(session, "call", before=_told(before), after=told)
    return doubts


def _raise_if_impossible(call: Call, doing: Doing) -> None:
    if call.result not in RESULTS:
        raise BadInput(N_("Choose what came of the call."))
    if call.day > doing.today:
        raise BadInput(N_("A call of {day} lies ahead; enter the day it was made."), day=call.day)
    if call.reason_code is not None and call.reason_code not in REASON_CODES:
        raise BadInput(N_("Choose a reason of the list, or none."))
    if call.purpose and call.purpose not in RULES:
        raise BadInput(N_("Choose what the call was about from the list."))
    for day in (call.next_contact_on, call.booked_for):
        if day is not None and day < call.day:
            raise BadInput(N_("The day {day} is before the call; choose a later one."), day=day)


def _row(doing: Doing, call: Call) -> dict[str, Any]:
    purpose = call.purpose or "call"
    about = (
        RowName(purpose, vehicle_id=call.vehicle_id) if call.vehicle_id else RowName(purpose, None, doing.customer_id)
    )
    return {
        "shop_id": doing.shop_id, "customer_id": doing.customer_id, "vehicle_id": call.vehicle_id,
        "entry": entry_of(str(about), f"{call.day} {call.form}"), "purpose": call.purpose, "contacted_on": call.day,
        "clerk": clean_text(doing.actor.name, 80), "result": call.result, "reason_code": call.reason_code,
        "note": clean_text(call.note, 2_000), "next_contact_on": call.next_contact_on, "odometer": call.odometer,
        "booked_for": call.booked_for,
    }  # fmt: skip


def _told(before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if before is None else {name: before[name] for name in _KEPT if before[name] is not None}
