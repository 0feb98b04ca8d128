"""Being a child process: gone when the parent is, even where the parent was killed and could tell nobody."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess

__all__ = ["CONTEXT", "GRACE", "STOP_WITHIN", "end_at_the_latest", "end_with_parent", "start"]

# A fresh interpreter for each child: nothing half-copied from a parent with threads, connections and an event loop.
CONTEXT = multiprocessing.get_context("spawn")
GRACE = 9.5  # seconds for a clean end before there is none
STOP_WITHIN = 9.0  # seconds an engine gives what is under way


def start(process: BaseProcess) -> None:
    """Start it deaf to Ctrl-C, which a terminal tells every process: its parent hears it and ends it by SIGTERM.

    Else a child that is just starting would end with a traceback of the interpreter's own.
    """
    resource_tracker.ensure_running()  # beginning it, multiprocessing would open SIGINT's ear again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
