"""How far each kind of rows of the DMS database has been read, and the reading that failed last.

A failure is a row of ``dms_import`` in the state refused, since it is an import that never began; its sentence stands
among the counts. One row a kind is kept, whose moment moves on while the failure lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.locale import _
from notifier.store.bulk import insert_rows, table_of, upsert
from notifier.store.engine import database_now
from notifier.store.tables import DmsImport, SyncPoint

__all__ = [
    "Reached",
    "SyncFailure",
    "forget_failures",
    "keep_failure",
    "keep_sync_point",
    "last_failure",
    "last_tried",
    "sync_points",
]

POINT, IMPORT = table_of(SyncPoint), table_of(DmsImport)
_OF_A_QUERY, _OF_THE_DATABASE = "failed sync of a query", "failed sync of the database"
"""In the place of a fingerprint: what tells these rows from refused files."""
_IS_OF_A_SYNC = IMPORT.c.fingerprint.in_((_OF_A_QUERY, _OF_THE_DATABASE))


@dataclass(frozen=True, slots=True)
class Reached:
    """`since`: the latest change read, with the query of digest `query`; None = that query names no such column.

    `at`: business time of the last sync that came to its end.
    """

    query: str
    since: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class SyncFailure:
    """A sync that did not come to its end: `at` last, `since` first of the same failure (business time).

    `kind`: the one that failed, or, where the database could not be opened, the first that was to be read. `sentence`
    is English and untranslated, its `fields` as they were filled in; neither holds a secret or anybody's data.
    """

    kind: str
    source: str
    at: datetime
    since: datetime
    code: str
    sentence: str
    fields: Mapping[str, Any]

    def __str__(self) -> str:
        return _(self.sentence).format(**self.fields)


def keep_failure(session: Session, shop_id: int, failure: SyncFailure, *, is_of_the_database: bool) -> None:
    """Remember it, in place of an earlier one of its kind; the same failure goes on from when it began."""
    mark = _OF_THE_DATABASE if is_of_the_database else _OF_A_QUERY
    fields = {name: str(value) for name, value in failure.fields.items()}
    noted: dict[str, Any] = {"code": failure.code, "sentence": failure.sentence, "fields": fields}
    same = _failures(shop_id).where(IMPORT.c.kind == failure.kind, IMPORT.c.fingerprint == mark)
    before = session.execute(same.order_by(IMPORT.c.id.desc())).mappings().first()
    is_the_same = before is not None and before["counts"]["sentence"] == failure.sentence
    since = before["counts"]["since"] if before is not None and is_the_same else failure.since.isoformat()
    values = {"at": failure.at, "started_at": database_now(session), "counts": {**noted, "since": since}}
    if before is not None:
        session.execute(sa.update(IMPORT).where(IMPORT.c.id == before["id"]).values(**values, source=failure.source))
        return
    row = {"shop_id": shop_id, "kind": failure.kind, "source": failure.source, "fingerprint": mark, "state": "refused"}
    insert_rows(session, DmsImport, [{**row, **values, "finished_at": None}])


def forget_failures(session: Session, shop_id: int, kind: str) -> None:
    """The kind was read to its end: what went wrong with it, or with the whole database, is over."""
    over = sa.or_(IMPORT.c.kind == kind, IMPORT.c.fingerprint == _OF_THE_DATABASE)
    of_shop = IMPORT.c.id.in_(_failures(shop_id).where(over).with_only_columns(IMPORT.c.id))
    session.execute(sa.update(IMPORT).where(of_shop).values(state="superseded"))


def last_failure(session: Session, shop_id: int) -> SyncFailure | None:
    """The latest failure that nothing has made good since."""
    row = session.execute(_failures(shop_id).order_by(IMPORT.c.at.desc(), IMPORT.c.id.desc())).mappings().first()
    if row is None:
        return None
    noted = row["counts"]
    since = datetime.fromisoformat(noted["since"])
    return SyncFailure(row["kind"], row["source"], row["at"], since, noted["code"], noted["sentence"], noted["fields"])


def _failures(shop_id: int) -> sa.Select[Any]:
    return sa.select(IMPORT).where(IMPORT.c.shop_id == shop_id, IMPORT.c.state == "refused", _IS_OF_A_SYNC)


def last_tried(session: Session) -> datetime | None:
    """Business time of the last sync of any shop, whatever became of it; None where there was none."""
    read = session.execute(sa.select(sa.func.max(POINT.c.at))).scalar_one()
    failed = session.execute(sa.select(sa.func.max(IMPORT.c.at)).where(_IS_OF_A_SYNC)).scalar_one()
    return max((moment for moment in (read, failed) if moment is not None), default=None)


def sync_points(session: Session, shop_id: int) -> dict[str, Reached]:
    """Kind → how far it has been read; a kind never read has no key."""
    columns = (POINT.c.kind, POINT.c.query, POINT.c.since, POINT.c.at)
    rows = session.execute(sa.select(*columns).where(POINT.c.shop_id == shop_id))
    return {row.kind: Reached(row.query, row.since, row.at) for row in rows}


def keep_sync_point(session: Session, shop_id: int, kind: str, reached: Reached) -> None:
    """Remember it, in place of what was known."""
    row = {"shop_id": shop_id, "kind": kind, "query": reached.query, "since": reached.since, "at": reached.at}
    upsert(session, SyncPoint, [row], ["shop_id", "kind"], ["query", "since", "at"])
