"""Commands as children of a process that has imported Notifier once (tests/support/cli_parent.py).

Most of a command's second is spent on imports, and the acceptance tests give hundreds of commands. Where a test is
about the start itself, or about several commands at once, it starts the executable.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).parents[2]
PYTHON = (sys.executable, "-W", "ignore::DeprecationWarning", "-m")
OF_ONE_COMMAND = ("NOTIFIER_", "TWILIO_", "PYTEST_")
WITHIN = 60.0


def run_anew(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`python -m notifier.cli` with these words, in `folder` and in this environment, to its end.

    Raises subprocess.TimeoutExpired, after killing it, where it takes more than `WITHIN` seconds.
    """
    return subprocess.run(
        [*PYTHON, "notifier.cli", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False,
        timeout=WITHIN,
    )  # fmt: skip


def run_prepared(
    words: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """The same, in a child that was forked with Notifier imported already."""
    at_start = {name: value for name, value in environment.items() if not name.startswith(OF_ONE_COMMAND)}
    return _parent(tuple(sorted(at_start.items()))).run(words, folder, environment)


class CliParent:
    """The parent of commands in one environment: whatever Python reads at its start is the same for all of them.

    `root`: the source tree whose commands they are.
    """

    def __init__(self, environment: Mapping[str, str], root: Path = ROOT) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*PYTHON, "tests.support.cli_parent", str(theirs.fileno())], cwd=root, env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            )  # fmt: skip
        self._socket.settimeout(WITHIN)
        self._answers = self._socket.makefile("r", encoding="ascii")
        atexit.register(self.end)

    def run(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """One command to its end: what subprocess.run would give back."""
        asked = {"words": list(words), "folder": str(folder), "environment": dict(environment)}
        with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as err:
            socket.send_fds(self._socket, [b"!"], [out.fileno(), err.fileno()])
            self._socket.sendall(json.dumps(asked).encode("ascii") + b"\n")
            pid = int(self._answers.readline())
            try:
                code = int(self._answers.readline())
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                self._give_up()
                raise subprocess.TimeoutExpired(list(words), WITHIN) from None
            return subprocess.CompletedProcess(list(words), code, _text(out), _text(err))

    def _give_up(self) -> None:
        """A connection that has timed out is of no more use; the next command gets another parent."""
        _parent.cache_clear()
        self.end()

    def end(self) -> None:
        """It sees its connection closed, and ends."""
        self._answers.close()
        self._socket.close()
        self._process.wait(WITHIN)


@cache
def _parent(environment: tuple[tuple[str, str], ...]) -> CliParent:
    return CliParent(dict(environment))


def _text(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()
