"""`notifier run`: real processes that send by themselves, survive a broken edit, and end as they should."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import ROOT, SCHEDULES, STOPS_WITHIN, BirthdayShop, Daemon, is_running, running_daemon
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, twilio_process


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str) -> BirthdayShop:
    """A shop on the simulator, three customers of which have their birthday today."""
    made = BirthdayShop(tmp_path, sqlite_url)
    made.born_today(3)
    return made


@pytest.fixture
def daemon(shop: BirthdayShop, tmp_path: Path) -> Iterator[Daemon]:
    """`notifier run` for that shop, started."""
    with running_daemon(shop.environ, tmp_path) as running:
        running.wait_for("engine_started")
        running.wait_for("web_started")
        yield running


@pytest.mark.slow
def test_it_sends_by_itself_minute_by_minute_even_after_a_broken_edit(shop: BirthdayShop, daemon: Daemon) -> None:
    """What was due at the start goes out at once; what falls due later goes out with the next minute's tick.

    In between schedules.yaml is broken: the log says so in one sentence, and the last good version keeps running.
    """
    daemon.wait_until(lambda: shop.handed_over == 3, 15)
    shop.schedules.write_text(SCHEDULES.replace("rule:", "rool:"), encoding="utf-8")
    shop.born_today(2)
    daemon.wait_until(lambda: shop.handed_over == 5, 75)
    broken = [line for line in daemon.log() if line["event"] == "schedules_broken"]
    assert len(broken) == 1
    assert broken[0]["alert"] is True
    assert "schedules.yaml" in broken[0]["problem"]
    assert "rool" in broken[0]["problem"]
    code, seconds = daemon.stop()
    assert code == 0
    assert seconds < STOPS_WITHIN
    assert shop.states().get("sending", 0) == 0
    log = str(daemon.log())
    assert "陈晓芳" not in log
    assert "+86138" not in log


def test_both_parts_answer_and_a_clean_stop_is_exit_code_0(shop: BirthdayShop, daemon: Daemon) -> None:
    """SIGTERM ends three processes in time, whatever the planning is at."""
    with urllib.request.urlopen(f"http://127.0.0.1:{shop.port}/readyz", timeout=60) as answer:
        assert answer.status == 200
    parts = [daemon.part("engine"), daemon.part("web")]
    code, seconds = daemon.stop()
    assert (code, seconds < STOPS_WITHIN) == (0, True)
    assert not any(map(is_running, parts))
    assert shop.states().get("sending", 0) == 0
    assert not [line for line in daemon.log() if line["level"] == "error"]


def test_ctrl_c_ends_it_too(daemon: Daemon) -> None:
    """In a terminal every process of the group hears it at once."""
    os.killpg(daemon.process.pid, signal.SIGINT)
    assert daemon.process.wait(60) == 0
    assert "Traceback" not in str(daemon.log())


@pytest.mark.parametrize("part", ["engine", "web"])
def test_if_either_part_dies_both_end(daemon: Daemon, part: str) -> None:
    """Killed from outside: the other one is stopped and the exit code asks the service manager to start again."""
    other = daemon.part({"engine": "web", "web": "engine"}[part])
    os.kill(daemon.part(part), signal.SIGKILL)
    assert daemon.process.wait(60) == 1
    assert not is_running(other)
    ended = next(line for line in daemon.log() if line["event"] == "part_ended")
    assert (ended["part"], ended["exit_code"], ended["alert"]) == (part, -signal.SIGKILL, True)


def test_a_killed_parent_takes_its_parts_along(daemon: Daemon) -> None:
    """kill -9 leaves no engine behind that would go on sending unseen."""
    parts = [daemon.part("engine"), daemon.part("web")]
    daemon.process.kill()
    deadline = time.monotonic() + 60
    while any(map(is_running, parts)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_taken_port_is_said_in_one_sentence_before_anything_is_sent(shop: BirthdayShop) -> None:
    """A second daemon by mistake: exit code 1, and not one text of those that are due."""
    shop.born_today(3)
    command = [sys.executable, "-m", "notifier.cli", "run"]
    with socket.create_server(("127.0.0.1", shop.port)):
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **shop.environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "NOTIFIER_PORT" in done.stderr
    assert "Traceback" not in done.stderr
    assert shop.states() == {}


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A local Twilio in a process of its own."""
    with twilio_process(seed=5) as running:
        yield running


@pytest.fixture
def twilio_shop(tmp_path: Path, sqlite_url: str, twilio: TwilioHandle) -> BirthdayShop:
    """The same shop on Twilio, twenty birthdays today."""
    made = BirthdayShop(
        tmp_path, sqlite_url, NOTIFIER_GATEWAY="twilio", TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        TWILIO_MESSAGING_SERVICE_SID=SERVICE_SID, TWILIO_API_BASE_URL=twilio.url, NOTIFIER_TWILIO_RATE="1000",
    )  # fmt: skip
    made.born_today(20)
    return made


@pytest.mark.parametrize(
    ("seconds", "waited", "state"),
    [(3.0, "8", "accepted"), (60.0, "4", "unknown")],
    ids=["slow answers", "no answers at all"],
)
def test_what_is_in_flight_is_finished_before_the_end(
    twilio_shop: BirthdayShop, twilio: TwilioHandle, tmp_path: Path, *, seconds: float, waited: str, state: str
) -> None:
    """SIGTERM while twenty POSTs are under way: answers are awaited and recorded; without one the text is unknown."""
    twilio.chances((1.0, Fault(FaultKind.SLOW_ANSWER, seconds=seconds)))
    with running_daemon(twilio_shop.environ | {"NOTIFIER_POST_TIMEOUT": waited}, tmp_path) as daemon:
        daemon.wait_until(lambda: twilio.posts() == 20, 30)
        code, took = daemon.stop()
    assert (code, took < STOPS_WITHIN) == (0, True)
    assert twilio_shop.states() == {state: 20}
    assert len(twilio.accepted()) == 20
