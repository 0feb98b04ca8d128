"""What the ways work with beside themselves: the provider, PostgreSQL's own process, a Celery worker with its Redis."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ways.processes import Way, cpu_seconds, running

BENCH_PYTHON = Path(".venv-bench/bin/python")
"""Where Celery lives, which nothing else here needs."""
LONGEST_SILENCE = 20.0
"""Seconds; a sender that sends nothing for so long sends nothing any more."""


@dataclass(frozen=True)
class Figure:
    """What one way did in one round: texts a second, and processor seconds for 1,000 of them, servers included."""

    per_second: float
    cpu_per_thousand: float


@dataclass(frozen=True)
class Provider:
    """The provider's process, as seen from here; its clock decides."""

    url: str

    def measure(self, sender: Way, texts: int, *servers: int) -> Figure:
        """Let the sender go until so many are accepted; `servers`: the processes that work for it and no other."""
        self._ask("anew")
        before = cpu_seconds(sender.pid, *servers)
        sender.go()
        told = self._wait_until_accepted(texts)
        spent = cpu_seconds(sender.pid, *servers) - before
        accepted = told["accepted"]
        return Figure(accepted / told["seconds"], spent / accepted * 1_000)

    def _wait_until_accepted(self, texts: int) -> dict[str, Any]:
        """Most have sent all when they say so; a worker is only told to begin."""
        told, patience = self._ask("count"), LONGEST_SILENCE
        while told["accepted"] < texts:
            time.sleep(0.1)
            before, told = told["accepted"], self._ask("count")
            patience = LONGEST_SILENCE if told["accepted"] > before else patience - 0.1
            if patience <= 0:
                raise SystemExit(f"No more than {told['accepted']} of {texts} texts came.")
        return told

    def accepted(self) -> int:
        """How many it has accepted since a sender last began."""
        return int(self._ask("count")["accepted"])

    def _ask(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@contextmanager
def provider(pause: float) -> Iterator[Provider]:
    """A provider that answers after so many seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(sys.executable, "-m", "benchmarks.ways.provider", str(port), str(pause)):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield Provider(f"http://127.0.0.1:{port}")


def postgresql_pid(folder: Path) -> int:
    """The server of the cluster that lies in the folder."""
    return int((folder / "data" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])


def missing_for_celery() -> str | None:
    """What to install before Celery can be measured."""
    if shutil.which("redis-server") is None:
        return "not measured: Redis is missing, `apt-get install redis-server` brings it"
    if not BENCH_PYTHON.exists():
        return "not measured: Celery is missing, `scripts/bench.sh` installs it"
    return None


def missing_for_procrastinate() -> str | None:
    """The same for Procrastinate."""
    found = subprocess.run([sys.executable, "-c", "import procrastinate"], capture_output=True, check=False)
    return None if found.returncode == 0 else "not measured: Procrastinate is missing, `make setup` brings it"


@contextmanager
def redis(folder: Path) -> Iterator[tuple[str, int]]:
    """A Redis that keeps nothing on disk, which is the fastest: its address and its process."""
    address = folder / "redis.socket"
    with running(
        "redis-server", "--port", "0", "--unixsocket", str(address), "--save", "", "--dir", str(folder)
    ) as pid:
        while not address.exists():
            time.sleep(0.05)
        yield f"redis+socket://{address}", pid


@contextmanager
def celery_worker(broker: str, provider_url: str) -> Iterator[int]:
    """A worker in 50 threads, the fastest of its pools here: of what 50 threads do, 50 greenlets did 0.9, 8 and 16
    processes 0.6, 4 processes 0.4.
    """
    worker = (
        "celery", "-A", "benchmarks.ways.celery_tasks", "worker", "--pool", "threads", "--concurrency", "50",
        "--queues", "none", "--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip
    environ = {"BROKER": broker, "PROVIDER": provider_url, "PYTHONWARNINGS": "ignore"}
    with running(str(BENCH_PYTHON), "-m", *worker, **environ) as pid:
        yield pid
