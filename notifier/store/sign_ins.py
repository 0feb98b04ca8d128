"""Open sessions, one-time links, and failed tries to get in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.tables import SignInLink, SignInTries, User, UserSession
from notifier.store.users import UserRow

__all__ = [
    "LinkRow", "SessionRow", "Tries", "clear_tries", "close_links", "count_try", "end_session", "end_sessions",
    "find_link", "find_session", "forget", "insert_link", "insert_session", "lock_ownerless_links", "lock_until",
    "session_by_id", "shops_of_open_sessions", "touch_session", "use_link",
]  # fmt: skip

USER, USER_SESSION, LINK, TRIES = (table_of(model) for model in (User, UserSession, SignInLink, SignInTries))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An open session with its person."""

    id: int
    seen_at: datetime
    user: UserRow


def insert_session(session: Session, *, user_id: int, token_hash: str, at: datetime, expires_at: datetime) -> int:
    """Open a session and return its id."""
    row = {"user_id": user_id, "token_hash": token_hash, "created_at": at, "seen_at": at, "expires_at": expires_at}
    insert_rows(session, UserSession, [row])
    found = sa.select(USER_SESSION.c.id).where(USER_SESSION.c.token_hash == token_hash)
    session_id: int = session.execute(found).scalar_one()
    return session_id


def find_session(session: Session, token_hash: str, *, now: datetime, seen_since: datetime) -> SessionRow | None:
    """The session of this token while it is open: neither expired nor idle since before `seen_since`, nor of an
    ended person."""
    return _open_session(session, USER_SESSION.c.token_hash == token_hash, now, seen_since)


def session_by_id(session: Session, session_id: int, *, now: datetime, seen_since: datetime) -> SessionRow | None:
    """As `find_session`, by the session's id."""
    return _open_session(session, USER_SESSION.c.id == session_id, now, seen_since)


def shops_of_open_sessions(
    session: Session, session_ids: Collection[int], *, now: datetime, seen_since: datetime
) -> dict[int, int | None]:
    """Those of these sessions that are open, each with the shop its person is at; None: at every one."""
    columns = (USER_SESSION.c.id, USER.c.shop_id)
    found = _open_sessions(columns, USER_SESSION.c.id.in_(session_ids), now, seen_since)
    return {row.id: row.shop_id for row in session.execute(found)}


def _open_session(
    session: Session, condition: sa.ColumnElement[bool], now: datetime, seen_since: datetime
) -> SessionRow | None:
    columns = (USER_SESSION.c.id.label("session_id"), USER_SESSION.c.seen_at, *USER.c)
    found = _open_sessions(columns, condition, now, seen_since)
    row = session.execute(found).mappings().one_or_none()
    if row is None:
        return None
    user = UserRow(**{name: row[name] for name in UserRow.__slots__})
    return SessionRow(row["session_id"], row["seen_at"], user)


def _open_sessions(
    columns: Sequence[sa.ColumnElement[Any]], condition: sa.ColumnElement[bool], now: datetime, seen_since: datetime
) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .join(USER, USER.c.id == USER_SESSION.c.user_id)
        .where(condition, USER_SESSION.c.expires_at > now, USER_SESSION.c.seen_at > seen_since)
        .where(USER.c.ended_at.is_(None))
    )


def touch_session(session: Session, session_id: int, now: datetime) -> None:
    """Its person has just done something."""
    later = (USER_SESSION.c.id == session_id, USER_SESSION.c.seen_at < now)
    session.connection().execute(sa.update(USER_SESSION).where(*later).values(seen_at=now))


def end_session(session: Session, session_id: int) -> None:
    """Sign one browser out."""
    session.connection().execute(sa.delete(USER_SESSION).where(USER_SESSION.c.id == session_id))


