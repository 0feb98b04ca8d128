"""Being a child process: gone when the parent is, even where the parent was killed and could tell nobody."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

__all__ = ["CONTEXT", "GRACE", "STOP_WITHIN", "end_at_the_latest", "end_with_parent"]

# A fresh interpreter for each child: nothing half-copied from a parent with threads, connections and an event loop.
CONTEXT = multiprocessing.get_context("spawn")
GRACE = 9.5  # seconds for a clean end before there is none
STOP_WITHIN = 9.0  # seconds an engine gives what is under way


def end_with_parent() -> None:
    """From now on, end this process as SIGTERM would when its parent ends; after `GRACE` seconds at the latest.

    Watches a pipe that the operating system closes with the parent, however that dies. No parent, nothing to watch.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_at_the_latest() -> None:
    """From now on this process has `GRACE` seconds: what hangs then, on a machine that is gone, ends with it."""
    last = threading.Timer(GRACE, os._exit, (1,))
    last.daemon = True
    last.start()
