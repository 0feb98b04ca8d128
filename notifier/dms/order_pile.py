"""The cleaned orders of a file, waiting on disk: compared by their numbers, then given back car by car.

So the result never depends on the order of a file's rows, each car is dealt with once, and memory does not grow with
the file. They come back by the ids of their cars, because an index that is written in its own order costs a tenth of
one that is written at random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self
from zlib import crc32

from notifier.dms.drawers import Blocks, Drawers
from notifier.dms.order_cells import RECORD, Record

__all__ = ["OrderPile", "Share"]

_KNOWN, _UNKNOWN, _NUMBERS = 4_096, 1_024, 64
"""Drawers: by car id, by VIN where nobody knows the car, by order number."""
_ON_TOP = 32_000
"""Rows held in memory."""
_BITS = 1 << 22
_LATER_BY = ("date_in", "vin", "arrived_at", "category", "odometer", "amount", "advisor", "coupon", "doubts", "line")
"""Of one number the first by this stays."""
_PLACES = tuple(RECORD.index(name) for name in _LATER_BY)
_NUMBER, _LINE, _DOUBTS = (RECORD.index(name) for name in ("order_no", "line", "doubts"))

CarReading = tuple[int, str, int]
"""Vehicle id, day, kilometres."""


class Share(NamedTuple):
    """The rows of some cars, all of these cars; `cars`: ids of those that are known."""

    blocks: Blocks
    cars: list[int]


class OrderPile:
    """`cars`: the first and last id of the shop's vehicles; none is added while the pile grows."""

    def __init__(self, cars: tuple[int, int]) -> None:
        self._first, span = cars[0], cars[1] - cars[0] + 1
        self._width = max(-(-span // _KNOWN), 1)
        self._rows, self._cars, self._numbers = (
            Drawers(_KNOWN + _UNKNOWN), Drawers(_KNOWN + _UNKNOWN), Drawers(_NUMBERS),
        )  # fmt: skip
        self._held = ExitStack()
        self._on_top = 0
        self.rows = 0
        self.doubts: Counter[str] = Counter()
        self.yielding: set[int] = set()
        """Lines that, of one order number, stay behind every other."""
        self.doomed = bytearray()
        """A bit for each line that yielded to another."""

    def __enter__(self) -> Self:
        for drawers in (self._rows, self._cars, self._numbers):
            self._held.enter_context(drawers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def fileno(self) -> int:
        """The file the blocks of a share lie in."""
        return self._rows.fileno()

    def add(self, records: Sequence[Record], ids: Mapping[str, int]) -> None:
        """Add cleaned rows; `ids`: VIN → vehicle id, of the cars that are known."""
        first, width, tops, numbers = self._first, self._width, self._rows.top, self._numbers.top
        for record in records:
            vehicle_id = ids.get(record[0])
            if vehicle_id is None:
                drawer = _KNOWN + crc32(record[0].encode()) % _UNKNOWN
            else:
                drawer = (vehicle_id - first) // width
            tops[drawer].append((vehicle_id, record))
            number = record[_NUMBER]
            numbers[hash(number) % _NUMBERS].append(number)
        self.doubts.update(doubts for record in records if (doubts := record[_DOUBTS]))
        self.rows += len(records)
        self._on_top += len(records)
        if self._on_top >= _ON_TOP:
            self._put_away()

    def _put_away(self) -> None:
        for drawer, rows in enumerate(self._rows.top[:_KNOWN]):
            if rows:
                self._cars.top[drawer] = list({vehicle_id for vehicle_id, _record in rows})
        for drawers in (self._rows, self._cars, self._numbers):
            drawers.put_away()
        self._on_top = 0

    def drop_duplicates(self) -> Iterator[int]:
        """Of one order number the first by date in stays; gives the lines of the others. To be called once, at the end.

        What is told goes before what is not, so the fuller row stays; identical rows are told apart by their line.
        """
        self._put_away()
        repeated = self._repeated()
        if repeated is None:
            return
        with Drawers(_NUMBERS) as alike:
            for rows in self._rows.each():
                for _vehicle_id, record in rows:
                    slot = hash(record[_NUMBER])
                    if repeated[slot % _BITS >> 3] >> (slot & 7) & 1:
                        alike.top[slot % _NUMBERS].append(record)
                alike.put_away()
            for records in alike.each():
                yield from self._doomed(records)

    def _repeated(self) -> bytearray | None:
        """A bit for each number that is there twice; some that is not may share one. None where none is."""
        bits: bytearray | None = None
        for numbers in self._numbers.each():
            if len(numbers) == len(set(numbers)):
                continue
            bits = bits or bytearray(_BITS >> 3)
            seen: set[str] = set()
            for number in numbers:
                if number in seen:
                    slot = hash(number)
                    bits[slot % _BITS >> 3] |= 1 << (slot & 7)
                seen.add(number)
        return bits

    def _doomed(self, records: Iterable[Record]) -> Iterator[int]:
        firsts: dict[str, Record] = {}
        for record in records:
            number = record[_NUMBER]
            stays, goes = sorted((record, firsts.get(number, record)), key=self._rank)
            firsts[number] = stays
            if goes is not stays:
                self._mark(goes[_LINE])
                self.doubts.subtract([goes[_DOUBTS]] if goes[_DOUBTS] else [])
                yield goes[_LINE]

    def _rank(self, record: Record) -> tuple[Any, ...]:
        return (record[_LINE] in self.yielding, *((record[place] is None, record[place]) for place in _PLACES))

    def _mark(self, line: int) -> None:
        if len(self.doomed) <= line >> 3:
            self.doomed.extend(bytes((line >> 3) - len(self.doomed) + 1024))
        self.doomed[line >> 3] |= 1 << (line & 7)

    def shares(self, rows: int) -> Iterator[Share]:
        """All rows, some `rows` at a time: by the ids of their cars, then those whose cars nobody knows."""
        for drawers in (range(_KNOWN), range(_KNOWN, _KNOWN + _UNKNOWN)):
            taken: list[int] = []
            held = 0
            for drawer in drawers:
                if self._rows.rows[drawer]:
                    taken.append(drawer)
                    held += self._rows.rows[drawer]
                if held >= rows or (held and drawer == drawers[-1]):
                    yield Share(self._rows.blocks(taken), sorted(set(self._cars.of(taken))))
                    taken, held = [], 0

    def readings(self, cars: Collection[int]) -> Iterator[CarReading]:
        """Every odometer the rows name for these cars; zero is none."""
        wanted = set(cars)
        day, odometer = RECORD.index("date_in"), RECORD.index("odometer")
        for drawer in sorted({(car - self._first) // self._width for car in wanted}):
            for vehicle_id, record in self._rows.of([drawer]):
                if vehicle_id in wanted and record[odometer] and not self.is_doomed(record[_LINE]):
                    yield vehicle_id, record[day], record[odometer]

    def is_doomed(self, line: int) -> bool:
        """Whether the row of this line yielded to another."""
        return line >> 3 < len(self.doomed) and bool(self.doomed[line >> 3] >> (line & 7) & 1)