def end_sessions(session: Session, user_id: int, *, but: int | None = None) -> int:
    """Sign a person out everywhere, `but` one session; returns how many there were."""
    theirs = sa.delete(USER_SESSION).where(USER_SESSION.c.user_id == user_id)
    if but is not None:
        theirs = theirs.where(USER_SESSION.c.id != but)
    return session.connection().execute(theirs).rowcount


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A one-time link that can still be used. `user_id` None: it makes the first owner."""

    id: int
    user_id: int | None


def insert_link(session: Session, *, token_hash: str, user_id: int | None, at: datetime, expires_at: datetime) -> None:
    """Keep a new link."""
    row = {"token_hash": token_hash, "user_id": user_id, "created_at": at, "expires_at": expires_at}
    insert_rows(session, SignInLink, [row])


def find_link(session: Session, token_hash: str, now: datetime) -> LinkRow | None:
    """The link of this token, if it was neither used nor has expired."""
    usable = (LINK.c.token_hash == token_hash, LINK.c.used_at.is_(None), LINK.c.expires_at > now)
    row = session.execute(sa.select(LINK.c.id, LINK.c.user_id).where(*usable)).one_or_none()
    return LinkRow(*row) if row else None


def use_link(session: Session, link_id: int, now: datetime) -> bool:
    """Use it up; False where somebody else was first."""
    unused = (LINK.c.id == link_id, LINK.c.used_at.is_(None))
    return bool(session.connection().execute(sa.update(LINK).where(*unused).values(used_at=now)).rowcount)


def close_links(session: Session, user_id: int, now: datetime) -> None:
    """No link of this person leads in any more."""
    theirs = (LINK.c.user_id == user_id, LINK.c.used_at.is_(None))
    session.connection().execute(sa.update(LINK).where(*theirs).values(used_at=now))


def lock_ownerless_links(session: Session) -> None:
    """Until the transaction ends nobody else becomes the first owner. Inside a write transaction."""
    ownerless = sa.select(LINK.c.id).where(LINK.c.user_id.is_(None)).order_by(LINK.c.id)
    session.execute(ownerless.with_for_update()).all()


@dataclass(frozen=True, slots=True)
class Tries:
    """How often it has failed by now, and until when no further try counts."""

    tries: int
    locked_until: datetime | None


def count_try(session: Session, key: str, *, now: datetime, forget_before: datetime) -> Tries:
    """Count one try more, from one again where the last was before `forget_before`.

    Its row stays locked until the transaction ends, so that tries made at once are counted one after the other.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    again = sa.case((TRIES.c.last_at < forget_before, 1), else_=TRIES.c.tries + 1)
    counted = (
        insert(TRIES)
        .values(key=key, tries=1, last_at=now)
        .on_conflict_do_update(index_elements=["key"], set_={"tries": again, "last_at": now})
        .returning(TRIES.c.tries, TRIES.c.locked_until)
    )
    return Tries(*session.execute(counted).one())


def lock_until(session: Session, key: str, until: datetime) -> None:
    """No try counts before `until`."""
    session.connection().execute(sa.update(TRIES).where(TRIES.c.key == key).values(locked_until=until))


def clear_tries(session: Session, keys: Sequence[str]) -> None:
    """They got in: nothing is held against them."""
    session.connection().execute(sa.delete(TRIES).where(TRIES.c.key.in_(keys)))


def forget(session: Session, *, now: datetime, seen_since: datetime, tried_since: datetime) -> None:
    """Throw away sessions and links that lead nowhere any more, and tries of long ago."""
    connection = session.connection()
    idle = sa.or_(USER_SESSION.c.expires_at <= now, USER_SESSION.c.seen_at <= seen_since)
    connection.execute(sa.delete(USER_SESSION).where(idle))
    connection.execute(sa.delete(LINK).where(LINK.c.expires_at <= now))
    unlocked = sa.or_(TRIES.c.locked_until.is_(None), TRIES.c.locked_until <= now)
    connection.execute(sa.delete(TRIES).where(TRIES.c.last_at < tried_since, unlocked))
