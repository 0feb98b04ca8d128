"""Writers of one SQLite database, one at a time and each in its turn.

SQLite lets a waiting writer poll, at intervals that grow to a tenth of a second: beside an import that writes chunk
after chunk, a callback of one row was seen to wait 3 seconds, for it has to ask in the very moment between two chunks.
Here whoever waits holds the place behind the one who is inside, so nobody comes in before it.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from notifier.store.filelock import lock_file

__all__ = ["Turn", "Turnstile"]

_ASK_EVERY = 0.001
_PLACE_PATIENCE = 3.0
"""Seconds. Nobody holds it for longer than a write takes, but one who was stopped in the middle of asking."""


class Turnstile:
    """Two files beside the database: whoever holds the second is inside, whoever holds the first is next.

    The operating system gives both back when their holder dies. Safe between threads and processes of one machine.
    Whoever has waited longer than `patience` seconds goes on without it: SQLite's own lock still stands, and says what
    is wrong in its own words.
    """

    def __init__(self, database: Path, patience: float) -> None:
        self.next, self.inside = (database.with_name(f"{database.name}-{name}") for name in ("next", "inside"))
        self.patience = patience

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A turn that ends with the block, whether it was taken or not."""
        turn = Turn(self)
        try:
            yield turn
        finally:
            turn.leave()


class Turn:
    """One writer's. Taken when its transaction begins, for until then it holds up nobody."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self._held = ExitStack()
        self._door: int | None = None

    def come_in(self) -> None:
        """Inside when this returns; a second call changes nothing."""
        if self._door is not None:
            return
        until = time.monotonic() + self._turnstile.patience
        # Turns are a courtesy: where they cannot be taken (rights, a share without locks) the write goes on without.
        with suppress(OSError), lock_file(self._turnstile.next) as place:
            self._door = self._held.enter_context(lock_file(self._turnstile.inside))
            _wait_for(place, min(until, time.monotonic() + _PLACE_PATIENCE))
            _wait_for(self._door, until)

    def leave(self) -> None:
        """The next may come in."""
        self._held.close()
        self._door = None


def _wait_for(file: int, until: float) -> None:
    """Closing the file gives its lock back."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return
            time.sleep(_ASK_EVERY)
        else:
            return
