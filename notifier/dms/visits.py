"""Repair orders of a file: cleaned, laid in drawers by car, and taken over portion by portion, chunk by chunk.

A chunk's cars go one of four ways: nothing has changed; nobody knows the car, and its orders are parked; its whole
history is new (newcomers.py, in a few statements for all of them); or its orders meet stored ones (workshop.py, which
could take them all and is what the other ways must agree with).

Cleaning, and working out what a portion says of its cars, need no store: of a long file a process beside this one does
both, the next portion while this one is stored.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from notifier.dms.arrivals import Ways, ways_of
from notifier.dms.beside import Assistant, Beside
from notifier.dms.job import ImportJob
from notifier.dms.newcomers import take_histories
from notifier.dms.order_cells import RECORD, Batch, OrderCells, Record, batches
from notifier.dms.order_pile import OrderPile
from notifier.dms.readers import CsvTable, Table
from notifier.dms.rejects import is_mended
from notifier.dms.report import SHOWN_ROWS, ImportReport
from notifier.dms.twice import NumbersTwice
from notifier.dms.workshop import OPTIONAL, Order, settle
from notifier.store.corrections import follow_visits
from notifier.store.engine import Session, Workbench
from notifier.store.imports import lock_shop
from notifier.store.incoming_orders import Chunk, IncomingOrders
from notifier.store.model_rates import rates_for_import
from notifier.store.orders import order_numbers_of_others
from notifier.store.readings import CarReading
from notifier.store.trouble import is_deadlock, is_known_already
from notifier.store.vehicles import deliveries_of_new, ids_by_vin, range_of_ids

__all__ = ["import_orders"]

_HOLD = 0.07
"""Seconds a chunk may hold the database's write lock, its commit included: a webhook waits no longer than that."""
_CHUNK_ROWS = range(1_000, 16_001)
_PORTION_ROWS = 24_000
_LONG_FILE = 3 << 19
"""Bytes; some 20,000 rows, from which on a second process saves more than its start costs."""
_READ_AHEAD = 3


def import_orders(job: ImportJob, table: Table) -> None:
    """Take the rows of `table` into the store, in short transactions; counts go to the job's report."""
    with ExitStack() as held:
        bench = held.enter_context(job.store.workbench())
        with bench.read() as session:
            pile = held.enter_context(OrderPile(range_of_ids(session, job.shop_id)))
        folder, assistant = None, None
        if _is_long(table):
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="notifier-import-"))
            assistant = held.enter_context(Assistant(folder, [pile.fileno()]))
        for read, records, rejected in _cleaned(job, table, bench, pile, assistant):
            job.report.read += read
            _tell(job.report, records, rejected)
            with bench.read() as session:
                pile.add(records, ids_by_vin(session, job.shop_id, {record[0] for record in records}))
            job.settings.reading(job.report.read)
        for line in pile.drop_duplicates():
            job.report.reject(line, "duplicate_order")
        for doubts, rows in pile.doubts.items():
            for doubt in set(doubts.split(",")):
                job.report.warned[doubt] += rows
        _find_rates(job, bench, pile)
        incoming = IncomingOrders(bench, job.shop_id, {"import_id": job.import_id, "updated_at": job.settings.now})
        _TakeOver(job, incoming).take(_portions(job, bench, pile, assistant, folder))


def _is_long(table: Table) -> bool:
    """Whether a second process is worth its start; it must be able to open the table, too."""
    return isinstance(table, CsvTable) and table.path.stat().st_size > _LONG_FILE


def _cleaned(
    job: ImportJob, table: Table, bench: Workbench, pile: OrderPile, assistant: Assistant | None
) -> Iterator[Batch]:
    """The rows of the table, cleaned, batch by batch."""
    rules = dict(job.report.mapped.places), job.settings.zone, job.settings.today, bench.is_sqlite
    if is_mended(table):
        yield from _cleaned_without_twice(job, table, bench, pile, OrderCells(*rules))
        return
    beside = Beside(assistant, "notifier.dms.order_cells:cleaned", table, *rules)
    for _ahead in range(_READ_AHEAD):
        beside.ask()
    while (batch := beside.take()) is not None:
        beside.ask()
        yield batch
    beside.end()


def _cleaned_without_twice(
    job: ImportJob, table: Table, bench: Workbench, pile: OrderPile, cells: OrderCells
) -> Iterator[Batch]:
    """Of a file of rejects that comes back: rows still there twice are rejected, however right they look."""
    yields = pile.yielding.update
    twice = NumbersTwice(job, table, "order_no", "duplicate_order", bench.read, order_numbers_of_others, yields)
    for batch in batches(table):
        still = twice.still_twice(batch)
        records, rejected = cells.cleaned(row for row in batch if row[0] not in still)
        yield len(batch), records, [*rejected, *((line, twice.reason) for line in still)]


def _tell(report: ImportReport, records: Sequence[Record], rejected: Sequence[tuple[int, str]]) -> None:
    """Count what was rejected, and show the first rows as they were understood, all in the order of the file."""
    shown: list[tuple[int, Any]] = list(rejected)
    if len(report.understood) < SHOWN_ROWS:
        shown += [(record[_LINE], record) for record in records[:SHOWN_ROWS]]
    for line, found in sorted(shown, key=lambda row: row[0]):
        if isinstance(found, str):
            report.reject(line, found)
        else:
            facts = dict(zip(RECORD, found, strict=True))
            doubts = facts.pop("doubts")
            del facts["line"]
            report.understand(line, facts, doubts.split(",") if doubts else ())


