"""One-time links on both databases: one use, one day, one person; the first owner comes in by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from notifier.errors import BadInput, NotFound, NotifierError, Refused
from notifier.jobs import staff, welcome
from notifier.jobs.lockouts import take_try
from notifier.store.bulk import table_of
from notifier.store.engine import Store
from notifier.store.tables import SignInLink
from notifier.store.users import users
from tests.support.staff_room import SHELL, StaffRoom

NEW = "seven lean cows"


@pytest.fixture
def room(store: Store) -> StaffRoom:
    """A console nobody has come into yet."""
    return StaffRoom(store)


def first_link(room: StaffRoom) -> str | None:
    """What the daemon prints at its start."""
    with room.store.write() as session:
        return welcome.first_owner_token(session, room.now)


def dead(room: StaffRoom, token: str) -> bool:
    """Does the link lead nowhere?"""
    with room.store.read() as session:
        try:
            welcome.invited(session, token, room.now)
        except NotFound:
            return True
    return False


def test_the_first_owner_comes_in_by_a_link(room: StaffRoom) -> None:
    """They say who they are and choose a password; the link is then used up, and so is every other of its kind."""
    token, other = first_link(room), first_link(room)
    assert token
    assert other
    person = room.present(room.follow(token, NEW, " 林  涛 "))
    assert (person.name, person.role, person.shop_id) == ("林 涛", "owner", None)
    assert dead(room, token)
    assert dead(room, other)
    assert first_link(room) is None
    assert room.actions() == [("林 涛", "user.add"), ("林 涛", "user.choose_password")]


def test_of_two_who_open_two_first_links_at_once_one_becomes_the_owner(room: StaffRoom) -> None:
    """The other is told, and nobody is half made."""
    links = [first_link(room), first_link(room)]

    def follow(token: str | None) -> bool:
        assert token
        try:
            room.follow(token, NEW, f"owner {token[:6]}")
        except NotifierError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(follow, links)) == [False, True]
    with room.store.read() as session:
        assert len(users(session)) == 1


def test_a_link_lets_its_person_choose_a_password_once(room: StaffRoom) -> None:
    """Their sessions end, and nobody's failed guesses stand in the way any more."""
    user_id = room.add("赵敏")
    former = room.enter(user_id)
    for number in range(5):
        with room.store.write() as session:
            take_try(session, "赵敏", f"192.0.2.{number}", room.now)
    token = room.link(user_id)
    assert room.present(room.follow(token, NEW, "somebody else")).name == "赵敏"
    assert room.person(former) is None
    assert room.person(room.sign_in("赵敏", NEW)) is not None
    with pytest.raises(NotFound):
        room.follow(token, "another password")


def test_two_who_use_one_link_at_once_are_not_both_let_in(room: StaffRoom) -> None:
    """One password is kept, that of the first."""
    token = room.link(room.add("赵敏", password=None))

    def follow(password: str) -> str | None:
        try:
            return room.follow(token, password) and password
        except NotFound:
            return None

    with ThreadPoolExecutor(2) as pool:
        kept = [each for each in pool.map(follow, ["the first password", "the second password"]) if each]
    assert len(kept) == 1
    assert room.person(room.sign_in("赵敏", kept[0])) is not None


def test_a_link_lasts_a_day(room: StaffRoom) -> None:
    """Not a minute longer; and it is thrown away when somebody signs in."""
    token = room.link(room.add("赵敏"))
    room.later(hours=23, minutes=59)
    assert not dead(room, token)
    room.later(minutes=1)
    assert dead(room, token)
    room.sign_in("赵敏")
    with room.store.read() as session:
        assert session.execute(sa.select(table_of(SignInLink))).all() == []


def test_a_new_link_takes_the_place_of_the_former(room: StaffRoom) -> None:
    """The one that went to the wrong phone leads nowhere."""
    user_id = room.add("赵敏")
    former = room.link(user_id)
    assert not dead(room, room.link(user_id))
    assert dead(room, former)


@pytest.mark.parametrize("password", ["too short", "zhao min", "qwertyuiop"])
def test_a_weak_password_leaves_the_link_as_it_was(room: StaffRoom, password: str) -> None:
    """Its person tries again."""
    token = room.link(room.add("Zhao Min 2", password=None))
    with pytest.raises(BadInput):
        room.follow(token, password)
    assert not dead(room, token)


def test_nobody_who_was_ended_comes_in_by_a_link(room: StaffRoom) -> None:
    """Neither by one they have, nor by a new one."""
    room.add("林涛", "owner")
    user_id = room.add("赵敏")
    token = room.link(user_id)
    with room.store.write() as session:
        staff.end_user(session, user_id, by=SHELL, now=room.now)
    assert dead(room, token)
    with pytest.raises(Refused):
        room.link(user_id)


@pytest.mark.parametrize("token", ["", "x", "\udcff", "' OR 1=1 --"])
def test_a_made_up_link_leads_nowhere(room: StaffRoom, token: str) -> None:
    """Whatever it is made of."""
    first_link(room)
    assert dead(room, token)
