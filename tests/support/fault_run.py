"""The fault run: thousands of texts through a faulty provider by processes that are killed all the time.

`make faults`, or ``python -m tests.support.fault_run`` with MESSAGES, KILLS, SEED, DATABASE, WORKERS and CLUSTER in the
environment. What goes wrong, who is killed when and where is drawn from the seed. In the end the provider is asked what
it has accepted: each text once, none lost, nothing unknown, and both sides say the same of each.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from notifier.engines.queue import bring_up_queue
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from tests.support.crew import Crew, crew_in
from tests.support.fault_schedule import (
    RECONCILER,
    Death,
    deaths,
    sending_points,
    stations_with,
)
from tests.support.fault_shop import FaultShop, Times, Verdict
from tests.support.fault_station import Station
from tests.support.postgres import running_postgres
from tests.support.twilio_server import twilio_process

TICK = 0.03
NOT_BY_WORKERS = "write."  # a person who starts the lane passes it
STALLED = 120.0  # seconds without anything new: something is wrong
CALLBACKS = 0.1  # of the texts: they settle at once what a lost answer leaves unknown, and we want the listings tried


@dataclass
class FaultRun:
    """One shop, the `names` of its stations, and who dies when; `tell` hears how it goes."""

    shop: FaultShop
    crew: Crew
    names: Sequence[str]
    schedule: Sequence[Death]
    tell: Callable[[str], None] = lambda _line: None
    stations: list[Station] = field(init=False)

    def __post_init__(self) -> None:
        self.stations = [
            Station(name, self.crew, self.shop, deque(each for each in self.schedule if each.station == name))
            for name in self.names
        ]

    def run(self) -> Verdict:
        """Until every death was died and every text is settled."""
        started = told_at = changed_at = time.monotonic()
        seen: tuple[object, ...] = ()
        while not self._is_over():
            posts, accepted = self.shop.twilio.counts()
            for station in self._at_work():
                station.tick(accepted)
            now = time.monotonic()
            if (here := (accepted, len(self.died))) != seen:
                seen, changed_at = here, now
            if now - changed_at > STALLED:
                raise RuntimeError(f"nothing new for {STALLED:g} s: {self._standing()}")
            if now - told_at > 5:
                told_at = now
                self.tell(f"{now - started:4.0f} s  {posts} posts, {accepted} accepted, {self._standing()}")
            time.sleep(TICK)
        self._settle()
        return self.shop.verdict()

    def _at_work(self) -> list[Station]:
        """Everybody; but where one sender found no text several times, the others let it have what there is."""
        needy = next((each for each in self.stations if each.is_sender and each.is_in_vain), None)
        return [each for each in self.stations if needy is None or each is needy or not each.is_sender]

    @property
    def died(self) -> list[Death]:
        """Every death so far."""
        return [death for station in self.stations for death in station.died]

    @property
    def broke(self) -> int:
        """Processes that ended with an error of their own."""
        return sum(station.broke for station in self.stations)

    @property
    def made_room(self) -> int:
        """Processes killed so that another one could die at a certain place."""
        return sum(station.made_room for station in self.stations)

    def _standing(self) -> str:
        lane = self.shop.lane_words()
        return f"{len(self.died)} of {len(self.schedule)} deaths, {self.shop.outbox.states()}, {lane}"

    def _is_over(self) -> bool:
        if len(self.died) < len(self.schedule):
            return False
        return self.shop.twilio.counts()[1] >= len(self.shop.planned) and self.shop.is_quiet()

    def _settle(self) -> None:
        """Nobody is killed any more: the last statuses are fetched, also those whose callback met a dead server."""
        for station in self.stations:
            station.end()
        pulls = self.shop.environment(pulls=True)
        assert self.crew.start(self.shop.words(RECONCILER, None), pulls, log="last.log").wait() == 0


def summary(run: FaultRun, verdict: Verdict, seconds: float) -> str:
    """What a person wants to know of a run."""
    at_points = sorted({death.point for death in run.died if death.point is not None})
    anywhere = sum(death.point is None for death in run.died)
    lines = [
        f"messages {verdict.messages}, posts {verdict.posts}, {seconds:.0f} s with {', '.join(run.names)}",
        f"killed {anywhere} times anywhere, {run.made_room} times to make room for the next, and at {len(at_points)} "
        f"named points: {', '.join(at_points)}",
        f"ended by an error of their own and started again: {run.broke}",
        f"accepted once {verdict.accepted_once}, lost {len(verdict.lost)}, twice {len(verdict.twice)}, "
        f"unknown {verdict.unknown}, told otherwise by us {len(verdict.disagreeing)}",
        *(f"  {line}" for line in verdict.disagreeing[:10]),
    ]
    return "\n".join(lines)


def run_on(url: str, folder: Path, *, seed: int, messages: int, kills: int, senders: int) -> tuple[FaultRun, Verdict]:
    """The whole run on that database, which has Notifier's schema and is empty; progress on stderr."""
    names = stations_with(senders, web=True)
    is_cluster = os.environ.get("CLUSTER") == "yes"
    points = [point for point in sending_points() if not (is_cluster and point.startswith(NOT_BY_WORKERS))]
    schedule = deaths(seed, messages=messages, kills=kills, stations=names, points=points)
    with closing(Store(url)) as store, twilio_process(seed=seed) as twilio, crew_in(folder) as crew:
        times = Times(in_flight=max(20, 50 // senders))
        shop = FaultShop(store, twilio, folder, times, is_cluster=is_cluster)
        shop.is_called_back(CALLBACKS)
        shop.plan(messages)
        run = FaultRun(shop, crew, names, schedule, lambda line: print(f"  {line}", file=sys.stderr, flush=True))
        return run, run.run()


def main() -> int:
    """Both databases, or the one asked for; 0 where all is well."""
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(1))  # whoever ends it leaves no process behind
    wish = os.environ.get
    seed = int(wish("SEED") or random.SystemRandom().randrange(10**6))
    messages, kills = int(wish("MESSAGES") or 20_000), int(wish("KILLS") or 30)
    good = True
    for database in [wish("DATABASE")] if wish("DATABASE") else ["sqlite", "postgresql"]:
        senders = int(wish("WORKERS") or (1 if database == "sqlite" else 4))
        print(f"{database}: SEED={seed} MESSAGES={messages} KILLS={kills} WORKERS={senders}", flush=True)
        with tempfile.TemporaryDirectory(prefix="notifier-faults-") as name, ExitStack() as held:
            folder = Path(name)
            url = f"sqlite:///{folder}/notifier.sqlite3"
            if database == "postgresql":
                url = held.enter_context(running_postgres()).url_of("postgres")
            with closing(Store(url)) as store:
                upgrade(store)
                bring_up_queue(store)
            started = time.monotonic()
            run, verdict = run_on(url, folder, seed=seed, messages=messages, kills=kills, senders=senders)
            print(summary(run, verdict, time.monotonic() - started), flush=True)
            good = good and verdict.is_good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
