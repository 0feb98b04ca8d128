"""Cycles and stages: which days a touch is open, and which due days can have one open today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.cycles import Offset, Stage, due_range, matching_cycle, stage_windows, valid_until
from notifier.domain.rules import RULES

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
LATE = st.integers(0, 200)
IN_DAYS = st.lists(st.integers(-120, 60), min_size=1, max_size=5, unique=True).map(
    lambda offsets: tuple(Stage(f"s{n}", Offset(days=days)) for n, days in enumerate(sorted(offsets)))
)
IN_MONTHS = st.lists(st.integers(1, 36), min_size=1, max_size=5, unique=True).map(
    lambda offsets: tuple(Stage(f"s{n}", Offset(months=months)) for n, months in enumerate(sorted(offsets)))
)
STAGES = IN_DAYS | IN_MONTHS
EARLY_LAST = (Stage("early", Offset(days=-14)), Stage("last", Offset(days=-3)))
TIERS = (Stage("at_risk", Offset(months=6)), Stage("lost", Offset(months=12)), Stage("gone", Offset(months=24)))


@pytest.mark.parametrize(
    ("rule", "subject", "tolerance", "late"),
    [("maintenance_due", "vehicle", 30, 0), ("insurance_expiry", "vehicle", 179, 0), ("birthday", "customer", 180, 0),
     ("winback", "customer", 30, 180)],
)  # fmt: skip
def test_the_rules_are_those_of_the_table(rule: str, subject: str, tolerance: int, late: int) -> None:
    """Source: rules.md, "Cycles and stages"."""
    known = RULES[rule]
    assert (known.subject, known.tolerance_days, known.late_days) == (subject, tolerance, late)


def test_each_stage_is_open_until_the_eve_of_the_next() -> None:
    """Service due on 24 March: early from the 10th to the 20th, last from the 21st to the 24th."""
    windows = stage_windows(date(2026, 3, 24), EARLY_LAST, 0)
    assert [(w.stage, w.opens_on, w.closes_on) for w in windows] == [
        ("early", date(2026, 3, 10), date(2026, 3, 20)), ("last", date(2026, 3, 21), date(2026, 3, 24)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seen_on", "opens"),
    [(date(2025, 9, 10), ("2026-03-10", "2026-09-10", "2027-09-10")),
     (date(2025, 8, 31), ("2026-03-01", "2026-08-31", "2027-08-31")),
     (date(2024, 2, 29), ("2024-08-29", "2025-03-01", "2026-03-01")),
     (date(2023, 8, 30), ("2024-03-01", "2024-08-30", "2025-08-30")),
     (date(2023, 8, 29), ("2024-02-29", "2024-08-29", "2025-08-29"))],
    ids=["plain", "end of August", "leap day", "30 August before a leap year", "29 August before a leap year"],
)  # fmt: skip
def test_months_open_when_looking_back_reaches_the_anchor(seen_on: date, opens: tuple[str, ...]) -> None:
    """At month ends and in leap years the stage opens on the first day from which so many months back is that day."""
    windows = stage_windows(seen_on, TIERS, 180)
    assert [w.opens_on.isoformat() for w in windows] == list(opens)
    assert windows[-1].closes_on == windows[-1].opens_on + timedelta(days=180)


@given(due_on=DAYS, stages=STAGES, late=LATE)
def test_windows_follow_one_another_without_gap_or_overlap(due_on: date, stages: tuple[Stage, ...], late: int) -> None:
    """From the first opening on, each day up to the end belongs to exactly one stage."""
    windows = stage_windows(due_on, stages, late)
    assert [w.stage for w in windows] == [stage.name for stage in stages]
    assert all(w.opens_on <= w.closes_on for w in windows)
    assert all(b.opens_on == a.closes_on + timedelta(days=1) for a, b in pairwise(windows))
    assert windows[-1].closes_on >= due_on + timedelta(days=late)


@given(today=DAYS, stages=STAGES, late=LATE, back=st.integers(-150, 1_400))
def test_due_range_never_misses_an_open_stage(today: date, stages: tuple[Stage, ...], late: int, back: int) -> None:
    """Whatever has a stage open today lies in the range the audience is asked for."""
    due_on = today - timedelta(days=back)
    earliest, latest = due_range(today, stages, late)
    if any(window.is_open(today) for window in stage_windows(due_on, stages, late)):
        assert earliest <= due_on <= latest


@given(today=DAYS, stages=STAGES, late=LATE)
def test_due_range_is_hardly_wider_than_what_is_open(today: date, stages: tuple[Stage, ...], late: int) -> None:
    """Both ends are at most a few days out, where no day a month away exists: work grows with those who are due."""
    earliest, latest = due_range(today, stages, late)
    ends = (stage_windows(latest - timedelta(days=step), stages, late) for step in range(4))
    assert any(window.is_open(today) for windows in ends for window in windows)
    near = (stage_windows(earliest + timedelta(days=step), stages, late) for step in range(8))
    assert any(window.is_open(today) for windows in near for window in windows)


FIRST, SECOND = date(2026, 1, 1), date(2026, 3, 1)


@pytest.mark.parametrize(
    ("anchor", "found"),
    [(date(2026, 1, 30), "first"), (date(2026, 1, 31), "second"), (date(2025, 12, 2), "first"),
     (date(2025, 12, 1), None), (date(2026, 3, 31), "second"), (date(2026, 4, 1), None), (FIRST, "first")],
)  # fmt: skip
def test_an_anchor_belongs_to_the_nearest_cycle_within_the_tolerance(anchor: date, found: str | None) -> None:
    """30 days are within, 31 are not."""
    assert matching_cycle(anchor, [("first", FIRST), ("second", SECOND)], 30) == found


def test_of_two_equally_near_the_earlier_is_taken_in_whatever_order() -> None:
    """So that two runs never disagree."""
    cycles = [("late", date(2026, 1, 21)), ("early", date(2026, 1, 1))]
    assert matching_cycle(date(2026, 1, 11), cycles, 30) == "early"
    assert matching_cycle(date(2026, 1, 11), cycles[::-1], 30) == "early"
    assert matching_cycle(date(2026, 1, 11), [], 30) is None


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Shanghai", datetime(2026, 3, 28, 16, tzinfo=UTC)), ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
     ("America/New_York", datetime(2026, 3, 29, 4, tzinfo=UTC))],
)  # fmt: skip
def test_a_text_is_valid_until_midnight_of_the_shop(zone: str, expected: datetime) -> None:
    """The end of 28 March, on the shop's wall clock."""
    assert valid_until(date(2026, 3, 28), ZoneInfo(zone)) == expected
