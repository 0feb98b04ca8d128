"""The month's due list: every car with something due in a range of days, with all that keeps it off the worklist.

One statement a purpose, streamed; who stays is decided in :mod:`notifier.reports.due_list`. The number of cars due is
counted by a statement of its own, so that the reconciliation has something to agree with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import ACCIDENT_HOLD
from notifier.domain.rules import RULES
from notifier.store.audiences.base import CUSTOMER, VEHICLE, VISIT, Ask, is_ours
from notifier.store.bulk import among, table_of
from notifier.store.shops import shop_keys
from notifier.store.tables import Booking, Cycle, Enrolment, Renewal, Reply, Suppression

__all__ = ["PURPOSES", "DueCar", "arms_of_cars", "arms_of_period", "cars_due", "count_due"]

BOOKING, CYCLE, ENROLMENT, RENEWAL, REPLY, SUPPRESSION = (
    table_of(model) for model in (Booking, Cycle, Enrolment, Renewal, Reply, Suppression)
)

_STREAMED = 2_000
_KIND = VEHICLE.c.next_service_kind

_DUE: Mapping[str, tuple[sa.Column[Any], tuple[sa.ColumnElement[bool], ...]]] = {
    "first_service": (VEHICLE.c.next_service_on, (_KIND == "first",)),
    "maintenance_due": (VEHICLE.c.next_service_on, (sa.or_(_KIND.is_(None), _KIND != "first"),)),
    "insurance_expiry": (VEHICLE.c.insurance_ends_on, ()),
    "inspection": (VEHICLE.c.inspection_ends_on, ()),
    "loan_end": (VEHICLE.c.loan_ends_on, ()),
    "warranty_end": (VEHICLE.c.warranty_ends_on, ()),
}

PURPOSES = tuple(_DUE)
"""What a car can be due for, named by the rule that speaks of it, in the order a shop works them off."""


@dataclass(frozen=True, slots=True)
class DueCar:
    """A car with something due, its owner, and what may stand against calling them.

    `is_elsewhere`: another shop of the group has seen the car later. `accident_on`: the latest accident repair within
    its hold. `renewed_to`: the latest policy end the shop has written; `booked_on`: the latest appointment; `asked_on`:
    the latest one a reply asks for, which nobody has seen to. `is_kept_back`: in a campaign's control group.
    """

    vehicle_id: int
    vin: str
    plate: str | None
    model: str | None
    state: str
    due_on: date
    due_from: date | None
    due_to: date | None
    last_odometer: int | None
    in_workshop_since: date | None
    is_elsewhere: bool
    customer_id: int | None
    name: str | None
    phone: str | None
    unreachable: str | None
    consent: str | None
    district: str | None
    member_level: str | None
    last_visit_on: date | None
    is_suppressed: bool
    accident_on: date | None
    renewed_to: date | None
    booked_on: date | None
    asked_on: date | None = None
    is_kept_back: bool = False


def count_due(session: Session, shop_id: int, purpose: str, first: date, last: date) -> int:
    """How many cars of the shop are due for `purpose` in [first, last], whoever owns them and however they are."""
    statement = sa.select(sa.func.count()).select_from(VEHICLE).where(*_is_due(shop_id, purpose, first, last))
    counted: int = session.execute(statement).scalar_one()
    return counted


def cars_due(
    session: Session, shop_id: int, purpose: str, first: date, last: date, *, today: date,
    sisters: Collection[str] = (), kept_back: Collection[int] = (),
) -> Iterator[DueCar]:  # fmt: skip
    """The same cars, the earliest first. `sisters`: keys of the group's other shops; `kept_back`: ids of cars."""
    due_on, _where = _DUE[purpose]
    others = tuple(sorted(other for other, key in shop_keys(session).items() if key in sisters and other != shop_id))
    ask = Ask(shop_id, first, last, elsewhere=others)
    is_service = due_on is VEHICLE.c.next_service_on
    columns: dict[str, sa.ColumnElement[Any]] = {
        "vehicle_id": VEHICLE.c.id,
        **{name: VEHICLE.c[name] for name in ("vin", "plate", "model", "state", "last_odometer", "in_workshop_since")},
        "due_on": due_on,
        "due_from": VEHICLE.c.next_service_from if is_service else sa.null(),
        "due_to": VEHICLE.c.next_service_to if is_service else sa.null(),
        "is_elsewhere": ~is_ours(ask),
        "customer_id": CUSTOMER.c.id,
        **{name: CUSTOMER.c[name] for name in (
            "name", "phone", "unreachable", "consent", "district", "member_level", "last_visit_on",
        )},
        "is_suppressed": _suppressed(),
        "accident_on": _accident(today),
        "renewed_to": _renewed(),
        "booked_on": _booked(~_is_waiting()),
        "asked_on": _booked(_is_waiting()),
    }  # fmt: skip
    statement = (
        sa.select(*(columns[name].label(name) for name in DueCar.__dataclass_fields__ if name in columns))
        .select_from(VEHICLE.outerjoin(CUSTOMER, CUSTOMER.c.id == VEHICLE.c.customer_id))
        .where(*_is_due(shop_id, purpose, first, last))
        .order_by(due_on, VEHICLE.c.id)
    )
    for row in session.execute(statement, execution_options={"yield_per": _STREAMED}):
        car = DueCar(*row)
        yield replace(car, is_kept_back=True) if car.vehicle_id in kept_back else car


