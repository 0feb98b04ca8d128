"""The last look before a text leaves: whom it must not reach any more, and what has been answered since planning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import NO_LONGER_THEIRS
from notifier.store.bulk import table_of
from notifier.store.messages import RENEWAL_BEYOND_DAYS, OpenTouch, cancel_by_ids, close_touches, touches_not_left
from notifier.store.tables import Booking, Cycle, Message, MessageCycle, Renewal, Vehicle, Visit

__all__ = ["cancel_what_is_pointless"]

BOOKING, CYCLE, MESSAGE, MESSAGE_CYCLE = (table_of(model) for model in (Booking, Cycle, Message, MessageCycle))
RENEWAL, VEHICLE, VISIT = (table_of(model) for model in (Renewal, Vehicle, Visit))


def cancel_what_is_pointless(
    session: Session, rows: Sequence[sa.RowMapping], now: datetime
) -> tuple[list[sa.RowMapping], int]:
    """(those of the waiting texts `rows` that may leave, how many were cancelled).

    Cancels texts whose last day is over, or whose reader refused them, is out of reach or has come, booked or renewed
    by something that did not come through an import of ours. One that loses a car of several waits for new wording.
    """
    refused = _refused_now(rows, now)
    cancelled = sum(cancel_by_ids(session, ids, reason) for reason, ids in refused.items())
    answered = _answered_since(session, [row["id"] for row in rows])
    for reason in ("came", "booked", "renewed", "sold"):
        cancelled += close_touches(session, answered[reason], reason)
    gone = {key for ids in refused.values() for key in ids}
    gone.update(touch.message_id for touches in answered.values() for touch in touches)
    return [row for row in rows if row["id"] not in gone], cancelled


def _refused_now(rows: Sequence[sa.RowMapping], now: datetime) -> Mapping[str, list[int]]:
    """Reason → message ids."""
    reasons: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row["valid_until"] <= now:
            reasons["validity_over"].append(row["id"])
        elif row["stopped"]:
            reasons["opted_out"].append(row["id"])
        elif row["unreachable"] is not None:
            reasons["unreachable"].append(row["id"])
        elif row["kind"] == "marketing" and row["consent"] != "yes":
            reasons["consent_refused"].append(row["id"])
    return reasons


_VISITED = sa.or_(
    sa.and_(
        CYCLE.c.subject_type == "vehicle",
        sa.exists().where(VISIT.c.vehicle_id == CYCLE.c.subject_id, VISIT.c.counted, VISIT.c.day >= CYCLE.c.came_from),
    ),
    sa.and_(
        CYCLE.c.subject_type == "customer",
        sa.exists().where(VISIT.c.customer_id == CYCLE.c.subject_id, VISIT.c.counted, VISIT.c.day >= CYCLE.c.came_from),
    ),
)
_BOOKED = sa.exists().where(
    BOOKING.c.customer_id == CYCLE.c.customer_id,
    BOOKING.c.state != "cancelled",
    BOOKING.c.booked_on >= CYCLE.c.came_from,
    sa.or_(
        BOOKING.c.vehicle_id.is_(None), CYCLE.c.subject_type == "customer", BOOKING.c.vehicle_id == CYCLE.c.subject_id
    ),
)
_SOLD = sa.exists().where(
    CYCLE.c.subject_type == "vehicle",
    VEHICLE.c.id == CYCLE.c.subject_id,
    sa.or_(VEHICLE.c.state.in_(NO_LONGER_THEIRS), VEHICLE.c.customer_id != MESSAGE.c.customer_id),
)
_ANSWER = sa.case(
    (sa.and_(CYCLE.c.answered_by == "visit", _VISITED), "came"),
    (sa.and_(CYCLE.c.answered_by == "visit", _BOOKED), "booked"),
    (_SOLD, "sold"),
)
_ASKED = (
    touches_not_left(_ANSWER.label("answer"))
    .where(MESSAGE_CYCLE.c.message_id.in_(sa.bindparam("messages", expanding=True)))
    .subquery()
)
_ANSWERED: sa.Select[Any] = sa.select(_ASKED).where(
    sa.or_(_ASKED.c.answer.is_not(None), _ASKED.c.answered_by == "renewal")
)


def _answered_since(session: Session, message_ids: Sequence[int]) -> Mapping[str, list[OpenTouch]]:
    """Reason → touches of these texts that need no text any more."""
    found: dict[str, list[OpenTouch]] = defaultdict(list)
    if not message_ids:
        return found
    rows = session.connection().execute(_ANSWERED, {"messages": message_ids}).all()
    touches = [(OpenTouch(*row[:-1]), row.answer) for row in rows]
    renewed = _renewed_until(session, [touch.subject_id for touch, _answer in touches if _is_of_a_policy(touch)])
    for touch, answer in touches:
        if _is_of_a_policy(touch) and _is_beyond(renewed.get(touch.subject_id), touch.anchor_on):
            found["renewed"].append(touch)
        elif answer is not None:
            found[answer].append(touch)
    return found


def _is_of_a_policy(touch: OpenTouch) -> bool:
    return touch.answered_by == "renewal"


def _is_beyond(ends_on: date | None, anchor_on: date) -> bool:
    return ends_on is not None and (ends_on - anchor_on).days > RENEWAL_BEYOND_DAYS


def _renewed_until(session: Session, vehicle_ids: Sequence[int]) -> Mapping[int, date]:
    """Vehicle → the end of its longest policy."""
    if not vehicle_ids:
        return {}
    statement = sa.select(RENEWAL.c.vehicle_id, sa.func.max(RENEWAL.c.ends_on)).group_by(RENEWAL.c.vehicle_id)
    return {
        row[0]: row[1] for row in session.connection().execute(statement.where(RENEWAL.c.vehicle_id.in_(vehicle_ids)))
    }
