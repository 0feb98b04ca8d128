"""The audit log: who changed or looked at what, and how it was before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.tables import AuditEntry

__all__ = ["Actor", "Entry", "entries", "entries_about", "entry", "move_subjects", "record"]

AUDIT = table_of(AuditEntry)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `user_id` is None for somebody on the command line, whom only the system knows."""

    name: str
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    id: int
    at: datetime
    user_id: int | None
    who: str
    action: str
    subject_type: str
    subject: str
    shop_id: int | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def record(
    session: Session,
    *,
    at: datetime,
    who: str,
    user_id: int | None,
    action: str,
    subject_type: str,
    subject: str,
    shop_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down what was done, in the transaction that does it. `action`: a fixed English word with a dot."""
    row = {
        "at": at, "who": who, "user_id": user_id, "action": action, "subject_type": subject_type, "subject": subject,
        "shop_id": shop_id, "before": before, "after": after,
    }  # fmt: skip
    insert_rows(session, AuditEntry, [row])


def entries(
    session: Session,
    *,
    before_id: int | None = None,
    user_id: int | None = None,
    action: str | None = None,
    limit: int = 50,
) -> Sequence[Entry]:
    """The newest first, those older than the entry `before_id`; of one person, or of one kind, where given."""
    found = sa.select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if before_id is not None:
        found = found.where(AUDIT.c.id < before_id)
    if user_id is not None:
        found = found.where(AUDIT.c.user_id == user_id)
    if action is not None:
        found = found.where(AUDIT.c.action == action)
    return [Entry(**row) for row in session.execute(found).mappings()]


def entries_about(
    session: Session, subject_type: str, subject: str | None = None, *, actions: Sequence[str], limit: int = 20
) -> Sequence[Entry]:
    """What was done to one subject, or to all of its type, the newest first."""
    found = sa.select(AUDIT).where(AUDIT.c.subject_type == subject_type, AUDIT.c.action.in_(actions))
    if subject is not None:
        found = found.where(AUDIT.c.subject == subject)
    return [Entry(**row) for row in session.execute(found.order_by(AUDIT.c.id.desc()).limit(limit)).mappings()]


def entry(session: Session, entry_id: int) -> Entry | None:
    """One line of the log."""
    row = session.execute(sa.select(AUDIT).where(AUDIT.c.id == entry_id)).mappings().one_or_none()
    return Entry(**row) if row is not None else None


def move_subjects(session: Session, subject_type: str, moves: Mapping[int, int]) -> None:
    """What was written about one of these, old → new, is about the other from now on."""
    theirs = sa.update(AUDIT).where(AUDIT.c.subject_type == subject_type, AUDIT.c.subject == sa.bindparam("old"))
    pairs = [{"old": str(old), "new": str(new)} for old, new in moves.items()]
    session.connection().execute(theirs.values(subject=sa.bindparam("new")), pairs)
