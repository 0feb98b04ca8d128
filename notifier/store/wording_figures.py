"""What each version's texts have brought, counted a shop's day at a time and kept: a page adds up a few hundred rows.

A text belongs to the day it was due (`count_on`) and is counted anew while that is young (jobs/wording_figures.py): a
reply or visit that comes later still is not added. Nothing here is a lift: it says what followed, not what it was
worth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of, upsert
from notifier.store.engine import database_now
from notifier.store.facts import HANDED_OVER
from notifier.store.tables import Credit, Message, Reply, WordingFigures

__all__ = ["Brought", "brought", "count_day", "counted_days", "keep_day"]

CREDIT, FIGURES, MESSAGE, REPLY = (table_of(model) for model in (Credit, WordingFigures, Message, Reply))
THE_DAY = 0
"""The row that says when a day was counted last, whether or not it had texts."""


@dataclass(frozen=True, slots=True)
class Brought:
    """sent: texts the provider took; delivered: of those, the ones that reached the phone; replied: those answered
    otherwise than by an opt-out; came: visits and renewals credited to them, `came_minor` what these brought in."""

    sent: int = 0
    delivered: int = 0
    replied: int = 0
    came: int = 0
    came_minor: int = 0


def count_day(session: Session, shop_id: int, day: date) -> dict[int, Brought]:
    """Version → what its texts of that day have brought so far: the day's rows of an index, and theirs of two more."""
    of_the_day = (MESSAGE.c.shop_id == shop_id, MESSAGE.c.count_on == day, MESSAGE.c.state.in_(HANDED_OVER))
    version = MESSAGE.c.template_version_id
    connection = session.connection()
    delivered = sa.func.sum(sa.case((MESSAGE.c.state == "delivered", 1), else_=0))
    texts = sa.select(version, sa.func.count(), delivered).where(*of_the_day).group_by(version)
    found = {row[0]: Brought(sent=row[1], delivered=int(row[2])) for row in connection.execute(texts)}
    answered = (
        sa.select(version, sa.func.count(sa.distinct(MESSAGE.c.id)))
        .join(REPLY, REPLY.c.message_id == MESSAGE.c.id)
        .where(*of_the_day, REPLY.c.meaning != "stop")
        .group_by(version)
    )
    for key, replied in connection.execute(answered):
        found[key] = replace(found[key], replied=replied)
    earned = (
        sa.select(version, sa.func.count(), sa.func.coalesce(sa.func.sum(CREDIT.c.amount_minor), 0))
        .join(CREDIT, CREDIT.c.message_id == MESSAGE.c.id)
        .where(*of_the_day)
        .group_by(version)
    )
    for key, came, came_minor in connection.execute(earned):
        found[key] = replace(found[key], came=came, came_minor=int(came_minor))
    return found


def keep_day(session: Session, shop_id: int, day: date, counted: Mapping[int, Brought]) -> None:
    """Remember a day in place of an earlier count. Two engines may do so at once: the later one waits for the other."""
    place = {"shop_id": shop_id, "day": day, "counted_at": database_now(session)}
    rows = sorted({THE_DAY: Brought(), **counted}.items())
    upsert(
        session,
        WordingFigures,
        [{**place, "template_version_id": key, **asdict(row)} for key, row in rows],
        ["shop_id", "day", "template_version_id"],
        [*Brought.__dataclass_fields__, "counted_at"],
    )
    gone = FIGURES.c.template_version_id.not_in([key for key, _row in rows])
    session.connection().execute(sa.delete(FIGURES).where(FIGURES.c.shop_id == shop_id, FIGURES.c.day == day, gone))


def counted_days(session: Session, shop_id: int, first: date) -> dict[date, datetime]:
    """The days from `first` on that were ever counted → when last."""
    wanted = sa.select(FIGURES.c.day, FIGURES.c.counted_at).where(
        FIGURES.c.shop_id == shop_id, FIGURES.c.day >= first, FIGURES.c.template_version_id == THE_DAY
    )
    return dict(session.connection().execute(wanted).all())


def brought(
    session: Session, version_ids: Collection[int], *, since: date, shop_ids: Sequence[int] | None = None
) -> dict[int, Brought]:
    """Version → what its texts due from `since` on have brought, in these shops; without a row: nothing."""
    connection = session.connection()
    sums = [sa.func.sum(FIGURES.c[name]) for name in Brought.__dataclass_fields__]
    wanted = (
        sa.select(FIGURES.c.template_version_id, *sums)
        .where(among(connection, FIGURES.c.template_version_id, version_ids), FIGURES.c.day >= since)
        .group_by(FIGURES.c.template_version_id)
    )
    if shop_ids is not None:
        wanted = wanted.where(FIGURES.c.shop_id.in_(shop_ids))
    return {row[0]: Brought(*map(int, row[1:])) for row in connection.execute(wanted)}
