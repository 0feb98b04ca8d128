"""The simulator's phone network in the database, so that several processes share one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from notifier.domain.phone_network import Itinerary, Offered, SeenSms, SimulatedSms
from notifier.errors import StoreError
from notifier.locale import N_
from notifier.store.bulk import table_of
from notifier.store.engine import CHUNK_ROWS, Store, database_now
from notifier.store.tables import SimulatedReply, SimulatedText

_TEXT = table_of(SimulatedText)
_REPLY = table_of(SimulatedReply)


class SimulatedNetwork:
    """Texts accepted, statuses and replies still to come. Every method is one or more short transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def accept(self, texts: Sequence[SimulatedSms]) -> None:
        """Keep `texts` for good, all or none, in one commit. Raises StoreError where that is not certain."""
        with _told_as_store_error(), self._store.write() as session:
            created_at = database_now(session)
            session.execute(sa.insert(_TEXT), [_text_row(text, created_at) for text in texts])
            replies = [row for text in texts for row in _reply_rows(text)]
            if replies:
                session.execute(sa.insert(_REPLY), replies)

    def hand_out(self, since: datetime, now: datetime) -> list[Offered]:
        """Every step due by `now` that the asker, who has recorded everything up to `since`, has not yet taken.

        In order of time. Asking again with the same `since` offers the same again. Raises StoreError.
        """
        offered: list[Offered] = []
        last_id = 0
        while True:
            with _told_as_store_error(), self._store.write() as session:
                rows = _due_rows(session, now, last_id)
                offered.extend(_hand_out(session, rows, since, now))
            if len(rows) < CHUNK_ROWS:
                return sorted(offered, key=lambda one: (one.step.at, one.callback))
            last_id = rows[-1].id

    def sent_to(self, to: str, since: datetime, until: datetime) -> list[SeenSms]:
        """Every text accepted for `to` in [since, until] of the database's clock. Raises StoreError."""
        query = (
            sa.select(_TEXT)
            .where(_TEXT.c.to == to, _TEXT.c.created_at.between(since, until))
            .order_by(_TEXT.c.created_at, _TEXT.c.id)
        )
        with _told_as_store_error(), self._store.read() as session:
            return [
                SeenSms(row.sid, row.to, row.body, row.created_at, row.status, row.error_code)
                for row in session.execute(query)
            ]


def _text_row(text: SimulatedSms, created_at: datetime) -> dict[str, Any]:
    itinerary = Itinerary(text.steps)
    return {
        "sid": text.sid,
        "to": text.to,
        "body": text.body,
        "callback": text.callback,
        "status": "queued",
        "error_code": None,
        "created_at": created_at,
        "next_at": itinerary.next_at,
        "plan": itinerary.to_document(),
    }


def _reply_rows(text: SimulatedSms) -> Iterator[dict[str, Any]]:
    for step in text.steps:
        if step.reply is not None:
            yield {
                "sid": step.reply_sid,
                "sender": text.to,
                "body": step.reply,
                "text_sid": text.sid,
                "at": step.at,
            }


def _due_rows(session: Session, now: datetime, after_id: int) -> Sequence[sa.Row[Any]]:
    query = (
        sa.select(_TEXT)
        .where(_TEXT.c.next_at <= now, _TEXT.c.id > after_id)
        .order_by(_TEXT.c.id)
        .limit(CHUNK_ROWS)
        .with_for_update()
    )
    return session.execute(query).all()


def _hand_out(session: Session, rows: Sequence[sa.Row[Any]], since: datetime, now: datetime) -> list[Offered]:
    offered: list[Offered] = []
    changes: list[dict[str, Any]] = []
    for row in rows:
        before = Itinerary.from_document(row.plan)
        after, steps = before.hand_out(since, now)
        offered.extend(Offered(row.sid, row.to, row.callback, step) for step in steps)
        if after != before:
            changes.append(_change(row, after))
    if changes:
        update = sa.update(_TEXT).where(_TEXT.c.id == sa.bindparam("row_id"))
        session.connection().execute(update, changes)
    return _with_words(session, offered)


def _change(row: sa.Row[Any], itinerary: Itinerary) -> dict[str, Any]:
    shown = [step for step in itinerary.steps[: itinerary.offered] if step.status is not None]
    return {
        "row_id": row.id,
        "plan": itinerary.to_document(),
        "next_at": itinerary.next_at,
        "status": shown[-1].status if shown else row.status,
        "error_code": shown[-1].error_code if shown else row.error_code,
    }


def _with_words(session: Session, offered: list[Offered]) -> list[Offered]:
    sids = [one.step.reply_sid for one in offered if one.step.reply_sid is not None]
    if not sids:
        return offered
    found = session.execute(sa.select(_REPLY.c.sid, _REPLY.c.body).where(_REPLY.c.sid.in_(sids)))
    words = {row.sid: row.body for row in found}
    return [
        one if one.step.reply_sid is None else replace(one, step=replace(one.step, reply=words.get(one.step.reply_sid)))
        for one in offered
    ]


@contextmanager
def _told_as_store_error() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(
            N_("The simulator's phone network could not be read or written ({detail}). Try again."),
            detail=type(error).__name__,
        ) from error
