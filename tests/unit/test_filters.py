"""Whom a campaign is for: what each condition means for one customer, and how the answer is worded."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.domain.filters import Ago, CarRecord, Filter, Length, Pattern, PersonRecord, Spend, Unmet, Words, unmet
from notifier.jobs.audience_words import unmet_words

TODAY = date(2026, 3, 10)
COROLLA = CarRecord("卡罗拉 1.8", date(2022, 3, 10))
CAMRY = CarRecord("凯美瑞", date(2024, 1, 1))


def words(term: str, *written: str, is_not: bool = False) -> Words:
    return Words(term, tuple(Pattern.of(word) for word in written), is_not)


def person(*cars: CarRecord, car: CarRecord | None = None, **known: str | None) -> PersonRecord:
    return PersonRecord(known, cars=cars, car=car)


@pytest.mark.parametrize(
    ("written", "own", "fits"),
    [
        ("金卡", "金卡", True),
        ("金卡", " 金卡 ", True),
        ("金卡", "银卡", False),
        ("金卡", "金卡会员", False),
        ("金卡*", "金卡会员", True),
        ("金卡*", "白金卡", False),
        ("gold", "GOLD", True),
        ("DX7*", "dx7 prime", True),
        ("\uff24\uff38\uff17", "DX7", True),
        ("Gold  Card", "gold card", True),
        ("*", "金卡", True),
        ("*", "", False),
        ("*", None, False),
        ("金卡", None, False),
        ("É", "é", False),
    ],
)
def test_how_words_are_compared(written: str, own: str | None, fits: bool) -> None:
    """Half-width, trimmed, ASCII without case; a star at the end stands for any ending; nothing known fits no word."""
    assert Pattern.of(written).fits(own) is fits


@pytest.mark.parametrize(
    ("delivered_on", "is_in"),
    [(date(2023, 3, 10), True), (date(2023, 3, 11), False), (date(2020, 3, 11), True), (date(2020, 3, 10), False),
     (None, False)],
    ids=["three years old today", "a day younger", "six tomorrow", "six today", "not on record"],
)  # fmt: skip
def test_the_age_of_a_car(delivered_on: date | None, is_in: bool) -> None:
    """From the day it is three years old until the eve of the day it is six: two such bands meet and never overlap."""
    band = Filter((Ago("car_age", Length(36), Length(72)),))
    assert (unmet(band, person(car=CarRecord(None, delivered_on)), TODAY) == ()) is is_in


def test_a_leap_day_has_its_birthday_on_1_march() -> None:
    """Delivered on 29 February 2024: one year old when looking back a year reaches it."""
    one_year = Filter((Ago("car_age", Length(12)),))
    born = person(car=CarRecord(None, date(2024, 2, 29)))
    assert unmet(one_year, born, date(2025, 2, 28))
    assert unmet(one_year, born, date(2025, 3, 1)) == ()


@pytest.mark.parametrize(
    ("wanted", "is_in"),
    [(Spend(min_minor=150_00), True), (Spend(min_minor=150_01), False), (Spend(max_minor=150_00), True),
     (Spend(max_minor=149_99), False), (Spend(min_minor=100_00, within_months=12), True),
     (Spend(min_minor=100_01, within_months=12), False)],
)  # fmt: skip
def test_what_the_visits_brought(wanted: Spend, is_in: bool) -> None:
    """Ever, or from the same day so many months ago on; both ends included."""
    spender = PersonRecord({}, visits=[(date(2025, 3, 10), 100_00), (date(2025, 3, 9), 50_00)])
    assert (unmet(Filter((wanted,)), spender, TODAY) == ()) is is_in


def test_conditions_on_cars_mean_one_and_the_same_car() -> None:
    """A customer with an old Corolla and a new Camry has no new Corolla."""
    new_corolla = Filter((words("model", "卡罗拉*"), Ago("car_age", until=Length(36))))
    owner = person(COROLLA, CAMRY)
    assert unmet(new_corolla, owner, TODAY) == (Unmet("car_age", new_corolla.terms[1], (COROLLA.delivered_on,)),)
    assert unmet(Filter((words("model", "凯美瑞"), Ago("car_age", until=Length(36)))), owner, TODAY) == ()


def test_a_rule_about_a_car_asks_that_car() -> None:
    """The Camry beside it does not help the Corolla in."""
    camry = Filter((words("model", "凯美瑞"),))
    assert unmet(camry, person(COROLLA, CAMRY, car=CAMRY), TODAY) == ()
    assert unmet(camry, person(COROLLA, CAMRY, car=COROLLA), TODAY)


def test_not_is_for_whoever_the_group_is_not_for() -> None:
    """`model: {not: …}` is some car that is another; a `not` group is nobody who has one."""
    both = person(COROLLA, CAMRY)
    assert unmet(Filter((words("model", "凯美瑞", is_not=True),)), both, TODAY) == ()
    assert unmet(Filter(none_of=(Filter((words("model", "凯美瑞"),)),)), both, TODAY)
    assert unmet(Filter(none_of=(Filter((words("model", "凯美瑞"),)),)), person(), TODAY) == ()


def test_any_needs_one_group() -> None:
    """Gold, or from the city: either will do."""
    either = Filter(any_of=(Filter((words("member_level", "金卡"),)), Filter((words("district", "鲤城"),))))
    assert unmet(either, person(member_level="金卡"), TODAY) == ()
    assert unmet(either, person(district="鲤城"), TODAY) == ()
    assert [each.term for each in unmet(either, person(district="晋江"), TODAY)] == ["member_level", "district"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Filter((words("district", "鲤城", "丰泽"),)), "wanted: district is 鲤城 or 丰泽; on record: 晋江"),
        (Filter((words("district", "晋*", is_not=True),)), "wanted: district is not 晋…; on record: 晋江"),
        (Filter((words("advisor", "王强"),)), "wanted: advisor is 王强; on record: –"),
        (Filter((words("model", "凯美瑞"),)), "wanted: model is 凯美瑞; on record: –"),
        (
            Filter((Ago("last_visit", Length(6), Length(12)),)),
            "wanted: last visit from 6 months to under 1 year ago; on record: 2026-01-05",
        ),
        (Filter((Spend(2000_00, None, 24),)), "wanted: spent ¥2,000 or more in the last 24 months; on record: ¥800"),
        (
            Filter(none_of=(Filter((words("district", "晋江"), Spend(max_minor=900_00))),)),
            "wanted: none of (district is 晋江, spent ¥900 or less); on record: 晋江, ¥800",
        ),
        (
            Filter(any_of=(Filter((words("district", "鲤城"),)), Filter((words("sex", "m"),)))),
            "wanted: district is 鲤城; on record: 晋江; or wanted: men; on record: –",
        ),
    ],
)
def test_the_condition_that_decided_is_named_with_both_values(wanted: Filter, said: str) -> None:
    """What the campaign wants, as people say it, and what is on record."""
    li = PersonRecord({"district": "晋江"}, date(2026, 1, 5), [(date(2026, 1, 5), 800_00)])
    assert unmet_words(unmet(wanted, li, TODAY), "CNY") == said


def test_a_currency_without_cents_is_written_without() -> None:
    """Yen have no hundredth."""
    missed = unmet(Filter((Spend(20_000),)), PersonRecord({}), TODAY)
    assert unmet_words(missed, "JPY") == "wanted: spent JPY 20,000 or more; on record: JPY 0"


def test_the_filter_of_a_run_can_be_read_years_later() -> None:
    """Plain JSON values, as the file had them."""
    wanted = Filter(
        (words("model", "凯美瑞*", is_not=True), Ago("car_age", Length(36), Length(days=90)), Spend(1, 2, 3)),
        any_of=(Filter((words("sex", "f"),)),),
    )
    assert wanted.document() == {
        "model": {"not": ["凯美瑞*"]},
        "car_age": {"from": "3y", "to": "90d"},
        "spend": {"min_minor": 1, "max_minor": 2, "within_months": 3},
        "any": [{"sex": ["f"]}],
    }
