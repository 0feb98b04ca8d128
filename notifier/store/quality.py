"""What is wrong in a shop's records, counted by the database: groups and sums come back, never the rows themselves.

Every count is one pass over one table (a customer's with their stop and whether they have a car in use). Orders and
policies are counted in :mod:`notifier.store.quality_workshop`; the lists behind the counts stand in
:mod:`notifier.store.quality_lists`, under the same conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.phone import Reason
from notifier.store.bulk import table_of
from notifier.store.tables import (
    Customer,
    CustomerNumber,
    Suppression,
    Vehicle,
    Visit,
)

__all__ = [
    "CAR_CONDITIONS",
    "UNUSABLE",
    "CustomerGroup",
    "StepVisits",
    "cars_by_state",
    "cars_in_use",
    "customer_groups",
    "erased_customers",
    "shared_phones",
    "twin_plates",
    "visits_by_step",
]

CUSTOMER, NUMBER, STOP = table_of(Customer), table_of(CustomerNumber), table_of(Suppression)
CAR, VISIT = table_of(Vehicle), table_of(Visit)

IN_USE = "in_use"
UNUSABLE: tuple[str, ...] = tuple(reason for reason in get_args(Reason) if reason != "missing")
"""Why a phone that was given cannot be texted; such a customer has no phone on record."""


@dataclass(frozen=True, slots=True)
class CustomerGroup:
    """Customers who stop at one step of the way to their phone: ``reachable``, or why no text reaches them.

    `has_car`: one in use is on record. `stopped` said stop, whatever else is wrong. A company has no birthday.
    """

    step: str
    has_car: bool
    consent: str
    customers: int
    stopped: int
    companies: int
    without_birthday: int


@dataclass(frozen=True, slots=True)
class StepVisits:
    """Visits counted of the customers of a step; `step` None where the car had no owner then."""

    step: str | None
    has_car: bool
    visits: int
    amount_minor: int


def of_shop(session: Session, table: sa.Table, shop_id: int) -> sa.ColumnElement[bool]:
    """The shop's rows, read in the order they lie in.

    SQLite takes an index for any ``shop_id = ?``, however many rows that are, and goes through the table in the index's
    order: ten times as long where the shop is all there is. What is computed has no index.
    """
    shop: sa.ColumnElement[int] = table.c.shop_id
    return (shop + 0 if session.get_bind().dialect.name == "sqlite" else shop) == shop_id


def step_of_customer() -> sa.Case[Any]:
    """The first reason why no text reaches a customer, in the order of the guards; needs STOP joined."""
    doubt = CUSTOMER.c.unreachable
    return sa.case(
        (doubt.in_(UNUSABLE), sa.literal("phone_", sa.String).concat(doubt)),
        (CUSTOMER.c.phone.is_(None), "no_phone"),
        (doubt.is_not(None), "number_dead"),
        (STOP.c.id.is_not(None), "opted_out"),
        else_="reachable",
    )


def with_stop() -> sa.FromClause:
    """Customers beside the stop in force on their phone."""
    return CUSTOMER.outerjoin(STOP, (STOP.c.phone_key == CUSTOMER.c.phone_key) & STOP.c.lifted_at.is_(None))


def has_car() -> sa.ColumnElement[bool]:
    """Whether a customer has a car in use on record.

    Asked once a customer, by index: as a joined list of owners the two databases misjudge its size, each in its way.
    """
    return sa.exists().where(CAR.c.customer_id == CUSTOMER.c.id, CAR.c.state == IN_USE)


def _census(session: Session, shop_id: int) -> sa.Subquery:
    """One row a customer who is not erased: the step they stop at, and whether they have a car in use."""
    columns = (
        step_of_customer().label("step"),
        has_car().label("has_car"),
        CUSTOMER.c.consent,
        STOP.c.id.is_not(None).label("stopped"),
        CUSTOMER.c.is_company,
        (CUSTOMER.c.birth_mmdd.is_(None) & ~CUSTOMER.c.is_company).label("without_birthday"),
    )
    kept = (of_shop(session, CUSTOMER, shop_id), CUSTOMER.c.erased_at.is_(None))
    return sa.select(*columns).select_from(with_stop()).where(*kept).subquery("census")


def sum_of(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many rows fulfil it; 0 for no rows."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def customer_groups(session: Session, shop_id: int) -> list[CustomerGroup]:
    """Every customer of the shop once, those erased left out, in at most some fifty groups."""
    one = _census(session, shop_id)
    keys = (one.c.step, one.c.has_car, one.c.consent)
    sums = (sum_of(one.c.stopped), sum_of(one.c.is_company), sum_of(one.c.without_birthday))
    rows = session.execute(sa.select(*keys, sa.func.count(), *sums).group_by(*keys))
    return [CustomerGroup(step, bool(car), consent, *map(int, counts)) for step, car, consent, *counts in rows]


def erased_customers(session: Session, shop_id: int) -> int:
    """Customers of whom only figures are left."""
    statement = sa.select(sa.func.count()).where(of_shop(session, CUSTOMER, shop_id), CUSTOMER.c.erased_at.is_not(None))
    return session.execute(statement).scalar_one()


def visits_by_step(session: Session, shop_id: int, first: date, last: date) -> list[StepVisits]:
    """Visits counted from `first` to `last`, both included, by the step their customer stops at today."""
    visits = (
        sa.select(
            VISIT.c.customer_id, sa.func.count().label("visits"), sa.func.sum(VISIT.c.amount_minor).label("amount")
        )
        .where(of_shop(session, VISIT, shop_id), VISIT.c.counted, VISIT.c.day.between(first, last))
        .group_by(VISIT.c.customer_id)
        .subquery("visits")
    )
    stop = (STOP.c.phone_key == CUSTOMER.c.phone_key) & STOP.c.lifted_at.is_(None)
    known = visits.outerjoin(CUSTOMER, CUSTOMER.c.id == visits.c.customer_id).outerjoin(STOP, stop)
    step = sa.case((CUSTOMER.c.id.is_not(None), step_of_customer())).label("step")
    one = sa.select(step, has_car().label("has_car"), visits.c.visits, visits.c.amount).select_from(known).subquery()
    sums = (sa.func.sum(one.c.visits), sa.func.sum(one.c.amount))
    rows = session.execute(sa.select(one.c.step, one.c.has_car, *sums).group_by(one.c.step, one.c.has_car))
    return [StepVisits(step, bool(car), int(number), int(amount)) for step, car, number, amount in rows]


def numbers_by_customer(shop_id: int) -> sa.Subquery:
    """Customers whom the DMS has under several numbers of its own, with how many."""
    return (
        sa.select(NUMBER.c.customer_id, sa.func.count().label("numbers"))
        .where(NUMBER.c.shop_id == shop_id, NUMBER.c.number.not_like("vin:%"))
        .group_by(NUMBER.c.customer_id)
        .having(sa.func.count() > 1)
        .subquery("shared")
    )


def shared_phones(session: Session, shop_id: int) -> tuple[int, int]:
    """(phones that stand on several DMS numbers, the DMS numbers they stand on)."""
    shared = numbers_by_customer(shop_id)
    joined = shared.join(CUSTOMER, CUSTOMER.c.id == shared.c.customer_id)
    statement = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(shared.c.numbers), 0))
    phones, numbers = session.execute(statement.select_from(joined).where(CUSTOMER.c.phone.is_not(None))).one()
    return phones, int(numbers)


def cars_by_state(session: Session, shop_id: int) -> dict[str, int]:
    """State (in_use, sold, scrapped, pdi, test_drive, stock) → cars."""
    states = sa.select(CAR.c.state, sa.func.count()).where(of_shop(session, CAR, shop_id)).group_by(CAR.c.state)
    return dict(session.execute(states).all())


CAR_CONDITIONS: Mapping[str, sa.ColumnElement[bool]] = {
    "owner_missing": CAR.c.customer_id.is_(None),
    "delivery_missing": CAR.c.delivered_on.is_(None),
    "insurance_missing": CAR.c.insurance_ends_on.is_(None),
    "model_missing": CAR.c.model.is_(None),
    "service_unknown": CAR.c.next_service_on.is_(None),
    "use_irregular": CAR.c.irregular,
    "never_visited": ~sa.exists().where(VISIT.c.vehicle_id == CAR.c.id, VISIT.c.counted),
}
"""What may be wrong with a car in use."""


WITHOUT_REMINDER: Mapping[str, str] = {
    "delivery_missing": "service_unknown",
    "insurance_missing": "insurance_missing",
    "service_unknown": "service_unknown",
}
"""Conditions that can cost a reminder → the condition that says it did: a car without delivery may have visits."""


def with_owner() -> sa.FromClause:
    """Cars beside their owner and the stop on the owner's phone."""
    stop = (STOP.c.phone_key == CUSTOMER.c.phone_key) & STOP.c.lifted_at.is_(None)
    return CAR.outerjoin(CUSTOMER, CUSTOMER.c.id == CAR.c.customer_id).outerjoin(STOP, stop)


