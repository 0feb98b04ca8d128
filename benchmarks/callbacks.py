"""Status callbacks while an import and a plan write to the same SQLite database: how long each waits for its answer.

    python -m benchmarks.callbacks [ROWS] [DUE] [RATE] [QUIET]

`notifier web` gets RATE signed callbacks a second, each another status of a text that was sent: for QUIET seconds by
itself, then while `notifier import visits` takes ROWS rows, then while `notifier plan` goes through as many vehicles,
of which DUE are due. The moments are fixed beforehand and latency counts from them: a server that is late is told no
less. Ends with an error where a callback was refused or is not in the database afterwards.
"""

from __future__ import annotations

import asyncio
import csv
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import sqlalchemy as sa

from benchmarks.planning import NOW, SCHEDULES, fill
from notifier.config import load_settings
from notifier.store.bulk import insert_rows
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from notifier.store.tables import Attempt
from notifier.wiring import House
from tests.support.outbox import Outbox
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_callbacks import signature

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-W", "ignore::DeprecationWarning", "-m", "notifier.cli")
PUBLIC_URL = "https://sms.example.com"
STATUSES = ("queued", "sending", "sent", "delivered", "read")
TEXTS = 5_000
MOST_SECONDS = 250
"""So many callbacks there are texts and statuses for, at 100 a second."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One, ready to be sent."""

    path: str
    body: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one: seconds from its planned moment to its answer, and the HTTP status (0 = none)."""

    planned: float
    seconds: float
    status: int


def callbacks(texts: Sequence[int]) -> Iterator[Callback]:
    """Each status of each text, once, signed as Twilio signs."""
    for status in STATUSES:
        for key in texts:
            path = f"/webhooks/twilio/status?m={key}&a=1"
            form = {
                "AccountSid": ACCOUNT_SID,
                "MessageSid": sid_of(key),
                "MessageStatus": status,
                "From": "",
                "To": "+86",
            }
            signed = signature(AUTH_TOKEN, PUBLIC_URL + path, form.items())
            yield Callback(path, urlencode(form).encode(), signed)


def sid_of(key: int) -> str:
    """The provider's id of a text."""
    return f"SM{key:032d}"


