"""kill -9 at every named place of the sending path, and anywhere, through a faulty provider: never lost, never twice.

The large run is `make faults` (tests/support/fault_run.py); this is the same with some dozens of texts and short times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from notifier.store.engine import Store
from tests.support.crew import Crew, crew_in
from tests.support.fault_run import FaultRun, summary
from tests.support.fault_schedule import deaths, is_pulling, sending_points, stations_with
from tests.support.fault_shop import FaultShop, Times
from tests.support.twilio_server import twilio_process

SHORT = Times(post_timeout=0.5, lease=2.0, listing_lag=0.3, after=0.4, gap=0.4, in_flight=10, refusals=0.0)
WITHOUT_PULLING = [point for point in sending_points() if not is_pulling(point) and not point.startswith("web.")]
WHERE_SENDERS_MEET = [
    "send.claim.after_commit", "post.after", "send.record.before_commit", "send.record.after_commit",
    "reconcile.settle.after_commit",
]  # fmt: skip
TEXTS = 60
SEED = 11


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """The processes of both databases have one parent, which has imported Notifier."""
    with crew_in(tmp_path_factory.mktemp("crew")) as started:
        yield started


def survived(url: str, folder: Path, crew: Crew, *, senders: int, points: Sequence[str]) -> None:
    """A run with these deaths and some anywhere; counted at the provider, by the callback's m."""
    names = stations_with(senders, web=False)
    schedule = deaths(SEED, messages=TEXTS, kills=2, stations=names, points=points)
    with closing(Store(url)) as store, twilio_process(seed=SEED) as twilio:
        shop = FaultShop(store, twilio, folder, SHORT)
        shop.plan(TEXTS)
        run = FaultRun(shop, crew, names, schedule, tell=print)
        verdict = run.run()
    print(f"SEED={SEED}", summary(run, verdict, 0.0), sep="\n")
    assert {death.point for death in run.died if death.point} == set(points)
    assert verdict.is_good


def test_a_death_at_every_named_place_loses_nothing_and_sends_nothing_twice(
    sqlite_url: str, tmp_path: Path, crew: Crew
) -> None:
    """SQLite, one sender and one reconciler: before and after each commit and each call."""
    survived(sqlite_url, tmp_path, crew, senders=1, points=WITHOUT_PULLING)


def test_senders_that_die_beside_each_other_lose_nothing_and_send_nothing_twice(
    postgres_url: str, tmp_path: Path, crew: Crew
) -> None:
    """PostgreSQL, two senders: what one leaves behind, the other must not send again."""
    survived(postgres_url, tmp_path, crew, senders=2, points=WHERE_SENDERS_MEET)