def _is_due(shop_id: int, purpose: str, first: date, last: date) -> tuple[sa.ColumnElement[bool], ...]:
    due_on, where = _DUE[purpose]
    assert RULES[purpose].subject == "vehicle"  # one row a car
    return (VEHICLE.c.shop_id == shop_id, due_on.between(first, last), *where)


def _suppressed() -> sa.ColumnElement[bool]:
    stop = sa.select(sa.literal(1)).where(
        SUPPRESSION.c.phone_key == CUSTOMER.c.phone_key, SUPPRESSION.c.lifted_at.is_(None)
    )
    return sa.exists(stop.correlate(CUSTOMER))


def _accident(today: date) -> sa.ScalarSelect[Any]:
    repaired = sa.select(sa.func.max(VISIT.c.day)).where(
        VISIT.c.vehicle_id == VEHICLE.c.id, VISIT.c.has_accident, VISIT.c.day.between(today - ACCIDENT_HOLD, today)
    )
    return repaired.correlate(VEHICLE).scalar_subquery()


def _renewed() -> sa.ScalarSelect[Any]:
    written = sa.select(sa.func.max(RENEWAL.c.ends_on)).where(RENEWAL.c.vehicle_id == VEHICLE.c.id)
    return written.correlate(VEHICLE).scalar_subquery()


def _booked(wanted: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    asked = sa.select(sa.func.max(BOOKING.c.booked_on)).where(
        BOOKING.c.customer_id == CUSTOMER.c.id,
        BOOKING.c.state != "cancelled",
        sa.or_(BOOKING.c.vehicle_id.is_(None), BOOKING.c.vehicle_id == VEHICLE.c.id),
        wanted,
    )
    return asked.correlate(VEHICLE, CUSTOMER).scalar_subquery()


def _is_waiting() -> sa.ColumnElement[bool]:
    """A reply asks for the appointment, and nobody has agreed on it or seen to the reply."""
    unseen = sa.exists().where(REPLY.c.id == BOOKING.c.reply_id, REPLY.c.handled_at.is_(None)).correlate(BOOKING)
    return sa.and_(BOOKING.c.state == "asked", unseen)


def arms_of_cars(
    session: Session, campaign_id: str, vehicle_ids: Collection[int]
) -> dict[tuple[int, int], list[tuple[str, date]]]:
    """(car, customer) → (arm, anchor) of the campaign's cycles about them that belong to an enrolment of theirs."""
    statement = (
        sa.select(CYCLE.c.subject_id, CYCLE.c.customer_id, ENROLMENT.c.arm, CYCLE.c.anchor_on)
        .join(ENROLMENT, sa.and_(ENROLMENT.c.id == CYCLE.c.enrolment_id,
                                 ENROLMENT.c.customer_id == CYCLE.c.customer_id))
        .where(CYCLE.c.campaign_id == campaign_id, CYCLE.c.subject_type == "vehicle",
               among(session.connection(), CYCLE.c.subject_id, sorted(vehicle_ids)))
        .order_by(CYCLE.c.id)
    )  # fmt: skip
    found: dict[tuple[int, int], list[tuple[str, date]]] = defaultdict(list)
    for vehicle_id, customer_id, arm, anchor_on in session.execute(statement):
        found[vehicle_id, customer_id].append((arm, anchor_on))
    return found


def arms_of_period(
    session: Session, shop_id: int, campaign_id: str, customer_ids: Collection[int]
) -> dict[tuple[int, str], str]:
    """(customer, period) → the arm they are enrolled in."""
    statement = sa.select(ENROLMENT.c.customer_id, ENROLMENT.c.period, ENROLMENT.c.arm).where(
        ENROLMENT.c.shop_id == shop_id, ENROLMENT.c.campaign_id == campaign_id,
        among(session.connection(), ENROLMENT.c.customer_id, sorted(customer_ids)),
    )  # fmt: skip
    return {(row[0], row[1]): row[2] for row in session.execute(statement)}
