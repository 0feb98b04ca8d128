"""What happened, counted: the queries behind the reports. Every figure of a report is made here, by the database.

A period is [first day, last day], both included: enrolments belong to it by `enrolled_on`, messages by `count_on`, and
replies, bookings and credits follow their message, whenever they came. What belongs to a void run counts nowhere
(rules.md, "Runs"). The same statements run on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.tables import metadata

__all__ = [
    "CreditCounts",
    "MessageCounts",
    "OrderCounts",
    "Period",
    "credit_counts",
    "enrolled_by_arm",
    "known_to",
    "message_counts",
    "order_counts",
]

HANDED_OVER = ("accepted", "sent", "delivered", "undelivered")
"""States of a text the provider took over: what the report calls sent, and what is paid for."""

_assist, _booking, _credit, _enrolment, _freshness, _message, _order, _reply, _run, _visit = (
    metadata.tables[name]
    for name in (
        *("assist", "booking", "credit", "enrolment", "freshness"),
        *("message", "repair_order", "reply", "run", "visit"),
    )
)


NOT_COUNTED = ("pdi", "internal", "accident")
"""Orders that are no coming of a customer. Source: facts/statistics.md, "Credit for a visit"."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of business of one shop, both ends included."""

    shop_id: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """One campaign's texts, each in one state; `sent` = taken over by the provider, so it holds the delivered too.

    `replied` counts texts answered otherwise than by an opt-out, `opted_out` those answered by one, `booked` those a
    booking names. `segments` and `cost_micros` are those of texts taken over, a repeated text counting twice.
    """

    planned: int = 0
    sending: int = 0
    withheld: int = 0
    sent: int = 0
    delivered: int = 0
    undelivered: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    replied: int = 0
    booked: int = 0
    opted_out: int = 0
    segments: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, slots=True)
class CreditCounts:
    """Outcomes credited to a campaign's texts, what they brought in, and those it helped another campaign to."""

    outcomes: int = 0
    amount_minor: int = 0
    assisted: int = 0


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """From the orders of the dealership to the visits counted here: orders - the others = visits.

    `parked` orders wait for a car nobody has told us of yet; `merged` ones share a car and a day with another.
    """

    orders: int
    merged: int
    pdi: int
    internal: int
    accident: int
    parked: int
    visits: int


def enrolled_by_arm(session: Session, period: Period, campaigns: Collection[str]) -> dict[str, dict[str, int]]:
    """Campaign id → arm (treatment, control, universal) → customers enrolled."""
    statement = (
        sa.select(_enrolment.c.campaign_id, _enrolment.c.arm, sa.func.count())
        .select_from(_enrolment.join(_run, _run.c.id == _enrolment.c.run_id))
        .where(_run.c.state != "void", _enrolment.c.campaign_id.in_(campaigns))
        .where(_enrolment.c.shop_id == period.shop_id, _enrolment.c.enrolled_on.between(period.first, period.last))
        .group_by(_enrolment.c.campaign_id, _enrolment.c.arm)
    )
    enrolled: dict[str, dict[str, int]] = {}
    for campaign_id, arm, count in session.execute(statement):
        enrolled.setdefault(campaign_id, {})[arm] = count
    return enrolled


def message_counts(session: Session, period: Period, campaigns: Collection[str]) -> dict[str, MessageCounts]:
    """Campaign id → its texts by state, their answers and their cost; campaigns without any text are left out."""
    counts: dict[str, dict[str, int]] = {}
    for campaign_id, state, number, segments, cost in session.execute(_by_state(period, campaigns)):
        row = counts.setdefault(campaign_id, {})
        row["segments"] = row.get("segments", 0) + int(segments)
        row["cost_micros"] = row.get("cost_micros", 0) + int(cost)
        row["sent"] = row.get("sent", 0) + (number if state in HANDED_OVER else 0)
        if state not in ("accepted", "sent"):
            row[state] = number
    for campaign_id, replied, opted_out in session.execute(_answers(period, campaigns)):
        counts[campaign_id] |= {"replied": replied, "opted_out": opted_out}
    for campaign_id, booked in session.execute(_bookings(period, campaigns)):
        counts[campaign_id]["booked"] = booked
    return {campaign_id: MessageCounts(**row) for campaign_id, row in counts.items()}


def _by_state(period: Period, campaigns: Collection[str]) -> sa.Select[Any]:
    # A text that went back to planned after a proven non-delivery was taken over, and paid for, once before.
    paid = sa.case((_message.c.state.in_(HANDED_OVER), 1), else_=0) + sa.case((_message.c.repeated, 1), else_=0)
    columns = (
        _message.c.campaign_id,
        _message.c.state,
        sa.func.count(),
        sa.func.sum(paid * _message.c.segments),
        sa.func.sum(paid * _message.c.cost_micros),
    )
    return _of_messages(columns, _message, period, campaigns).group_by(_message.c.campaign_id, _message.c.state)


