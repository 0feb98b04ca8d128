"""Calendar months, clamped; the day a "six months after" stage opens."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.months import first_day_when_months_back_reaches, months_back, months_forward
from notifier.errors import BadInput

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
MONTHS = st.integers(0, 240)


@pytest.mark.parametrize(
    ("day", "months", "back"),
    [
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 15), 12, date(2025, 1, 15)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 5, 9), 0, date(2026, 5, 9)),
    ],
)
def test_months_back_is_clamped_to_the_months_end(day: date, months: int, back: date) -> None:
    """31 August minus six months is the last of February."""
    assert months_back(day, months) == back


@pytest.mark.parametrize(
    ("anchor", "months", "opens"),
    [
        (date(2025, 8, 31), 6, date(2026, 3, 1)),
        (date(2025, 8, 28), 6, date(2026, 2, 28)),
        (date(2025, 8, 29), 6, date(2026, 3, 1)),
        (date(2025, 8, 15), 6, date(2026, 2, 15)),
        (date(2024, 2, 29), 12, date(2025, 3, 1)),
        (date(2026, 5, 9), 0, date(2026, 5, 9)),
    ],
)
def test_a_stage_opens_on_the_first_day_that_looks_back_far_enough(anchor: date, months: int, opens: date) -> None:
    """Where the month is too short, on the first of the next."""
    assert first_day_when_months_back_reaches(anchor, months) == opens


@given(DAYS, MONTHS)
def test_a_shift_lands_in_the_right_month_on_the_same_day_or_its_last(day: date, months: int) -> None:
    """Both directions count months exactly; only a day that the month lacks moves, and to the month's last."""
    for moved, shift in ((months_back(day, months), -months), (months_forward(day, months), months)):
        assert (moved.year - day.year) * 12 + moved.month - day.month == shift
        assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@given(DAYS, MONTHS)
def test_the_opening_day_is_the_first_such_day(anchor: date, months: int) -> None:
    """It reaches, and the day before does not."""
    opens = first_day_when_months_back_reaches(anchor, months)
    assert months_back(opens, months) >= anchor
    assert months_back(opens - timedelta(days=1), months) < anchor


@given(DAYS, st.integers(0, 62), MONTHS)
def test_looking_back_never_runs_against_time(day: date, later: int, months: int) -> None:
    """A later today never looks back to an earlier day: the reason why the first such day is well defined."""
    assert months_back(day + timedelta(days=later), months) >= months_back(day, months)


@pytest.mark.parametrize("months", [-1, 12 * 3000])
def test_impossible_months_are_refused(months: int) -> None:
    """Negative, or out of the calendar."""
    with pytest.raises(BadInput, match=str(months)):
        months_back(date(2026, 5, 9), months)