def owner_is_reached() -> sa.ColumnElement[bool]:
    """Whether a text reaches the car's owner; needs :func:`with_owner`."""
    return CUSTOMER.c.phone.is_not(None) & CUSTOMER.c.unreachable.is_(None) & STOP.c.id.is_(None)


def cars_in_use(session: Session, shop_id: int) -> dict[str, tuple[int, int]]:
    """Condition → (cars in use that have it, those of them that lack a reminder for it, though a text would arrive)."""
    conditions = {**CAR_CONDITIONS, "vin_check_digit": has_wrong_check_digit(session)}
    cars = (
        sa.select(owner_is_reached().label("reached"), *(asked.label(name) for name, asked in conditions.items()))
        .select_from(with_owner())
        .where(of_shop(session, CAR, shop_id), CAR.c.state == IN_USE)
        .subquery("cars")
    )
    sums = [sum_of(cars.c[name]) for name in conditions]
    lost = [sum_of(cars.c[name] & cars.c[gone] & cars.c.reached) for name, gone in WITHOUT_REMINDER.items()]
    counts = [int(count) for count in session.execute(sa.select(*sums, *lost)).one()]
    unreminded = dict(zip(WITHOUT_REMINDER, counts[len(sums) :], strict=True))
    return {name: (count, unreminded.get(name, 0)) for name, count in zip(conditions, counts, strict=False)}


