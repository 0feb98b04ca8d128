"""Signing in and out on both databases: sessions that end, names that fold, guesses that are locked out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifier.errors import BadInput, NotifierError, Refused
from notifier.jobs import access
from notifier.jobs.lockouts import LockedOut
from notifier.store.bulk import table_of
from notifier.store.engine import Store
from notifier.store.tables import SignInTries, UserSession
from tests.support.staff_room import HOME, PASSWORD, StaffRoom

WRONG = "nine horses, no cart"
FANG = 1  # her id


@pytest.fixture
def room(store: Store) -> StaffRoom:
    """A console that knows 陈晓芳 (the first user)."""
    room = StaffRoom(store)
    assert room.add("陈晓芳 Fang") == FANG
    return room


def failed(room: StaffRoom, name: str = "陈晓芳 Fang", address: str = HOME) -> str:
    """What a wrong password is answered with."""
    with pytest.raises(Refused) as refused:
        room.sign_in(name, WRONG, address)
    return str(refused.value)


def test_a_name_is_known_however_it_is_typed(room: StaffRoom) -> None:
    """Full-width letters, capitals and spaces make no difference, nor does a password in full width."""
    for typed in (" 陈晓芳  FANG ", "陈晓芳　Ｆａｎｇ"):
        assert room.present(room.sign_in(typed, "ｅｉｇｈｔ horses, no cart")).name == "陈晓芳 Fang"


def test_only_a_hash_of_the_token_is_kept(room: StaffRoom) -> None:
    """Who reads the database, or a backup of it, cannot come in with it."""
    token = room.enter(FANG)
    with room.store.read() as session:
        kept = session.execute(sa.select(table_of(UserSession))).mappings().one()
    assert token not in str(dict(kept))
    assert len(token) >= 43


def test_a_session_ends_after_twelve_idle_hours(room: StaffRoom) -> None:
    """Each look at a page begins them anew."""
    token = room.enter(FANG)
    for _ in range(3):
        room.later(hours=11, minutes=59)
        assert room.person(token) is not None
    room.later(hours=12)
    assert room.person(token) is None


def test_a_session_ends_after_seven_days_however_busy(room: StaffRoom) -> None:
    """A stolen cookie is of no use for ever."""
    token = room.enter(FANG)
    for _ in range(16):
        room.later(hours=10)
        assert room.person(token) is not None
    room.later(hours=8)
    assert room.person(token) is None


def test_looking_writes_at_most_once_a_minute(room: StaffRoom) -> None:
    """A page with many parts asks for its person many times."""
    token = room.enter(FANG)
    session_id, began = room.present(token).session_id, room.now
    seen = sa.select(table_of(UserSession).c.seen_at).where(table_of(UserSession).c.id == session_id)
    for seconds, moved in ((30, 0), (29, 0), (1, 60), (59, 60)):
        room.later(seconds=seconds)
        assert access.person_now(room.store, session_id, room.now) is not None
        with room.store.read() as session:
            assert session.execute(seen).scalar_one() == began + timedelta(seconds=moved)


def test_nobody_learns_whether_a_name_exists(room: StaffRoom) -> None:
    """A wrong password, an unknown name, somebody ended and somebody who has no password yet: one sentence."""
    room.add("林涛", password=None)
    assert len({failed(room), failed(room, "赵敏"), failed(room, "林涛")}) == 1


def test_five_wrong_guesses_lock_a_name(room: StaffRoom) -> None:
    """Even the right password is then of no use, and the sentence says until when; a known name like an unknown one."""
    for name in ("陈晓芳 Fang", "nobody of ours"):
        sentences = [failed(room, name) for _ in range(5)]
        assert "09:15" not in sentences[3]
        assert "09:15" in sentences[4]
        with pytest.raises(LockedOut) as locked:
            room.sign_in(name, address="198.51.100.1")
        assert "09:15" in str(locked.value)
    room.later(minutes=15)
    assert room.person(room.sign_in("陈晓芳 fang")) is not None


def test_guesses_made_at_once_are_not_more_than_five(room: StaffRoom) -> None:
    """Each is counted before its password is looked at."""

    def guess(number: int) -> type[Exception]:
        try:
            room.sign_in("陈晓芳 fang", f"guess number {number}")
        except NotifierError as refused:
            return type(refused)
        raise AssertionError

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(8)))
    assert answers.count(Refused) == 4  # the fifth is told of the lock it made
    assert [action for _who, action in room.actions()].count("user.sign_in_failed") == 5


def test_old_sessions_and_tries_are_thrown_away_when_somebody_comes_in(room: StaffRoom) -> None:
    """Nobody has to sweep."""
    room.enter(FANG)
    failed(room, "somebody")
    room.later(days=8)
    room.sign_in("陈晓芳 fang")
    with room.store.read() as session:
        assert len(session.execute(sa.select(table_of(UserSession))).all()) == 1
        assert session.execute(sa.select(table_of(SignInTries))).all() == []


def test_of_many_open_pages_those_of_ended_sessions_are_told(room: StaffRoom) -> None:
    """One signed out, one idle, one at another shop now; asking keeps nobody signed in."""
    idle = room.present(room.enter(FANG))
    room.later(hours=11)
    out, here = room.enter(FANG), room.present(room.enter(FANG))
    people = {idle, room.present(out), here}
    for hours, left in ((0, {each.session_id for each in people}), (2, {here.session_id})):
        room.later(hours=hours)
        if hours:
            access.sign_out(room.store, out, room.now)
        with room.store.read() as session:
            assert access.still_open(session, people, room.now) == left
            assert access.still_open(session, {replace(here, shop_id=7)}, room.now) == set()


def test_signing_out_ends_this_browser_alone(room: StaffRoom) -> None:
    """And an open page of it can do nothing more."""
    phone, desk = room.enter(FANG), room.enter(FANG)
    session_id = room.present(desk).session_id
    access.sign_out(room.store, desk, room.now)
    assert room.person(desk) is None
    assert access.person_now(room.store, session_id, room.now) is None
    assert room.person(phone) is not None


def test_signing_out_everywhere_ends_every_browser(room: StaffRoom) -> None:
    """The lost phone too."""
    phone, desk = room.enter(FANG), room.enter(FANG)
    with room.store.write() as session:
        access.sign_out_everywhere(session, room.present(desk), room.now)
    assert (room.person(phone), room.person(desk)) == (None, None)


def test_a_new_password_ends_every_other_session(room: StaffRoom) -> None:
    """Whoever knew the old one is out; the person at the screen stays."""
    phone, desk = room.enter(FANG), room.enter(FANG)
    access.change_own_password(room.store, room.present(desk), PASSWORD, "seven lean cows", room.now)
    assert room.person(phone) is None
    assert room.person(desk) is not None
    assert room.person(room.sign_in("陈晓芳 fang", "seven lean cows")) is not None
    failed(room)


def test_a_password_that_is_weak_or_no_new_one_is_refused(room: StaffRoom) -> None:
    """With a sentence that says why; the old one stays."""
    person = room.present(room.enter(FANG))
    for new in ("too short", PASSWORD):
        with pytest.raises(BadInput):
            access.change_own_password(room.store, person, PASSWORD, new, room.now)
    assert room.person(room.sign_in("陈晓芳 fang")) is not None


def test_the_old_password_cannot_be_guessed_at_an_open_page(room: StaffRoom) -> None:
    """Five tries, as at the door; and the door itself stays open."""
    person = room.present(room.enter(FANG))
    for _ in range(4):
        with pytest.raises(Refused, match="present password"):
            access.change_own_password(room.store, person, WRONG, "seven lean cows", room.now)
    for old in (WRONG, PASSWORD):
        with pytest.raises(LockedOut):
            access.change_own_password(room.store, person, old, "seven lean cows", room.now)
    assert room.person(room.sign_in("陈晓芳 fang")) is not None


def test_language_and_theme_are_the_persons_own(room: StaffRoom) -> None:
    """None = as the browser says; an unknown one is refused."""
    token = room.enter(FANG)
    with room.store.write() as session:
        access.change_preferences(session, room.present(token), language="en", theme="dark", now=room.now)
    assert (room.present(token).language, room.present(token).theme) == ("en", "dark")
    with room.store.write() as session, pytest.raises(BadInput):
        access.change_preferences(session, room.present(token), language="fr", theme=None, now=room.now)


def test_everything_is_written_down_without_any_secret(room: StaffRoom) -> None:
    """Who, what, from where; a name nobody has is left out: it may be a password in the wrong field."""
    token = room.sign_in("陈晓芳 fang")
    failed(room, "my secret password")
    for _ in range(5):
        failed(room)
    access.sign_out(room.store, token, room.now)
    fang = "陈晓芳 Fang"
    assert room.actions() == [
        ("root", "user.add"), (fang, "user.sign_in"), ("", "user.sign_in_failed"),
        *[(fang, "user.sign_in_failed")] * 5, (fang, "user.lock_out"), (fang, "user.sign_out"),
    ]  # fmt: skip
    lock = room.log()[-2]
    assert lock.after == {"address": HOME, "until": "2026-03-09T09:15+00:00"}
    told = str(room.log())
    assert not [secret for secret in (PASSWORD, WRONG, token, "my secret") if secret in told]
