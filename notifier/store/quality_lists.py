"""The rows behind the counts of :mod:`notifier.store.quality`: what a person mends in the DMS, in a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.quality import (
    CAR,
    CAR_CONDITIONS,
    CUSTOMER,
    IN_USE,
    NUMBER,
    UNUSABLE,
    has_wrong_check_digit,
    numbers_by_customer,
    of_shop,
    plate_look,
    plates_that_look_alike,
    step_of_customer,
    with_stop,
)
from notifier.store.quality_workshop import ORDER, POLICY

__all__ = ["LISTED", "Case", "cases"]

_STREAMED = 2_000


@dataclass(frozen=True, slots=True)
class Case:
    """One record to look at. `number`: the DMS number; a car's customer without one is known by the car.

    `reference` and `day`: of an order or a policy. `detail` depends on the list: the provider's code, every DMS number
    of a phone, kilometres.
    """

    number: str | None = None
    name: str | None = None
    is_company: bool = False
    phone: str | None = None
    vin: str | None = None
    plate: str | None = None
    reference: str | None = None
    day: date | None = None
    detail: str | None = None


def cases(session: Session, shop_id: int, finding: str, limit: int | None = None) -> Iterator[Case]:
    """The records of one of LISTED, the first `limit` of them or all, in an order that stays."""
    statement = _MAKERS[finding](session, shop_id)
    if limit is not None:
        yield from (Case(**row) for row in session.execute(statement.limit(limit)).mappings())
        return
    streamed = session.execute(statement, execution_options={"yield_per": _STREAMED})
    yield from (Case(**row) for row in streamed.mappings())


def _number() -> sa.ScalarSelect[str]:
    """The customer's smallest number of the DMS's own."""
    own = (NUMBER.c.customer_id == CUSTOMER.c.id, NUMBER.c.number.not_like("vin:%"))
    return sa.select(sa.func.min(NUMBER.c.number)).where(*own).correlate(CUSTOMER).scalar_subquery()


def _a_car(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """Of the customer's oldest car in use, else of the oldest."""
    theirs = sa.select(column).where(CAR.c.customer_id == CUSTOMER.c.id).correlate(CUSTOMER)
    return theirs.order_by(CAR.c.state != IN_USE, CAR.c.id).limit(1).scalar_subquery()


_PERSON = (_number().label("number"), CUSTOMER.c.name, CUSTOMER.c.is_company, CUSTOMER.c.phone)


def _customers(
    condition: sa.ColumnElement[bool],
    detail: sa.ColumnElement[Any] | None,
    session: Session,
    shop_id: int,
) -> sa.Select[Any]:
    columns = (*_PERSON, _a_car(CAR.c.vin).label("vin"), _a_car(CAR.c.plate).label("plate"))
    extra = () if detail is None else (detail.label("detail"),)
    kept = (of_shop(session, CUSTOMER, shop_id), CUSTOMER.c.erased_at.is_(None), condition)
    return sa.select(*columns, *extra).select_from(with_stop()).where(*kept).order_by(CUSTOMER.c.id)


def _phone_step(step: str) -> Callable[[Session, int], sa.Select[Any]]:
    detail = CUSTOMER.c.unreachable if step == "number_dead" else None
    return partial(_customers, step_of_customer() == step, detail)


def _shared(session: Session, shop_id: int) -> sa.Select[Any]:  # noqa: ARG001
    """The phones on most numbers first: a salesman's own is among them."""
    shared = numbers_by_customer(shop_id)
    own = (NUMBER.c.customer_id == CUSTOMER.c.id, NUMBER.c.number.not_like("vin:%"))
    all_ = sa.select(sa.func.aggregate_strings(NUMBER.c.number, ", ")).where(*own).correlate(CUSTOMER)
    columns = (*_PERSON, _a_car(CAR.c.vin).label("vin"), _a_car(CAR.c.plate).label("plate"))
    joined = shared.join(CUSTOMER, CUSTOMER.c.id == shared.c.customer_id)
    return (
        sa.select(*columns, all_.scalar_subquery().label("detail"))
        .select_from(joined)
        .where(CUSTOMER.c.phone.is_not(None))
        .order_by(shared.c.numbers.desc(), CUSTOMER.c.id)
    )


