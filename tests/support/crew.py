"""Notifier's commands running beside each other, forked by a process that has imported it (crew_parent.py).

Real processes, with no second of imports each: what a test about kills needs by the dozen.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.prepared_cli import OF_ONE_COMMAND, PYTHON, ROOT

WITHIN = 60.0


@dataclass
class Member:
    """A running command, or one that has ended: then `code` is its exit code, below zero where a signal ended it."""

    crew: Crew
    pid: int
    log: Path
    code: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether it lives still."""
        self.crew.hear()
        return self.code is None

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended: its parent may know of that already, and its word not be here yet."""
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, within: float = WITHIN) -> int:
        """Its exit code, once it has ended. Raises TimeoutError."""
        deadline = time.monotonic() + within
        while self.is_running:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.log} goes on")
            self.crew.hear(min(left, 0.1))
        assert self.code is not None
        return self.code


class Crew:
    """Starts commands and hears of their ends."""

    def __init__(self, folder: Path, imports: Sequence[str] = ()) -> None:
        self.folder = folder
        self._members: dict[int, Member] = {}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_ONE_COMMAND)}
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*PYTHON, "tests.support.crew_parent", str(theirs.fileno()), *imports], cwd=ROOT, env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            )  # fmt: skip
        self._unread = b""
        self._log_of_next = folder

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], *, log: str, module: str = "notifier.cli"
    ) -> Member:
        """`notifier` (or that `module`) with these words; what it says goes to the folder's file `log`."""
        path = self.folder / log
        outside = {name: value for name, value in os.environ.items() if not name.startswith(OF_ONE_COMMAND)}
        asked = {"words": list(words), "folder": str(self.folder), "environment": outside | dict(environment),
                 "log": str(path), "module": module}  # fmt: skip
        self._socket.sendall(json.dumps(asked).encode("ascii") + b"\n")
        self._log_of_next = path
        deadline = time.monotonic() + WITHIN
        while not (started := self.hear(0.1)):
            if time.monotonic() > deadline:
                raise TimeoutError("the parent of the commands does not answer")
        return started[0]

    def hear(self, within: float = 0.0) -> list[Member]:
        """Take in what has happened, waiting for it at most so long; returns whoever has started."""
        started = []
        while select.select([self._socket], [], [], within)[0]:
            within = 0.0
            told = self._socket.recv(65536)
            if not told:
                raise RuntimeError("the parent of the commands has ended")
            *lines, self._unread = (self._unread + told).split(b"\n")
            for line in lines:
                word, pid, *code = line.decode("ascii").split()
                if word == "started":
                    started.append(self._members.setdefault(int(pid), Member(self, int(pid), self._log_of_next)))
                else:
                    self._members.pop(int(pid)).code = int(code[0])
        return started

    def close(self) -> None:
        """Nobody is left afterwards."""
        self._socket.close()
        self._process.wait(WITHIN)


@contextmanager
def crew_in(folder: Path, imports: Sequence[str] = ()) -> Iterator[Crew]:
    """A crew that works in `folder`. `imports`: modules that are to be there beside those of every command."""
    crew = Crew(folder, imports)
    try:
        yield crew
    finally:
        crew.close()


def kill(member: Member) -> None:
    """As a power cut would; returns once it is dead."""
    member.signal(signal.SIGKILL)
    member.wait()
