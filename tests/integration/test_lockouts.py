"""Failed tries are counted by name and by address, on both databases; each lock is longer than the one before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.jobs.lockouts import LockedOut, forgive, take_try
from notifier.store.bulk import table_of
from notifier.store.engine import Store
from notifier.store.tables import SignInTries
from tests.support.staff_room import HOME, StaffRoom

FANG = "陈晓芳"


@pytest.fixture
def room(store: Store) -> StaffRoom:
    """The clock of a console."""
    return StaffRoom(store)


def fails(room: StaffRoom, name: str = FANG, address: str = HOME) -> datetime | None:
    """One wrong password; until when that locks."""
    with room.store.write() as session:
        return take_try(session, name, address, room.now)


def is_locked(room: StaffRoom, name: str = FANG, address: str = HOME) -> bool:
    """Asked without counting: a try that is refused is rolled back, and so is this one."""
    with room.store.read() as session:
        try:
            take_try(session, name, address, room.now)
        except LockedOut:
            return True
    return False


def test_a_name_is_locked_wherever_the_guesses_come_from(room: StaffRoom) -> None:
    """Five of them, for 15 minutes, for everybody."""
    until = [fails(room, address=f"192.0.2.{number}") for number in range(5)]
    assert until == [None] * 4 + [room.now + timedelta(minutes=15)]
    assert is_locked(room, address="198.51.100.1")
    room.later(minutes=15)
    assert not is_locked(room)


def test_each_lock_is_twice_as_long_and_tries_during_it_count_for_nothing(room: StaffRoom) -> None:
    """15 minutes, 30, 60 … and at most 12 hours."""
    until = [fails(room) for _ in range(5)][-1]
    lasted = []
    for _ in range(8):
        assert until is not None
        lasted.append((until - room.now) / timedelta(minutes=1))
        for _ in range(3):
            with pytest.raises(LockedOut) as locked:
                fails(room)
            assert locked.value.until == until
        room.now = until
        until = fails(room)
    assert lasted == [15, 30, 60, 120, 240, 480, 720, 720]


def test_success_forgives_what_went_before(room: StaffRoom) -> None:
    """Four typing errors today and one tomorrow lock nobody out."""
    for _ in range(3):
        assert [fails(room) for _ in range(4)] == [None] * 4
        with room.store.write() as session:
            forgive(session, FANG, HOME)
    with room.store.read() as session:
        assert session.execute(sa.select(table_of(SignInTries))).all() == []


def test_a_day_without_tries_forgives_too(room: StaffRoom) -> None:
    """Nobody has to remember last month's typing errors."""
    assert [fails(room) for _ in range(4)] == [None] * 4
    room.later(hours=24, minutes=1)
    assert [fails(room) for _ in range(4)] == [None] * 4


def test_an_address_is_locked_whatever_the_names(room: StaffRoom) -> None:
    """Twenty of them: one password tried on many names. Colleagues at another address still come in."""
    until = [fails(room, f"name {number}") for number in range(20)]
    assert until == [None] * 19 + [room.now + timedelta(minutes=15)]
    assert is_locked(room)
    assert not is_locked(room, address="198.51.100.9")


def test_a_lock_that_ends_tomorrow_says_the_day(room: StaffRoom) -> None:
    """And a part of a minute is one more: who comes back when told finds it open."""
    room.later(hours=14, minutes=50, seconds=30)
    sentence = str(LockedOut(room.now + timedelta(minutes=5), room.now))
    assert "before 23:56." in sentence
    assert "2026-03-10 00:06" in str(LockedOut(room.now + timedelta(minutes=15), room.now))


def test_no_name_is_kept_of_those_that_were_tried(room: StaffRoom) -> None:
    """People type passwords into the wrong field."""
    fails(room, "my secret password")
    with room.store.read() as session:
        keys = session.execute(sa.select(table_of(SignInTries).c.key)).scalars().all()
    assert "secret" not in str(keys)
    assert sorted(key.split(":")[0] for key in keys) == ["address", "name"]
