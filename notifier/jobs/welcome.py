"""One-time links: with one of them somebody chooses a password, or becomes the first owner of a new console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from notifier.domain.roles import Role
from notifier.errors import NotFound, Refused
from notifier.jobs.access import TOKEN_BYTES, SignedIn, hash_of, open_session
from notifier.jobs.lockouts import forgive
from notifier.jobs.passwords import clean_name, folded, hashed, raise_if_password_is_weak
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.store import audit
from notifier.store.audit import Actor
from notifier.store.engine import Session, Store
from notifier.store.sign_ins import (
    close_links,
    end_sessions,
    find_link,
    insert_link,
    lock_ownerless_links,
    use_link,
)
from notifier.store.users import UserRow, change_user, has_users, insert_user, user_by_id

__all__ = ["LINK_LASTS", "Invited", "choose_password", "first_owner_token", "invited", "link_token"]

LINK_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a link lets in; `name` None = whoever becomes the first owner, who says it themselves."""

    name: str | None


def link_token(session: Session, user: UserRow, *, by: Actor, now: datetime) -> str:
    """What a new link for this person ends in. Earlier links of theirs lead nowhere from now on.

    Raises Refused for somebody who was ended.
    """
    if not user.is_active:
        raise Refused(N_("{name} may not sign in any more and gets no link."), name=user.name)
    close_links(session, user.id, now)
    audit.record(
        session, at=now, who=by.name, user_id=by.user_id, action="user.make_link", subject_type="user",
        subject=user.name,
    )  # fmt: skip
    return _new_token(session, user.id, now)


def first_owner_token(session: Session, now: datetime) -> str | None:
    """What the link ends in that makes the first owner; None where there is anybody already."""
    return None if has_users(session) else _new_token(session, None, now)


def _new_token(session: Session, user_id: int | None, now: datetime) -> str:
    token = token_urlsafe(TOKEN_BYTES)
    insert_link(session, token_hash=hash_of(token), user_id=user_id, at=now, expires_at=now + LINK_LASTS)
    return token


def invited(session: Session, token: str, now: datetime) -> Invited:
    """Whom this link lets in. Raises NotFound where it leads nowhere (any more)."""
    link = find_link(session, hash_of(token), now)
    if link is not None and link.user_id is None and not has_users(session):
        return Invited(None)
    user = user_by_id(session, link.user_id) if link is not None and link.user_id is not None else None
    if user is None or not user.is_active:
        raise _dead_link()
    return Invited(user.name)


def _dead_link() -> NotFound:
    return NotFound(
        N_("This link has been used, or is older than a day."),
        mend=Mend(N_("notifier users link NAME prints a new one."), N_("Ask the owner of this console for a new one.")),
    )


def choose_password(store: Store, token: str, password: str, name: str, *, address: str, now: datetime) -> SignedIn:
    """Use the link up: keep the password and let its person in. `name` counts for the first owner alone.

    Raises NotFound where it leads nowhere, BadInput for a weak password or no name.
    """
    with store.read() as session:
        guest = invited(session, token, now)
    who = guest.name or clean_name(name)
    raise_if_password_is_weak(password, who)
    kept = hashed(password)
    with store.write() as session:
        lock_ownerless_links(session)
        link = find_link(session, hash_of(token), now)
        if link is None or not use_link(session, link.id, now):
            raise _dead_link()  # somebody else was first
        user_id = link.user_id or _first_owner(session, who, now)
        _let_in(session, user_id, who, kept, now)
        forgive(session, folded(who), address)
        return open_session(session, user_id, now)


def _first_owner(session: Session, name: str, now: datetime) -> int:
    """Of two who use two links at once, the second comes too late."""
    user_id = None
    if not has_users(session):
        user_id = insert_user(session, name=name, login=folded(name), role=Role.OWNER, shop_id=None, at=now)
    if user_id is None:
        raise Refused(N_("Meanwhile somebody else has become the owner; ask them for a link."))
    audit.record(
        session, at=now, who=name, user_id=user_id, action="user.add", subject_type="user", subject=name,
        after={"role": str(Role.OWNER), "shop": None},
    )  # fmt: skip
    return user_id


def _let_in(session: Session, user_id: int, name: str, kept: str, now: datetime) -> None:
    change_user(session, user_id, password_hash=kept)
    end_sessions(session, user_id)
    close_links(session, user_id, now)
    audit.record(
        session, at=now, who=name, user_id=user_id, action="user.choose_password", subject_type="user", subject=name
    )
