"""Who is who when phones change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.identity import Change, Departure, Known, resolve

BORN = datetime(2026, 1, 1, tzinfo=UTC)


def known(key: int, phone: str | None, born: int = 0, **numbers: str | None) -> Known:
    return Known(key, BORN + timedelta(days=born), phone, numbers)


def test_all_numbers_move_and_the_customer_with_them() -> None:
    """One move, nothing else."""
    assert resolve([known(1, "p", A="p", B="p")], {"A": "q", "B": "q"}) == [Change(moves={1: "q"})]


def test_some_numbers_leave() -> None:
    """For a new customer where nobody has the phone, else for the one who has."""
    chen, li = known(1, "p", A="p", B="p"), known(2, "q", C="q")
    assert resolve([chen], {"A": "p", "B": "r"}) == [Change(births={"r": [Departure(1, ("B",))]})]
    assert resolve([chen, li], {"B": "q"}) == [Change(joins={2: [Departure(1, ("B",))]})]


def test_all_leave_in_different_directions() -> None:
    """The smallest number keeps the customer."""
    assert resolve([known(1, "p", A="p", B="p")], {"A": "q", "B": "r"}) == [
        Change(moves={1: "q"}, births={"r": [Departure(1, ("B",))]})
    ]


def test_numbers_that_share_a_phone_unite() -> None:
    """The earliest born survives, then the smallest number."""
    assert resolve([known(2, "p", 0, A="p"), known(1, "q", 1, B="q")], {"A": "q"})[0].merges == {1: 2}
    assert resolve([known(1, "p", 0, B="p"), known(2, "q", 0, A="q")], {"B": "q"})[0].merges == {1: 2}


def test_a_number_without_a_phone_stays_where_it_is() -> None:
    """It only makes its customer phoneless when it is the last."""
    assert resolve([known(1, "p", A="p", B="p")], {"A": None}) == []
    assert resolve([known(1, "p", A="p")], {"A": None}) == [Change(moves={1: None})]


def test_a_chain_of_phones_is_one_change() -> None:
    """A takes B's phone, B takes C's: they must be stored together."""
    chain = [known(1, "p", A="p"), known(2, "q", B="q"), known(3, "r", C="r")]
    (change,) = resolve(chain, {"A": "q", "B": "r", "C": "p"})
    assert change.moves == {1: "q", 2: "r", 3: "p"}


def test_two_who_leave_for_one_new_phone_are_one_new_customer() -> None:
    """The one with the smallest number is copied."""
    two = [known(1, "p", A="p", Z="p"), known(2, "q", B="q", Y="q")]
    (change,) = resolve(two, {"Z": "n", "Y": "n"})
    assert change.births == {"n": [Departure(2, ("Y",)), Departure(1, ("Z",))]}


@given(
    st.permutations([known(1, "p", 0, A="p", B="p"), known(2, "q", 1, C="q"), known(3, "r", 2, D="r", E="r")]),
    st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["p", "q", "r", "s", None])),
)
def test_after_all_changes_every_number_is_with_its_phone(customers: list[Known], final: dict[str, str | None]) -> None:
    """Each phone has one customer, each number with a phone is with that customer, in any order of input."""
    changes = resolve(customers, final)
    assert changes == resolve(sorted(customers, key=lambda one: one.id), final)
    phone_of: dict[int | str, str | None] = {one.id: one.phone_key for one in customers}
    home: dict[str, int | str] = {number: one.id for one in customers for number in one.numbers}
    for change in changes:
        for moving, phone in change.moves.items():
            phone_of[moving] = phone
        for target, departures in change.joins.items():
            home |= {number: target for departure in departures for number in departure.numbers}
        for phone, departures in change.births.items():
            phone_of[phone] = phone
            home |= {number: phone for departure in departures for number in departure.numbers}
        home = {number: change.merges.get(owner, owner) if isinstance(owner, int) else owner
                for number, owner in home.items()}  # fmt: skip
        for loser in change.merges:
            del phone_of[loser]
    phones = [phone for phone in phone_of.values() if phone is not None]
    assert len(phones) == len(set(phones))
    for one in customers:
        for number, before in one.numbers.items():
            after = final.get(number, before)
            assert after is None or phone_of[home[number]] == after
