"""`notifier run` as a real process, on a shop whose birthday campaign is due each minute."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from datetime import time as day_time
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from notifier.config import load_settings
from notifier.domain.phone import phone_key
from notifier.store.bulk import insert_rows
from notifier.store.engine import Store
from notifier.store.shops import keep_shop
from notifier.store.tables import Customer, Freshness
from notifier.wiring import House

ROOT = Path(__file__).parents[2]
PATIENCE = 4
STOPS_WITHIN = 20.0
"""Seconds for a clean end, of a machine that has other things to do: with nothing else it takes less than ten."""
NEVER_GIVEN_AWAY = range(20_000, 32_000)
LATE = day_time(23, 59)
SECRET = "a key of this test only"
SCHEDULES = """\
shop: {name: 东南泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: en}
guards: {quiet_hours: none}
campaigns:
  birthday: {rule: birthday, when: "* * * * *", stages: {day: 0}, template: birthday, kind: marketing}
"""
COMMAND = "import sys; from notifier.config import load_settings; from notifier.wiring import run_daemon; " \
          "sys.exit(run_daemon(load_settings(env_file=None)))"  # fmt: skip


class BirthdayShop:
    """An installation in a folder of its own, with customers whose birthday is today."""

    def __init__(self, folder: Path, database_url: str, **environ: str) -> None:
        self.schedules = folder / "schedules.yaml"
        self.schedules.write_text(SCHEDULES, encoding="utf-8")
        self.port = free_port()
        self.environ = {
            "NOTIFIER_DATABASE_URL": database_url, "NOTIFIER_SECRET_KEY": SECRET, "NOTIFIER_LOG_FORMAT": "json",
            "NOTIFIER_SCHEDULES": str(self.schedules), "NOTIFIER_TEMPLATES": str(ROOT / "templates" / "sms"),
            "NOTIFIER_PORT": str(self.port), **environ,
        }  # fmt: skip
        self.store = Store(database_url)
        self._numbers = count(1)
        self._shop_id = self._make_shop()

    def _make_shop(self) -> int:
        house = House(load_settings(self.environ, env_file=None))
        with house.store.write() as session:
            shop_id = keep_shop(session, house.schedules.shops[0])
            kinds = [{"shop_id": shop_id, "kind": kind, "at": datetime.now(UTC)} for kind in ("customers", "visits")]
            insert_rows(session, Freshness, kinds)
        house.close()
        return shop_id

    def born_today(self, number: int) -> None:
        """That many more customers have their birthday."""
        now, today = datetime.now(UTC), self.today()
        rows = []
        for _ in range(number):
            phone = f"+86138{next(self._numbers):08d}"
            rows.append({
                "shop_id": self._shop_id, "bucket_key": phone, "phone": phone, "is_company": False, "name": "陈晓芳",
                "phone_key": phone_key(SECRET.encode(), phone), "birth_mmdd": f"{today:%m%d}", "consent": "yes",
                "birth_calendar": "solar", "created_at": now, "updated_at": now,
            })  # fmt: skip
        with self.store.write() as session:
            insert_rows(session, Customer, rows)

    def today(self) -> date:
        """Where the shop is, whatever the machine's own zone; in the last minute of a day, of the next one."""
        while (now := datetime.now(ZoneInfo("Asia/Shanghai"))).time() >= LATE:
            time.sleep(1)
        return now.date()

    def states(self) -> dict[str, int]:
        """Messages by state."""
        with self.store.read() as session:
            rows = session.execute(sa.text("SELECT state, count(*) FROM message GROUP BY state"))
            return {state: number for state, number in rows}  # noqa: C416  # a Row is no pair to mypy

    @property
    def handed_over(self) -> int:
        """Texts the provider has."""
        states = self.states()
        return sum(states.get(state, 0) for state in ("accepted", "sent", "delivered", "undelivered"))


class Daemon:
    """The process, its log and its children."""

    def __init__(self, process: subprocess.Popen[bytes], log_file: Path) -> None:
        self.process = process
        self._log_file = log_file

    def log(self) -> list[dict[str, Any]]:
        """Every line so far; the last one may be half written yet."""
        whole = self._log_file.read_bytes().rpartition(b"\n")[0].decode()
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def events(self) -> list[str]:
        """The events so far, in order."""
        return [line["event"] for line in self.log()]

    def part(self, name: str) -> int:
        """The process id of a part."""
        started = next(line for line in self.log() if line["event"] == "started")
        pid: int = started["parts"][name]
        return pid

    def wait_until(self, condition: Callable[[], object], within: float) -> None:
        """Until it holds; shows the log where it does not `within` seconds of a machine with nothing else to do."""
        deadline = time.monotonic() + PATIENCE * within
        while not condition():
            assert time.monotonic() < deadline, self._log_file.read_text()
            assert self.process.poll() is None, self._log_file.read_text()
            time.sleep(0.05)

    def wait_for(self, event: str, within: float = 15) -> None:
        """Until the log says so."""
        self.wait_until(lambda: event in self.events(), within)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Inside the block none of its processes does anything, as on a machine that has no time for them."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Signal it; (exit code, seconds it took)."""
        started = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(60), time.monotonic() - started


@contextmanager
def running_daemon(environ: Mapping[str, str], folder: Path) -> Iterator[Daemon]:
    """The daemon, in a process group of its own, so that nothing of it outlives the test."""
    log_file = folder / "daemon.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND], cwd=ROOT, env={**os.environ, **environ}, stderr=log, stdout=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield Daemon(process, log_file)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_running(pid: int) -> bool:
    """Does the process live? One that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may end between being opened and being read
        return False


def free_port() -> int:
    """A port nobody listens on, and none of those a machine gives away: nobody is given it before its server starts."""
    while True:
        port = random.SystemRandom().choice(NEVER_GIVEN_AWAY)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
