"""A local HTTP server in the shape of Twilio's Messages resource, with faults.

In a test's own process: ``with running_twilio(seed=1) as twilio:``. As a process of its own, which outlives a killed
sender: ``python -m tests.support.twilio_server --port N --seed S`` or ``with twilio_process(seed=1) as twilio:``.
Both give the same handle, TwilioHandle, which talks to the admin endpoints (paths that begin with an underscore).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN
from tests.support.twilio_app import TwilioApp
from tests.support.twilio_faults import Fault


class TwilioHandle:
    """A running local Twilio, seen from a test."""

    account_sid = ACCOUNT_SID
    auth_token = AUTH_TOKEN

    def __init__(self, url: str) -> None:
        self.url = url

    def accepted(self) -> list[dict[str, Any]]:
        """Every accepted text: sid, to, body, callback, message, attempt, created, status, fields."""
        found: list[dict[str, Any]] = self._ask("/_accepted")["accepted"]
        return found

    def posts(self) -> int:
        """How many texts were posted, accepted or not."""
        return self.counts()[0]

    def counts(self) -> tuple[int, int]:
        """How many texts were posted, and how many of them accepted."""
        told = self._ask("/_counts")
        return int(told["posts"]), int(told["accepted"])

    def outcomes(self) -> list[tuple[int, str, str]]:
        """(message, sid, status) of every accepted text."""
        return [(int(message), sid, status) for message, sid, status in self._ask("/_outcomes")]

    def script(self, *faults: Fault) -> None:
        """The next requests meet these faults, one each."""
        self._ask("/_faults", {"queue": [fault.as_json() for fault in faults]})

    def chances(self, *chances: tuple[float, Fault]) -> None:
        """Every request that is not scripted meets one of these with its probability."""
        self._ask("/_faults", {"probabilities": [(p, fault.as_json()) for p, fault in chances]})

    def configure(self, **settings: Any) -> None:
        """listing_lag (s), broken_pages (how many), broken_from_page, page_limit (rows), account_status."""
        self._ask("/_faults", settings)

    def call_back(self, **plan: Any) -> None:
        """Texts accepted from now on call back by this plan: the fields of CallbackPlan."""
        self._ask("/_callbacks", plan)

    def progress(self, sids: Sequence[str] | None = None, **plan: Any) -> list[list[int]]:
        """Accepted texts go through a plan now; the HTTP statuses each one's callbacks got."""
        answers: list[list[int]] = self._ask("/_progress", {"sids": sids, **plan})
        return answers

    def customer_writes(self, sender: str, body: str, **more: Any) -> dict[str, Any]:
        """An inbound text; `url`, `base_url`, `opt_out_type` as wanted. Gives its sid and the webhook's HTTP status."""
        told: dict[str, Any] = self._ask("/_inbound", {"sender": sender, "body": body, **more})
        return told

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)


async def _serve(seed: int, port: int, ready: Callable[[int], None], stop: asyncio.Event) -> None:
    runner = web.AppRunner(TwilioApp(seed).application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        ready(runner.addresses[0][1])
        await stop.wait()
    finally:
        await runner.cleanup()


@contextmanager
def running_twilio(seed: int = 1, port: int = 0) -> Iterator[TwilioHandle]:
    """The server in a thread of this process."""
    started, ports = threading.Event(), list[int]()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def ready(number: int) -> None:
        ports.append(number)
        started.set()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(_serve(seed, port, ready, stop))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        if not started.wait(60):
            raise RuntimeError("the local Twilio did not start")
        yield TwilioHandle(f"http://127.0.0.1:{ports[0]}")
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)


@contextmanager
def twilio_process(seed: int = 1, port: int = 0) -> Iterator[TwilioHandle]:
    """The server as a process of its own: it outlives a sender that is killed."""
    command = [sys.executable, "-m", "tests.support.twilio_server", "--port", str(port), "--seed", str(seed)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the local Twilio did not start")
            yield TwilioHandle(url)
        finally:
            process.terminate()


async def _main(seed: int, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await _serve(seed, port, lambda bound: print(f"http://127.0.0.1:{bound}", flush=True), stop)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A local HTTP server in the shape of Twilio's Messages resource.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.seed, arguments.port))
