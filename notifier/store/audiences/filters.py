"""A campaign's audience filter as conditions on CUSTOMER and VEHICLE, and the facts it decides by for one customer.

The conditions stand beside a rule's own range of days, so that they are asked only of those who are due. Days are
worked out in Python and bound. A condition is true or false, never NULL: what is not on record fits no word and no day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from notifier.domain.filters import Ago, CarRecord, Filter, PersonRecord, Spend, Term, Words, folded
from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Shop, Vehicle, Visit

__all__ = ["is_wanted", "person_record"]

CUSTOMER, SHOP, VEHICLE, VISIT = (table_of(model) for model in (Customer, Shop, Vehicle, Visit))
IN_USE = "in_use"
Condition = sa.ColumnElement[bool]


class _Folded(FunctionElement[str]):
    """`folded` of domain/filters: without spaces around it, ASCII capitals small; "" where there is nothing."""

    type = sa.String()
    inherit_cache = True


@compiles(_Folded, "sqlite")
def _folded_by_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"lower(trim(coalesce({compiler.process(element.clauses, **options)}, '')))"


@compiles(_Folded, "postgresql")
def _folded_by_postgres(element: Any, compiler: Any, **options: Any) -> str:
    # lower() of PostgreSQL folds what its locale knows, that of SQLite ASCII alone; under "C" they agree.
    return f"lower(trim(coalesce({compiler.process(element.clauses, **options)}, '')) COLLATE \"C\")"


def is_wanted(wanted: Filter | None, today: date | None, *, of_car: bool) -> Condition:
    """The customer (and, with `of_car`, VEHICLE) is one the filter is for; true without a filter.

    Without `of_car` conditions on cars mean some car of the customer's in use.
    """
    if wanted is None:
        return sa.true()
    assert today is not None  # whoever asks with a filter says for which day
    return _group(wanted, today, of_car=of_car)


def _group(wanted: Filter, today: date, *, of_car: bool) -> Condition:
    conditions = [_of_person(term, today) for term in wanted.person_terms]
    if wanted.car_terms:
        conditions.append(_of_cars(wanted.car_terms, today, of_car=of_car))
    if wanted.any_of:
        conditions.append(sa.or_(*(_group(group, today, of_car=of_car) for group in wanted.any_of)))
    conditions += [~_group(group, today, of_car=of_car) for group in wanted.none_of]
    return sa.and_(sa.true(), *conditions)


def _of_cars(terms: Sequence[Term], today: date, *, of_car: bool) -> Condition:
    """All terms of one car: the one that is due, or some other of the customer's in use."""
    car = VEHICLE if of_car else VEHICLE.alias("own_car")
    fitting = sa.and_(*(_of_car(term, car, today) for term in terms))
    if of_car:
        return fitting
    own = sa.select(sa.literal(1)).where(car.c.customer_id == CUSTOMER.c.id, car.c.state == IN_USE, fitting)
    return sa.exists(own.correlate(CUSTOMER))


def _of_car(term: Term, car: Any, today: date) -> Condition:
    if isinstance(term, Words):
        return _words(term, car.c.model)
    assert isinstance(term, Ago)  # a sum is of a customer's
    return _days(term, car.c.delivered_on, today)


def _of_person(term: Term, today: date) -> Condition:
    if isinstance(term, Words):
        return _words(term, _value(term.term))
    if isinstance(term, Ago):
        return _days(term, CUSTOMER.c.last_visit_on, today)
    total = _spent(term, today)
    bounds = [total >= term.min_minor] if term.min_minor is not None else []
    bounds += [total <= term.max_minor] if term.max_minor is not None else []
    return sa.and_(sa.true(), *bounds)


def _words(term: Words, value: Any) -> Condition:
    own = _Folded(value)
    exact = sorted({folded(pattern.text) for pattern in term.patterns if not pattern.is_prefix})
    fitting: list[Condition] = [own.in_(exact)] if exact else []
    for beginning in sorted({folded(pattern.text) for pattern in term.patterns if pattern.is_prefix}):
        # Compared letter by letter, since LIKE has signs of its own.
        fitting.append(sa.func.substr(own, 1, len(beginning)) == beginning if beginning else own != "")
    found = sa.and_(own != "", sa.or_(*fitting))
    return ~found if term.is_not else found


def _value(term: str) -> Any:
    """What the words of `term` are compared with."""
    if term == "shop":
        return sa.select(SHOP.c.key).where(SHOP.c.id == CUSTOMER.c.shop_id).correlate(CUSTOMER).scalar_subquery()
    if term == "language":
        of_shop = sa.select(SHOP.c.language).where(SHOP.c.id == CUSTOMER.c.shop_id)
        return sa.func.coalesce(CUSTOMER.c.language, of_shop.correlate(CUSTOMER).scalar_subquery())
    if term == "company":
        return sa.case((CUSTOMER.c.is_company, "yes"), else_="no")
    if term == "advisor":
        # The latest visit of the customer, not of one car: it is the person who knows an advisor.
        latest = _own_visits(sa.select(VISIT.c.advisor)).order_by(VISIT.c.day.desc(), VISIT.c.id.desc()).limit(1)
        return latest.correlate(CUSTOMER).scalar_subquery()
    return CUSTOMER.c[term]


def _own_visits(statement: sa.Select[Any]) -> sa.Select[Any]:
    return statement.where(VISIT.c.customer_id == CUSTOMER.c.id, VISIT.c.counted)


def _spent(term: Spend, today: date) -> Any:
    total = _own_visits(sa.select(sa.func.coalesce(sa.func.sum(VISIT.c.amount_minor), 0)))
    first = term.first_day(today)
    if first is not None:
        total = total.where(VISIT.c.day >= first)
    return total.correlate(CUSTOMER).scalar_subquery()


def _days(term: Ago, value: Any, today: date) -> Condition:
    after, up_to = term.bounds(today)
    conditions = [value.is_not(None)]
    conditions += [value > after] if after is not None else []
    conditions += [value <= up_to] if up_to is not None else []
    # NULL compared is NULL, and NOT NULL is NULL again: without this, `not` would lose whom nobody knows the day of.
    return sa.func.coalesce(sa.and_(*conditions), sa.false())


def person_record(session: Session, customer_id: int, vehicle_id: int | None) -> PersonRecord:
    """What the filter decides by for one customer; `vehicle_id`: the car that is due, None for a rule about people."""
    connection = session.connection()
    words = ("shop", "district", "member_level", "language", "sex", "company", "advisor")
    row = connection.execute(
        sa.select(*(_value(term).label(term) for term in words), CUSTOMER.c.last_visit_on).where(
            CUSTOMER.c.id == customer_id
        )
    ).one()
    visits = sa.select(VISIT.c.day, VISIT.c.amount_minor).where(VISIT.c.customer_id == customer_id, VISIT.c.counted)
    columns = sa.select(VEHICLE.c.id, VEHICLE.c.state, VEHICLE.c.model, VEHICLE.c.delivered_on)
    cars = connection.execute(columns.where(VEHICLE.c.customer_id == customer_id).order_by(VEHICLE.c.id)).all()
    records = {car.id: CarRecord(car.model, car.delivered_on) for car in cars}
    return PersonRecord(
        words={term: row[place] for place, term in enumerate(words)},
        last_visit_on=row.last_visit_on,
        visits=[(day, amount) for day, amount in connection.execute(visits)],
        cars=[records[car.id] for car in cars if car.state == IN_USE],
        car=records.get(vehicle_id) if vehicle_id is not None else None,
    )
