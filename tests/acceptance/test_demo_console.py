"""`notifier demo --console`: the demo's shop goes on behind a real server, on its own clock, sending nothing real."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notifier.demo.console import console_settings, prepared_way_in, stands_at
from notifier.demo.play import ENVIRONMENT, Script, live_through, open_shop
from notifier.domain.roles import Role
from notifier.errors import Refused
from notifier.jobs.staff import add_user, end_user
from notifier.store.audit import Actor, entries
from notifier.store.beats import liveness
from notifier.store.day_figures import days_between
from notifier.store.engine import Store
from notifier.store.users import find_user
from tests.support.cli_shop import CliShop
from tests.support.console_door import Browser
from tests.support.daemon import free_port
from tests.support.prepared_cli import PYTHON
from tests.support.web_server import RunningWeb

PASSWORD = "eight horses, no cart"
MORNING = datetime.fromisoformat("2026-03-11T08:00+08:00")
OPENS = datetime.fromisoformat("2026-03-11T10:05+08:00")
WITHIN = 60.0
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15550001111"}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a village shop that has lived through nine days; to be copied."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    script = Script(folder, customers=120, days=9)
    shop = open_shop(script)
    try:
        assert stands_at(folder) is None
        live_through(shop, script, lambda _day, _done: None)
    finally:
        shop.house.close()
    return folder


@dataclass
class DemoConsole:
    """A running `notifier demo --console`. `told`: what it has said so far on stdout."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    told: list[str] = field(default_factory=list)

    def link(self) -> str:
        """The path of the one-time link, once it is told."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)(/console/welcome/\S+)", line):
                assert int(found[1]) == self.port
                return found[2]
        raise AssertionError(self.told)

    def browser(self) -> Browser:
        """Somebody in front of it."""
        url = f"http://127.0.0.1:{self.port}"
        return Browser(RunningWeb(url), url, languages="en")

    def end(self) -> int:
        """Ctrl-C on a terminal, which every process of it hears, twice, as the impatient do; the exit code."""
        for _ in range(2):
            os.killpg(self.process.pid, signal.SIGINT)
            time.sleep(0.2)
        rest, _none = self.process.communicate(timeout=WITHIN)
        self.told.append(rest)
        return self.process.returncode


@contextmanager
def demo_console(shop: CliShop, folder: Path) -> Iterator[DemoConsole]:
    """The real command, until the block ends."""
    port = free_port()
    words = [*PYTHON, "notifier.cli", "demo", "--console", "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        words, cwd=shop.folder, env=shop.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield DemoConsole(folder, port, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def wait_for_a_beat(store: Store) -> None:
    """Until the engine has said that it lives."""
    deadline = time.monotonic() + WITHIN
    while True:
        with store.read() as session:
            if liveness(session).state == "alive":
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_newcomer_comes_in_by_the_link_and_finds_a_living_shop(lived: Path, tmp_path: Path) -> None:
    """Whatever real gateway the terminal names: link, password, Today on the demo's own day, engine alive; Ctrl-C."""
    folder = shutil.copytree(lived, tmp_path / "shop")
    real = {"NOTIFIER_GATEWAY": "twilio", "NOTIFIER_PUBLIC_URL": "https://sms.example.com"}
    shop = CliShop(tmp_path, settings=TWILIO | real)
    with demo_console(shop, folder) as console:
        browser, link = console.browser(), console.link()
        assert "stands at Mar 11 10:05, and nothing real is sent" in "".join(console.told)
        answer = browser.fill_in(link, password=PASSWORD, again=PASSWORD)
        assert (answer.status, answer.headers["location"]) == (303, "/console/")
        today = browser.get("/console/").body
        assert "Demo: the customers are made up, no text leaves this machine, and today is Wednesday, March 11" in today
        assert "No texts in the last 30 days" not in today
        store = Store(f"sqlite:///{folder}/notifier.sqlite3")
        wait_for_a_beat(store)
        again = shop.run("demo", "--console", "--folder", str(folder), "--port", str(free_port()), code=1)
        assert "open already" in again.stderr
        assert "End it with Ctrl-C first" in shop.run("demo", "--folder", str(folder), code=1).stderr
        assert console.end() == 0, console.told
    assert "The console has ended" in console.told[-1]
    assert "Traceback" not in console.told[-1]
    with store.read() as session:
        whens = {entry.action: entry.at for entry in entries(session)}
        (morning,) = days_between(session, 1, OPENS.date(), OPENS.date())
        assert morning.figures.sent > 0
    store.close()
    assert OPENS <= whens["user.choose_password"] < OPENS + timedelta(minutes=5)
    assert OPENS < (stands_at(folder) or OPENS) < OPENS + timedelta(minutes=5)


def test_a_demo_that_was_made_to_send_for_real_is_refused(lived: Path, tmp_path: Path) -> None:
    """Nothing is served."""
    folder, shop = shutil.copytree(lived, tmp_path / "shop"), CliShop(tmp_path)
    settings = (folder / ENVIRONMENT).read_text(encoding="utf-8")
    keys = "".join(f"export {name}={value}\n" for name, value in TWILIO.items())
    (folder / ENVIRONMENT).write_text(settings.replace("simulator", "twilio", 1) + keys, encoding="utf-8")
    told = shop.run("demo", "--console", "--folder", str(folder), "--port", str(free_port()), code=1)
    assert "twilio" in told.stderr
    assert "http" not in told.stdout
    with pytest.raises(Refused, match="sends nothing real"):
        console_settings(folder, 8321)


def test_the_way_in_opens_again_for_an_owner_who_was_ended(lived: Path, tmp_path: Path) -> None:
    """Somebody tried out how an owner ends a colleague, and ended the demo's own."""
    folder = shutil.copytree(lived, tmp_path / "shop")
    settings = console_settings(folder, 8321)
    prepared_way_in(settings, OPENS)
    store, other = Store(settings.database_url), Actor("赵敏", None)
    with store.write() as session:
        add_user(session, "赵敏", Role.OWNER, None, by=other, now=OPENS)
        demo = find_user(session, "demo")
        assert demo is not None
        end_user(session, demo.id, by=other, now=OPENS)
    assert "/console/welcome/" in prepared_way_in(settings, OPENS).link
    with store.read() as session:
        again = find_user(session, "demo")
    store.close()
    assert again is not None
    assert again.is_active


def test_options_that_cannot_be_meant_are_refused_before_anything_is_played(lived: Path, tmp_path: Path) -> None:
    """Another story in a folder that holds one, a port without a console, and a port somebody else has."""
    shop, folder = CliShop(tmp_path), str(lived)
    assert "--console" in shop.run("demo", "--port", "9000", code=2).stderr
    assert "no port" in shop.run("demo", "--console", "--port", "70000", code=2).stderr
    other = shop.run("demo", "--console", "--folder", folder, "--days", "3", "--port", str(free_port()), code=1).stderr
    assert "--days" in other
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        assert f"--port {port + 1}" in shop.run("demo", "--console", "--port", str(port), code=1).stderr
    assert not (tmp_path / "out").exists()
    assert stands_at(lived) == MORNING
