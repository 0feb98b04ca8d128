"""Enrolled treatment and enrolled control, counted for lift: by intention to treat, delivered or not.

An enrolment belongs to a report's period by its day. A customer came by an outcome of any of their cars from the day of
enrolment to the end of the window. Left out, in both arms alike: universal control, runs made void, enrolments marked
`out_of_lift`, and customers with an outcome between the first opening and the enrolment that was imported too late to
keep them from enrolling. Sources: rules.md, "Enrolment and arms"; facts/statistics.md, "Assignment".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.lift import Sums
from notifier.store.facts import Period
from notifier.store.tables import metadata

__all__ = ["CAME_BEFORE", "ArmCounts", "arm_counts", "control_shares", "last_windows", "out_of_lift_counts"]

CAME_BEFORE = "came_before_enrolment"
"""The reason under which enrolments left out for an outcome known too late are counted."""

SQUARE_UNIT = 1_000_000
"""Squares are summed in two parts, above and below this: one sum leaves 64 bits at 90,000 invoices of 100,000 yuan."""

_contact, _enrolment, _renewal, _run, _share, _visit = (
    metadata.tables[name] for name in ("contact", "enrolment", "renewal", "run", "campaign_share", "visit")
)


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """One arm of one enrolment period, in customers: how many, who came, who was phoned, what they brought in.

    `buyers` brought in more than nothing; `until` is the last day on which a coming still counts for one of them.
    """

    period: str
    arm: str
    n: int
    came: int
    buyers: int
    phoned: int
    revenue: Sums
    until: date


def arm_counts(
    session: Session,
    period: Period,
    campaign_id: str,
    *,
    success: str,
    today: date,
    until: Mapping[str, date] | None = None,
) -> list[ArmCounts]:
    """Treatment and control of each enrolment period that has any; `success` is ``visit`` or ``renewal``.

    The window ends with each enrolment's `lift_until`, or on the day `until` gives for its period. Nothing after
    `today` is counted. A visit brings in what was paid, a renewal the shop's commission.
    """
    customer = _per_customer(period, campaign_id, success, today, until).subquery()
    revenue, square = customer.c.revenue, customer.c.revenue * customer.c.revenue
    statement = sa.select(
        customer.c.period,
        customer.c.arm,
        sa.func.count(),
        sa.func.sum(sa.case((customer.c.comings > 0, 1), else_=0)),
        sa.func.sum(sa.case((revenue > 0, 1), else_=0)),
        sa.func.sum(customer.c.phoned),
        sa.func.sum(revenue),
        sa.func.sum(square // SQUARE_UNIT),
        sa.func.sum(square % SQUARE_UNIT),
        sa.func.max(customer.c.until, type_=sa.Date),
    ).group_by(customer.c.period, customer.c.arm)
    return [
        ArmCounts(name, arm, n, came, buyers, phoned, Sums(n, int(total), int(high) * SQUARE_UNIT + int(low)), last)
        for name, arm, n, came, buyers, phoned, total, high, low, last in session.execute(statement)
    ]


def out_of_lift_counts(session: Session, period: Period, campaign_id: str, *, success: str) -> dict[str, int]:
    """Why treatment or control enrolments count in neither arm → how many."""
    reason = sa.case((_enrolment.c.out_of_lift.is_not(None), _enrolment.c.out_of_lift), else_=CAME_BEFORE).label("why")
    statement = (
        sa.select(reason, sa.func.count())
        .select_from(_enrolment.join(_run, _run.c.id == _enrolment.c.run_id))
        .where(*_drawn(period, campaign_id), _enrolment.c.out_of_lift.is_not(None) | _came_before(success))
        .group_by(sa.literal_column("why"))
    )
    return dict(session.execute(statement).all())


def control_shares(session: Session, shop_id: int, campaign_id: str) -> dict[str, int]:
    """Enrolment period → the control share it was drawn with, in basis points; periods never stored are missing."""
    statement = sa.select(_share.c.period, _share.c.share_bp).where(
        _share.c.shop_id == shop_id, _share.c.campaign_id == campaign_id
    )
    return dict(session.execute(statement).all())


def last_windows(session: Session, shop_id: int, campaign_id: str) -> dict[str, date]:
    """Enrolment period → the last day of the last window opened in it so far, over all its enrolments."""
    statement = (
        sa.select(_enrolment.c.period, sa.func.max(_enrolment.c.lift_until))
        .where(_enrolment.c.shop_id == shop_id, _enrolment.c.campaign_id == campaign_id)
        .group_by(_enrolment.c.period)
    )
    return dict(session.execute(statement).all())


def _per_customer(
    period: Period, campaign_id: str, success: str, today: date, until: Mapping[str, date] | None
) -> sa.Select[Any]:
    outcome, amount = _outcome(success)
    last_day = _last_day(until)
    came = sa.and_(
        outcome.c.customer_id == _enrolment.c.customer_id,
        outcome.c.day.between(_enrolment.c.enrolled_on, last_day),
        outcome.c.day <= today,
        _counts(outcome),
    )
    phoned = sa.exists().where(
        _contact.c.customer_id == _enrolment.c.customer_id,
        _contact.c.contacted_on.between(_enrolment.c.enrolled_on, last_day),
        _contact.c.contacted_on <= today,
    )
    return (
        sa.select(
            _enrolment.c.period,
            _enrolment.c.arm,
            last_day.label("until"),
            sa.func.count(outcome.c.id).label("comings"),
            sa.func.coalesce(sa.func.sum(amount), 0).label("revenue"),
            sa.case((phoned, 1), else_=0).label("phoned"),
        )
        .select_from(_enrolment.join(_run, _run.c.id == _enrolment.c.run_id).outerjoin(outcome, came))
        .where(*_drawn(period, campaign_id), _enrolment.c.out_of_lift.is_(None), ~_came_before(success))
        .group_by(_enrolment.c.id)
    )


def _drawn(period: Period, campaign_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Enrolments of the period into one of the campaign's own two arms."""
    return (
        _run.c.state != "void",
        _enrolment.c.shop_id == period.shop_id,
        _enrolment.c.campaign_id == campaign_id,
        _enrolment.c.arm.in_(("treatment", "control")),
        _enrolment.c.enrolled_on.between(period.first, period.last),
    )


def _came_before(success: str) -> sa.ColumnElement[bool]:
    # Aliased: the statement around it joins the same table for the outcomes that count.
    table, _amount = _outcome(success)
    outcome = table.alias("outcome_before")
    return sa.exists().where(
        outcome.c.customer_id == _enrolment.c.customer_id,
        outcome.c.day >= _enrolment.c.first_opens_on,
        outcome.c.day < _enrolment.c.enrolled_on,
        _counts(outcome),
    )


def _outcome(success: str) -> tuple[sa.Table, sa.ColumnElement[int]]:
    """The table of what the campaign is to bring about, and what one of them is worth to the shop."""
    return (_renewal, _renewal.c.commission_minor) if success == "renewal" else (_visit, _visit.c.amount_minor)


def _counts(outcome: sa.FromClause) -> sa.ColumnElement[bool]:
    counted: sa.ColumnElement[bool] = outcome.c.counted if "counted" in outcome.c else sa.true()
    return counted


def _last_day(until: Mapping[str, date] | None) -> sa.ColumnElement[date]:
    if not until:
        return _enrolment.c.lift_until
    days = {name: sa.literal(day, sa.Date) for name, day in until.items()}
    return sa.case(days, value=_enrolment.c.period, else_=_enrolment.c.lift_until)
