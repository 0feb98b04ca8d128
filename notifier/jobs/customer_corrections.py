"""A customer's record, or a car's, put right by a person; what is planned follows, as it does after an import.

The DMS stays the source: its next file overwrites what it tells otherwise. Only what is learnt of people holds against
a file: a car sold or scrapped, kilometres told, consent refused, a stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.dms.cleaning import clean_name, clean_odometer, clean_plate, clean_text
from notifier.dms.dates import clean_birthday, clean_date
from notifier.dms.own_phone import move_to_phone
from notifier.dms.repredict import is_plausible, keep_told
from notifier.domain.phone import mask, phone_key, to_e164
from notifier.domain.service_due import Reading
from notifier.errors import BadInput, Refused
from notifier.jobs.customer_doing import Doing, car_to_change, person_to_change
from notifier.locale import LANGUAGES, N_
from notifier.store.contacts import WRONG_NUMBER, right_number
from notifier.store.corrections import CAR_COLUMNS, PERSON_COLUMNS, follow_corrections
from notifier.store.customers import update_customers
from notifier.store.dossiers import id_with_phone, person_of
from notifier.store.engine import Session
from notifier.store.messages import close_answered
from notifier.store.phones import Phone
from notifier.store.vehicles import update_vehicles

__all__ = [
    "CAR_STATES", "SEXES", "PhoneTaken", "correct_car", "correct_person", "correct_phone", "reveal_phone",
    "tell_odometer",
]  # fmt: skip

CAR_STATES = ("in_use", "sold", "scrapped", "test_drive", "pdi", "stock")
SEXES = ("f", "m")
_GONE = frozenset({"sold", "scrapped"})


class PhoneTaken(Refused):
    """Another customer of the shop has the phone; only whoever says that they are one may go on."""

    code = "phone_taken"


def correct_person(session: Session, doing: Doing, told: Mapping[str, str]) -> Mapping[str, Any]:
    """Put name, sex, language or birthday right, as typed; returns the columns that changed, by their new values.

    A field left out stays; an empty one is emptied. Raises BadInput for what cannot be understood.
    """
    person = person_to_change(session, doing)
    wanted = _person_columns(told, doing)
    before = {name: getattr(person, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if changed:
        update_customers(session, [{"id": person.id, **changed, "updated_at": doing.now}])
        follow_corrections(session, doing.now, people={person.id: PERSON_COLUMNS & changed.keys()})
        doing.write_down(session, "correct", before={name: before[name] for name in changed}, after=changed)
    return changed


def _person_columns(told: Mapping[str, str], doing: Doing) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "name" in told:
        name = clean_name(told["name"])
        columns |= {"name": name.name, "is_company": name.is_company}
        if name.sex is not None and not told.get("sex"):
            columns["sex"] = name.sex
    if told.get("sex") or ("sex" in told and "sex" not in columns):
        columns["sex"] = _one_of(told["sex"], SEXES)
    if "language" in told:
        columns["language"] = _one_of(told["language"], LANGUAGES)
    if "birthday" in told:
        columns |= _birthday(told["birthday"], doing)
    return columns


def _one_of(value: str, known: tuple[str, ...]) -> str | None:
    if value and value not in known:
        raise BadInput(N_("“{value}” is none of these: {known}."), value=value, known=", ".join(known))
    return value or None


def _birthday(typed: str, doing: Doing) -> dict[str, Any]:
    birthday, doubt = clean_birthday(typed)
    if doubt is not None or (birthday.on is not None and birthday.on > doing.today):
        raise BadInput(
            N_("“{typed}” is no birthday; write it like 1990-05-09, 5月9日 or 农历八月初八."), typed=typed.strip()
        )
    return {"birth_on": birthday.on, "birth_mmdd": birthday.mmdd, "birth_calendar": birthday.calendar}


def correct_car(
    session: Session, doing: Doing, vehicle_id: int, told: Mapping[str, str], *, region: str
) -> Mapping[str, Any]:
    """Put a car's plate, model, state or days right, as typed; returns the columns that changed, by their new values.

    A car sold or scrapped cancels what is planned about it. Raises BadInput for what cannot be understood.
    """
    person_to_change(session, doing)
    car = car_to_change(session, doing, vehicle_id)
    wanted = _car_columns(told, region)
    before = {name: getattr(car, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if changed:
        update_vehicles(session, [{"id": car.id, **changed, "updated_at": doing.now}])
        ends_on = changed.get("insurance_ends_on")
        is_renewed = ends_on is not None and car.insurance_ends_on is not None and ends_on > car.insurance_ends_on
        close_answered(
            session,
            renewed={car.id: ends_on} if is_renewed and ends_on else {},
            sold=[car.id] if changed.get("state") in _GONE else [],
        )
        follow_corrections(session, doing.now, cars={car.id: CAR_COLUMNS & changed.keys()})
        told_of = {"car": car.plate or car.vin}
        doing.write_down(
            session, "correct_car", before=told_of | {name: before[name] for name in changed}, after=told_of | changed
        )
    return changed


def _car_columns(told: Mapping[str, str], region: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "plate" in told:
        columns["plate"], doubt = clean_plate(told["plate"], region)
        if doubt is not None:
            raise BadInput(N_("“{typed}” is no number plate; write it like 闽C12345."), typed=told["plate"].strip())
    if "model" in told:
        columns["model"] = clean_text(told["model"])
    if told.get("state"):
        columns["state"] = _one_of(told["state"], CAR_STATES)
    for name in ("insurance_ends_on", "inspection_ends_on"):
        if name in told:
            columns[name], doubt = clean_date(told[name])
            if doubt is not None:
                raise BadInput(N_("“{typed}” is no day; write it like 2026-03-05."), typed=told[name].strip())
    return columns


def tell_odometer(session: Session, doing: Doing, vehicle_id: int, typed: str) -> int:
    """Keep the kilometres the customer tells today, and predict the car's next service with them.

    Raises BadInput for what is no number, Refused for what does not fit the car's other readings.
    """
    person_to_change(session, doing)
    car = car_to_change(session, doing, vehicle_id)
    km, doubt = clean_odometer(typed)
    if km is None or doubt is not None:
        raise BadInput(N_("“{typed}” is no number of kilometres; write it like 53200."), typed=typed.strip())
    told = Reading(doing.today, km)
    if not is_plausible(session, car.id, told):
        raise Refused(
            N_("{km} km does not fit the car's other readings: it falls, or rises by over 400 km a day. Ask again."),
            km=f"{km:,}",
        )
    keep_told(session, doing.shop_id, car.id, told, reply_id=None, at=doing.now)
    doing.write_down(session, "odometer", after={"car": car.plate or car.vin, "km": km, "day": doing.today})
    return km


def correct_phone(
    session: Session, doing: Doing, typed: str, *, secret: bytes, region: str, may_unite: bool = False
) -> int:
    """Give the customer another phone; the id they are known by from now on, which is another's where two became one.

    What is planned goes there; a stop of the old phone holds for the new one. Raises BadPhone for what is none,
    PhoneTaken where another customer has it and `may_unite` is False.
    """
    person = person_to_change(session, doing)
    phone = to_e164(typed, region)
    new = Phone(phone, phone_key(secret, phone))
    if new.key == person.phone_key:
        if person.unreachable == WRONG_NUMBER:
            right_number(session, person.id)
            doing.write_down(session, "phone_is_right", after={"phone": mask(phone)})
        return person.id
    holder = id_with_phone(session, doing.shop_id, new.key)
    if holder is not None and not may_unite:
        raise PhoneTaken(
            N_("{phone} is the phone of {name}, another customer. If they are one person, say so: the two become one."),
            phone=mask(phone),
            name=holder[1] or "–",
        )
    survivor = move_to_phone(session, doing.shop_id, person.id, new, doing.now)
    doing.write_down(
        session,
        "correct_phone",
        before={"phone": mask(person.phone) if person.phone else None},
        after={"phone": mask(phone), "customer": survivor},
    )
    return survivor


def reveal_phone(session: Session, doing: Doing) -> str | None:
    """The whole phone, for whoever has to dial it; that it was looked at is written down."""
    person = person_of(session, doing.shop_id, doing.customer_id)
    if person is None or person.phone is None:
        return None
    doing.write_down(session, "reveal_phone", after={"phone": mask(person.phone)})
    return person.phone
