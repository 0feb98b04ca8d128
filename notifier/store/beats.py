"""Is the daemon alive? Each engine says so once a minute; all by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of, upsert
from notifier.store.engine import database_now
from notifier.store.tables import EngineBeat

__all__ = ["Liveness", "beat", "liveness"]

BEAT = table_of(EngineBeat)
SILENT_AFTER = timedelta(minutes=3)
FORGOTTEN_AFTER = timedelta(days=7)
"""Workers come and go, each under a name of its own."""

LifeState = Literal["alive", "silent", "never"]


@dataclass(frozen=True, slots=True)
class Liveness:
    """`state`: of the engines together. `engines`: how many live. `since`: of the living the first start, else the last
    beat, None where none was ever heard. `versions`: of those that live. Moments by the database's clock.
    """

    state: LifeState
    engines: int = 0
    since: datetime | None = None
    versions: tuple[str, ...] = ()


def beat(session: Session, name: str, version: str, *, is_first: bool) -> None:
    """The engine of that name lives; `is_first`: since its start. Engines not heard of for long are forgotten."""
    clock = database_now(session)
    session.connection().execute(sa.delete(BEAT).where(BEAT.c.name != name, BEAT.c.beat_at < clock - FORGOTTEN_AFTER))
    row = {"name": name, "version": version, "started_at": clock, "beat_at": clock}
    upsert(session, EngineBeat, [row], ["name"], ["version", "beat_at", *(["started_at"] if is_first else [])])


def liveness(session: Session) -> Liveness:
    """How it stands now. A beat from the future is one of a clock that was set back since, and proves nothing."""
    rows = session.connection().execute(sa.select(BEAT.c.started_at, BEAT.c.beat_at, BEAT.c.version)).all()
    if not rows:
        return Liveness("never")
    clock = database_now(session)
    living = [row for row in rows if abs(clock - row.beat_at) <= SILENT_AFTER]
    if not living:
        return Liveness("silent", since=max(row.beat_at for row in rows))
    versions = tuple(sorted({row.version for row in living}))
    return Liveness("alive", len(living), min(row.started_at for row in living), versions)
