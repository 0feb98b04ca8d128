"""Imports: which have begun, which have ended, and how fresh the shop's records therefore are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_returning_ids, insert_rows, table_of
from notifier.store.engine import database_now
from notifier.store.tables import Contact, DmsImport, Freshness, Renewal, RepairOrder, Shop, Vehicle

__all__ = [
    "ImportMade", "begin_import", "finish_import", "freshness", "imports_of_same_content", "is_known_any",
    "last_imports", "latest_import", "lock_shop", "refuse_import", "shop_key", "unfinished_imports", "unfinished_kinds",
]  # fmt: skip

IMPORT, FRESHNESS, SHOP = table_of(DmsImport), table_of(Freshness), table_of(Shop)
_RECORDS = {
    "customers": table_of(Vehicle), "visits": table_of(RepairOrder), "renewals": table_of(Renewal),
    "contacts": table_of(Contact),
}  # fmt: skip
_IS_REST = "is_rest"
"""Noted with its counts where an import was of rows an earlier one had rejected."""
_IS_NO_NEWS = "is_no_news"
"""Noted with its counts where an import did not make its kind fresh."""


def begin_import(session: Session, shop_id: int, kind: str, *, source: str, fingerprint: str, at: datetime) -> int:
    """The id of an import that is running from now on; a killed one of the same content is taken up again."""
    same = sa.select(IMPORT.c.id).where(
        IMPORT.c.shop_id == shop_id,
        IMPORT.c.kind == kind,
        IMPORT.c.state == "running",
        IMPORT.c.fingerprint == fingerprint,
    )
    found = session.execute(same.order_by(IMPORT.c.id)).scalars().first()
    started = database_now(session)
    if found is not None:
        session.execute(sa.update(IMPORT).where(IMPORT.c.id == found).values(at=at, started_at=started, source=source))
        return int(found)
    row = {
        "shop_id": shop_id,
        "kind": kind,
        "source": source,
        "fingerprint": fingerprint,
        "state": "running",
        "at": at,
        "started_at": started,
        "finished_at": None,
        "counts": {},
    }
    return insert_returning_ids(session, DmsImport, [row])[0]


def refuse_import(session: Session, import_id: int, latest_before: int) -> None:
    """Its source turned out to be unusable while it was read, before a row of it was stored: nothing waits for it.

    One that takes up an import that was killed (its id is not above the `latest_before` it began) is left unfinished:
    the killed one has stored rows.
    """
    if import_id > latest_before:
        session.execute(sa.update(IMPORT).where(IMPORT.c.id == import_id).values(state="refused"))


def latest_import(session: Session) -> int:
    """The id of the import that began last; 0 before the first."""
    return session.execute(sa.select(sa.func.max(IMPORT.c.id))).scalar() or 0


def imports_of_same_content(session: Session, import_id: int) -> set[int]:
    """The imports of the shop that read the very content this one reads, itself among them."""
    this = sa.select(IMPORT.c.shop_id, IMPORT.c.kind, IMPORT.c.fingerprint).where(IMPORT.c.id == import_id).subquery()
    same = sa.and_(*(IMPORT.c[name] == this.c[name] for name in ("shop_id", "kind", "fingerprint")))
    return set(session.execute(sa.select(IMPORT.c.id).join(this, same)).scalars())


def finish_import(
    session: Session,
    import_id: int,
    counts: Mapping[str, Any],
    *,
    known_to: datetime | None = None,
    is_news: bool = True,
    is_rest: bool = False,
) -> None:
    """Mark it done and stamp how fresh its kind now is: known up to `known_to`; None: up to the time of the import.

    An older import of the kind that never ended (its file was mended, or exported anew) is superseded: the records
    are as fresh as this one, whatever the other still had to say. One that brought no news (nothing of it could be
    taken) does neither: planning must not trust records it did not renew. Nor does one of rows that an earlier import
    had rejected (`is_rest`): it says nothing of what has happened since.
    """
    noted = session.execute(sa.select(IMPORT.c.counts).where(IMPORT.c.id == import_id)).scalar_one()
    done = session.execute(
        sa.update(IMPORT)
        .where(IMPORT.c.id == import_id)
        .values(
            state="done",
            finished_at=database_now(session),
            counts={
                **noted,
                **counts,
                **({_IS_REST: True} if is_rest else {}),
                **({} if is_news else {_IS_NO_NEWS: True}),
            },
        )
        .returning(IMPORT.c.shop_id, IMPORT.c.kind, IMPORT.c.at)
    ).one()
    if is_rest or not is_news:
        return
    session.execute(
        sa.update(IMPORT)
        .where(
            IMPORT.c.shop_id == done.shop_id,
            IMPORT.c.kind == done.kind,
            IMPORT.c.state == "running",
            IMPORT.c.id < import_id,
        )
        .values(state="superseded")
    )
    _stamp(session, done.shop_id, done.kind, known_to or done.at)


def _stamp(session: Session, shop_id: int, kind: str, at: datetime) -> None:
    known = freshness(session, shop_id).get(kind)
    if known is None:
        insert_rows(session, Freshness, [{"shop_id": shop_id, "kind": kind, "at": at}])
    elif at > known:
        session.execute(
            sa.update(FRESHNESS).where(FRESHNESS.c.shop_id == shop_id, FRESHNESS.c.kind == kind).values(at=at)
        )


def freshness(session: Session, shop_id: int) -> dict[str, datetime]:
    """Kind of import → the business time up to which the shop's records are known; never imported = no key."""
    rows = session.execute(sa.select(FRESHNESS.c.kind, FRESHNESS.c.at).where(FRESHNESS.c.shop_id == shop_id))
    return dict(rows.all())