_LINE = RECORD.index("line")


def _find_rates(job: ImportJob, bench: Workbench, pile: OrderPile) -> None:
    """What the predictions of this import lean on."""

    def readings(cars: Collection[int]) -> Iterator[CarReading]:
        return ((car, date.fromisoformat(day), km) for car, day, km in pile.readings(cars))

    with bench.write() as session:
        job.rates.update(rates_for_import(session, job.shop_id, job.import_id, job.settings.now, readings))


def _portions(
    job: ImportJob, bench: Workbench, pile: OrderPile, assistant: Assistant | None, folder: str | None
) -> Iterator[Path]:
    """The rows as portions to be stored; the next one is made while the caller has this one in hand."""
    given = pile.fileno(), folder, job.rates, bytes(pile.doomed)
    beside = Beside(assistant, "notifier.dms.histories:portions", *given)
    is_next_asked = False
    for share in pile.shares(_PORTION_ROWS):
        with bench.read() as session:
            facts = deliveries_of_new(session, share.cars)
        beside.ask((share.blocks, facts))
        if is_next_asked:
            yield Path(beside.take())
        is_next_asked = True
    if is_next_asked:
        yield Path(beside.take())


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


@dataclass(slots=True)
class _TakeOver:
    """All rows, in chunks that hold the write lock for about as long as a webhook may wait."""

    job: ImportJob
    incoming: IncomingOrders
    rows: int = 0

    def take(self, portions: Iterable[Path]) -> None:
        """Store portion after portion."""
        self.rows = self.job.settings.chunk_rows
        done = self.job.report.rejected.total()
        for portion in portions:
            self.incoming.lay_out(portion)
            done += self._take_chunks(done)

    def _take_chunks(self, done: int) -> int:
        """The portion on the bench; how many rows it had. `done`: those dealt with before."""
        settings, after = self.job.settings, 0
        while (until := self.incoming.end_of_chunk(after, self.rows)) > after:
            verdicts, held = self._stored(Chunk(after, until))
            verdicts.tell(self.job.report)
            settings.progress(done + until)
            after = until
            if settings.paced:
                wanted = int(self.rows * min(_HOLD / held, 2))
                self.rows = min(max(wanted, _CHUNK_ROWS.start), _CHUNK_ROWS.stop)
        return after

    def _stored(self, chunk: Chunk, tries: int = 3, *, is_sceptical: bool = False) -> tuple[_Verdicts, float]:
        """What became of a chunk, and for how many seconds it kept others waiting."""
        try:
            with self.incoming.bench.write() as session:
                lock_shop(session, self.job.shop_id)
                started = time.perf_counter()
                verdicts = _Transaction(session, self.job, self.incoming, chunk).take(is_sceptical=is_sceptical)
            return verdicts, time.perf_counter() - started
        except Exception as error:
            if not is_sceptical and is_known_already(error):
                return self._stored(chunk, tries, is_sceptical=True)
            if tries > 1 and is_deadlock(error):
                return self._stored(chunk, tries - 1, is_sceptical=is_sceptical)
            raise


@dataclass(slots=True)
class _Transaction:
    """The cars of one chunk."""

    session: Session
    job: ImportJob
    incoming: IncomingOrders
    chunk: Chunk

    def take(self, *, is_sceptical: bool) -> _Verdicts:
        """Send each car its way."""
        untold = [column for field, column in OPTIONAL.items() if field in self.job.report.mapped.absent]
        ways = ways_of(self.session, self.incoming, self.chunk, untold, is_sceptical=is_sceptical)
        verdicts = _Verdicts()
        for car, known in ways.settled:
            verdicts.add("unchanged", car.orders)
            verdicts.doubted += known.doubted
        self._park(ways, verdicts)
        self._take_histories(ways, verdicts)
        self._settle(ways, verdicts)
        return verdicts

    def _park(self, ways: Ways, verdicts: _Verdicts) -> None:
        verdicts.add("parked", sum(car.orders for car, _known in ways.unknown))
        new = [car.vin for car, known in ways.unknown if known.rows < car.orders]
        if new:
            self.incoming.park_orders(self.session, self.chunk, new)

    def _take_histories(self, ways: Ways, verdicts: _Verdicts) -> None:
        cars = ways.newcomers
        if not cars:
            return
        take_histories(self.session, self.job, self.incoming, self.chunk, cars, are_all=ways.are_all_new)
        days = sum(car.days or 0 for car in cars)
        verdicts.add("new", days)
        verdicts.add("merged", sum(car.orders for car in cars) - days)
        verdicts.doubted += sum(car.doubted for car in cars)

    def _settle(self, ways: Ways, verdicts: _Verdicts) -> None:
        if not ways.others:
            return
        vins = {car.vin for car in ways.others}
        orders = [Order(None, *row) for row in self.incoming.rows_of(self.session, self.chunk, vins)]
        # An order that moves to another car or day leaves a visit behind that must be told anew, too.
        vins |= self.incoming.homes(self.session, self.chunk, vins)
        settled = settle(self.session, self.job, vins, orders)
        follow_visits(self.session, self.job.settings.now, cars=settled.predicted, people=settled.seen)
        for verdict in settled.verdicts.values():
            verdicts.add(verdict, 1)
        verdicts.released += settled.released
        verdicts.doubted += len(settled.doubted)
