"""Of the people a list names, those no text reaches: who said stop, who has no phone, whose car is gone, whose text
did not arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import NO_LONGER_THEIRS
from notifier.store.audiences import Due
from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Cycle, Message, MessageCycle, Suppression, Vehicle

__all__ = ["OutOfReach", "out_of_reach"]

CUSTOMER, CYCLE, MESSAGE, MESSAGE_CYCLE, SUPPRESSION, VEHICLE = (
    table_of(model) for model in (Customer, Cycle, Message, MessageCycle, Suppression, Vehicle)
)
NOT_ARRIVED = ("failed", "undelivered")
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """A car's owner, or a customer.

    `reason`: ``no_phone``, ``unreachable``, ``suppressed``, ``car_gone`` or ``not_delivered``.
    """

    reason: str
    name: str | None
    phone: str | None
    vin: str | None = None
    plate: str | None = None
    model: str | None = None


def out_of_reach(session: Session, campaign_id: str, dues: Sequence[Due]) -> Iterator[OutOfReach]:
    """Those of `dues`, the people of one list, who must be phoned; in their order."""
    lost = _not_arrived(session, campaign_id, dues)
    for start in range(0, len(dues), AT_ONCE):
        some = dues[start : start + AT_ONCE]
        people = _people(session, [due.customer_id for due in some])
        cars = _cars(session, [due.vehicle_id for due in some if due.vehicle_id is not None])
        for due in some:
            person = people[due.customer_id]
            subject = ("vehicle", due.vehicle_id) if due.vehicle_id is not None else ("customer", due.customer_id)
            car = cars.get(due.vehicle_id or 0)
            # The new owner is nobody we know: a person has to ask the former one.
            gone = "car_gone" if car is not None and car.state in NO_LONGER_THEIRS else None
            reason = _reason(person) or gone or ("not_delivered" if subject in lost else None)
            if reason is not None:
                known = (car.vin, car.plate, car.model) if car is not None else ()
                yield OutOfReach(reason, person.name, person.phone, *known)


def _reason(person: Any) -> str | None:
    """In the order of the guards."""
    if person.phone is None:
        return "no_phone"
    if person.unreachable is not None:
        return "unreachable"
    return "suppressed" if person.stopped is not None else None


def _people(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    stop = sa.and_(SUPPRESSION.c.phone_key == CUSTOMER.c.phone_key, SUPPRESSION.c.lifted_at.is_(None))
    statement = (
        sa.select(
            CUSTOMER.c.id, CUSTOMER.c.name, CUSTOMER.c.phone, CUSTOMER.c.unreachable, SUPPRESSION.c.id.label("stopped")
        )
        .outerjoin(SUPPRESSION, stop)
        .where(CUSTOMER.c.id.in_(ids))
    )
    return {row.id: row for row in session.connection().execute(statement)}


def _cars(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    statement = sa.select(VEHICLE.c.id, VEHICLE.c.vin, VEHICLE.c.plate, VEHICLE.c.model, VEHICLE.c.state)
    return {row.id: row for row in session.connection().execute(statement.where(VEHICLE.c.id.in_(ids)))}


def _not_arrived(session: Session, campaign_id: str, dues: Sequence[Due]) -> set[tuple[str, int]]:
    """Subjects whose latest text of this list failed or was not delivered."""
    if not dues:
        return set()
    latest = (
        sa.select(CYCLE.c.subject_type, CYCLE.c.subject_id, sa.func.max(MESSAGE_CYCLE.c.message_id).label("message_id"))
        .join(MESSAGE_CYCLE, MESSAGE_CYCLE.c.cycle_id == CYCLE.c.id)
        .where(CYCLE.c.campaign_id == campaign_id, CYCLE.c.subject_key == dues[0].subject_key)
        .group_by(CYCLE.c.subject_type, CYCLE.c.subject_id)
        .subquery()
    )
    statement = sa.select(latest.c.subject_type, latest.c.subject_id).join(MESSAGE, MESSAGE.c.id == latest.c.message_id)
    rows = session.connection().execute(statement.where(MESSAGE.c.state.in_(NOT_ARRIVED)))
    return {(subject_type, subject_id) for subject_type, subject_id in rows}
