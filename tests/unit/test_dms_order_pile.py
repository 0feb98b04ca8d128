"""The orders of a file on disk: of one number the first stays, and every car comes back whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from notifier.dms.drawers import rows_of
from notifier.dms.order_pile import OrderPile

IDS = {f"CAR{n}": n * 700 for n in range(1, 9)}
"""Of 20 cars those that are known."""
NUMBER, LINE = 2, 9

ROWS = st.lists(
    st.tuples(
        st.integers(1, 20), st.sampled_from(("2024-03-01", "2024-03-02", "2025-01-01")), st.integers(1, 30),
        st.sampled_from((None, 5_000, 9_500)), st.sampled_from((None, "林顾问")),
        st.sampled_from((None, "bad_odometer")),
    ),
    max_size=60,
)  # fmt: skip


def _record(line: int, *row: Any) -> Any:
    car, day, number, km, advisor, doubt = row
    return f"CAR{car}", day, f"R{number}", None, "repair", km, 0, advisor, None, line, doubt


def _first(records: list[Any], yielding: set[int]) -> dict[str, int]:
    """Order number → the line that stays, said as plainly as can be."""
    by_number: dict[str, list[Any]] = {}
    for record in records:
        by_number.setdefault(record[NUMBER], []).append(record)

    def rank(record: Any) -> Any:
        vin, day, _number, arrived, category, km, amount, advisor, coupon, line, doubts = record
        told = (vin, arrived, category, km, amount, advisor, coupon, doubts)
        return line in yielding, day, [(value is None, value) for value in told], line

    return {number: min(alike, key=rank)[LINE] for number, alike in by_number.items()}


@hypothesis_settings(deadline=None, max_examples=60)
@given(rows=ROWS, size=st.integers(1, 40), data=st.data())
def test_every_order_comes_back_once_with_all_of_its_car(rows: list[Any], size: int, data: st.DataObject) -> None:
    """Whatever the order of the rows; what yielded to another is told, and its doubts no longer count."""
    records = [_record(line, *row) for line, row in enumerate(rows, start=2)]
    yielding = set(data.draw(st.lists(st.sampled_from([record[LINE] for record in records] or [0]), max_size=3)))
    with OrderPile((700, 5_600)) as pile:
        pile.yielding |= yielding
        shuffled = data.draw(st.permutations(records))
        for start in range(0, len(shuffled), 7):
            pile.add(shuffled[start : start + 7], IDS)
        gone = list(pile.drop_duplicates())
        shares = list(pile.shares(size))
        found = [rows_of(pile.fileno(), share.blocks) for share in shares]
        stay = _first(records, yielding)
        assert sorted(gone) == sorted({record[LINE] for record in records} - set(stay.values()))
        assert all(pile.is_doomed(line) for line in gone)
        assert not any(pile.is_doomed(line) for line in stay.values())
        back = [record for share in found for _id, record in share]
        assert sorted(map(repr, back)) == sorted(map(repr, records))
        cars = [{record[0] for _id, record in share} for share in found]
        assert sum(map(len, cars)) == len(set().union(*cars) if cars else ())
        known = [share.cars for share in shares]
        assert [sorted({IDS[vin] for vin in each if vin in IDS}) for each in cars] == known
        doubted = sum(record[LINE] in stay.values() and record[-1] is not None for record in records)
        assert pile.doubts["bad_odometer"] == doubted


def test_readings_of_some_cars(tmp_path: object) -> None:
    """What was doomed is no reading, nor is a row without kilometres."""
    with OrderPile((1, 9_000)) as pile:
        pile.add([
            _record(2, 1, "2024-03-01", 1, 5_000, None, None), _record(3, 1, "2024-03-02", 1, 5_100, None, None),
            _record(4, 1, "2024-05-02", 2, None, None, None), _record(5, 2, "2024-05-02", 3, 700, None, None),
            _record(6, 3, "2024-05-02", 4, 800, None, None), _record(7, 15, "2024-05-02", 5, 900, None, None),
        ], IDS)  # fmt: skip
        assert list(pile.drop_duplicates()) == [3]
        assert list(pile.readings([700, 1_400, 2_800])) == [(700, "2024-03-01", 5_000), (1_400, "2024-05-02", 700)]


@pytest.mark.parametrize("cars", [(1, 0), (5, 5)])
def test_a_shop_with_hardly_a_car(cars: tuple[int, int]) -> None:
    """Visits may come before the customers."""
    with OrderPile(cars) as pile:
        pile.add([_record(2, 1, "2024-03-01", 1, 5_000, None, None)], {})
        assert list(pile.drop_duplicates()) == []
        assert [share.cars for share in pile.shares(10)] == [[]]
