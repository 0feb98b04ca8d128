"""Days on which the shop is closed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.closed_days import ClosedDays, DatedRange, LunarRange, PublicHolidays, YearlyRange, public_holidays
from notifier.domain.lunar import celebrated_on, solar_day

DAY = timedelta(days=1)
NEW_YEAR_WEEK = ClosedDays(ranges=(LunarRange((12, 30), (1, 6)),))


def closed_of(closed: ClosedDays, first: str, last: str) -> list[str]:
    """The closed days from `first` to `last`, as MM-DD."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    days = (start + n * DAY for n in range((end - start).days + 1))
    return [f"{day:%m-%d}" for day in days if closed.is_closed(day)]


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [
        (2024, "2024-02-09", "2024-02-15"),
        (2025, "2025-01-28", "2025-02-03"),
        (2026, "2026-02-16", "2026-02-22"),
        (2027, "2027-02-05", "2027-02-11"),
    ],
)
def test_from_new_years_eve_to_the_sixth_whatever_the_year(year: int, first: str, last: str) -> None:
    """除夕 to 初六: seven days, with 除夕 on the 29th or the 30th of the twelfth month."""
    days = closed_of(NEW_YEAR_WEEK, f"{year}-01-01", f"{year}-12-31")
    assert len(days) == 7
    assert (days[0], days[-1]) == (first[5:], last[5:])


@pytest.mark.parametrize(
    ("closed", "first", "last", "days"),
    [
        (ClosedDays(weekdays=frozenset({6})), "2026-05-01", "2026-05-14", ["05-03", "05-10"]),
        (ClosedDays(ranges=(DatedRange(date(2026, 5, 1), date(2026, 5, 2)),)), "2026-04-30", "2027-06-01",
         ["05-01", "05-02"]),
        (ClosedDays(ranges=(DatedRange(date(2026, 12, 31), date(2027, 1, 1)),)), "2026-12-01", "2027-12-31",
         ["12-31", "01-01"]),
        (ClosedDays(ranges=(YearlyRange((12, 31), (1, 1)),)), "2026-01-01", "2026-12-31", ["01-01", "12-31"]),
        (ClosedDays(ranges=(YearlyRange((2, 29), (2, 29)),)), "2027-01-01", "2028-12-31", ["02-29"]),
        (ClosedDays(ranges=(LunarRange((8, 15), (8, 15)),)), "2026-01-01", "2026-12-31", ["09-25"]),
        # the leap sixth month lies inside
        (ClosedDays(ranges=(LunarRange((6, 29), (7, 1)),)), "2025-01-01", "2025-08-31",
         [f"{date(2025, 7, 23) + n * DAY:%m-%d}" for n in range(32)]),
        (ClosedDays(festivals=("qingming", "mid_autumn")), "2026-01-01", "2026-12-31", ["04-05", "09-25"]),
        (ClosedDays(holidays=(PublicHolidays("CN"),)), "2026-10-01", "2026-10-31",
         ["10-01", "10-02", "10-03", "10-05", "10-06", "10-07"]),
        (ClosedDays(holidays=(PublicHolidays("DE", "BY"),)), "2026-01-01", "2026-01-31", ["01-01", "01-06"]),
        (ClosedDays(), "2026-01-01", "2026-12-31", []),
    ],
)  # fmt: skip
def test_a_shop_says_when_it_is_closed(closed: ClosedDays, first: str, last: str, days: list[str]) -> None:
    """Each way to say it; 29 February only where there is one, and a leap month counts as between."""
    assert closed_of(closed, first, last) == days


@pytest.mark.parametrize("place", [PublicHolidays("XX"), PublicHolidays("CN", "FJ")])
def test_a_country_nobody_knows_the_holidays_of_is_an_error(place: PublicHolidays) -> None:
    """schedules.yaml turns it into a sentence."""
    with pytest.raises(KeyError):
        public_holidays(place, 2026)


@pytest.mark.parametrize("year", [1850, 2150, 9999])
def test_years_without_data_are_open(year: int) -> None:
    """Nothing is raised."""
    everything = ClosedDays(
        ranges=NEW_YEAR_WEEK.ranges, festivals=("mid_autumn", "qingming"), holidays=(PublicHolidays("CN"),)
    )
    assert closed_of(everything, f"{year}-01-01", f"{year}-12-30") == []


def test_the_longest_run_reaches_over_new_year() -> None:
    """30 December to 2 January and the Sunday beside it."""
    closed = ClosedDays(weekdays=frozenset({6}), ranges=(YearlyRange((12, 30), (1, 2)),))
    assert closed.longest_run(date(2026, 1, 1), date(2027, 12, 31)) == (5, date(2026, 12, 30))
    assert ClosedDays().longest_run(date(2026, 1, 1), date(2026, 12, 31)) == (0, date(2026, 1, 1))


MONTH_DAYS = st.tuples(st.integers(1, 12), st.integers(1, 29))


@given(first=MONTH_DAYS, length=st.integers(0, 25), year=st.integers(1990, 2080))
def test_a_lunar_range_holds_each_day_of_it_and_no_other(first: tuple[int, int], length: int, year: int) -> None:
    """Walked day by day from its first day; the days around it are open."""
    begins = solar_day(year, *first)
    assert begins is not None
    ends = begins + length * DAY
    last = celebrated_on(ends)
    if not last or not celebrated_on(begins):
        return
    closed = ClosedDays(ranges=(LunarRange(first, last[0]),))
    assert [closed.is_closed(begins + n * DAY) for n in range(-2, length + 3)] == [
        False, False, *[True] * (length + 1), False, False,
    ]  # fmt: skip