def _owned_cars() -> sa.Select[Any]:
    person = (sa.func.coalesce(CUSTOMER.c.is_company, sa.false()).label("is_company"), CUSTOMER.c.name)
    columns = (_number().label("number"), *person, CUSTOMER.c.phone, CAR.c.vin, CAR.c.plate)
    return sa.select(*columns).select_from(CAR.outerjoin(CUSTOMER, CUSTOMER.c.id == CAR.c.customer_id))


def _cars(condition: sa.ColumnElement[bool], session: Session, shop_id: int) -> sa.Select[Any]:
    kept = (of_shop(session, CAR, shop_id), CAR.c.state == IN_USE, condition)
    return _owned_cars().where(*kept).order_by(CAR.c.id)


def _wrong_vins(session: Session, shop_id: int) -> sa.Select[Any]:
    return _cars(has_wrong_check_digit(session), session, shop_id)


def _twins(session: Session, shop_id: int) -> sa.Select[Any]:
    """Cars whose plates look alike, one beside the other."""
    twins = plates_that_look_alike(session, shop_id)
    kept = (of_shop(session, CAR, shop_id), CAR.c.state == IN_USE)
    listed = _owned_cars().join(twins, twins.c.look == plate_look())
    return listed.where(*kept).order_by(twins.c.look, CAR.c.id)


def _doubted(session: Session, shop_id: int) -> sa.Select[Any]:
    columns = (ORDER.c.order_no.label("reference"), ORDER.c.date_in.label("day"), ORDER.c.vin)
    detail = sa.cast(ORDER.c.odometer, sa.String).label("detail")
    kept = (of_shop(session, ORDER, shop_id), ~ORDER.c.odometer_kept)
    return sa.select(*columns, detail).where(*kept).order_by(ORDER.c.id)


def _parked_orders(session: Session, shop_id: int) -> sa.Select[Any]:
    columns = (ORDER.c.order_no.label("reference"), ORDER.c.date_in.label("day"), ORDER.c.vin)
    kept = (of_shop(session, ORDER, shop_id), ORDER.c.vehicle_id.is_(None))
    return sa.select(*columns).where(*kept).order_by(ORDER.c.date_in, ORDER.c.id)


def _parked_policies(session: Session, shop_id: int) -> sa.Select[Any]:
    columns = (POLICY.c.policy_no.label("reference"), POLICY.c.day, POLICY.c.vin)
    kept = (of_shop(session, POLICY, shop_id), POLICY.c.vehicle_id.is_(None))
    return sa.select(*columns).where(*kept).order_by(POLICY.c.day, POLICY.c.id)


_MAKERS: Mapping[str, Callable[[Session, int], sa.Select[Any]]] = {
    **{step: _phone_step(step) for step in ("no_phone", *(f"phone_{reason}" for reason in UNUSABLE), "number_dead")},
    "phone_shared": _shared,
    "consent_unknown": partial(_customers, CUSTOMER.c.consent == "unknown", None),
    "company": partial(_customers, CUSTOMER.c.is_company, None),
    "birthday_missing": partial(_customers, CUSTOMER.c.birth_mmdd.is_(None) & ~CUSTOMER.c.is_company, None),
    **{name: partial(_cars, condition) for name, condition in CAR_CONDITIONS.items()},
    "vin_check_digit": _wrong_vins,
    "plate_twins": _twins,
    "odometer_doubted": _doubted,
    "orders_parked": _parked_orders,
    "policies_parked": _parked_policies,
}

LISTED = frozenset(_MAKERS)
"""Findings that have a list."""
