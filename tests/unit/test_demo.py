"""The people of the demo: made up, dirty on paper, and moved by texts alone where a text moves them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.demo.behaviour import EFFECTS, comes, feel, renews
from notifier.demo.cast import Booking, Car, Pull, Standing, Visit
from notifier.demo.chance import chance
from notifier.demo.exports import typed_phone
from notifier.demo.life import make_world
from notifier.demo.population import make_people
from notifier.demo.truth import planted
from notifier.dms.cleaning import clean_plate, has_vin_check_digit
from notifier.domain.phone import BadPhone, to_e164
from notifier.store.accounts import EnrolledCustomer

START = date(2026, 3, 2)
DAYS = 30


def car(luck: float, *, is_quiet: bool = True) -> Car:
    """A car in the workshop's books since last year, with the same luck every day."""
    made = Car("LDNAB2A30N0000001", "闽CA1234", "DX7", 30.0, date(2023, 1, 1), date(2026, 3, 20), 0.0)
    made.luck = made.policy_luck = [luck] * DAYS
    made.standings = [Standing(date(2025, 6, 1), date(2025, 12, 1), is_quiet)]
    return made


def test_the_same_seed_makes_the_same_people_and_more_of_them_change_nobody() -> None:
    """The first hundred are the same whether a hundred or two hundred are made."""
    assert make_people(1, 200, START)[:100] == make_people(1, 100, START)
    assert make_people(2, 100, START) != make_people(1, 100, START)


def test_vins_plates_and_phones_are_of_the_right_shape() -> None:
    """What the clerks did not spoil must pass the import's own rules, and no VIN or phone comes twice."""
    people = make_people(1, 400, START)
    cars = [each for person in people for each in person.cars]
    assert all(has_vin_check_digit(each.vin) for each in cars)
    assert len({each.vin for each in cars}) == len(cars) > len(people)
    assert all(clean_plate(each.plate, "CN") == (each.plate, None) for each in cars)
    assert len({to_e164(person.phone, "CN") for person in people}) == len(people)


def test_a_typed_phone_is_that_phone_or_no_mobile_number_at_all() -> None:
    """Clerks' spellings never turn one customer's number into another's."""
    read = []
    for n in range(2_000):
        try:
            read.append(to_e164(typed_phone("13800001234", chance("typed", n)), "CN"))
        except BadPhone as bad:
            read.append(bad.reason)
    assert {text for text in read if text.startswith("+")} == {"+8613800001234"}
    assert {"missing", "not_mobile", "too_short", "too_long"} <= set(read)


@given(luck=st.floats(0, 1, exclude_max=True), day=st.integers(0, DAYS - 1), is_quiet=st.booleans())
def test_a_text_never_keeps_anybody_away_and_taking_it_away_leaves_the_rest(
    luck: float, day: int, is_quiet: bool
) -> None:
    """Who comes without the text comes with it; without the only campaign it is as if no text had come."""
    today = START + timedelta(days=day)
    plain, moved = car(luck, is_quiet=is_quiet), car(luck, is_quiet=is_quiet)
    moved.pulls = [Pull("winback", START, 0.05, 14)]
    moved.bookings = [Booking("winback", START + timedelta(days=3))]
    without_text = comes(plain, today, START, plain.standing)
    assert comes(moved, today, START, moved.standing) >= without_text
    assert comes(moved, today, START, moved.standing, without="winback") == without_text
    assert comes(moved, today, START, moved.standing, without="birthday") == comes(moved, today, START, moved.standing)


@pytest.mark.parametrize(("day", "pulled"), [(0, False), (1, True), (14, True), (15, False)])
def test_a_text_works_from_the_next_day_for_its_days(day: int, pulled: bool) -> None:
    """Read today, it moves somebody tomorrow at the earliest, and it wears off."""
    moved = car(0.04)
    moved.pulls = [Pull("winback", START, 0.05, 14)]
    assert comes(moved, START + timedelta(days=day), START, moved.standing) is pulled


def test_an_insurance_text_moves_the_policy_and_nothing_else() -> None:
    """It brings no visit, and outside the weeks before the end it brings no renewal either."""
    read = car(0.035)
    feel(read, "insurance_expiry", "last", START, chance("quiet draw"))
    day = START + timedelta(days=2)
    assert read.pulls == []
    assert renews(read, day, START, date(2026, 3, 11))
    assert not renews(read, day, START, date(2026, 3, 11), without="insurance_expiry")
    assert not renews(read, day, START, date(2026, 9, 1))


def test_a_greeting_moves_nobody() -> None:
    """The birthday text has no effect on visits: whatever is credited to it was not caused by it."""
    assert not any(campaign == "birthday" for campaign, _stage in EFFECTS)


def test_the_truth_counts_those_alone_who_came_because_of_the_text() -> None:
    """Two cars came: the luck of one would have brought it anyway. Control is no part of it."""
    world = make_world(1, 3, START, DAYS)
    by_itself, by_text, nobody, withheld = (car(luck) for luck in (0.0005, 0.03, 0.9, 0.0005))
    for n, each in enumerate((by_itself, by_text, nobody, withheld)):
        each.vin = f"CAR{n}"
        world.cars[each.vin] = each
        each.pulls = [Pull("winback", START, 0.05, 14)] if each is not withheld else []
    for each in (by_itself, by_text, withheld):
        each.visits = [Visit(each.vin, datetime.combine(date(2026, 3, 4), time(10)), "定期保养", 1, 1)]
    enrolled = [
        EnrolledCustomer("control" if n == 3 else "treatment", START, START, START + timedelta(days=20), (f"CAR{n}",))
        for n in range(4)
    ]
    truth = planted(world, enrolled, "winback", "visit", START + timedelta(days=DAYS - 1))
    assert (truth.n, truth.came, truth.anyway, truth.caused) == (3, 2, 1, 1)
    assert truth.points == pytest.approx(1 / 3)
