"""The console of a shop behind a real server: a process of its own, forked by one that has imported Notifier."""

from __future__ import annotations

import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.support.console_shop import ConsoleShop
from tests.support.crew import Crew, Member
from tests.support.daemon import free_port

STARTS_WITHIN = 60.0
MODULE = "tests.support.console_web"
IMPORTS = ("notifier.web.console",)
"""What the crew that serves a console imports before it forks."""


@dataclass(frozen=True)
class RunningConsole:
    """A shop's console; `url`: of its server, without a slash at the end."""

    url: str
    shop: ConsoleShop
    member: Member

    def address(self, path: str) -> str:
        """Of a page: "/customers" is below /console, which is added."""
        return f"{self.url}{path if path.startswith('/console') else f'/console{path}'}"

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Inside the block the server does nothing, as on a machine that has no time for it."""
        self.member.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.member.signal(signal.SIGCONT)

    def log(self) -> str:
        """What the server has said."""
        return self.member.log.read_text(encoding="utf-8")


@contextmanager
def running_console(crew: Crew, shop: ConsoleShop, **settings: str) -> Iterator[RunningConsole]:
    """The console of `shop`, served until the block ends. `settings`: more of the environment."""
    port = free_port()
    ahead = shop.now - datetime.now(UTC)
    environment = shop.cli.environment() | {"NOTIFIER_PORT": str(port), "NOTIFIER_LOG_FORMAT": "json", **settings}
    member = crew.start([str(ahead.total_seconds())], environment, log=f"web-{port}.log", module=MODULE)
    console = RunningConsole(f"http://127.0.0.1:{port}", shop, member)
    try:
        _wait_until_it_answers(console)
        yield console
    finally:
        member.signal(9)
        member.wait()
        shop.close()


def _wait_until_it_answers(console: RunningConsole) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            with urllib.request.urlopen(f"{console.url}/healthz", timeout=5):
                return
        except OSError:  # nobody listens yet, or is too slow to answer
            assert console.member.is_running, console.log()
            assert time.monotonic() < deadline, console.log()
            time.sleep(0.02)
