"""How far each kind of rows of the DMS database has been read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of, upsert
from notifier.store.tables import SyncPoint

__all__ = ["Reached", "keep_sync_point", "sync_points"]

POINT = table_of(SyncPoint)


@dataclass(frozen=True, slots=True)
class Reached:
    """`since`: the latest change read, with the query of digest `query`; None = that query names no such column.

    `at`: business time of the last sync that came to its end.
    """

    query: str
    since: str | None
    at: datetime


def sync_points(session: Session, shop_id: int) -> dict[str, Reached]:
    """Kind → how far it has been read; a kind never read has no key."""
    columns = (POINT.c.kind, POINT.c.query, POINT.c.since, POINT.c.at)
    rows = session.execute(sa.select(*columns).where(POINT.c.shop_id == shop_id))
    return {row.kind: Reached(row.query, row.since, row.at) for row in rows}


def keep_sync_point(session: Session, shop_id: int, kind: str, reached: Reached) -> None:
    """Remember it, in place of what was known."""
    row = {"shop_id": shop_id, "kind": kind, "query": reached.query, "since": reached.since, "at": reached.at}
    upsert(session, SyncPoint, [row], ["shop_id", "kind"], ["query", "since", "at"])
