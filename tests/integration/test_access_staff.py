"""Adding people, changing what they may, and ending them, on both databases; somebody always stays the owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from notifier.errors import BadInput, NotFound, Refused
from notifier.jobs import staff
from notifier.store.audit import entries, record
from notifier.store.engine import Store
from notifier.store.users import last_seen, user_names, users
from tests.support.hand_made_shop import HandMadeShop
from tests.support.staff_room import PASSWORD, SHELL, StaffRoom


@pytest.fixture
def room(store: Store) -> StaffRoom:
    """A console with one owner, 林涛."""
    room = StaffRoom(store)
    room.add("林涛", "owner")
    return room


def end(room: StaffRoom, user_id: int) -> None:
    """From today on they do not work here."""
    with room.store.write() as session:
        staff.end_user(session, user_id, by=SHELL, now=room.now)


def change(room: StaffRoom, user_id: int, role: str, shop_id: int | None = None) -> None:
    """They become something else."""
    with room.store.write() as session:
        staff.change_role(session, user_id, role, shop_id, by=SHELL, now=room.now)


@pytest.mark.parametrize("name", ["林涛", " 林涛 ", ""])
def test_a_name_belongs_to_one_person(room: StaffRoom, name: str) -> None:
    """However it is typed; and nobody is called nothing."""
    with pytest.raises((Refused, BadInput)):
        room.add(name)


def test_a_name_stays_with_somebody_who_was_ended(room: StaffRoom) -> None:
    """What they did keeps their name; they may come back, with a new password."""
    user_id = room.add("赵敏")
    end(room, user_id)
    with pytest.raises(Refused, match="赵敏"):
        room.add("赵敏")
    with room.store.write() as session:
        staff.let_in_again(session, user_id, by=SHELL, now=room.now)
    with pytest.raises(Refused):
        room.sign_in("赵敏")
    assert room.person(room.follow(room.link(user_id), PASSWORD)) is not None


def test_ending_somebody_ends_their_sessions_at_once(room: StaffRoom) -> None:
    """An open page of theirs can do nothing more."""
    user_id = room.add("赵敏")
    token = room.enter(user_id)
    end(room, user_id)
    end(room, user_id)
    assert room.person(token) is None
    assert room.actions().count(("root", "user.end")) == 1


def test_another_role_counts_from_the_next_sign_in(room: StaffRoom) -> None:
    """Open pages show what the former role may see, so their sessions end."""
    user_id = room.add("赵敏", "manager")
    token = room.enter(user_id)
    change(room, user_id, "manager")
    assert room.person(token) is not None
    change(room, user_id, "reader")
    assert room.person(token) is None
    assert room.present(room.enter(user_id)).role == "reader"
    entry = next(each for each in room.log() if each.action == "user.change_role")
    assert (entry.before, entry.after) == ({"role": "manager", "shop": None}, {"role": "reader", "shop": None})


def test_the_last_owner_stays(room: StaffRoom) -> None:
    """Neither ended nor made anything else; with a second owner both can be done."""
    lin = users_by_name(room)["林涛"]
    for refused in (end, lambda room, user_id: change(room, user_id, "manager")):
        with pytest.raises(Refused, match="林涛"):
            refused(room, lin)
    zhao = room.add("赵敏", "owner")
    change(room, lin, "reader")
    with pytest.raises(Refused, match="赵敏"):
        end(room, zhao)


def test_of_two_owners_who_end_each_other_one_stays(room: StaffRoom) -> None:
    """Even at the same moment."""
    ids = [users_by_name(room)["林涛"], room.add("赵敏", "owner")]

    def ended(user_id: int) -> bool:
        try:
            end(room, user_id)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ended, ids)) == [False, True]


def test_a_person_may_belong_to_one_shop_but_an_owner_answers_for_all(room: StaffRoom) -> None:
    """And a role is one of the four."""
    with room.store.write() as session:
        shop_id = HandMadeShop(session).id
        staff.add_user(session, "赵敏", "reader", shop_id, by=SHELL, now=room.now)
    assert room.user(users_by_name(room)["赵敏"]).shop_id == shop_id
    for role, shop in (("owner", shop_id), ("admin", None)):
        with room.store.write() as session, pytest.raises(BadInput):
            staff.add_user(session, "王芳", role, shop, by=SHELL, now=room.now)


def test_people_are_found_by_name_and_listed(room: StaffRoom) -> None:
    """Those who may come in first; with when they were last here."""
    gone = room.add("Anna")
    end(room, gone)
    room.enter(room.add("Zoe"))
    with room.store.read() as session:
        assert [user.name for user in users(session)] == ["Zoe", "林涛", "Anna"]
        assert staff.user_named(session, " ZOE ").name == "Zoe"
        assert last_seen(session) == {users_by_name(room)["Zoe"]: room.now}
        assert set(user_names(session).values()) == {"Zoe", "林涛", "Anna"}
        with pytest.raises(NotFound, match="Nobody"):
            staff.user_named(session, "nobody")


def test_the_audit_log_is_read_from_the_newest_on_by_person_and_by_kind(room: StaffRoom) -> None:
    """Paged by the last entry shown, so that a million of them cost nothing."""
    zhao = room.add("赵敏")
    for seen in range(3):
        with room.store.write() as session:
            record(
                session,
                at=room.now,
                who="赵敏",
                user_id=zhao,
                action="customer.reveal_phone",
                subject_type="customer",
                subject=str(seen),
            )
    with room.store.read() as session:
        newest = entries(session, limit=2)
        older = entries(session, before_id=newest[-1].id, limit=2)
        assert [entry.action for entry in (*newest, *older)] == ["customer.reveal_phone"] * 3 + ["user.add"]
        assert len(entries(session, user_id=zhao)) == 3
        assert [entry.subject for entry in entries(session, action="user.add")] == ["赵敏", "林涛"]


def users_by_name(room: StaffRoom) -> dict[str, int]:
    """Everybody's id."""
    with room.store.read() as session:
        return {user.name: user.id for user in users(session)}
