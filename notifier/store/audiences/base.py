"""What an audience query is asked, and what it answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.filters import Filter
from notifier.domain.options import Members, Options
from notifier.store.audiences.filters import is_wanted
from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Shop, Vehicle, Visit

__all__ = [
    "CUSTOMER", "SHOP", "VEHICLE", "VISIT", "Ask", "Audience", "Due", "belongs_here", "customers_due", "everybody",
    "fetch", "is_lost_to_all", "is_of_shop", "is_ours", "took_delivery", "vehicles_due",
]  # fmt: skip

CUSTOMER, SHOP, VEHICLE, VISIT = (table_of(model) for model in (Customer, Shop, Vehicle, Visit))


@dataclass(frozen=True, slots=True)
class Ask:
    """Of whom an audience is asked: everybody of a shop due in [earliest, latest], or one customer whenever due.

    `first_services`: the filters of the campaigns that speak of first services, None = of every car's. `audience`: the
    campaign's own filter; all of them as of `today`. `members`: who is on the campaign's list; None = it names nobody
    itself. `group`: the other shops of the group. `elsewhere`: those of them that have the campaign switched on, so
    that one of them may text instead. `ids`: of customers from one id to another, both included; asked of everybody
    alone.
    """

    shop_id: int
    earliest: date
    latest: date
    customer_id: int | None = None
    options: Options = field(default_factory=Options)
    first_services: Sequence[Filter | None] = ()
    audience: Filter | None = None
    today: date | None = None
    members: Members | None = None
    elsewhere: tuple[int, ...] = ()
    group: tuple[int, ...] = ()
    ids: tuple[int, int] | None = None

    def wants_car(self) -> sa.ColumnElement[bool]:
        """The audience filter on VEHICLE and its owner, CUSTOMER; every select of cars carries it."""
        return is_wanted(self.audience, self.today, of_car=True)

    def has_first_service_of_its_own(self) -> sa.ColumnElement[bool]:
        """A first service of VEHICLE is ahead, and another campaign speaks of it."""
        covered = (is_wanted(each, self.today, of_car=True) for each in self.first_services)
        return sa.and_(sa.func.coalesce(VEHICLE.c.next_service_kind, "") == "first", sa.or_(sa.false(), *covered))

    def wants_person(self) -> sa.ColumnElement[bool]:
        """The audience filter on CUSTOMER; every select of customers carries it."""
        return is_wanted(self.audience, self.today, of_car=False)


class Due(NamedTuple):
    """A subject with something due on `due_on`; `anchor_on` and `subject_key` name its cycle.

    `vehicle_id`: the car it is about, None for a rule about the customer. `subject_key`: which festival, list …
    """

    customer_id: int
    bucket_key: str
    vehicle_id: int | None
    anchor_on: date
    due_on: date
    subject_key: str = ""


class Audience(Protocol):
    """Who is due."""

    def __call__(self, session: Session, ask: Ask) -> list[Due]: ...


def is_ours(ask: Ask) -> sa.ColumnElement[bool]:
    """Of a vehicle: no other shop that could text about it has seen the car later. Source: rules.md, "Identity".

    A VIN known to two shops belongs to the shop of its latest visit; of one day, or where it never came, to the shop
    that knew it first. A shop that knows no owner texts nobody.
    """
    if not ask.elsewhere:
        return sa.true()
    other = VEHICLE.alias("car_elsewhere")
    seen_here, seen_there = (_last_seen(each) for each in (VEHICLE, other))
    knew_it_first = sa.and_(seen_there == seen_here, other.c.id < VEHICLE.c.id)
    later = (
        sa.select(sa.literal(1))
        # By shop and VIN, so that the unique key finds the car.
        .where(other.c.shop_id.in_(ask.elsewhere), other.c.vin == VEHICLE.c.vin, other.c.customer_id.is_not(None))
        .where(sa.or_(seen_there > seen_here, knew_it_first))
        .correlate(VEHICLE)
    )
    return ~sa.exists(later)


def _last_seen(car: sa.FromClause) -> sa.ColumnElement[Any]:
    seen = sa.select(sa.func.max(VISIT.c.day)).where(VISIT.c.vehicle_id == car.c.id, VISIT.c.counted)
    return sa.func.coalesce(seen.correlate(car).scalar_subquery(), sa.literal(date.min, sa.Date))


def belongs_here(ask: Ask) -> sa.ColumnElement[bool]:
    """Of a customer: no other shop that could text them has seen the same person, known by the phone, later.

    For what is about the person and not about a car or an account with one shop: greetings, tips, win-back. Of one
    day, or where they never came, the shop that knew them first.
    """
    if not ask.elsewhere:
        return sa.true()
    other = CUSTOMER.alias("person_elsewhere")
    seen_here, seen_there = (
        sa.func.coalesce(each.c.last_visit_on, sa.literal(date.min, sa.Date)) for each in (CUSTOMER, other)
    )
    knew_them_first = sa.and_(seen_there == seen_here, other.c.id < CUSTOMER.c.id)
    later = (
        sa.select(sa.literal(1))
        .where(other.c.shop_id.in_(ask.elsewhere), other.c.phone_key == CUSTOMER.c.phone_key)
        .where(sa.or_(seen_there > seen_here, knew_them_first), other.c.erased_at.is_(None))
        .correlate(CUSTOMER)
    )
    return ~sa.exists(later)


def is_lost_to_all(ask: Ask) -> sa.ColumnElement[bool]:
    """Of a customer: no shop of the group, whatever it texts, has seen the same person after the range.

    Somebody lost here and active there is not lost.
    """
    if not ask.group:
        return sa.true()
    other = CUSTOMER.alias("person_seen_elsewhere")
    active = (
        sa.select(sa.literal(1))
        .where(other.c.shop_id.in_(ask.group), other.c.phone_key == CUSTOMER.c.phone_key)
        .where(other.c.last_visit_on > ask.latest)
        .correlate(CUSTOMER)
    )
    return ~sa.exists(active)


def is_of_shop(ask: Ask) -> sa.ColumnElement[bool]:
    """Of a vehicle: it is the shop's. One customer's few cars are found by their owner, not among all of the shop's:
    SQLite, which knows no statistics, would take an index that begins with the shop."""
    return (VEHICLE.c.shop_id if ask.customer_id is None else VEHICLE.c.shop_id + 0) == ask.shop_id


def took_delivery() -> sa.ColumnElement[bool]:
    """Of a vehicle: its present owner is the one it was delivered to, as far as is known."""
    return sa.or_(VEHICLE.c.owner_since.is_(None), VEHICLE.c.owner_since <= VEHICLE.c.delivered_on)


def vehicles_due(
    session: Session,
    ask: Ask,
    due_on: sa.ColumnElement[Any],
    *where: sa.ColumnElement[bool],
    anchor_on: sa.ColumnElement[Any] | None = None,
) -> list[Due]:
    """Cars of the shop whose `due_on` falls in the range; `anchor_on` names the cycle, the due day by default."""
    anchor = due_on if anchor_on is None else anchor_on
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id, anchor, due_on)
        .join(VEHICLE, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .where(is_of_shop(ask), due_on.is_not(None), *where, ask.wants_car(), is_ours(ask))
    )
    if ask.customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == ask.customer_id))
    return fetch(session, statement.where(due_on.between(ask.earliest, ask.latest)))


def customers_due(
    session: Session,
    ask: Ask,
    due_on: sa.ColumnElement[Any],
    *where: sa.ColumnElement[bool],
    subject_key: sa.ColumnElement[Any] | None = None,
) -> list[Due]:
    """Customers of the shop whose column `due_on` falls in the range; the day names the cycle."""
    key = sa.literal("") if subject_key is None else subject_key
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, sa.null(), due_on, due_on, key).where(
        CUSTOMER.c.shop_id == ask.shop_id, due_on.is_not(None), *where, ask.wants_person()
    )
    if ask.customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == ask.customer_id))
    return fetch(session, statement.where(due_on.between(ask.earliest, ask.latest)))


def everybody(session: Session, ask: Ask, occasions: Sequence[tuple[str, date]]) -> list[Due]:
    """Every customer of the shop, once for each occasion: (subject key, day)."""
    if not occasions:
        return []
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key).where(
        CUSTOMER.c.shop_id == ask.shop_id, ask.wants_person(), belongs_here(ask)
    )
    if ask.customer_id is not None:
        statement = statement.where(CUSTOMER.c.id == ask.customer_id)
    if ask.ids is not None:
        statement = statement.where(CUSTOMER.c.id.between(*ask.ids))
    people = session.connection().execute(statement).all()
    return [Due(key, bucket_key, None, day, day, name) for name, day in occasions for key, bucket_key in people]


def fetch(session: Session, statement: sa.Select[Any]) -> list[Due]:
    """Run a statement of (customer id, bucket key, vehicle id, anchor, due day[, subject key])."""
    return [Due(*row) for row in session.connection().execute(statement).all()]
