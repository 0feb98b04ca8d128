"""A writer that waits is the next one in, however busy the one inside is."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from notifier.store.engine import Store
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
    store, chunks, ended = _store(tmp_path), [0], threading.Event()

    def import_all() -> None:
        while not ended.is_set():
            with store.write() as session:
                session.execute(ONE_ROW)
                time.sleep(0.02)
                chunks[0] += 1

    importing = threading.Thread(target=import_all)
    importing.start()
    waited = []
    for _callback in range(20):
        before = chunks[0]
        with store.write() as session:
            session.execute(ONE_ROW)
            waited.append(chunks[0] - before)
        time.sleep(0.005)
    ended.set()
    importing.join()
    # One chunk may be under way, and another may begin before the callback has taken its place.
    assert max(waited) <= 2, waited
    with store.read() as session:
        assert session.execute(sa.text("SELECT n FROM notes")).scalar_one() == chunks[0] + 20


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
