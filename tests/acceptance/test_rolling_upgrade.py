"""Machines are upgraded one after the other: the former release's own code works on with a migrated database.

Its sender is at work while the database is upgraded, then senders, planners and reconcilers of both releases share
one outbox, and its web part takes the callbacks. Real processes, both databases, a real provider's server.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.store.engine import Store
from notifier.store.migrations import head, revision
from tests.support.cli_shop import CliShop
from tests.support.daemon import free_port
from tests.support.former_release import FormerRelease
from tests.support.import_desk import phone, vin
from tests.support.prepared_cli import run_prepared
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, running_twilio

SCHEDULES = """\
shop: {name: 东南泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: en}
guards: {quiet_hours: none}
campaigns:
  birthday: {rule: birthday, when: "0 10 * * *", stages: {day: 0}, template: birthday, kind: marketing}
"""
WORDING = "---\ntitle: birthday\nkind: marketing\n---\nHappy birthday, {{ customer.salutation }}."
TUESDAY, WEDNESDAY = "2026-03-10T10:00+08:00", "2026-03-11T10:00+08:00"
BORN = {TUESDAY: 100, WEDNESDAY: 20}
IN_FLIGHT = 2
SLOWLY, SLOWER = (Fault(FaultKind.SLOW_ANSWER, seconds=seconds) for seconds in (0.2, 0.6))
TROUBLES = 2 * (Fault(FaultKind.ERROR_BEFORE_ACCEPTING), Fault(FaultKind.ERROR_AFTER_ACCEPTING))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormerRelease]:
    """The former release, unpacked once."""
    unpacked = FormerRelease(tmp_path_factory.mktemp("release"))
    yield unpacked
    unpacked.close()


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A provider that takes its time, so that a sender is still at work when the next thing happens."""
    with running_twilio(seed=7) as running:
        running.chances((1.0, SLOWLY))
        yield running


class TwoReleases:
    """One installation: some of its machines have the former release, some this one."""

    def __init__(self, folder: Path, url: str, release: FormerRelease, twilio: TwilioHandle) -> None:
        (folder / "templates" / "sms" / "en").mkdir(parents=True)
        (folder / "templates" / "sms" / "en" / "birthday.j2").write_text(WORDING, encoding="utf-8")
        (folder / "schedules.yaml").write_text(SCHEDULES, encoding="utf-8")
        self.port = free_port()
        self.new = CliShop(folder, settings={
            "NOTIFIER_DATABASE_URL": url, "NOTIFIER_GATEWAY": "twilio", "NOTIFIER_PORT": str(self.port),
            "NOTIFIER_PUBLIC_URL": "https://sms.example.com", "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_MESSAGING_SERVICE_SID": SERVICE_SID,
            "TWILIO_API_BASE_URL": twilio.url, "NOTIFIER_IN_FLIGHT": str(IN_FLIGHT), "NOTIFIER_POST_TIMEOUT": "2",
            "NOTIFIER_LEASE": "5", "NOTIFIER_RECONCILE_AFTER": "0.1", "NOTIFIER_RECONCILE_GAP": "0.2",
        })  # fmt: skip
        self.folder, self.release, self.twilio = folder, release, twilio
        self.store = Store(url)
        self._running: list[subprocess.Popen[str]] = []

    def old(self, *words: str) -> Any:
        """A command of the former release, to its end: the document it printed, with no trouble of ours on stderr."""
        return _document(self.release.run(self.folder, self.new.environment(), *words, "--json"))

    def old_starts(self, *words: str) -> subprocess.Popen[str]:
        """A command of the former release, running; it does not outlive the test."""
        process = self.release.start(self.folder, self.new.environment(), *words)
        self._running.append(process)
        return process

    def close(self) -> None:
        """Nothing runs any more."""
        for process in self._running:
            process.kill()
            process.communicate()
        self.store.close()

    def both(self, *words: str) -> list[Any]:
        """The same command of both releases at the same moment, to its end."""
        with ThreadPoolExecutor(2) as machines:
            old, new = machines.submit(self.old, *words), machines.submit(self.new.json, *words)
            return [old.result(), new.result()]

    def both_plan(self, at: str) -> int:
        """Planners of both releases at the same moment: whoever comes second may be refused. How many they planned."""
        words, environment = ("plan", "--at", at, "--json"), self.new.environment()
        with ThreadPoolExecutor(2) as machines:
            old = machines.submit(self.release.run, self.folder, environment, *words)
            new = machines.submit(run_prepared, words, self.folder, environment)
            done = [old.result(), new.result()]
        return sum(_document(each)["planned"] for each in done if "Another process is planning" not in each.stderr)

    def is_filled_by_the_former_release(self) -> None:
        """Its own database, its own import and plan."""
        if not self.store.is_sqlite:
            done = self.release.run(self.folder, self.new.environment(), "db", "upgrade")
            assert done.returncode == 0, done
        rows = [
            {
                "客户编号": f"K{n}",
                "姓名": "陈晓芳",
                "手机": phone(n),
                "VIN": vin(n),
                "营销同意": "是",
                "生日": f"1990-03-{day}",
            }
            for n, day in enumerate([10] * BORN[TUESDAY] + [11] * BORN[WEDNESDAY])
        ]
        self.old("import", "customers", self.new.file("customers.csv", rows), "--at", TUESDAY)
        assert self.old("plan", "--at", TUESDAY)["planned"] == BORN[TUESDAY]

    def states(self) -> dict[str, int]:
        """Messages by state."""
        return self._count("SELECT state, count(*) FROM message GROUP BY state")

    def posting(self) -> int:
        """POSTs under way at this moment."""
        return self._count("SELECT state, count(*) FROM attempt GROUP BY state").get("posting", 0)

    def _count(self, query: str) -> dict[str, int]:
        with self.store.read() as session:
            return {state: number for state, number in session.execute(sa.text(query))}  # noqa: C416  # a Row is no pair to mypy


