"""Who may come in: signing in, the session that lasts from then on, and signing out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from notifier.errors import BadInput, Refused
from notifier.jobs.lockouts import FORGET_AFTER, LockedOut, forgive, take_try
from notifier.jobs.passwords import folded, hashed, is_right, raise_if_password_is_weak
from notifier.locale import LANGUAGES, N_
from notifier.store import audit
from notifier.store.audit import Actor
from notifier.store.engine import Session, Store
from notifier.store.sign_ins import (
    SessionRow,
    close_links,
    end_session,
    end_sessions,
    find_session,
    forget,
    insert_session,
    session_by_id,
    shops_of_open_sessions,
    touch_session,
)
from notifier.store.trouble import is_database_trouble
from notifier.store.users import UserRow, change_user, find_user, user_by_id

__all__ = [
    "ABSOLUTE", "IDLE", "THEMES", "Person", "SignedIn", "change_own_password", "change_preferences", "hash_of",
    "is_still_open", "open_session", "person_by_token", "person_now", "sign_in", "sign_out", "sign_out_everywhere",
    "still_open",
]  # fmt: skip

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
THEMES = ("light", "dark")
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in. `shop_id` None = every shop; `language` and `theme` None = as the browser says."""

    id: int
    name: str
    role: str
    shop_id: int | None
    language: str | None
    theme: str | None
    session_id: int

    @property
    def actor(self) -> Actor:
        """As the audit log names them."""
        return Actor(self.name, self.id)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just begun. `token` is for the browser alone; it is stored nowhere."""

    token: str = field(repr=False)
    expires_at: datetime


def hash_of(token: str) -> str:
    """What is stored of a token; a token is random, so one fast hash is enough."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in(store: Store, name: str, password: str, *, address: str, now: datetime) -> SignedIn:
    """Let somebody in. Raises Refused for a wrong name or password, alike; LockedOut after too many of them."""
    login = folded(name)
    with store.write() as session:
        forget(session, now=now, seen_since=now - IDLE, tried_since=now - FORGET_AFTER)
        locks_until = take_try(session, login, address, now)
    with store.read() as session:
        user = find_user(session, login)
    kept = user.password_hash if user is not None and user.is_active else None
    is_let_in = is_right(password, kept)
    with store.write() as session:
        if is_let_in and user is not None and find_user(session, login) == user:  # nobody has ended them meanwhile
            forgive(session, login, address)
            _note(session, Actor(user.name, user.id), "user.sign_in", now, after={"address": address})
            return open_session(session, user.id, now)
        _note_failure(session, user, address, locks_until, now)
    if locks_until is not None:
        raise LockedOut(locks_until, now)
    raise Refused(N_("This name and this password do not belong together."))


def _note_failure(
    session: Session, user: UserRow | None, address: str, locks_until: datetime | None, now: datetime
) -> None:
    """A name nobody has is not written down: it may be a password, typed into the wrong field."""
    somebody = Actor(user.name, user.id) if user is not None else Actor("")
    _note(session, somebody, "user.sign_in_failed", now, after={"address": address})
    if locks_until is not None:
        until = locks_until.astimezone(now.tzinfo).isoformat(timespec="minutes")
        _note(session, somebody, "user.lock_out", now, after={"address": address, "until": until})


def open_session(session: Session, user_id: int, now: datetime) -> SignedIn:
    """A new session of a person, with a token nobody had before."""
    token, expires_at = token_urlsafe(TOKEN_BYTES), now + ABSOLUTE
    insert_session(session, user_id=user_id, token_hash=hash_of(token), at=now, expires_at=expires_at)
    return SignedIn(token, expires_at)


def person_by_token(store: Store, token: str, now: datetime) -> Person | None:
    """Who holds this token, while their session is open; notes, at most once a minute, that they were here."""
    with store.read() as session:
        found = find_session(session, hash_of(token), now=now, seen_since=now - IDLE)
    return _seen(store, found, now)


