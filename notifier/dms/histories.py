"""The rows of some cars → their visits, plausible odometers and next service, as they are where nothing is stored yet.

The steps here run in a process beside the import's own (beside.py), so they know nothing of the store but the form in
which it takes a portion of orders.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import count, repeat
from operator import add, itemgetter
from pathlib import Path
from typing import Any

from notifier.dms.beside import Steps
from notifier.dms.drawers import Blocks, rows_of
from notifier.dms.order_cells import RECORD, Record
from notifier.dms.predictions import derive
from notifier.dms.words import MAINTENANCE, NOT_COUNTED
from notifier.domain.model_rates import prior_of
from notifier.domain.service_due import Reading, keep_plausible_chain
from notifier.store.portions import ACCIDENT, COUNTED, DUE, MAINTAINED, UNCOUNTED, write_portion

__all__ = ["portions"]

Facts = Mapping[int, tuple[str | None, str | None]]
"""Vehicle id → day of delivery and model, of the cars without stored orders."""

_day = lru_cache(maxsize=16_384)(date.fromisoformat)
_written = lru_cache(maxsize=16_384)(date.isoformat)
_ON, _NUMBER, _ARRIVED, _CATEGORY, _KM, _AMOUNT, _ADVISOR, _COUPON, _LINE = map(
    RECORD.index,
    ("date_in", "order_no", "arrived_at", "category", "odometer", "amount", "advisor", "coupon", "line"),
)
_stored = itemgetter(slice(_COUPON + 1))
"""Of a record the values of an arrival, in its order."""
_ALL_KEPT = repeat(True)


class _DayIs(dict[str, int]):
    """Category → what a day is whose only order is of it."""

    def __missing__(self, category: str) -> int:
        is_maintenance = category in MAINTENANCE
        self[category] = MAINTAINED if is_maintenance else COUNTED if category not in NOT_COUNTED else UNCOUNTED
        return self[category]


_DAY_IS = _DayIs(accident=ACCIDENT)


def portions(file: int, folder: str | None, rates: Mapping[str, float], doomed: bytes, *, skip: int = 0) -> Steps:  # noqa: ARG001
    """Steps: a message of (blocks, facts) is answered by the file of a portion with the rows of these blocks.

    Only cars with `facts` are new to the store; the others meet stored orders, and are not worked out.

    `file` is that of the drawers the blocks lie in; `doomed`: a bit for each line that is left out. `folder`: where
    portions are written; None: where temporary files are.
    """
    answer: str | None = None
    while True:
        blocks, facts = yield answer
        portion = _Portion(facts, rates)
        for vehicle_id, records in _cars(_rows(file, blocks, doomed)):
            if vehicle_id is not None and vehicle_id in facts:
                portion.add(vehicle_id, records)
            else:
                portion.add_bare(vehicle_id, records)
        handle, answer = tempfile.mkstemp(".portion", "notifier-import-", folder)
        os.close(handle)
        write_portion(Path(answer), arrival=portion.arrivals, day=portion.days, car=portion.cars)


def _rows(file: int, blocks: Blocks, doomed: bytes) -> list[tuple[int | None, Record]]:
    """Sorted by car, day and number."""
    rows = rows_of(file, blocks)
    if doomed:
        last = len(doomed) << 3
        rows = [row for row in rows if (line := row[1][_LINE]) >= last or not doomed[line >> 3] >> (line & 7) & 1]
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

    def add_bare(self, vehicle_id: int | None, records: Sequence[Record]) -> None:
        """A car nobody knows, or of which orders are stored: what these say by themselves is nobody's concern."""
        place = len(self.arrivals) + 1
        self.arrivals += map(
            add, zip(count(place), repeat(vehicle_id), _ALL_KEPT, repeat(None), strict=False), map(_stored, records)
        )
        self.cars.append((place, vehicle_id, records[0][0], len(records), None, 0, 0, *_NO_OUTLOOK))

    def add(self, vehicle_id: int, records: Sequence[Record]) -> None:
        """A car that is new to the store, all its records."""
        place = len(self.arrivals) + 1
        days = [record[_ON] for record in records]
        readings = [Reading(_day(day), km) for day, record in zip(days, records, strict=True) if (km := record[_KM])]
        chain = keep_plausible_chain(readings)
        doubted = _doubted(records, readings, chain)
        several = _spans_of_several(days)
        alone: list[int | None] = [_DAY_IS[record[_CATEGORY]] for record in records]
        for span in several:
            alone[span.start : span.stop] = [None] * len(span)
        kept: Iterable[bool] = _ALL_KEPT
        if len(readings) < len(records) or doubted:
            kept = [record[_KM] != 0 and at not in doubted for at, record in enumerate(records)]
        self.arrivals += map(add, zip(count(place), repeat(vehicle_id), kept, alone), map(_stored, records))
        self.days += [(place + span.start, vehicle_id, *_merged(records, span, doubted)) for span in several]
        visits = len(records) - sum(map(len, several)) + len(several)
        coupons = len(records) - [record[_COUPON] for record in records].count(None)
        counts = len(records), visits, len(doubted), coupons
        self.cars.append(
            (place, vehicle_id, records[0][0], *counts, *self._outlook(self.facts[vehicle_id], records, chain))
        )

    def _outlook(
        self, facts: tuple[str | None, str | None], records: Sequence[Record], chain: Sequence[Reading]
    ) -> Sequence[Any]:
        """The latest day that counts, delivery and model, and the days that fall due with them."""
        delivered_on, model = facts
        counted_on = maintained_on = None
        for record in reversed(records):
            counts = _DAY_IS[record[_CATEGORY]]
            if counts >= COUNTED:
                counted_on = counted_on or record[_ON]
            if counts == MAINTAINED:
                maintained_on = record[_ON]
                break
        due = derive(
            _day(delivered_on) if delivered_on else None, _day(maintained_on) if maintained_on else None, chain,
            prior_of(self.rates, model),
        )  # fmt: skip
        return (
            counted_on, delivered_on, model,
            *[_written(value) if type(value) is date else value for value in due],
        )  # fmt: skip


