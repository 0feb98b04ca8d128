"""Status callbacks as they came: each kept once, whether or not it changed anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import Row, insert_missing, table_of
from notifier.store.tables import Event

EVENT = table_of(Event)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that waits for its attempt to be known."""

    id: int
    gateway: str
    provider_sid: str
    status: str
    event: str
    error_code: str | None
    received_at: datetime


def keep_event(session: Session, row: Row) -> bool:
    """Keep one event; False where the same (gateway, id, status) is there already."""
    return insert_missing(session, Event, [row], ["gateway", "provider_sid", "status"]) > 0


def mark_applied(session: Session, key: tuple[str, str, str], place: tuple[int, int]) -> None:
    """The event `key` (gateway, id, status) belonged to this attempt (message, n) and has been applied to it."""
    gateway, sid, status = key
    message_id, n = place
    session.connection().execute(
        sa.update(EVENT)
        .where(EVENT.c.gateway == gateway, EVENT.c.provider_sid == sid, EVENT.c.status == status)
        .values(applied=True, message_id=message_id, attempt_n=n)
    )


def unapplied_events(session: Session, gateway: str, sids: Sequence[str]) -> list[StoredEvent]:
    """Events of these provider ids that came before anybody knew whose they were, oldest first."""
    columns: list[sa.Column[Any]] = [EVENT.c[name] for name in StoredEvent.__dataclass_fields__]
    statement = (
        sa.select(*columns)
        .where(EVENT.c.gateway == gateway, EVENT.c.provider_sid.in_(sids), ~EVENT.c.applied,
               EVENT.c.event.is_not(None))
        .order_by(EVENT.c.id)
    )  # fmt: skip
    return [StoredEvent(*row) for row in session.connection().execute(statement)]