_VIN_VALUES = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ"
"""A character's place from 0, its last digit alone, is its value. Source: ISO 3779, as China and the US use it."""
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def has_wrong_check_digit(session: Session) -> sa.ColumnElement[bool]:
    """Whether a VIN's ninth character is not the check digit of the others; the same rule as an import's."""
    place: Any = sa.func.instr if session.get_bind().dialect.name == "sqlite" else sa.func.strpos
    values = sa.literal(_VIN_VALUES, sa.String)

    def value(position: int) -> Any:
        return (place(values, sa.func.substr(CAR.c.vin, position, 1)) - 1) % 10

    total = sum(value(at) * weight for at, weight in enumerate(_VIN_WEIGHTS, start=1) if weight)
    digit = sa.func.substr(sa.literal("0123456789X", sa.String), total % 11 + 1, 1)
    return sa.func.substr(CAR.c.vin, 9, 1) != digit


def plate_look() -> sa.ColumnElement[str]:
    """A plate with what is easily mistaken made equal: O and 0, I and 1."""
    look: sa.ColumnElement[str] = sa.func.replace(sa.func.replace(CAR.c.plate, "O", "0"), "I", "1")
    return look


def plates_that_look_alike(session: Session, shop_id: int) -> sa.Subquery:
    """Looks of a plate that several cars in use have, with how many."""
    look = plate_look().label("look")
    cars = (
        sa.select(look)
        .where(of_shop(session, CAR, shop_id), CAR.c.state == IN_USE, CAR.c.plate.is_not(None))
        .subquery("plates")
    )
    several = sa.func.count() > 1
    return sa.select(cars.c.look, sa.func.count().label("cars")).group_by(cars.c.look).having(several).subquery("twins")


def twin_plates(session: Session, shop_id: int) -> tuple[int, int]:
    """(plates that look alike on several cars in use, the cars that have them)."""
    twins = plates_that_look_alike(session, shop_id)
    plates, cars = session.execute(sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(twins.c.cars), 0))).one()
    return plates, int(cars)
