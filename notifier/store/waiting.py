"""The texts that wait, first things first, each with what may stand against it by now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.holds import held_since, is_held_back, shop_zones
from notifier.store.messages import PLANNED
from notifier.store.runs import RunRow, ready_runs
from notifier.store.tables import Customer, Message, Suppression

__all__ = ["Door", "HeldUntil", "Place", "Waiting", "first_waiting"]

CUSTOMER, MESSAGE, SUPPRESSION = (table_of(model) for model in (Customer, Message, Suppression))

HeldUntil = Callable[[RunRow, str], datetime | None]
"""Of a run and a phone: until when the text is held back, or None where it may leave."""

Place = tuple[datetime, int]
"""How far a run has been gone through: not_before and id of the last text looked at."""


def _never_held(_run: RunRow, _phone: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Door:
    """Who may leave: `may_send` refuses runs, `held_until` puts off single texts.

    `at_most`: texts of a shop (by id) that its own pace lets through; shops without a pace of their own are not in it.
    """

    may_send: Callable[[RunRow], bool]
    held_until: HeldUntil = _never_held
    at_most: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """`rows` in the order they go; `put_off`: how many were put off on the way.

    `kept`: shops that have something waiting and no room in their own pace. `ended`: runs gone through to their end.
    """

    rows: Sequence[sa.RowMapping]
    put_off: int
    kept: Collection[int]
    ended: Collection[int]


def first_waiting(
    session: Session, gateway: str, now: datetime, limit: int, *, door: Door, passed: Mapping[int, Place]
) -> Waiting:
    """The first planned texts, run by run in order of priority: each look is one step into one index.

    What a complaint, the workshop or an accident holds back is passed over. `passed`: run → where to go on, so that
    thousands held back are not gone through at each claim.
    """
    found: list[sa.RowMapping] = []
    room = dict(door.at_most)
    put_off, kept, ended = 0, set[int](), set[int]()
    zones = shop_zones(session)
    for run in ready_runs(session, due_by=now):
        here = min(limit - len(found), room.get(run.shop_id, limit))
        if len(found) >= limit:
            break
        if not door.may_send(run):
            continue
        if here <= 0:
            kept |= {run.shop_id} if _is_any_waiting(session, run, gateway, now) else set()
            continue
        rows = _rows_of(session, run, gateway, now, here, since=held_since(now, zones[run.shop_id]),
                        shops=tuple(sorted(zones)), passed=passed.get(run.id))  # fmt: skip
        if len(rows) < here:
            ended.add(run.id)
        until = {row["id"]: door.held_until(run, row["phone"]) for row in rows}
        put_off += _put_off(session, until)
        free = [row for row in rows if until[row["id"]] is None]
        found += free
        if run.shop_id in room:
            room[run.shop_id] -= len(free)
    return Waiting(found, put_off, kept, ended)


def _is_any_waiting(session: Session, run: RunRow, gateway: str, now: datetime) -> bool:
    statement = sa.select(MESSAGE.c.id).where(
        MESSAGE.c.run_id == run.id,
        MESSAGE.c.state == PLANNED,
        MESSAGE.c.not_before <= now,
        MESSAGE.c.gateway == gateway,
    )
    return session.execute(statement.limit(1)).first() is not None


def _rows_of(
    session: Session, run: RunRow, gateway: str, now: datetime, limit: int, *, since: date, shops: tuple[int, ...],
    passed: Place | None,
) -> list[sa.RowMapping]:  # fmt: skip
    """The first waiting texts of one run; from the place it was `passed` at in two steps, each a seek in the index."""
    values = {"run": run.id, "gateway": gateway, "now": now, "since": since}
    if passed is None:
        return _ask(session, _of_a_run(shops), limit, values)
    values |= {"passed_at": passed[0], "passed_id": passed[1]}
    rows = _ask(session, _of_a_run(shops).where(*_SAME_MOMENT), limit, values)
    if len(rows) < limit:
        rows += _ask(session, _of_a_run(shops).where(_LATER), limit - len(rows), values)
    return rows


def _ask(session: Session, statement: sa.Select[Any], limit: int, values: Mapping[str, Any]) -> list[sa.RowMapping]:
    return list(session.connection().execute(statement, {**values, "limit": limit}).mappings())


_LATER = MESSAGE.c.not_before > sa.bindparam("passed_at")
_SAME_MOMENT = (MESSAGE.c.not_before == sa.bindparam("passed_at"), MESSAGE.c.id > sa.bindparam("passed_id"))


@lru_cache(4)
def _of_a_run(shops: tuple[int, ...]) -> sa.Select[Any]:
    """The statement, made once: it is asked at every claim."""
    names = ("id", "run_id", "shop_id", "phone", "phone_key", "text", "segments", "not_before", "valid_until",
             "attempts", "kind")  # fmt: skip
    stopped = sa.exists().where(SUPPRESSION.c.phone_key == MESSAGE.c.phone_key, SUPPRESSION.c.lifted_at.is_(None))
    return (
        sa.select(*(MESSAGE.c[name] for name in names), CUSTOMER.c.unreachable, CUSTOMER.c.consent,
                  stopped.label("stopped"))
        .join(CUSTOMER, CUSTOMER.c.id == MESSAGE.c.customer_id)
        .where(MESSAGE.c.run_id == sa.bindparam("run"), MESSAGE.c.state == PLANNED,
               MESSAGE.c.not_before <= sa.bindparam("now"), MESSAGE.c.gateway == sa.bindparam("gateway"),
               MESSAGE.c.text.is_not(None), ~is_held_back(sa.bindparam("since"), shops))
        .order_by(MESSAGE.c.not_before, MESSAGE.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .with_for_update(skip_locked=True, of=MESSAGE)
    )  # fmt: skip


def _put_off(session: Session, until: Mapping[int, datetime | None]) -> int:
    """Texts whose moment has become another since they were planned; returns how many. None = may leave now."""
    later = [{"b_id": key, "not_before": moment} for key, moment in until.items() if moment is not None]
    if later:
        statement = sa.update(MESSAGE).where(MESSAGE.c.id == sa.bindparam("b_id"), MESSAGE.c.state == "planned")
        session.connection().execute(statement.values(changed_at=database_now(session)), later)
    return len(later)
