"""Repair orders of a file: cleaned column by column, sorted by car on a workbench, and taken over chunk by chunk.

A chunk's cars go one of four ways: nothing has changed; nobody knows the car, and its orders are parked; its whole
history is new (newcomers.py, in a few statements for all of them); or its orders meet stored ones (workshop.py, which
could take them all and is what the other ways must agree with).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice
from operator import itemgetter
from typing import Any

from notifier.dms.arrivals import COUNTING, CarArrivals, ways_of
from notifier.dms.cleaning import clean_amount, clean_code, clean_odometer, clean_text, clean_vin
from notifier.dms.dates import clean_moment
from notifier.dms.job import ImportJob
from notifier.dms.newcomers import take_histories
from notifier.dms.readers import Row, Table
from notifier.dms.report import SHOWN_ROWS, ImportReport
from notifier.dms.totals import is_total
from notifier.dms.twice import NumbersTwice
from notifier.dms.words import clean_category
from notifier.dms.workshop import OPTIONAL, Order, settle
from notifier.store.columns import written_moment
from notifier.store.engine import Session
from notifier.store.imports import lock_shop
from notifier.store.incoming_orders import Chunk, IncomingOrders
from notifier.store.model_rates import rates_for_import
from notifier.store.orders import order_numbers_of_others
from notifier.store.trouble import is_deadlock

__all__ = ["import_orders"]

_BATCH = 4_000
_NO_DOUBTS = (None,) * 4
_HOLD = 0.05
"""Seconds a chunk may hold the database's write lock: a webhook waits no longer than that."""
_CHUNK_ROWS = range(1_000, 8_001)

_REMEMBERED = lru_cache(maxsize=16_384)
"""Cells of a column repeat; so many different ones are kept."""

Staged = tuple[Any, ...]


def import_orders(job: ImportJob, table: Table) -> None:
    """Take the rows of `table` into the store, in short transactions; counts go to the job's report."""
    with job.store.workbench() as bench:
        incoming = IncomingOrders(bench, job.shop_id, COUNTING, _made_by(job))
        cells = _Cells(job, is_sqlite=bench.is_sqlite)
        twice = NumbersTwice(
            job, table, "order_no", "duplicate_order", bench.read, order_numbers_of_others, incoming.yield_to_others
        )
        for batch in _batches(table):
            job.report.read += len(batch)
            incoming.add(list(cells.cleaned(twice.left(batch))))
            job.settings.reading(job.report.read)
        for line in incoming.drop_duplicates():
            job.report.reject(line, "duplicate_order")
        for doubts, rows in incoming.sort().items():
            for doubt in set(doubts.split(",")):
                job.report.warned[doubt] += rows
        with bench.write() as session:
            readings = partial(incoming.readings, session)
            found = rates_for_import(session, job.shop_id, job.import_id, job.settings.now, readings)
        job.rates.update(found)
        _take_over(job, incoming)


def _made_by(job: ImportJob) -> dict[str, Any]:
    return {"import_id": job.import_id, "updated_at": job.settings.now}


def _batches(table: Table) -> Iterator[list[Row]]:
    rows = iter(table)
    while batch := list(islice(rows, _BATCH)):
        yield batch


class _Cells:
    """The rule of each column, and where in a row it stands."""

    def __init__(self, job: ImportJob, *, is_sqlite: bool) -> None:
        self._report, self._zone, self._is_sqlite = job.report, job.settings.zone, is_sqlite
        self._today = job.settings.today.isoformat()
        places = job.report.mapped.places
        rules: tuple[tuple[str, Callable[[str], Any], Any], ...] = (
            ("order_no", clean_code, None),
            ("vin", _REMEMBERED(clean_vin), None),
            ("date_in", _REMEMBERED(self._clean_moment), None),
            ("category", clean_category, ("other", None)),
            ("odometer", clean_odometer, (None, None)),
            ("amount", clean_amount, (None, None)),
            ("advisor", _REMEMBERED(clean_text), None),
            ("coupon", _REMEMBERED(clean_code), None),
        )
        # A column the file does not have says of every row what its rule says of nothing.
        self._rules = [rule if name in places else _always(absent) for name, rule, absent in rules]
        self._pick = itemgetter(*(places.get(name, 0) for name, _rule, _absent in rules))

    def cleaned(self, batch: Iterable[Row]) -> Iterator[Staged]:
        """The records to stage, for INCOMING_COLUMNS; rows that cannot be taken are rejected on the way."""
        today, report, pick = self._today, self._report, self._pick
        number, identity, moment, kind, distance, money, text, code = self._rules
        for line, cells in batch:
            c_number, c_vin, c_moment, c_kind, c_distance, c_money, c_advisor, c_coupon = pick(cells)
            order_no, (vin, odd_vin), (day, arrived) = number(c_number), identity(c_vin), moment(c_moment)
            if order_no is None or vin is None or day is None or day > today:
                report.reject(line, _why_not(order_no, vin, day, cells))
                continue
            (category, odd), (odometer, odd_odometer), (amount, odd_amount) = (
                kind(c_kind), distance(c_distance), money(c_money),
            )  # fmt: skip
            odd_ones = (odd_vin, odd, odd_odometer, odd_amount)
            doubts = None if odd_ones == _NO_DOUBTS else ",".join(doubt for doubt in odd_ones if doubt)
            record = (
                line, order_no, vin, day, arrived, category, odometer, amount or 0, text(c_advisor), code(c_coupon),
                doubts,
            )  # fmt: skip
            if len(report.understood) < SHOWN_ROWS:
                self._show(record)
            yield record

    def _clean_moment(self, text: str) -> tuple[str | None, str | None]:
        """The day, and the moment of arrival where the time of day is told, both written as they are stored."""
        day, clock, _doubt = clean_moment(text)
        if day is None:
            return None, None
        arrived = datetime.combine(day, clock, self._zone) if clock else None
        return day.isoformat(), written_moment(arrived, is_sqlite=self._is_sqlite)

    def _show(self, record: Staged) -> None:
        line, *values, doubts = record
        names = ("order_no", "vin", "date_in", "arrived_at", "category", "odometer", "amount", "advisor", "coupon")
        self._report.understand(line, dict(zip(names, values, strict=True)), doubts.split(",") if doubts else ())