def _answers(period: Period, campaigns: Collection[str]) -> sa.Select[Any]:
    stopped = _reply.c.meaning == "stop"
    columns = (
        _message.c.campaign_id,
        sa.func.count(sa.distinct(sa.case((~stopped, _message.c.id)))),
        sa.func.count(sa.distinct(sa.case((stopped, _message.c.id)))),
    )
    joined = _reply.join(_message, _message.c.id == _reply.c.message_id)
    return _of_messages(columns, joined, period, campaigns).group_by(_message.c.campaign_id)


def _bookings(period: Period, campaigns: Collection[str]) -> sa.Select[Any]:
    columns = (_message.c.campaign_id, sa.func.count(sa.distinct(_message.c.id)))
    joined = _booking.join(_message, _message.c.id == _booking.c.message_id)
    return _of_messages(columns, joined, period, campaigns).group_by(_message.c.campaign_id)


def _of_messages(
    columns: tuple[Any, ...], source: sa.FromClause, period: Period, campaigns: Collection[str]
) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(source.join(_run, _run.c.id == _message.c.run_id))
        .where(
            _run.c.state != "void",
            _message.c.shop_id == period.shop_id,
            _message.c.campaign_id.in_(campaigns),
            _message.c.count_on.between(period.first, period.last),
        )
    )


def credit_counts(session: Session, period: Period, campaigns: Collection[str]) -> dict[str, CreditCounts]:
    """Campaign id → outcomes credited to and assisted by its texts; campaigns without any are left out."""
    columns = (_message.c.campaign_id, sa.func.count(), sa.func.sum(_credit.c.amount_minor))
    joined = _credit.join(_message, _message.c.id == _credit.c.message_id)
    credited = {
        campaign_id: (number, int(amount))
        for campaign_id, number, amount in session.execute(
            _of_messages(columns, joined, period, campaigns).group_by(_message.c.campaign_id)
        )
    }
    assisted: dict[str, int] = dict(session.execute(_assisted(period, campaigns)).all())
    return {
        campaign_id: CreditCounts(*credited.get(campaign_id, (0, 0)), assisted.get(campaign_id, 0))
        for campaign_id in credited.keys() | assisted.keys()
    }


def _assisted(period: Period, campaigns: Collection[str]) -> sa.Select[Any]:
    """Outcomes, each once a campaign however many of its texts helped, and not those the campaign was credited with."""
    own = sa.exists().where(
        _credit.c.outcome_type == _assist.c.outcome_type,
        _credit.c.outcome_id == _assist.c.outcome_id,
        _credit.c.campaign_id == _assist.c.campaign_id,
    )
    columns = (_message.c.campaign_id, _assist.c.outcome_type, _assist.c.outcome_id)
    joined = _assist.join(_message, _message.c.id == _assist.c.message_id)
    helped = _of_messages(columns, joined, period, campaigns).where(~own).distinct().subquery()
    return sa.select(helped.c.campaign_id, sa.func.count()).group_by(helped.c.campaign_id)


def order_counts(session: Session, period: Period) -> OrderCounts:
    """How the dealership's orders of the period become the visits counted: the opening line of every report."""
    in_period = (_order.c.shop_id == period.shop_id, _order.c.date_in.between(period.first, period.last))
    # Grouped by its name: as an expression its bound values would be others in GROUP BY, which PostgreSQL refuses.
    verdict = sa.case((_order.c.vehicle_id.is_(None), "parked"), else_=_order.c.category).label("verdict")
    numbers = sa.select(verdict, sa.func.count()).where(*in_period).group_by(sa.literal_column("verdict"))
    by_category: dict[str, int] = dict(session.execute(numbers).all())
    days = sa.select(_order.c.vin, _order.c.date_in).where(
        *in_period, _order.c.vehicle_id.is_not(None), _order.c.category.not_in(NOT_COUNTED)
    )
    counting = sum(n for name, n in by_category.items() if name not in (*NOT_COUNTED, "parked"))
    car_days = session.scalar(sa.select(sa.func.count()).select_from(days.distinct().subquery())) or 0
    return OrderCounts(
        orders=sum(by_category.values()),
        merged=counting - car_days,
        pdi=by_category.get("pdi", 0),
        internal=by_category.get("internal", 0),
        accident=by_category.get("accident", 0),
        parked=by_category.get("parked", 0),
        visits=_visits(session, period),
    )


def _visits(session: Session, period: Period) -> int:
    """Counted from the visits themselves, so that a report shows it where they and the orders disagree."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(
                _visit.c.shop_id == period.shop_id, _visit.c.counted, _visit.c.day.between(period.first, period.last)
            )
        )
        or 0
    )


def known_to(session: Session, shop_id: int) -> dict[str, datetime]:
    """Kind of import (customers, visits, renewals, ...) → the moment up to which its records are known."""
    statement = sa.select(_freshness.c.kind, _freshness.c.at).where(_freshness.c.shop_id == shop_id)
    return dict(session.execute(statement.order_by(_freshness.c.kind)).all())
