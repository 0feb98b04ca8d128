"""Who works at a console: people with passwords, signed in or not, at a moment that can be moved on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from notifier.jobs import access, staff, welcome
from notifier.jobs.passwords import folded_password
from notifier.store.audit import Actor, Entry, entries
from notifier.store.engine import Store
from notifier.store.users import UserRow, user_by_id

MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
SHELL = Actor("root")
HOME = "192.0.2.7"
PASSWORD = "eight horses, no cart"


QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
"""A hash says itself how much work it is to compare with: tests sign in hundreds of times."""


@cache
def _kept(password: str) -> str:
    return QUICK.hash(folded_password(password))


class StaffRoom:
    """The people of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = MONDAY

    def later(self, **passed: float) -> None:
        """Time goes by."""
        self.now += timedelta(**passed)

    def add(self, name: str, role: str = "marketing", *, password: str | None = PASSWORD) -> int:
        """Somebody who has chosen the password, or none yet."""
        kept = _kept(password) if password is not None else None
        with self.store.write() as session:
            user = staff.add_user(session, name, role, None, by=SHELL, now=self.now, password_hash=kept)
        return user.id

    def user(self, user_id: int) -> UserRow:
        """As they stand."""
        with self.store.read() as session:
            found = user_by_id(session, user_id)
        assert found is not None
        return found

    def sign_in(self, name: str, password: str = PASSWORD, address: str = HOME) -> str:
        """They come in; the token of their browser."""
        return access.sign_in(self.store, name, password, address=address, now=self.now).token

    def enter(self, user_id: int) -> str:
        """They are in, without the slow look at a password."""
        with self.store.write() as session:
            return access.open_session(session, user_id, self.now).token

    def person(self, token: str) -> access.Person | None:
        """Who opens a page with this token."""
        return access.person_by_token(self.store, token, self.now)

    def present(self, token: str) -> access.Person:
        """As `person`, of somebody who surely is in."""
        person = self.person(token)
        assert person is not None
        return person

    def link(self, user_id: int) -> str:
        """An owner makes a link for them."""
        with self.store.write() as session:
            return welcome.link_token(session, self.user(user_id), by=SHELL, now=self.now)

    def follow(self, token: str, password: str, name: str = "") -> str:
        """Somebody uses a link; the token of their browser."""
        chosen = welcome.choose_password(self.store, token, password, name, address=HOME, now=self.now)
        return chosen.token

    def log(self) -> list[Entry]:
        """What was written down, the oldest first."""
        with self.store.read() as session:
            return list(reversed(entries(session, limit=200)))

    def actions(self) -> list[tuple[str, str]]:
        """Who did what, the oldest first."""
        return [(entry.who, entry.action) for entry in self.log()]