def is_known_any(session: Session, shop_id: int, kind: str) -> bool:
    """Does the shop know any record of the kind?"""
    table = _RECORDS[kind]
    return session.execute(sa.select(table.c.id).where(table.c.shop_id == shop_id).limit(1)).first() is not None


def unfinished_kinds(session: Session, shop_id: int) -> set[str]:
    """Kinds with an import that has begun and not ended: planning must not use what is there of them."""
    running = sa.select(IMPORT.c.kind).where(IMPORT.c.shop_id == shop_id, IMPORT.c.state == "running")
    return set(session.execute(running.distinct()).scalars())


@dataclass(frozen=True, slots=True)
class ImportMade:
    """One import: what was read, by whose clock (`at`: business time), and its counts (empty while it runs)."""

    kind: str
    source: str
    at: datetime
    counts: Mapping[str, Any]

    @property
    def is_news(self) -> bool:
        """Whether it could make the records of its kind fresher."""
        return not self.counts.get(_IS_NO_NEWS)


def unfinished_imports(session: Session, shop_id: int) -> list[ImportMade]:
    """Imports that have begun and not ended, oldest first."""
    return _made(session, IMPORT.c.shop_id == shop_id, IMPORT.c.state == "running")


def last_imports(session: Session, shop_id: int) -> dict[str, ImportMade]:
    """Kind → its latest import that came to its end; one of rows rejected before is no export, and left out."""
    is_rest = IMPORT.c.counts[_IS_REST].as_boolean()
    last = (
        sa.select(sa.func.max(IMPORT.c.id))
        .where(IMPORT.c.shop_id == shop_id, IMPORT.c.state == "done", is_rest.is_not(True))
        .group_by(IMPORT.c.kind)
    )
    return {made.kind: made for made in _made(session, IMPORT.c.id.in_(last))}


def _made(session: Session, *conditions: sa.ColumnElement[bool]) -> list[ImportMade]:
    columns = sa.select(IMPORT.c.kind, IMPORT.c.source, IMPORT.c.at, IMPORT.c.counts)
    return [ImportMade(*row) for row in session.execute(columns.where(*conditions).order_by(IMPORT.c.id))]


def lock_shop(session: Session, shop_id: int) -> None:
    """One importing transaction of a shop at a time (PostgreSQL; SQLite has one writer anyway).

    NO KEY UPDATE, so that rows which merely refer to the shop can be written meanwhile.
    """
    session.execute(sa.select(SHOP.c.id).where(SHOP.c.id == shop_id).with_for_update(key_share=True))


def shop_key(session: Session, shop_id: int) -> str:
    """The shop's key as schedules.yaml names it."""
    return str(session.execute(sa.select(SHOP.c.key).where(SHOP.c.id == shop_id)).scalar_one())
