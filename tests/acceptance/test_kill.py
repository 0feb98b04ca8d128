"""kill -9 of `notifier send` in the middle, five times: nothing lost, nothing twice. Real processes, a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notifier.store.engine import Store
from notifier.store.tables import Attempt
from tests.support.outbox import NOON, Outbox
from tests.support.prepared_cli import run_prepared
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, twilio_process

ROOT = Path(__file__).parents[2]
TEXTS = 150
KILLS = 5


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A local Twilio that outlives its clients; it answers after a moment, and sometimes breaks after accepting."""
    with twilio_process(seed=11) as running:
        running.chances(
            (0.05, Fault(FaultKind.ERROR_AFTER_ACCEPTING)),
            (0.95, Fault(FaultKind.SLOW_ANSWER, seconds=0.1)),
        )
        yield running


class Installation:
    """A shop's command line, with short times."""

    def __init__(self, database_url: str, twilio_url: str) -> None:
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("NOTIFIER_", "TWILIO_"))}
        self.environ = outside | {
            "NOTIFIER_DATABASE_URL": database_url,
            "NOTIFIER_SECRET_KEY": "a key for tests only",
            "NOTIFIER_GATEWAY": "twilio",
            "NOTIFIER_PUBLIC_URL": "https://sms.example.com",
            "NOTIFIER_TWILIO_RATE": "200",
            "NOTIFIER_POST_TIMEOUT": "1",
            "NOTIFIER_LEASE": "2",
            "NOTIFIER_RECONCILE_AFTER": "0.3",
            "NOTIFIER_RECONCILE_GAP": "0.3",
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE_SID,
            "TWILIO_API_BASE_URL": twilio_url,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command, running."""
        command = [sys.executable, "-m", "notifier.cli", *words, "--at", NOON.isoformat(), "--json"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, text=True)

    def run(self, *words: str) -> dict[str, Any]:
        """A command, to its end; what it printed."""
        done = run_prepared([*words, "--at", NOON.isoformat(), "--json"], ROOT, self.environ)
        assert done.returncode == 0
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def killed(self, twilio: TwilioHandle) -> None:
        """A send that is killed once it has posted some more."""
        before = twilio.posts()
        with self.start("send", "--until-empty") as process:
            deadline = time.monotonic() + 30
            while twilio.posts() < before + 12:
                assert process.poll() is None, "it ended before it could be killed"
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL


def test_five_kills_lose_nothing_and_send_nothing_twice(store_url: str, twilio: TwilioHandle) -> None:
    """Counted at the provider, by the callback's m: each text once, and nothing unknown in the end."""
    with closing(Store(store_url)) as store:
        outbox = Outbox(store)
        keys = outbox.texts(TEXTS)
        installation = Installation(store_url, twilio.url)
        for _ in range(KILLS):
            installation.killed(twilio)
        left_behind = len(outbox.rows(Attempt, state="posting"))
        for _ in range(5):  # what was claimed and never posted is planned again once the listings prove it
            installation.run("send", "--until-empty")
            assert installation.run("reconcile", "--wait")["still_unknown"] == 0
            if "planned" not in outbox.states():
                break
        assert Counter(int(row["message"]) for row in twilio.accepted()) == dict.fromkeys(keys, 1)
        assert outbox.states() == {"accepted": TEXTS}
    assert left_behind >= KILLS  # the kills did hit something
