"""Our lane beside the bare SDK and beside what others queue texts with: one run, rounds in turn, the median of each.

    python -m benchmarks.sending [TEXTS] [ROUNDS] [PAUSE_SECONDS] [WAITING]

The provider answers after the pause, from a process of its own, and its clock decides: from the first request to the
last answer. Then, unless WAITING is 0, the sender's memory with so many texts in the outbox, and what a claim takes
from few to so many. Prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.planning import database
from benchmarks.ways.claims import claim_times
from benchmarks.ways.outbox import SCHEDULES, Outbox, house_of
from benchmarks.ways.outside import (
    BENCH_PYTHON,
    Figure,
    Provider,
    celery_worker,
    missing_for_celery,
    missing_for_procrastinate,
    postgresql_pid,
    provider,
    redis,
)
from benchmarks.ways.processes import peak_megabytes, way
from benchmarks.ways.way import IN_FLIGHT
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from notifier.wiring import House

TEXTS, ROUNDS, PAUSE, WAITING = 4_000, 3, 0.02, 1_000_000
SENT_WHILE_SO_MANY_WAIT = 3_000


@dataclass
class Ours:
    """One installation on one database. `servers`: the database's own processes; `made` makes a database beside it."""

    name: str
    house: House
    outbox: Outbox
    schedules: Path
    servers: Sequence[int]
    made: Callable[[str], str]

    @property
    def url(self) -> str:
        """Its database."""
        return self.house.store.url

    def send(self, towards: Provider, texts: int) -> Figure:
        """Plan so many texts, and let a lane send them, each once."""
        self.outbox.fill(texts)
        with way("lane", towards.url, texts, self.url, self.schedules) as lane:
            figure = towards.measure(lane, texts, *self.servers)
        if towards.accepted() != texts:
            raise SystemExit(f"{towards.accepted()} texts were accepted where {texts} were planned.")
        return figure

    def peak(self, towards: Provider, waiting: int) -> tuple[int, Figure]:
        """The sender's memory in MB while so many wait, and how fast it sends them."""
        self.outbox.fill_up_to(waiting)
        with way("lane", towards.url, SENT_WHILE_SO_MANY_WAIT, self.url, self.schedules) as lane:
            figure = towards.measure(lane, SENT_WHILE_SO_MANY_WAIT, *self.servers)
            return peak_megabytes(lane.pid), figure

    def claims(self, waiting: int, held: int = 0) -> str:
        """What a claim takes while so many wait, of whom the first have a complaint open."""
        self.outbox.fill_up_to(waiting)
        if held:
            self.outbox.complain(held)
        # A hundred, or as many as take no more than half of the texts.
        return str(claim_times(self.house, min(100, waiting // (2 * IN_FLIGHT))))


@contextmanager
def ours(kind: str, name: str, folder: Path, towards: Provider) -> Iterator[Ours]:
    """An installation whose outbox is empty."""
    folder.mkdir()
    schedules = folder / "schedules.yaml"
    schedules.write_text(SCHEDULES, encoding="utf-8")
    with database(kind, folder) as made:
        url = made("notifier")
        store = Store(url)
        upgrade(store)
        store.close()
        house = house_of(url, str(schedules), provider=towards.url)
        servers = [postgresql_pid(folder)] if kind == "postgresql" else []
        yield Ours(name, house, Outbox(house), schedules, servers, made)
        house.close()


@dataclass
class Others:
    """The ways that know nothing of our outbox."""

    towards: Provider
    postgresql: Ours
    folder: Path
    _serials: Iterator[int] = field(default_factory=lambda: count(1))

    def plain(self, name: str, texts: int) -> Figure:
        """The SDK alone."""
        with way(name, self.towards.url, texts) as sender:
            return self.towards.measure(sender, texts)

    def procrastinate(self, texts: int) -> Figure:
        """In a database of its own."""
        url = self.postgresql.made(f"jobs{next(self._serials)}").replace("+psycopg", "", 1)
        with way("procrastinate_jobs", self.towards.url, texts, url) as sender:
            return self.towards.measure(sender, texts, *self.postgresql.servers)

    def celery(self, texts: int) -> Figure:
        """With a worker and a Redis of its own."""
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as name,
            redis(Path(name)) as (broker, server),
            celery_worker(broker, self.towards.url) as worker,
            way("celery_tasks", texts, python=str(BENCH_PYTHON), BROKER=broker, PROVIDER=self.towards.url) as queue,
        ):
            return self.towards.measure(queue, texts, worker, server)


@dataclass
class Row:
    """A line of the table: one way with its rounds, or why there are none."""

    name: str
    measure: Callable[[], Figure]
    missing: str | None = None
    figures: list[Figure] = field(default_factory=list)

    def beside(self, other: Row) -> str:
        """How many times as fast as the other: the median of the rounds, each compared with its neighbour."""
        pairs = zip(self.figures, other.figures, strict=True)
        return f"{median(mine.per_second / theirs.per_second for mine, theirs in pairs):.2f}"


def rows(texts: int, towards: Provider, sqlite: Ours, postgresql: Ours, folder: Path) -> list[Row]:
    """The ways, the bare one first, then ours. The others hand over half as many in about the same time."""
    others, fewer = Others(towards, postgresql, folder), texts // 2
    return [
        Row("(a) bare SDK, asynchronous", lambda: others.plain("bare", texts)),
        Row("(b) our lane, SQLite", lambda: sqlite.send(towards, texts)),
        Row("(b) our lane, PostgreSQL", lambda: postgresql.send(towards, texts)),
        Row("(c) one Procrastinate job a text", lambda: others.procrastinate(fewer), missing_for_procrastinate()),
        Row("(d) one Celery task a text", lambda: others.celery(fewer), missing_for_celery()),
        Row("(e) bare SDK, 50 threads", lambda: others.plain("threads", fewer)),
    ]


def tell_speed(table: Sequence[Row]) -> None:
    """The table of the ways."""
    bare, *mine = table[:3]
    print("| | texts a second | CPU s for 1,000 | beside (a) | our lane on SQLite, on PostgreSQL beside it |")
    print("|---|---|---|---|---|")
    for row in table:
        if row.missing:
            print(f"| {row.name} | {row.missing} | | | |")
            continue
        speed = median(figure.per_second for figure in row.figures)
        cpu = median(figure.cpu_per_thousand for figure in row.figures)
        times = ", ".join(one.beside(row) for one in mine)
        print(f"| {row.name} | {speed:,.0f} | {cpu:.2f} | {row.beside(bare)} | {times} |", flush=True)


def tell_growth(towards: Provider, waiting: int, *installations: Ours) -> None:
    """The table of memory and of claims: from a hundredth of the texts to all, then with a tenth of them held back."""
    sizes = (waiting // 100, waiting // 10, waiting)
    heads = " | ".join(f"{size:,} wait" for size in sizes)
    print(f"\n| a claim of 50, median / p95 in ms | {heads} | the first {waiting // 10:,} held | sender's peak |")
    print("|---|---|---|---|---|---|")
    for one in installations:
        times = [one.claims(size) for size in sizes]
        peak, figure = one.peak(towards, waiting)
        held = one.claims(waiting, held=waiting // 10)
        print(f"| {one.name} | {' | '.join(times)} | {held} | {peak} MB, at {figure.per_second:,.0f} texts a second |")


def main(texts: float = TEXTS, rounds: float = ROUNDS, pause: float = PAUSE, waiting: float = WAITING) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name, provider(pause) as towards:
        folder = Path(name)
        with (
            ours("sqlite", "SQLite", folder / "sqlite", towards) as sqlite,
            ours("postgresql", "PostgreSQL", folder / "postgresql", towards) as postgresql,
        ):
            table = rows(int(texts), towards, sqlite, postgresql, folder)
            for number in range(1, int(rounds) + 1):
                for row in table:
                    if not row.missing:
                        row.figures.append(row.measure())
                        print(f"round {number}: {row.name}: {row.figures[-1].per_second:,.0f}", file=sys.stderr)
            print(f"{int(texts):,} texts a round, {int(rounds)} rounds, answers after {pause * 1_000:.0f} ms:\n")
            tell_speed(table)
            if waiting:
                tell_growth(towards, int(waiting), sqlite, postgresql)


if __name__ == "__main__":
    main(*(float(argument) for argument in sys.argv[1:]))
