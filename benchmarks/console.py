"""Every screen of the console: how long its first data takes in a big shop, beside a small one.

    python -m benchmarks.console [BIG] [SMALL] [sqlite|postgresql ...]

A shop of SMALL and one of BIG customers, cars, visits and texts each (benchmarks/_big_shop.py), one `notifier web` for
each; pages are asked for in turn, small and big, round after round, by one signed-in person. Each figure is the median
of the rounds. Below the pages, what a page asks for after its first data, and the count of the days, as functions.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks._big_shop import fill, name_of, phone_of, plate_of, vin_of
from benchmarks.planning import database
from notifier.config import load_settings
from notifier.jobs.access import open_session
from notifier.jobs.customer_search import search
from notifier.jobs.tally import tally
from notifier.store.bulk import insert_returning_ids
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from notifier.store.tables import User
from notifier.web.browsers import SESSION_COOKIE
from notifier.wiring import House

ROOT = Path(__file__).parents[1]
WARM_UPS, ROUNDS = 2, 11
BOUND = 5.0
"""The first data of a screen takes at most so many times as long in the big shop."""
MIDDLE = 500
TALLY = "(a minute's count of the days)"
"""No screen: the daemon does it, and it grows with the day's texts."""
PAGES = {
    "Today": "/",
    "Campaigns": "/campaigns",
    "One campaign": "/campaigns/maintenance_due",
    "Its dry run": "/campaigns/birthday/dry-run",
    "Edit a campaign": "/campaigns/maintenance_due/edit",
    "Guards": "/campaigns/guards",
    "Review": "/reviews",
    "Templates": "/templates",
    "One template": "/templates/zh-CN/maintenance_due",
    "Find customers": "/customers",
    "One customer": f"/customers/{MIDDLE + 1}",
    "Team": "/users",
    "Audit log": "/audit",
}
SEARCHES = {
    "Search: name": name_of(MIDDLE),
    "Search: beginning of a name": name_of(MIDDLE)[:1],
    "Search: plate": plate_of(MIDDLE),
    "Search: end of a plate": plate_of(MIDDLE)[-4:],
    "Search: phone": phone_of(MIDDLE),
    "Search: end of a phone": phone_of(MIDDLE)[-4:],
    "Search: end of a VIN": vin_of(MIDDLE)[-6:],
}


@dataclass
class BigShop:
    """A shop of `size` in its database, served at `port` by the process `pid`."""

    size: int
    house: House
    port: int
    pid: int
    cookie: str

    def get(self, path: str) -> float:
        """Seconds until the whole page is there."""
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", f"/console{path}", headers={"Cookie": self.cookie, "Accept-Language": "zh-CN"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        return time.perf_counter() - started

    def search(self, typed: str) -> float:
        """Seconds to look somebody up."""
        shop_id, secret = 1, self.house.secret
        return _timed(lambda: self._read(partial(search, shop_id=shop_id, typed=typed, secret=secret, region="CN")))

    def tally(self) -> float:
        """Seconds of one turn of the count of the days."""
        return _timed(lambda: tally(self.house.store, datetime.now(UTC)))

    def _read(self, query: Callable[..., object]) -> None:
        with self.house.store.read() as session:
            query(session)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def served(url: str, size: int, folder: Path) -> Iterator[BigShop]:
    """A shop of that size, made and served until the block ends."""
    store = Store(url)
    upgrade(store)
    store.close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environ = {
        "NOTIFIER_DATABASE_URL": url, "NOTIFIER_SCHEDULES": str(ROOT / "schedules.yaml"), "NOTIFIER_PORT": str(port),
        "NOTIFIER_TEMPLATES": str(ROOT / "templates" / "sms"), "NOTIFIER_SECRET_KEY": "k" * 32,
        "NOTIFIER_HOST": "127.0.0.1",
    }  # fmt: skip
    house = House(load_settings(environ, env_file=None))
    started = time.perf_counter()
    now = datetime.now(UTC)
    fill(house, size, now)
    tally(house.store, now)
    print(f"made {size:,} in {time.perf_counter() - started:.0f} s", flush=True)
    with (folder / f"web-{port}.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "notifier.cli", "web"],
            env={**os.environ, **environ}, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait_for(port, server)
        yield BigShop(size, house, port, server.pid, f"{SESSION_COOKIE}={_signed_in(house, now)}")
    finally:
        server.terminate()
        server.wait(20)
        house.close()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("notifier web did not start")


def _signed_in(house: House, now: datetime) -> str:
    """An owner's session."""
    owner = {"name": "林静", "login": "林静", "role": "owner", "created_at": now}
    with house.store.write() as session:
        (user_id,) = insert_returning_ids(session, User, [owner])
        return open_session(session, user_id, now).token


@dataclass(frozen=True)
class Compared:
    """Median seconds of one screen in the small and in the big shop."""

    name: str
    small: float
    big: float

    @property
    def ratio(self) -> float:
        """How many times as long."""
        return self.big / self.small

    def line(self) -> str:
        """As a row of a table in Markdown."""
        return f"| {self.name} | {self.small * 1000:.0f} ms | {self.big * 1000:.0f} ms | {self.ratio:.1f} |"


def compared(name: str, small: BigShop, big: BigShop, measure: Callable[[BigShop], float]) -> Compared:
    """Both in turn, so that whatever else the machine does falls on both."""
    for shop in (small, big) * WARM_UPS:
        measure(shop)
    pairs = [(measure(small), measure(big)) for _ in range(ROUNDS)]
    return Compared(name, *(statistics.median(column) for column in zip(*pairs, strict=True)))


def measures() -> Iterator[tuple[str, Callable[[BigShop], float]]]:
    """What is measured, by name: pages, then what is asked behind them."""
    for name, path in PAGES.items():
        yield name, partial(BigShop.get, path=path)
    for name, typed in SEARCHES.items():
        yield name, partial(BigShop.search, typed=typed)
    yield TALLY, BigShop.tally


def compare(kind: str, big: int, small: int) -> list[str]:
    """Print the table of one kind of database; returns what took too long."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        made = held.enter_context(database(kind, folder))
        few = held.enter_context(served(made("small"), small, folder))
        many = held.enter_context(served(made("big"), big, folder))
        print(f"\n{kind}\n\n| | {small:,} | {big:,} | times |\n|---|---|---|---|", flush=True)
        too_long = []
        for name, measure in measures():
            found = compared(name, few, many, measure)
            print(found.line(), flush=True)
            too_long += [f"{kind}: {name}"] if found.ratio > BOUND and name != TALLY else []
        return too_long


def main(arguments: Sequence[str]) -> None:
    """Print a table a database; end with an error where a screen breaks the bound."""
    big = int(arguments[0]) if arguments else 1_000_000
    small = int(arguments[1]) if len(arguments) > 1 else 1_000
    too_long = [name for kind in arguments[2:] or ("sqlite", "postgresql") for name in compare(kind, big, small)]
    if too_long:
        raise SystemExit(f"More than {BOUND:g} times as long: {', '.join(too_long)}")


if __name__ == "__main__":
    main(sys.argv[1:])
