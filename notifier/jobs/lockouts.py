"""Guessing ends soon: after some failed tries a name, or an address, is locked, and each time for twice as long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from notifier.errors import Refused
from notifier.locale import N_
from notifier.store.engine import Session
from notifier.store.sign_ins import clear_tries, count_try, lock_until

__all__ = ["FORGET_AFTER", "TRIES_OF_ADDRESS", "TRIES_OF_NAME", "LockedOut", "forgive", "key_of_name", "take_try"]

TRIES_OF_NAME, TRIES_OF_ADDRESS = 5, 20
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=15), timedelta(hours=12)
FORGET_AFTER = timedelta(hours=24)


class LockedOut(Refused):
    """Nobody may try with this name, or from this address, until `until`; told by the clock of `now`'s zone."""

    code: ClassVar[str] = "locked_out"

    def __init__(self, until: datetime, now: datetime) -> None:
        self.until = until.astimezone(now.tzinfo)
        self.seconds = int((until - now).total_seconds()) + 1
        moment = self.until if self.until.second == 0 else self.until + timedelta(minutes=1)
        super().__init__(
            N_("Too many failed tries: nobody can sign in with this name, or from this place, before {until}. Whoever "
               "has forgotten the password asks an owner for a new link."),
            until=f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M}",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Counter:
    key: str
    most: int


def key_of_name(login: str) -> str:
    """What a folded name is counted under. Hashed: people type passwords into the wrong field."""
    return f"name:{sha256(login.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _key_of_address(address: str) -> str:
    return f"address:{address}"


def take_try(session: Session, login: str, address: str, now: datetime) -> datetime | None:
    """Count one try as failed before it is looked at, so that many made at once are not many more.

    Raises LockedOut where it may not be made at all (and then it does not count); else returns until when it locks
    if it does fail, None where there are tries left.
    """
    counters = (_Counter(key_of_name(login), TRIES_OF_NAME), _Counter(_key_of_address(address), TRIES_OF_ADDRESS))
    locks = [_counted(session, counter, now) for counter in counters]
    return max((lock for lock in locks if lock is not None), default=None)


def _counted(session: Session, counter: _Counter, now: datetime) -> datetime | None:
    found = count_try(session, counter.key, now=now, forget_before=now - FORGET_AFTER)
    if found.locked_until is not None and found.locked_until > now:
        raise LockedOut(found.locked_until, now)
    if found.tries < counter.most:
        return None
    doublings = min(found.tries - counter.most, 10)
    until = now + min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)
    lock_until(session, counter.key, until)
    return until


def forgive(session: Session, login: str, address: str | None = None) -> None:
    """They are who they say: nothing is held against the name, nor against the address."""
    keys: Sequence[str] = [key_of_name(login), *([_key_of_address(address)] if address is not None else [])]
    clear_tries(session, keys)