def _document(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, _without_troubles(done.stderr)) == (0, ""), done
    return json.loads(done.stdout)


def _without_troubles(said: str) -> str:
    """What a sender said on stderr but for the answers our provider was told to give."""
    return "\n".join(line for line in said.splitlines() if "provider_answers" not in line)


@pytest.fixture
def shop(tmp_path: Path, empty_url: str, release: FormerRelease, twilio: TwilioHandle) -> Iterator[TwoReleases]:
    """Birthdays on two days, the first of which the former release has planned."""
    made = TwoReleases(tmp_path, empty_url, release, twilio)
    with closing(made):
        made.is_filled_by_the_former_release()
        made.new.run("--help")  # this tree is imported before a sender is at work
        yield made


@contextmanager
def web_of_the_former_release(shop: TwoReleases) -> Iterator[None]:
    """It takes the callbacks of every text accepted meanwhile, and ends without an error in its log.

    They come when the POST has been answered: a text stands as being posted as long as its sender waits.
    """
    shop.twilio.call_back(base_url=f"http://127.0.0.1:{shop.port}", delay=SLOWER.seconds + 0.1)
    web = shop.old_starts("web")
    wait_until(lambda: is_open(shop.port), web)
    yield
    web.terminate()
    said = web.communicate(timeout=60)[1]
    assert web.returncode == 0
    assert not [line for line in said.splitlines() if "error" in line or "warning" in line or "Traceback" in line], said


def is_open(port: int) -> bool:
    """Does somebody listen?"""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def wait_until(is_so: Callable[[], bool], *running: subprocess.Popen[str]) -> None:
    """Until it is, or one of those that should be at work has ended."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        assert [process.poll() for process in running] == [None] * len(running)
        time.sleep(0.02)


def accepted_by(sender: subprocess.Popen[str]) -> int:
    """How many texts the provider took from it; it must have ended well and silently."""
    out, said = sender.communicate(timeout=60)
    return int(_document(subprocess.CompletedProcess(sender.args, sender.returncode, out, said))["accepted"])


def upgraded_under(at_work: subprocess.Popen[str], shop: TwoReleases) -> None:
    """The database gets this tree's version while a sender of the former release is at work; it goes on."""
    wait_until(lambda: shop.twilio.posts() > 2 * IN_FLIGHT, at_work)
    before = revision(shop.store)
    assert "up to date now" in shop.new.run("db", "upgrade").stdout
    assert before != revision(shop.store) == head()
    posts = shop.twilio.posts()
    wait_until(lambda: shop.twilio.posts() > posts + IN_FLIGHT, at_work)


def raise_unless_each_text_came_once(twilio: TwilioHandle, expected: int) -> None:
    """Counted at the provider."""
    assert Counter(Counter(row["message"] for row in twilio.accepted()).values()) == {1: expected}


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_two_releases_work_on_one_migrated_database(shop: TwoReleases, twilio: TwilioHandle) -> None:
    """An upgrade under a working sender; then old and new machines send, plan and reconcile: each text exactly once."""
    words = ("send", "--until-empty", "--at", TUESDAY, "--json")
    with web_of_the_former_release(shop):
        at_work = shop.old_starts(*words)
        upgraded_under(at_work, shop)
        twilio.chances((1.0, SLOWER))
        with ThreadPoolExecutor(1) as others:
            joined = others.submit(shop.both, *words[:-1])
            wait_until(lambda: shop.posting() > 2 * IN_FLIGHT, at_work)  # all three at once
            twilio.script(*TROUBLES)
            twilio.chances()
            accepted = [accepted_by(at_work), *(done["accepted"] for done in joined.result())]
        assert min(accepted) > 0
        shop.both("reconcile", "--wait", "--at", TUESDAY)
        shop.both("send", "--until-empty", "--at", TUESDAY)  # what the provider's lists have proven to be lost
        assert shop.both_plan(WEDNESDAY) == BORN[WEDNESDAY]
        shop.both("send", "--until-empty", "--at", WEDNESDAY)
        wait_until(lambda: shop.states() == {"delivered": sum(BORN.values())})
    raise_unless_each_text_came_once(twilio, sum(BORN.values()))


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_a_sender_at_work_goes_on_with_its_sqlite_file_upgraded(shop: TwoReleases, twilio: TwilioHandle) -> None:
    """It has the file open all the time; then this release sends what it planned."""
    shop.new.settings |= {"NOTIFIER_POST_TIMEOUT": "30", "NOTIFIER_LEASE": "60"}  # no text is to be in doubt here
    at_work = shop.old_starts("send", "--until-empty", "--at", TUESDAY, "--json")
    upgraded_under(at_work, shop)
    twilio.chances()
    assert accepted_by(at_work) == BORN[TUESDAY]
    assert shop.old("plan", "--at", WEDNESDAY)["planned"] == BORN[WEDNESDAY]
    assert shop.new.json("send", "--until-empty", "--at", WEDNESDAY)["accepted"] == BORN[WEDNESDAY]
    raise_unless_each_text_came_once(twilio, sum(BORN.values()))
    assert shop.states() == {"accepted": sum(BORN.values())}
