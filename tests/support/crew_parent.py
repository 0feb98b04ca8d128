"""Imports all of Notifier once, then forks a child for every command it is told, as many at a time as it is told.

As cli_parent.py, but it does not wait: each child writes to a log file of its own, and its death is told when it comes.
The children end with this process, and this process with the one that started it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from importlib import import_module
from typing import Any

from tests.support.cli_parent import become, prepare

LOOK_EVERY = 0.02


def serve(connection: socket.socket) -> None:
    """Start what is asked and tell of each end, until the asker closes his end; then nobody is left."""
    asked = connection.makefile("r", encoding="ascii")
    children: set[int] = set()
    while True:
        readable, _, _ = select.select([connection], [], [], LOOK_EVERY)
        if readable:
            line = asked.readline()  # one line at a time: the asker waits for its answer
            if not line:
                break
            children.add(_start(json.loads(line), connection))
        for pid, status in _ended(children):
            children.discard(pid)
            _tell(connection, "ended", pid, os.waitstatus_to_exitcode(status))
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _start(command: dict[str, Any], connection: socket.socket) -> int:
    child = os.fork()
    if not child:
        connection.close()
        log = os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        become(command, [log, os.dup(log)])
    _tell(connection, "started", child)
    return child


def _ended(children: set[int]) -> list[tuple[int, int]]:
    found = [os.waitpid(pid, os.WNOHANG) for pid in children]
    return [(pid, status) for pid, status in found if pid]


def _tell(connection: socket.socket, *words: object) -> None:
    connection.sendall(" ".join(map(str, words)).encode("ascii") + b"\n")


if __name__ == "__main__":
    prepare()
    for name in sys.argv[2:]:
        import_module(name)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as crew:
        serve(crew)
