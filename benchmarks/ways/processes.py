"""Processes to measure: started, told to go, waited for, and what they cost in processor time and memory. Linux."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Way:
    """A way of sending, in a process of its own that has made itself ready."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command = " ".join(command)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environ}, text=True
        )
        self.pid = self._process.pid
        self._hear("ready")

    def go(self) -> None:
        """Send; comes back when all is sent."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._hear("done")

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == word:
                return
        raise SystemExit(f"{self._command} ended with {self._process.wait()} before it was {word}.")

    def end(self) -> None:
        """Its figures have been read, or something went wrong."""
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


@contextmanager
def way(module: str, *arguments: object, python: str = sys.executable, **environ: str) -> Iterator[Way]:
    """The way of sending that `benchmarks.ways.<module>` is."""
    command = [python, "-W", "ignore", "-m", f"benchmarks.ways.{module}", *(str(one) for one in arguments)]
    started = Way(command, environ)
    try:
        yield started
    finally:
        started.end()


@contextmanager
def running(*command: str, **environ: str) -> Iterator[int]:
    """A server, by its process id, ended at the end of the block; what it prints is thrown away."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environ}
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def cpu_seconds(*pids: int) -> float:
    """Processor time of these processes, of all they started that live, and of those that have ended."""
    return sum(_cpu_ticks(pid) for pid in _with_children(pids)) / TICKS


def peak_megabytes(pid: int) -> int:
    """The most memory that the process has ever held. Not getrusage: a process takes over its parent's peak there."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def _with_children(pids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    left = list(pids)
    while left:
        pid = left.pop()
        found.add(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            left += [int(child) for child in children.read_text(encoding="ascii").split()]
    return found


def _cpu_ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:  # it has ended: its parent counts it
        return 0
    return sum(int(ticks) for ticks in stat.rpartition(")")[2].split()[11:15])
