"""The pace of several senders together: what reaches the provider, second by second.

    python -m benchmarks.pace [SECONDS] [RATE]

Four `notifier send --until-empty` on one PostgreSQL, then one on SQLite, towards the local provider in a process of
its own, at RATE segments a second. Counted at the provider by its own clock: the mean, the whole seconds of the run,
and the fullest second wherever it begins; beside it the same of the claims, which is the lane's own doing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benchmarks.planning import database
from notifier.store.bulk import table_of
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from notifier.store.tables import Attempt
from tests.support.outbox import NOON, Outbox
from tests.support.sending import SCHEDULES, SHOP_KEY
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_server import twilio_process

ROOT = Path(__file__).parents[1]
SENDERS = {"postgresql": 4, "sqlite": 1}
WARNINGS = ("-W", "ignore::DeprecationWarning")


@dataclass(frozen=True, slots=True)
class Pace:
    """Texts a second: over the whole run, in its emptiest and fullest whole second, and in the fullest of any."""

    texts: int
    seconds: int
    mean: float
    least: int
    most: int
    most_of_any: int
    most_claimed: int
    twice: int


def pace_of(moments: Sequence[float], claimed: Sequence[float], twice: int) -> Pace:
    """Of moments of acceptance, and of claims, in order, in seconds; the last second is left out as it is not whole."""
    begin = moments[0]
    seconds = int(moments[-1] - begin)
    whole = moments[: bisect_left(moments, begin + seconds)]
    by_second = Counter(int(moment - begin) for moment in whole)
    counts = [by_second[second] for second in range(seconds)]
    fullest, most_claimed = fullest_second(moments), fullest_second(claimed)
    return Pace(len(whole), seconds, len(whole) / seconds, min(counts), max(counts), fullest, most_claimed, twice)


def fullest_second(moments: Sequence[float]) -> int:
    """The most texts in any window of one second, whenever it begins."""
    return max(bisect_left(moments, moment + 1.0) - index for index, moment in enumerate(moments))


def filled(url: str, texts: int) -> None:
    """A shop with so many texts that may leave now."""
    store = Store(url)
    upgrade(store)
    Outbox(store, key=SHOP_KEY).texts(texts)
    store.close()


def set_up(folder: Path) -> None:
    """What every command reads first."""
    (folder / "schedules.yaml").write_text(SCHEDULES, encoding="utf-8")
    texts = folder / "sms" / "zh-CN"
    texts.mkdir(parents=True)
    (texts / "due.j2").write_text("---\ntitle: due\nkind: service\n---\n您的车该保养了。", encoding="utf-8")


def claims(url: str) -> list[float]:
    """When each text was claimed, by the database's clock."""
    store, table = Store(url), table_of(Attempt)
    with store.read() as session:
        moments = sorted(at.timestamp() for at in session.scalars(sa.select(table.c.claimed_at)))
    store.close()
    return moments


def sender(environ: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """One `notifier send --until-empty`."""
    command = [sys.executable, *WARNINGS, "-m", "notifier.cli", "send", "--until-empty", "--json"]
    return subprocess.Popen(
        [*command, "--at", NOON.isoformat()], cwd=folder, env=environ, stdout=subprocess.DEVNULL
    )  # fmt: skip


def measure(kind: str, seconds: int, rate: int) -> Pace:
    """So many senders for that long."""
    with tempfile.TemporaryDirectory(prefix="notifier-pace-") as name, database(kind, Path(name)) as made:
        folder = Path(name)
        url = made("pace")
        filled(url, round(rate * seconds * 1.3))
        set_up(folder)
        with twilio_process(seed=1) as twilio:
            environ = {
                **os.environ, "PYTHONPATH": str(ROOT), "NOTIFIER_DATABASE_URL": url, "NOTIFIER_GATEWAY": "twilio",
                "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
                "TWILIO_MESSAGING_SERVICE_SID": SERVICE_SID, "TWILIO_API_BASE_URL": twilio.url,
                "NOTIFIER_TWILIO_RATE": str(rate), "NOTIFIER_SECRET_KEY": "k" * 32,
                "NOTIFIER_SCHEDULES": str(folder / "schedules.yaml"), "NOTIFIER_TEMPLATES": str(folder / "sms"),
            }  # fmt: skip
            senders = [sender(environ, folder) for _ in range(SENDERS[kind])]
            wait_for_the_first(twilio.posts)
            time.sleep(seconds + 1)
            for process in senders:
                process.send_signal(signal.SIGTERM)
            if any(process.wait(60) for process in senders):
                raise SystemExit("a sender ended with an error")
            accepted = twilio.accepted()
        claimed = claims(url)
    times = Counter(row["to"] for row in accepted)
    moments = sorted(row["created"] for row in accepted)
    return pace_of(moments, claimed, sum(number > 1 for number in times.values()))


def wait_for_the_first(posts: Callable[[], int]) -> None:
    """Until the first text has reached the provider."""
    until = time.monotonic() + 60
    while not posts():
        if time.monotonic() > until:
            raise SystemExit("nothing was sent within a minute")
        time.sleep(0.05)


def main(seconds: int = 60, rate: int = 100) -> None:
    """Print one line a database."""
    for kind, senders in SENDERS.items():
        pace = measure(kind, seconds, rate)
        print(
            f"{kind}, {senders} sender(s) at {rate}/s: {pace.texts:,} texts in {pace.seconds} s = {pace.mean:.1f}/s; "
            f"whole seconds {pace.least}–{pace.most}, fullest of any {pace.most_of_any} "
            f"({pace.most_claimed} claimed); twice {pace.twice}",
            flush=True,
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
