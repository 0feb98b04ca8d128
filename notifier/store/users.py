"""The people who may sign in at the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_missing, table_of
from notifier.store.tables import User, UserSession

__all__ = [
    "UserRow", "change_user", "find_user", "has_other_owner", "has_users", "insert_user", "last_seen", "user_by_id",
    "user_names", "users",
]  # fmt: skip

USER, USER_SESSION = table_of(User), table_of(UserSession)


@dataclass(frozen=True, slots=True)
class UserRow:
    """One person, as stored."""

    id: int
    name: str
    login: str
    role: str
    shop_id: int | None
    password_hash: str | None = field(repr=False)
    language: str | None
    theme: str | None
    created_at: datetime
    ended_at: datetime | None

    @property
    def is_active(self) -> bool:
        """May they come in at all?"""
        return self.ended_at is None


def insert_user(session: Session, *, name: str, login: str, role: str, shop_id: int | None, at: datetime) -> int | None:
    """Add a person without a password and return their id; None where somebody has that `login` already."""
    row = {"name": name, "login": login, "role": role, "shop_id": shop_id, "created_at": at}
    if not insert_missing(session, User, [row], ["login"]):
        return None
    user_id: int = session.execute(sa.select(USER.c.id).where(USER.c.login == login)).scalar_one()
    return user_id


def find_user(session: Session, login: str) -> UserRow | None:
    """The person of this folded name, ended ones too."""
    return _one(session, USER.c.login == login)


def user_by_id(session: Session, user_id: int) -> UserRow | None:
    """The person with this id, ended ones too."""
    return _one(session, USER.c.id == user_id)


def _one(session: Session, condition: sa.ColumnElement[bool]) -> UserRow | None:
    row = session.execute(sa.select(USER).where(condition)).mappings().one_or_none()
    return UserRow(**row) if row else None


def users(session: Session) -> Sequence[UserRow]:
    """Everybody: those who may come in first, each by name."""
    ordered = sa.select(USER).order_by(USER.c.ended_at.is_not(None), USER.c.login)
    return [UserRow(**row) for row in session.execute(ordered).mappings()]


def user_names(session: Session) -> dict[int, str]:
    """Everybody's id → name, by name, ended ones too."""
    return dict(session.execute(sa.select(USER.c.id, USER.c.name).order_by(USER.c.login)).all())


def last_seen(session: Session) -> dict[int, datetime]:
    """User → when they last did something, of those who have an open session."""
    seen = sa.select(USER_SESSION.c.user_id, sa.func.max(USER_SESSION.c.seen_at, type_=USER_SESSION.c.seen_at.type))
    return dict(session.execute(seen.group_by(USER_SESSION.c.user_id)).all())


def has_users(session: Session) -> bool:
    """Has anybody ever been let in?"""
    return session.execute(sa.select(USER.c.id).limit(1)).first() is not None


def has_other_owner(session: Session, user_id: int) -> bool:
    """Is there an owner beside this one? Inside a write transaction.

    Locks every owner's row: of two owners who end each other at the same moment, one is refused.
    """
    owners = sa.select(USER.c.id).where(USER.c.role == "owner", USER.c.ended_at.is_(None)).order_by(USER.c.id)
    return any(found != user_id for found in session.execute(owners.with_for_update()).scalars().all())


def change_user(session: Session, user_id: int, **values: Any) -> None:
    """Overwrite columns of a person."""
    session.connection().execute(sa.update(USER).where(USER.c.id == user_id).values(**values))
