"""What each day of a shop came to, counted a day at a time and kept, so that a month is read in thirty-odd rows.

Texts belong to the day they were due (`count_on`, the shop day of their first `not_before`), as in every report, and
not to the day of the POST: so that sent is never more than planned, nor delivered more than sent, though a text due
yesterday may leave today. Replies and outcomes belong to their own day. A void run's texts are all cancelled, so they
count nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of, upsert
from notifier.store.engine import database_now
from notifier.store.facts import HANDED_OVER
from notifier.store.tables import Credit, DayFigures, Message, Reply

__all__ = ["Day", "Figures", "count_day", "days_between", "keep_days"]

DAY, CREDIT, MESSAGE, REPLY = table_of(DayFigures), table_of(Credit), table_of(Message), table_of(Reply)
NOT_TO_SEND = ("withheld", "cancelled")


@dataclass(frozen=True, slots=True)
class Figures:
    """One day of one shop.

    planned: texts due that day, whatever has become of them since, but those called off (cancelled).
    withheld: rows of a control, due that day, who are meant to get no text.
    sent: of the planned, those the provider took over; delivered: of those, the ones that reached the phone.
    failed: of the planned, those refused for good, or taken over and not delivered.
    unknown: of the planned, those nobody can tell of.
    replied: customers who answered that day otherwise than by an opt-out; stopped: those who opted out by a reply.
    came: visits and renewals of that day credited to a text, and `came_minor` what they brought in (minor units).
    """

    planned: int = 0
    withheld: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    unknown: int = 0
    replied: int = 0
    stopped: int = 0
    came: int = 0
    came_minor: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*map(sum, zip(astuple(self), astuple(other), strict=True)))


NAMES = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was counted last. `counted_at`: by the database's clock."""

    day: date
    figures: Figures
    counted_at: datetime


def count_day(session: Session, shop_id: int, day: date) -> Figures:
    """Count it anew: the day's own rows of three indexes, whatever the years before it hold."""
    states = _states(session, shop_id, day)
    replied, stopped = _answers(session, shop_id, day)
    came, came_minor = _outcomes(session, shop_id, day)
    return Figures(
        planned=sum(number for state, number in states.items() if state not in NOT_TO_SEND),
        withheld=states.get("withheld", 0),
        sent=sum(states.get(state, 0) for state in HANDED_OVER),
        delivered=states.get("delivered", 0),
        failed=states.get("failed", 0) + states.get("undelivered", 0),
        unknown=states.get("unknown", 0),
        replied=replied,
        stopped=stopped,
        came=came,
        came_minor=came_minor,
    )


def _states(session: Session, shop_id: int, day: date) -> dict[str, int]:
    statement = (
        sa.select(MESSAGE.c.state, sa.func.count())
        .where(MESSAGE.c.shop_id == shop_id, MESSAGE.c.count_on == day)
        .group_by(MESSAGE.c.state)
    )
    return dict(session.connection().execute(statement).all())


def _answers(session: Session, shop_id: int, day: date) -> tuple[int, int]:
    is_stop = REPLY.c.meaning == "stop"
    statement = sa.select(
        sa.func.count(sa.distinct(sa.case((~is_stop, REPLY.c.customer_id)))),
        sa.func.count(sa.distinct(sa.case((is_stop, REPLY.c.customer_id)))),
    ).where(REPLY.c.shop_id == shop_id, REPLY.c.arrived_on == day)
    replied, stopped = session.connection().execute(statement).one()
    return replied, stopped


def _outcomes(session: Session, shop_id: int, day: date) -> tuple[int, int]:
    statement = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(CREDIT.c.amount_minor), 0)).where(
        CREDIT.c.shop_id == shop_id, CREDIT.c.day == day
    )
    came, amount = session.connection().execute(statement).one()
    return came, int(amount)


def keep_days(session: Session, shop_id: int, counted: Mapping[date, Figures]) -> None:
    """Remember them in place of earlier counts. Two engines may do so at once, so they come in order of the days."""
    clock = database_now(session)
    rows = [
        {"shop_id": shop_id, "day": day, "counted_at": clock, **dict(zip(NAMES, astuple(figures), strict=True))}
        for day, figures in sorted(counted.items())
    ]
    upsert(session, DayFigures, rows, ["shop_id", "day"], [*NAMES, "counted_at"])


def days_between(session: Session, shop_id: int, first: date, last: date) -> list[Day]:
    """What was counted, in order of the days, both ends included; a day never counted is left out."""
    columns = [DAY.c[name] for name in NAMES]
    statement = sa.select(DAY.c.day, DAY.c.counted_at, *columns).where(
        DAY.c.shop_id == shop_id, DAY.c.day.between(first, last)
    )
    return [
        Day(day, Figures(*figures), counted_at)
        for day, counted_at, *figures in session.connection().execute(statement.order_by(DAY.c.day))
    ]
