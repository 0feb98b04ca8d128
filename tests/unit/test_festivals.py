"""Festivals by name: real dates, spoken names, and years nobody has an almanac for."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.domain.festivals import FESTIVALS, days_of, spoken_festival

YEARS = range(2024, 2033)
ALMANAC = {
    "new_years_eve": "02-09 01-28 02-16 02-05 01-25 02-12 02-02 01-22 02-10",
    "spring_festival": "02-10 01-29 02-17 02-06 01-26 02-13 02-03 01-23 02-11",
    "lantern": "02-24 02-12 03-03 02-20 02-09 02-27 02-17 02-06 02-25",
    "qingming": "04-04 04-04 04-05 04-05 04-04 04-04 04-05 04-05 04-04",
    "dragon_boat": "06-10 05-31 06-19 06-09 05-28 06-16 06-05 06-24 06-12",
    "qixi": "08-10 08-29 08-19 08-08 08-26 08-16 08-05 08-24 08-12",
    "mid_autumn": "09-17 10-06 09-25 09-15 10-03 09-22 09-12 10-01 09-19",
    "double_ninth": "10-11 10-29 10-18 10-08 10-26 10-16 10-05 10-24 10-12",
    "winter_solstice": "12-21 12-21 12-22 12-22 12-21 12-21 12-22 12-22 12-21",
    "mothers_day": "05-12 05-11 05-10 05-09 05-14 05-13 05-12 05-11 05-09",
    "fathers_day": "06-16 06-15 06-21 06-20 06-18 06-17 06-16 06-15 06-20",
    "laba": "01-18 01-07 01-26 01-15 01-04 01-22 01-11 01-01 01-20",
}  # fmt: skip
SOLAR = {
    "new_year": (1, 1), "womens_day": (3, 8), "labour_day": (5, 1), "childrens_day": (6, 1), "teachers_day": (9, 10),
    "national_day": (10, 1), "christmas": (12, 25),
}  # fmt: skip


@pytest.mark.parametrize("name", ALMANAC)
def test_a_festival_falls_on_the_days_of_the_almanac(name: str) -> None:
    """2024 to 2032, each festival once a year."""
    expected = [f"{year}-{day}" for year, day in zip(YEARS, ALMANAC[name].split(), strict=True)]
    assert [str(day) for day in days_of(name, date(2024, 1, 1), date(2032, 12, 31))] == expected


@pytest.mark.parametrize(("name", "month_day"), SOLAR.items())
def test_a_solar_festival_never_moves(name: str, month_day: tuple[int, int]) -> None:
    """The same day each year."""
    assert days_of(name, date(2024, 1, 1), date(2026, 12, 31)) == [
        date(year, *month_day) for year in (2024, 2025, 2026)
    ]


def test_every_festival_has_its_dates_tested() -> None:
    """A new name needs a row above."""
    assert set(FESTIVALS) == set(ALMANAC) | set(SOLAR)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-09-25", "2026-09-25", ["2026-09-25"]),
        ("2026-09-26", "2027-09-14", []),
        ("2026-09-24", "2027-09-15", ["2026-09-25", "2027-09-15"]),
    ],
)
def test_both_ends_of_the_range_count(first: str, last: str, found: list[str]) -> None:
    """Between two mid-autumns there is none."""
    days = days_of("mid_autumn", date.fromisoformat(first), date.fromisoformat(last))
    assert [str(day) for day in days] == found


@pytest.mark.parametrize("name", FESTIVALS)
def test_years_without_an_almanac_are_no_error(name: str) -> None:
    """A lunar festival falls on no day there; a solar one goes on."""
    is_known_for_ever = name in SOLAR or name in ("mothers_day", "fathers_day")
    for first, last in (
        (date.min, date(1, 12, 31)),
        (date(2150, 1, 1), date(2150, 12, 31)),
        (date(9999, 1, 1), date.max),
    ):
        assert len(days_of(name, first, last)) == is_known_for_ever


@pytest.mark.parametrize(
    ("name", "language", "spoken"),
    [
        ("spring_festival", "zh-CN", "春节"),
        ("spring_festival", "en", "Spring Festival"),
        ("new_years_eve", "zh", "除夕"),
        ("mid_autumn", "en-GB", "Mid-Autumn Festival"),
        ("founders_day", "en", "founders_day"),
    ],
)
def test_a_text_calls_a_festival_by_its_name(name: str, language: str, spoken: str) -> None:
    """In the language of the text."""
    assert spoken_festival(name, language) == spoken