class Caller:
    """Sends callbacks at fixed moments, whatever becomes of the earlier ones, until it is told to end."""

    def __init__(self, url: str, ready: Sequence[Callback], rate: int) -> None:
        self._url, self._ready, self._rate = url, ready, rate
        self._is_over = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self.heard: list[Heard] = []

    async def run(self) -> None:
        """Until `end`, or until none is left; then until the last has its answer."""
        limit, form = aiohttp.ClientTimeout(total=60), {"Content-Type": "application/x-www-form-urlencoded"}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(self._url, timeout=limit, connector=connector, headers=form) as session:
            begin = time.monotonic()
            for number, callback in enumerate(self._ready):
                planned = begin + number / self._rate
                await asyncio.sleep(max(0.0, planned - time.monotonic()))
                if self._is_over.is_set():
                    break
                task = asyncio.create_task(self._send(session, callback, planned))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            await asyncio.gather(*self._under_way)

    async def _send(self, session: aiohttp.ClientSession, callback: Callback, planned: float) -> None:
        status = 0
        headers = {"X-Twilio-Signature": callback.signature}
        try:
            async with session.post(callback.path, data=callback.body, headers=headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.heard.append(Heard(planned, time.monotonic() - planned, status))

    def end(self) -> None:
        """No more."""
        self._is_over.set()


class Shop:
    """An installation with `rows` vehicles of which `due` are due, a file of as many visits, and texts sent before."""

    def __init__(self, folder: Path, rows: int, due: int) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder}/notifier.sqlite3"
        (folder / "schedules.yaml").write_text(SCHEDULES, encoding="utf-8")
        self.environ = {
            "NOTIFIER_DATABASE_URL": self.url, "NOTIFIER_SECRET_KEY": "k" * 32, "NOTIFIER_LANGUAGE": "en",
            "NOTIFIER_SCHEDULES": str(folder / "schedules.yaml"), "NOTIFIER_TEMPLATES": str(ROOT / "templates" / "sms"),
        }  # fmt: skip
        self.texts = self._fill(rows, due)
        self.visits = folder / "visits.csv"
        self._write_visits(rows, due)

    def _fill(self, rows: int, due: int) -> list[int]:
        store = Store(self.url)
        upgrade(store)
        house = House(load_settings(self.environ, env_file=None))
        fill(house, rows, due)
        house.close()
        earlier = Outbox(store, key="earlier")
        texts = earlier.texts(TEXTS, state="accepted", attempts=1, sent_at=NOW)
        now = datetime.now(UTC)
        attempts = [
            {"message_id": key, "n": 1, "gateway": "twilio", "state": "accepted", "provider_sid": sid_of(key),
             "claimed_at": now, "business_at": NOW, "lease_until": now, "changed_at": now}
            for key in texts
        ]  # fmt: skip
        with store.write() as session:
            insert_rows(session, Attempt, attempts)
        store.close()
        return texts

    def _write_visits(self, rows: int, due: int) -> None:
        """Of the vehicles that are not due, so that the plan finds as many due as before."""
        first = date(2026, 1, 5)
        with self.visits.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("工单号", "车架号", "进厂日期", "里程", "维修类别", "金额"))
            for n in range(rows):
                day = first + timedelta(days=n * 50 // rows)
                writer.writerow((f"RO{n:09d}", f"LSVAA{due + n % (rows - due):012d}", day, 9_000, "一般维修", "300.00"))

    @contextmanager
    def web(self) -> Iterator[str]:
        """`notifier web`, which Twilio reaches: where it listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        twilio = {
            "NOTIFIER_GATEWAY": "twilio", "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE_SID, "NOTIFIER_PUBLIC_URL": PUBLIC_URL, "NOTIFIER_PORT": str(port),
        }  # fmt: skip
        with (self.folder / "web.log").open("wb") as log:
            environ = os.environ | self.environ | twilio
            process = subprocess.Popen([*COMMAND, "web"], cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)

    async def command(self, *words: str) -> str:
        """One command at NOW, to its end: its last line."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *words, "--at", NOW.isoformat(), cwd=ROOT, env=os.environ | self.environ,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
        if process.returncode:
            raise SystemExit(f"notifier {words[0]} ended with {process.returncode}")
        return out.decode()

    def kept(self) -> int:
        """Events in the database."""
        store = Store(self.url)
        with store.read() as session:
            events: int = session.execute(sa.text("SELECT count(*) FROM event")).scalar_one()
        store.close()
        return events


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


async def measure(shop: Shop, url: str, rate: int, quiet: int) -> tuple[dict[str, tuple[float, float]], list[Heard]]:
    """What went on from when to when, and what became of each callback."""
    caller = Caller(url, list(callbacks(shop.texts))[: rate * MOST_SECONDS], rate)
    calling = asyncio.create_task(caller.run())
    spans: dict[str, tuple[float, float]] = {}
    for name, work in (
        ("quiet", lambda: asyncio.sleep(quiet)),
        ("import", lambda: shop.command("import", "visits", str(shop.visits), "--json")),
        ("plan", lambda: shop.command("plan", "--campaign", "maintenance_due", "--json")),
    ):
        began = time.monotonic()
        await work()
        spans[name] = began, time.monotonic()
    caller.end()
    await calling
    return spans, caller.heard


def told(name: str, span: tuple[float, float], heard: Sequence[Heard]) -> str:
    """One line: how long those waited that were due meanwhile."""
    within = sorted(one.seconds * 1000 for one in heard if span[0] <= one.planned < span[1])
    p50, p99, most = (within[min(int(len(within) * share), len(within) - 1)] for share in (0.5, 0.99, 1.0))
    waited = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {most:.0f} ms"
    return f"{name:<7} {span[1] - span[0]:6.1f} s  {len(within):6,} callbacks: {waited}"


def main(rows: int = 1_000_000, due: int = 100_000, rate: int = 100, quiet: int = 60) -> None:
    """Print a line for each span, then what was refused or lost."""
    with tempfile.TemporaryDirectory(prefix="notifier-callbacks-") as name:
        shop = Shop(Path(name), rows, due)
        print(f"{rows:,} rows, {due:,} due, {rate} callbacks a second", flush=True)
        with shop.web() as url:
            spans, heard = asyncio.run(measure(shop, url, rate, quiet))
        for span in spans:
            print(told(span, spans[span], heard))
        refused = Counter(one.status for one in heard if one.status != 204)
        lost = len(heard) - refused.total() - shop.kept()
        print(f"{len(heard):,} callbacks: not taken {dict(refused)}, taken and not in the database {lost}")
        if refused or lost:
            raise SystemExit(1)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
