"""What the wordings under comparison came to, counted by customer: by intention, delivered or not.

A customer is counted once a stage, at the first text of it in the period. Nothing of a void run counts, nor what was
withheld; what was cancelled does, since nobody's coming may decide who is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.facts import Period
from notifier.store.tables import metadata

__all__ = ["VariantCounts", "variant_counts"]

_booking, _message, _renewal, _reply, _visit = (
    metadata.tables[name] for name in ("booking", "message", "renewal", "reply", "visit")
)


@dataclass(frozen=True, slots=True)
class VariantCounts:
    """One variant of one stage, in customers. `until`: the last day on which a coming still counts for one of them."""

    stage: str
    variant: str
    n: int
    replied: int
    stopped: int
    booked: int
    came: int
    until: date


def variant_counts(
    session: Session, period: Period, campaign_id: str, *, success: str, window_days: int, today: date
) -> list[VariantCounts]:
    """Every variant of every stage that had any; a coming counts within `window_days` of the text, up to `today`."""
    sums: dict[tuple[str, str], Counter[str]] = {}
    last: dict[tuple[str, str], date] = {}
    for stage, variant, day, came_on, replied, stopped, booked, count in _rows(session, period, campaign_id, success):
        key, ends_on = (stage, variant), day + timedelta(days=window_days)
        has_come = came_on is not None and came_on <= min(ends_on, today)
        told = sums.setdefault(key, Counter())
        told.update(
            n=count, replied=count * replied, stopped=count * stopped, booked=count * booked, came=count * has_come
        )
        last[key] = max(last.get(key, ends_on), ends_on)
    return [
        VariantCounts(*key, told["n"], told["replied"], told["stopped"], told["booked"], told["came"], last[key])
        for key, told in sorted(sums.items())
    ]


def _rows(session: Session, period: Period, campaign_id: str, success: str) -> Iterator[Any]:
    """(stage, variant, first day, first coming, replied, stopped, booked, customers): many customers are alike."""
    first = (
        sa.select(
            _message.c.stage, _message.c.variant, _message.c.customer_id,
            sa.func.min(_message.c.id).label("message_id"), sa.func.min(_message.c.count_on).label("day"),
        )
        .where(
            _message.c.shop_id == period.shop_id, _message.c.campaign_id == campaign_id,
            _message.c.count_on.between(period.first, period.last), _message.c.variant.is_not(None),
            _message.c.state != "withheld", sa.func.coalesce(_message.c.reason, "") != "void",
        )
        .group_by(_message.c.stage, _message.c.variant, _message.c.customer_id)
        .subquery()
    )  # fmt: skip
    answered = _reply.c.message_id == first.c.message_id
    columns = (
        first.c.stage, first.c.variant, first.c.day, _first_coming(first, success).label("came_on"),
        _as_number(sa.exists().where(answered)).label("replied"),
        _as_number(sa.exists().where(answered, _reply.c.meaning == "stop")).label("stopped"),
        _as_number(sa.exists().where(_booking.c.message_id == first.c.message_id)).label("booked"),
    )  # fmt: skip
    each = sa.select(*columns).subquery()
    statement = sa.select(*each.c, sa.func.count()).group_by(*each.c)
    yield from session.execute(statement)


def _as_number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


def _first_coming(first: sa.FromClause, success: str) -> sa.ScalarSelect[Any]:
    outcome = _renewal if success == "renewal" else _visit
    counts = outcome.c.counted if "counted" in outcome.c else sa.true()
    statement = sa.select(sa.func.min(outcome.c.day, type_=sa.Date)).where(
        outcome.c.customer_id == first.c.customer_id, outcome.c.day >= first.c.day, counts
    )
    return statement.correlate(first).scalar_subquery()
