"""A lock between processes of one machine, given back by the operating system when its holder dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def try_file_lock(path: Path) -> Iterator[bool]:
    """Yields whether the lock on `path` could be taken at once; holds it for the length of the block."""
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