def _always(answer: Any) -> Callable[[str], Any]:
    return lambda _text: answer


def _why_not(order_no: str | None, vin: str | None, day: str | None, cells: Sequence[str]) -> str:
    if vin is None and is_total(cells):
        return "total_row"
    if order_no is None:
        return "missing_order_no"
    if vin is None:
        return "bad_vin"
    return "bad_date" if day is None else "future_date"


@dataclass(slots=True)
class _Verdicts:
    """What became of a chunk's rows, to be counted once it is committed."""

    counts: dict[str, int] = field(default_factory=dict)
    released: int = 0
    doubted: int = 0

    def add(self, verdict: str, rows: int) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + rows

    def tell(self, report: ImportReport) -> None:
        for verdict, rows in self.counts.items():
            report.count(verdict, rows)
        report.released += self.released
        for doubt, rows in (("implausible_odometer", self.doubted), ("unknown_vehicle", self.counts.get("parked", 0))):
            if rows:
                report.warned[doubt] += rows


def _take_over(job: ImportJob, incoming: IncomingOrders) -> None:
    """All rows, in chunks that hold the write lock for about as long as a webhook may wait."""
    report, size, after = job.report, job.settings.chunk_rows, 0
    while (until := incoming.end_of_chunk(after, size)) > after:
        verdicts, held = _stored(job, incoming, Chunk(after, until))
        verdicts.tell(report)
        job.settings.progress(report.rejected.total() + until)
        after = until
        if job.settings.paced:
            size = min(max(int(size * min(_HOLD / held, 2)), _CHUNK_ROWS.start), _CHUNK_ROWS.stop)


def _stored(job: ImportJob, incoming: IncomingOrders, chunk: Chunk, tries: int = 3) -> tuple[_Verdicts, float]:
    """What became of a chunk, and for how many seconds it kept others waiting."""
    try:
        with incoming.bench.write() as session:
            lock_shop(session, job.shop_id)
            started = time.perf_counter()
            verdicts = _Transaction(session, job, incoming, chunk).take()
        return verdicts, time.perf_counter() - started
    except Exception as error:
        if tries > 1 and is_deadlock(error):
            return _stored(job, incoming, chunk, tries - 1)
        raise


@dataclass(slots=True)
class _Transaction:
    """The cars of one chunk."""

    session: Session
    job: ImportJob
    incoming: IncomingOrders
    chunk: Chunk

    def take(self) -> _Verdicts:
        """Send each car its way."""
        verdicts, ways = _Verdicts(), ways_of(self.session, self.incoming, self.chunk, self._untold())
        for car in ways.settled:
            verdicts.add("unchanged", car.rows)
            verdicts.doubted += car.known.doubted
        self._park(ways.unknown, verdicts)
        self._take_histories(ways.newcomers, verdicts)
        self._settle(ways.others, verdicts)
        return verdicts

    def _untold(self) -> list[str]:
        return [column for field, column in OPTIONAL.items() if field in self.job.report.mapped.absent]

    def _park(self, cars: Sequence[CarArrivals], verdicts: _Verdicts) -> None:
        verdicts.add("parked", sum(car.rows for car in cars))
        new = [car.vin for car in cars if car.known.rows < car.rows]
        if new:
            self.incoming.park_orders(self.session, self.chunk, new)

    def _take_histories(self, cars: Mapping[int, CarArrivals], verdicts: _Verdicts) -> None:
        if cars:
            visits, doubted = take_histories(self.session, self.job, self.incoming, self.chunk, cars)
            verdicts.add("new", visits)
            verdicts.add("merged", sum(car.rows for car in cars.values()) - visits)
            verdicts.doubted += doubted

    def _settle(self, cars: Sequence[CarArrivals], verdicts: _Verdicts) -> None:
        if not cars:
            return
        vins = {car.vin for car in cars}
        orders = [Order(None, *row) for row in self.incoming.rows_of(self.session, self.chunk, vins)]
        # An order that moves to another car or day leaves a visit behind that must be told anew, too.
        vins |= self.incoming.homes(self.session, self.chunk, vins)
        settled = settle(self.session, self.job, vins, orders)
        for verdict in settled.verdicts.values():
            verdicts.add(verdict, 1)
        verdicts.released += settled.released
        verdicts.doubted += len(settled.doubted)
