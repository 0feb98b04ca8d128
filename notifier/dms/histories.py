"""The rows of some cars → their visits, plausible odometers and next service, as they are where nothing is stored yet.

The steps here run in a process beside the import's own (beside.py), so they know nothing of the store but the form in
which it takes a portion of orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from notifier.dms.beside import Steps
from notifier.dms.drawers import Blocks, rows_of
from notifier.dms.order_cells import Record
from notifier.dms.predictions import derive
from notifier.dms.words import MAINTENANCE, NOT_COUNTED
from notifier.domain.model_rates import prior_of
from notifier.domain.service_due import Reading, keep_plausible_chain
from notifier.store.portions import write_portion

__all__ = ["portions"]

Facts = Mapping[int, tuple[str | None, str | None]]
"""Vehicle id → day of delivery and model."""

_day = lru_cache(maxsize=16_384)(date.fromisoformat)
_DAY, _LINE = itemgetter(1), itemgetter(3)
_NO_FACTS = (None, None)


def portions(file: int, folder: str, rates: Mapping[str, float], doomed: bytes, *, skip: int = 0) -> Steps:  # noqa: ARG001
    """Steps: a message of (number, blocks, facts) is answered by the file of a portion with the rows of these blocks.

    `file` is that of the drawers the blocks lie in; `doomed`: a bit for each line that is left out.
    """
    answer: str | None = None
    while True:
        number, blocks, facts = yield answer
        rows = _rows(file, blocks, doomed)
        portion = _Portion(facts, rates)
        for vehicle_id, records in _cars(rows):
            portion.add(vehicle_id, records)
        path = Path(folder) / f"{number}.portion"
        path.unlink(missing_ok=True)
        write_portion(path, arrival=portion.arrivals, day=portion.days, car=portion.cars)
        answer = str(path)


def _rows(file: int, blocks: Blocks, doomed: bytes) -> list[tuple[int | None, Record]]:
    """Sorted by car, day and number."""
    rows = rows_of(file, blocks)
    if doomed:
        last = len(doomed) << 3
        rows = [row for row in rows if (line := _LINE(row[1])) >= last or not doomed[line >> 3] >> (line & 7) & 1]
    rows.sort()
    return rows


def _cars(rows: Sequence[tuple[int | None, Record]]) -> Iterator[tuple[int | None, list[Record]]]:
    """Sorted rows, car by car: its id where it is known, and its records."""
    begin, vin = 0, rows[0][1][0] if rows else ""
    for at, (_vehicle_id, record) in enumerate(rows):
        if record[0] != vin:
            yield rows[begin][0], [each for _id, each in rows[begin:at]]
            begin, vin = at, record[0]
    if rows:
        yield rows[begin][0], [each for _id, each in rows[begin:]]


class _Portion:
    """The rows of the three tables."""

    def __init__(self, facts: Facts, rates: Mapping[str, float]) -> None:
        self.facts, self.rates = facts, rates
        self.arrivals: list[Sequence[Any]] = []
        self.days: list[Sequence[Any]] = []
        self.cars: list[Sequence[Any]] = []

    def add(self, vehicle_id: int | None, records: Sequence[Record]) -> None:
        """One car, all its records."""
        place, vin = len(self.arrivals) + 1, records[0][0]
        readings = [Reading(_day(record[1]), record[6]) for record in records if record[6]]
        chain = keep_plausible_chain(readings)
        doubted = _doubted(records, readings, chain)
        self.arrivals += [
            (
                at, vehicle_id, vin, number, day, arrived, category, km, amount, advisor, coupon,
                km != 0 and at - place not in doubted,
            )
            for at, (_vin, day, number, _line, arrived, category, km, amount, advisor, coupon, _doubts)
            in enumerate(records, start=place)
        ]  # fmt: skip
        coupons = sum(record[9] is not None for record in records)
        if vehicle_id is None:
            self.cars.append((place, None, vin, len(records), 0, len(doubted), coupons, *(None,) * 12))
            return
        days = self._add_days(place, vehicle_id, records, doubted)
        counted_on = max((row[3] for row in days if row[4]), default=None)
        delivered_on, model = self.facts.get(vehicle_id, _NO_FACTS)
        maintained_on = max((row[3] for row in days if row[5]), default=None)
        due = derive(
            _day(delivered_on) if delivered_on else None, _day(maintained_on) if maintained_on else None, chain,
            prior_of(self.rates, model),
        )  # fmt: skip
        self.cars.append((
            place, vehicle_id, vin, len(records), len(days), len(doubted), coupons, counted_on, delivered_on, model,
            *(value.isoformat() if isinstance(value, date) else value for value in due),
        ))  # fmt: skip

    def _add_days(
        self, place: int, vehicle_id: int, records: Sequence[Record], doubted: set[int]
    ) -> Sequence[Sequence[Any]]:
        added = len(self.days)
        begin, day = 0, records[0][1]
        for at, record in enumerate(records):
            if record[1] != day:
                self.days.append(_visit(place, vehicle_id, records, range(begin, at), doubted))
                begin, day = at, record[1]
        self.days.append(_visit(place, vehicle_id, records, range(begin, len(records)), doubted))
        return self.days[added:]


def _doubted(records: Sequence[Record], readings: Sequence[Reading], chain: Sequence[Reading]) -> set[int]:
    """Which of the records name an odometer that is not to be believed."""
    if len(chain) == len(readings):
        return set()
    believed = set(chain)
    return {
        at for at, record in enumerate(records) if record[6] and Reading(_day(record[1]), record[6]) not in believed
    }


def _visit(place: int, vehicle_id: int, records: Sequence[Record], of_day: range, doubted: set[int]) -> Sequence[Any]:
    """The orders of one day as one visit, in the columns of DAY; workshop.merge_orders says the same of stored ones."""
    if len(of_day) == 1:
        at = of_day[0]
        vin, day, _number, _line, arrived, category, km, amount, advisor, _coupon, _doubts = records[at]
        counted = category not in NOT_COUNTED
        return (
            place + at, vehicle_id, vin, day, counted, category in MAINTENANCE, category == "accident", arrived,
            amount if counted else 0, km if km and at not in doubted else None, advisor,
        )  # fmt: skip
    orders = [records[at] for at in of_day]
    counting = [order for order in orders if order[5] not in NOT_COUNTED]
    return (
        place + of_day[0], vehicle_id, orders[0][0], orders[0][1], bool(counting),
        any(order[5] in MAINTENANCE for order in counting), any(order[5] == "accident" for order in orders),
        min((order[4] for order in orders if order[4]), default=None), sum(order[7] for order in counting),
        max((records[at][6] for at in of_day if records[at][6] and at not in doubted), default=None),
        next((order[8] for order in (*counting, *orders) if order[8]), None),
    )  # fmt: skip