_NO_OUTLOOK = (None,) * (3 + len(DUE))


def _doubted(records: Sequence[Record], readings: Sequence[Reading], chain: Sequence[Reading]) -> set[int]:
    """Which of the records name an odometer that is not to be believed."""
    if len(chain) == len(readings):
        return set()
    believed = set(chain)
    return {
        at for at, record in enumerate(records)
        if record[_KM] and Reading(_day(record[_ON]), record[_KM]) not in believed
    }  # fmt: skip


def _spans_of_several(days: Sequence[str]) -> list[range]:
    """Where the same day stands several times in a row."""
    if len(set(days)) == len(days):
        return []
    begins = [at for at in range(len(days)) if at == 0 or days[at] != days[at - 1]]
    spans = (range(begin, end) for begin, end in zip(begins, [*begins[1:], len(days)], strict=True))
    return [span for span in spans if len(span) > 1]


def _merged(records: Sequence[Record], of_day: range, doubted: Collection[int]) -> Sequence[Any]:
    """The orders of one day as one visit, in the columns of DAY from the VIN on.

    workshop.merge_orders says the same of stored ones.
    """
    orders = [records[at] for at in of_day]
    counting = [order for order in orders if order[_CATEGORY] not in NOT_COUNTED]
    return (
        *orders[0][:_NUMBER], bool(counting), any(order[_CATEGORY] in MAINTENANCE for order in counting),
        any(order[_CATEGORY] == "accident" for order in orders),
        min((order[_ARRIVED] for order in orders if order[_ARRIVED]), default=None),
        sum(order[_AMOUNT] for order in counting),
        max((records[at][_KM] for at in of_day if records[at][_KM] and at not in doubted), default=None),
        next((order[_ADVISOR] for order in (*counting, *orders) if order[_ADVISOR]), None),
    )  # fmt: skip
