"""A writer that waits is the next one in, however busy the one inside is."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from notifier.store.engine import Store
from notifier.store.filelock import try_file_lock
from notifier.store.turnstile import Turnstile

ONE_ROW = sa.text("UPDATE notes SET n = n + 1")


def _store(folder: Path) -> Store:
    store = Store(f"sqlite:///{folder}/shop.sqlite3")
    with store.write() as session:
        session.execute(sa.text("CREATE TABLE notes (n INTEGER)"))
        session.execute(sa.text("INSERT INTO notes VALUES (0)"))
    return store


def test_nobody_comes_in_before_one_who_waits(tmp_path: Path) -> None:
    """An import writes chunk after chunk without a pause; a callback waits for the chunk under way and no other."""
    store = _store(tmp_path)
    for _ in range(20):
        assert _written_in_turn(store, tmp_path) == ["chunk", "callback", "chunk"]
    with store.read() as session:
        assert session.execute(sa.text("SELECT n FROM notes")).scalar_one() == 60
    store.close()


def _written_in_turn(store: Store, folder: Path) -> list[str]:
    """By an import of two chunks, and by a callback that comes during the first, which ends once that waits."""
    written: list[str] = []
    is_under_way, may_end = threading.Event(), threading.Event()

    def write(*transactions: str) -> None:
        for what in transactions:
            with store.write() as session:
                session.execute(ONE_ROW)
                written.append(what)
                is_under_way.set()
                may_end.wait()

    with ThreadPoolExecutor(2) as pool:
        importing = pool.submit(write, "chunk", "chunk")
        is_under_way.wait(60)
        calling_back = pool.submit(write, "callback")
        try:
            _wait_until_taken(folder / "shop.sqlite3-next")
        finally:
            may_end.set()
        for each in (importing, calling_back):
            each.result(60)
    return written


def _wait_until_taken(place: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with try_file_lock(place) as is_free:
            if not is_free:
                return
        assert time.monotonic() < deadline, "nobody waits there"
        time.sleep(0.001)


_INSIDE = """
import sys, time
from pathlib import Path
from notifier.store.turnstile import Turnstile
with Turnstile(Path(sys.argv[1]), 30).turn() as turn:
    turn.come_in()
    print("inside", flush=True)
    time.sleep(60)
"""


def test_the_dead_hold_no_place(tmp_path: Path) -> None:
    """A process killed in its turn gives it back at once."""
    database = tmp_path / "shop.sqlite3"
    process = subprocess.Popen([sys.executable, "-c", _INSIDE, str(database)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "inside\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    began = time.monotonic()
    with Turnstile(database, 30).turn() as turn:
        turn.come_in()
        assert time.monotonic() - began < 15


def test_patience_ends(tmp_path: Path) -> None:
    """Whoever has waited long enough goes on: the database's own lock still stands."""
    turnstile = Turnstile(tmp_path / "shop.sqlite3", 0.05)
    with turnstile.turn() as first, turnstile.turn() as second:
        first.come_in()
        second.come_in()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["shop.sqlite3-inside", "shop.sqlite3-next"]