def person_now(store: Store, session_id: int, now: datetime) -> Person | None:
    """The person of a session as they are at this moment; None once it has ended. For whatever an open page asks."""
    with store.read() as session:
        found = session_by_id(session, session_id, now=now, seen_since=now - IDLE)
    return _seen(store, found, now)


def is_still_open(session: Session, person: Person, now: datetime) -> bool:
    """Whether an open page may still show them anything; asking by itself, it does not prove that they are there."""
    found = session_by_id(session, person.session_id, now=now, seen_since=now - IDLE)
    return found is not None and found.user.shop_id == person.shop_id


def still_open(session: Session, people: Collection[Person], now: datetime) -> set[int]:
    """Of these people's sessions the ids of those that are as they were, as `is_still_open` says of one."""
    ids = {person.session_id for person in people}
    shops = shops_of_open_sessions(session, ids, now=now, seen_since=now - IDLE)
    return {id_ for person in people if (id_ := person.session_id) in shops and shops[id_] == person.shop_id}


def _seen(store: Store, found: SessionRow | None, now: datetime) -> Person | None:
    if found is None:
        return None
    if now - found.seen_at >= SEEN_EVERY:
        try:
            with store.write() as session:
                touch_session(session, found.id, now)
        except Exception as error:
            if not is_database_trouble(error):  # a full disk keeps nobody from looking
                raise
    user = found.user
    return Person(user.id, user.name, user.role, user.shop_id, user.language, user.theme, found.id)


def sign_out(store: Store, token: str, now: datetime) -> None:
    """End the session of this token, if it is open."""
    with store.write() as session:
        found = find_session(session, hash_of(token), now=now, seen_since=now - IDLE)
        if found is not None:
            end_session(session, found.id)
            _note(session, Actor(found.user.name, found.user.id), "user.sign_out", now)


def sign_out_everywhere(session: Session, person: Person, now: datetime) -> None:
    """End every session of the person, this one too: on phones and machines somebody else may hold."""
    end_sessions(session, person.id)
    _note(session, person.actor, "user.sign_out_everywhere", now)


def change_own_password(store: Store, person: Person, old: str, new: str, now: datetime) -> None:
    """Choose another password: every other session of theirs ends, and every link that would let them choose one.

    Raises Refused where `old` is not theirs (which counts as a failed try), BadInput where `new` is too weak.
    """
    raise_if_password_is_weak(new, person.name)
    counted = (f"own password of {person.id}", f"session {person.session_id}")
    with store.write() as session:
        locks_until = take_try(session, *counted, now)
        user = user_by_id(session, person.id)
    if user is None or not is_right(old, user.password_hash):
        if locks_until is not None:
            raise LockedOut(locks_until, now)
        raise Refused(N_("The present password is not right."))
    if is_right(new, user.password_hash):
        raise BadInput(N_("The new password is the present one; choose another."))
    kept = hashed(new)
    with store.write() as session:
        forgive(session, *counted)
        change_user(session, person.id, password_hash=kept)
        end_sessions(session, person.id, but=person.session_id)
        close_links(session, person.id, now)
        _note(session, person.actor, "user.change_password", now)


def change_preferences(
    session: Session, person: Person, *, language: str | None, theme: str | None, now: datetime
) -> None:
    """The language and the light the person likes; None = as the browser says. Raises BadInput for unknown ones."""
    if language not in (None, *LANGUAGES) or theme not in (None, *THEMES):
        raise BadInput(N_("Notifier knows neither that language nor that theme."))
    before = {"language": person.language, "theme": person.theme}
    after = {"language": language, "theme": theme}
    if before != after:
        change_user(session, person.id, **after)
        _note(session, person.actor, "user.change_preferences", now, before=before, after=after)


def _note(
    session: Session,
    somebody: Actor,
    action: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session, at=now, who=somebody.name, user_id=somebody.user_id, action=action, subject_type="user",
        subject=somebody.name, before=before, after=after,
    )  # fmt: skip
