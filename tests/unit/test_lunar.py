"""The lunar calendar, held against dates that were printed and against a second almanac."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.lunar import LUNAR_YEARS, celebrated_on, months_of, solar_day

DAY = timedelta(days=1)
YEARS = st.integers(1950, 2088)
MONTHS, DAYS = st.integers(1, 12), st.integers(1, 30)


@pytest.mark.parametrize(
    ("year", "month", "day", "on"),
    [
        (2025, 1, 1, "2025-01-29"),
        (2026, 1, 1, "2026-02-17"),
        (2027, 1, 1, "2027-02-06"),
        (2033, 12, 1, "2034-01-20"),  # after the leap eleventh month that old almanacs put elsewhere
        (2025, 6, 8, "2025-07-02"),  # the sixth month, not the leap sixth that follows
        (2025, 12, 30, "2026-02-16"),  # 29 days
        (2026, 12, 30, "2027-02-05"),
        (2025, 12, 8, "2026-01-26"),  # 腊八 of 2025 …
        (2024, 12, 8, "2025-01-07"),  # … is the second in the solar year 2025, 2026 has one
        (2023, 2, 30, "2023-03-21"),  # the second month had 30 days, its leap month 29
    ],
)
def test_a_lunar_date_falls_on_the_day_in_the_almanac(year: int, month: int, day: int, on: str) -> None:
    """Leap months, short months, and the turn of the year."""
    assert solar_day(year, month, day) == date.fromisoformat(on)


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        ("2026-09-25", ((8, 15),)),
        ("2025-07-02", ((6, 8),)),
        ("2025-08-01", ()),  # 闰六月初八
        ("2026-02-16", ((12, 29), (12, 30))),  # the last day of a short month
        ("2024-02-08", ((12, 29),)),
        ("2024-02-09", ((12, 30),)),  # of a long one
        ("2023-04-19", ()),  # 闰二月廿九
    ],
)
def test_a_day_keeps_its_lunar_date(day: str, kept: tuple[tuple[int, int], ...]) -> None:
    """Nothing in a leap month; the 29th of a short month stands for the 30th too."""
    assert celebrated_on(date.fromisoformat(day)) == kept


def test_leap_months_are_where_the_almanac_has_them() -> None:
    """Which month comes twice, 2020 to 2044."""
    leaps = {year: [m.number for m in months_of(year) if m.is_leap] for year in range(2020, 2045)}
    assert {year: found[0] for year, found in leaps.items() if found} == {
        2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11, 2036: 6, 2039: 5, 2042: 2, 2044: 7,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "month", "day"), [
    ("LUNAR_NEW_YEAR_DATES", 1, 1), ("DRAGON_BOAT_DATES", 5, 5), ("MID_AUTUMN_DATES", 8, 15),
    ("DOUBLE_NINTH_DATES", 9, 9),
])  # fmt: skip
def test_a_second_almanac_says_the_same(name: str, month: int, day: int) -> None:
    """The tables of the holidays package, from 1950 to 2088."""
    from holidays.calendars.chinese import _ChineseLunisolar as Almanac

    table: dict[int, tuple[int, int]] = getattr(Almanac, name)
    wrong = {
        year: solar_day(year, month, day) for year in range(1950, 2089) if solar_day(year, month, day) != date(
            year, *table[year][:2])
    }  # fmt: skip
    assert wrong == {}


def test_months_follow_each_other_without_a_gap() -> None:
    """Across two hundred years, each of 29 or 30 days."""
    months = [month for year in LUNAR_YEARS for month in months_of(year)]
    assert {month.days for month in months} == {29, 30}
    for month, following in pairwise(months):
        assert month.first + month.days * DAY == following.first


@given(year=YEARS, month=MONTHS, day=DAYS)
def test_a_lunar_date_is_kept_once_in_its_lunar_year(year: int, month: int, day: int) -> None:
    """Of all the days of the lunar year exactly one is its day, and it is the one solar_day names."""
    first, following = solar_day(year, 1, 1), solar_day(year + 1, 1, 1)
    assert first is not None
    assert following is not None
    days = [first + n * DAY for n in range((following - first).days)]
    assert [on for on in days if (month, day) in celebrated_on(on)] == [solar_day(year, month, day)]


@given(month=MONTHS, day=DAYS, year=YEARS)
def test_two_birthdays_are_a_lunar_year_apart(month: int, day: int, year: int) -> None:
    """353 to 385 days: more than twice the tolerance within which two anchors are one cycle."""
    one, other = solar_day(year, month, day), solar_day(year + 1, month, day)
    assert one is not None
    assert other is not None
    assert 353 <= (other - one).days <= 385


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1899, 1, 1), (2101, 1, 1), (2026, 13, 1), (2026, 1, 31), (2026, 1, 0)]
)
def test_what_is_no_lunar_date_has_no_day(year: int, month: int, day: int) -> None:
    """Nothing is raised: planning asks for whatever the records hold."""
    assert solar_day(year, month, day) is None


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2102, 1, 1), date.max])
def test_outside_the_calendar_nothing_is_kept(day: date) -> None:
    """Nor is anything raised."""
    assert celebrated_on(day) == ()
