"""notifier/domain/pace.py: as many units a second as were asked for, however greedy the one who takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.pace import BURST, Pace

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)


@given(
    rate=st.floats(1, 500),
    steps=st.lists(st.tuples(st.floats(0.001, 0.3), st.integers(1, 3)), min_size=5, max_size=200),
)
def test_no_second_has_more_than_the_rate_its_burst_and_the_last_text(
    rate: float, steps: list[tuple[float, int]]
) -> None:
    """Whoever takes all there is room for at each moment stays below it, in every window of a second."""
    clock, arrival_at = NOON, None
    taken: list[tuple[datetime, float]] = []
    for pause, cost in steps:
        clock += timedelta(seconds=pause)
        pace = Pace.at(clock, arrival_at, rate)
        units = 0.0
        while pace.room and (not units or units + cost <= pace.room):
            units += cost
        if units:
            arrival_at = pace.after(units)
            taken.append((clock, units))
    for begin, _units in taken:
        within = [units for moment, units in taken if begin <= moment < begin + timedelta(seconds=1)]
        assert sum(within) <= rate * (1 + BURST.total_seconds()) + 3


def test_who_has_to_wait_is_told_until_when() -> None:
    """After the burst the next unit comes a hundredth of a second later, at 100 a second."""
    pace = Pace.at(NOON, None, 100)
    assert pace.room == 5
    spent = Pace.at(NOON, pace.after(5), 100)
    assert (spent.room, spent.again_at) == (0.0, NOON + timedelta(milliseconds=1))
    assert Pace.at(spent.again_at, spent.arrived, 100).room == 1.0


def test_a_slow_pace_lets_one_through_at_a_time() -> None:
    """One in five seconds: the burst of a twentieth of a second is less than one text, which goes all the same."""
    pace = Pace.at(NOON, None, 0.2)
    assert pace.room == 1.0
    spent = Pace.at(NOON, pace.after(1), 0.2)
    assert spent.room == 0
    assert spent.again_at - NOON == timedelta(seconds=4.951)
