"""A cluster's workers: one does what is due, another takes over from a dead one, and what must be refused is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from notifier.cli import execute
from notifier.config import load_settings
from notifier.engines import queue
from notifier.engines.chores import Chore, Chores
from notifier.engines.cluster import ClusterEngine, Pulse, tick_line
from notifier.engines.news import News
from notifier.engines.queue import open_queue, raise_if_queue_is_not_ready
from notifier.errors import NotifierError
from notifier.jobs.send import start_lane
from notifier.locale import language
from notifier.store import lanes
from notifier.store.engine import Store
from notifier.store.migrations import raise_if_not_usable
from notifier.store.runs import open_run
from notifier.wiring import House, engine_parts, run_worker
from tests.support.daemon import STOPS_WITHIN, BirthdayShop
from tests.support.engines import OLD_DATA, EngineShop, running_engine

JOBS = "SELECT task_name FROM notifier_queue.procrastinate_jobs WHERE status = 'doing'"


@pytest.fixture
def shop(tmp_path: Path, cluster_url: str) -> Iterator[EngineShop]:
    """A shop on PostgreSQL with a queue."""
    made = EngineShop(tmp_path, cluster_url)
    yield made
    made.store.close()


def under_way(store: Store) -> set[str]:
    """The chores that workers, dead or alive, are at."""
    with store.read() as session:
        return set(session.execute(sa.text(JOBS)).scalars())


def is_lost(store: Store) -> bool:
    """Was the end of a job not written down? A sequence counts what is rolled back, too."""
    with store.read() as session:
        return bool(session.execute(sa.text("SELECT is_called FROM notifier_queue.lost")).scalar_one())


def test_another_worker_takes_over_from_a_killed_one(shop: EngineShop, tmp_path: Path) -> None:
    """kill -9 in the middle of planning and of reconciling: what was begun is finished by who is left, and once.

    The killed worker's jobs stay in the queue as under way, and nobody waits for them; nor does anybody lift the
    lane that was stopped over our set-up, until a person does.
    """
    with shop.store.write() as session:
        lanes.stop(session, "simulator", code="20003", error="wrong token")
    shop.data_is(timedelta())
    with (
        running_engine("cluster", shop.environ, tmp_path, "first") as first,
        shop.store.engine.connect() as held,
        held.begin(),
    ):
        held.execute(sa.text("LOCK TABLE message IN SHARE ROW EXCLUSIVE MODE"))
        held.execute(sa.text("LOCK TABLE gateway_lane IN ACCESS EXCLUSIVE MODE"))
        first.wait_until(lambda: {"plan", "reconcile"} <= under_way(shop.store), 40)
        with running_engine("cluster", shop.environ, tmp_path, "second") as second:
            second.wait_for("worker_started", 30)
            first.process.kill()
            first.process.wait()
            held.rollback()
            second.wait_for("planned", 40)
            second.wait_for("lane_stopped", 20)
            assert shop.states() == {"planned": 3}
            start_lane(shop.store, "simulator")
            second.wait_until(lambda: shop.handed_over == 3, 20)
            code, seconds = second.stop()
    assert (code, seconds < STOPS_WITHIN) == (0, True)
    assert {line["worker"] for line in second.log() if "worker" in line} == {_name_of(second.log())}


FINISH, TYPES = "procrastinate_finish_job_v1", "bigint, procrastinate_job_status, boolean"
IN_THE_QUEUE = "SET LOCAL search_path = notifier_queue"
ANOTHER = '  another: {rule: birthday, when: "1 0 * * *", stages: {day: 0}, template: birthday, kind: marketing}\n'
LOSES_ENDS = """BEGIN
    IF (SELECT task_name = 'plan' FROM procrastinate_jobs WHERE id = $1) THEN
        PERFORM nextval('lost');
        RAISE EXCEPTION 'statement timeout' USING ERRCODE = '57014';
    END IF;
    PERFORM mislaid($1, $2, $3);
END"""


def test_a_job_whose_end_was_not_written_down_holds_nobody_up(shop: EngineShop, tmp_path: Path) -> None:
    """Its worker lives, and yet the chore is done again: planning goes on, on this machine and all others."""
    with running_engine("cluster", shop.environ, tmp_path) as engine:
        engine.wait_for("plan_waits", 40)
        shop.do(
            IN_THE_QUEUE, f"ALTER FUNCTION {FINISH} RENAME TO mislaid", "CREATE SEQUENCE lost",
            f"CREATE FUNCTION {FINISH}({TYPES}) RETURNS void LANGUAGE plpgsql AS $_${LOSES_ENDS}$_$",
        )  # fmt: skip
        engine.wait_until(lambda: is_lost(shop.store), 20)
        shop.do(IN_THE_QUEUE, f"DROP FUNCTION {FINISH}", f"ALTER FUNCTION mislaid RENAME TO {FINISH}")
        shop.data_is(timedelta())
        shop.schedules.write_text(OLD_DATA + ANOTHER, encoding="utf-8")  # not for a planning that began before
        engine.wait_until(lambda: "another" in {line.get("campaign") for line in engine.log()}, 40)
        assert engine.stop()[0] == 0
    assert not [line for line in engine.log() if line.get("alert")]


def test_a_queue_that_makes_no_jobs_is_told_once_and_so_is_its_end(shop: EngineShop, tmp_path: Path) -> None:
    """With the reason, and by which worker."""
    with running_engine("cluster", shop.environ, tmp_path) as engine:
        engine.wait_for("plan_waits", 40)
        shop.do("ALTER TABLE notifier_queue.procrastinate_periodic_defers RENAME TO mislaid")
        engine.wait_for("queue_failed", 40)
        shop.do("ALTER TABLE notifier_queue.mislaid RENAME TO procrastinate_periodic_defers")
        engine.wait_for("queue_works_again", 40)
        assert engine.stop()[0] == 0
    (alert,) = [line for line in engine.log() if line.get("alert")]
    assert (alert["event"], alert["reason"]) == ("queue_failed", "UndefinedTable")
    assert alert["worker"] == _name_of(engine.log())


def _name_of(lines: list[dict[str, str]]) -> str:
    return next(line["worker"] for line in lines if line["event"] == "worker_started")


async def test_what_is_finished_or_dead_for_long_is_forgotten(shop: EngineShop) -> None:
    """A queue that ran for years is as small as on its second day."""
    house = House(load_settings(shop.environ, env_file=None))
    engine = ClusterEngine(engine_parts(house), lambda: open_queue(house.store), Pulse())
    done = ((1, "doing"), (2, "doing"), (2, "succeeded"), (3, "doing"), (3, "failed"))
    shop.do(
        "SET LOCAL search_path = notifier_queue",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) SELECT 'plan', 'plan' FROM generate_series(1, 3)",
        *(f"UPDATE procrastinate_jobs SET status = '{state}' WHERE id = {number}" for number, state in done),
        "UPDATE procrastinate_events SET at = now() - interval '3 days' WHERE job_id < 3",
    )
    async with open_queue(house.store).open_async() as app:
        await engine.tidy(app.job_manager)
    with shop.store.read() as session:
        assert session.execute(sa.text("SELECT id FROM notifier_queue.procrastinate_jobs")).scalars().all() == [3]
    house.close()


@pytest.mark.parametrize(
    ("every", "asks", "line"),
    [
        (timedelta(minutes=1), False, "*/1 * * * * 0"),
        (timedelta(minutes=5), False, "*/5 * * * * 0"),
        (timedelta(minutes=7), False, "*/6 * * * * 0"),
        (timedelta(seconds=20), False, "* * * * * */20"),
        (timedelta(seconds=19), False, "* * * * * */15"),
        (timedelta(seconds=1.5), False, "* * * * * */1"),
        (timedelta(minutes=90), True, "*/1 * * * * 0"),
    ],
)
def test_every_machine_ticks_at_the_same_times(every: timedelta, asks: bool, line: str) -> None:
    """A tick is one job for the whole cluster only where its moment does not depend on who started when."""

    async def nothing() -> None: ...

    assert tick_line(Chore("any", nothing, every, is_due=(lambda: True) if asks else None)) == line


def test_a_dms_is_read_again_when_its_time_is_round(tmp_path: Path, sqlite_url: str) -> None:
    """Whoever read it last, and whether that came to anything: the database knows."""
    shop = EngineShop(tmp_path, sqlite_url, NOTIFIER_DMS_URL=f"sqlite:///{tmp_path}/none.db", NOTIFIER_DMS_EVERY="60")
    house = House(load_settings(shop.environ, env_file=None))
    sync = engine_parts(house).sync
    assert sync is not None
    assert sync.tried_at() is None
    shop.do("INSERT INTO sync_point (shop_id, kind, query, at) VALUES (1, 'visits', 'x', '2026-03-10 02:00:00.000000')")
    tried = sync.tried_at()
    assert tried is not None
    assert tried.isoformat() == "2026-03-10T02:00:00+00:00"
    house.close()
    shop.store.close()


def planned(*waiting: str) -> dict[str, object]:
    """A plan's document."""
    return {"runs": [], "waiting": dict.fromkeys(waiting, "data_too_old"), "expired": []}


async def test_what_another_worker_has_planned_is_not_missed(tmp_path: Path, sqlite_url: str) -> None:
    """Ticks go round among the workers, and each remembers only what it has seen itself; the database knows it all."""
    shop = BirthdayShop(tmp_path, sqlite_url)
    house = House(load_settings(shop.environ, env_file=None))
    documents = iter((planned("birthday", "main/birthday", "taken_out", "main/gone"), planned()))
    parts = replace(engine_parts(house), plan=lambda _now: partial(planned_by_hand, next(documents)))
    chores = Chores(parts, News(), lambda: None)
    (plan,) = (chore for chore in chores.all() if chore.name == "plan")
    with capture_logs() as lines:
        await chores.do(plan)
        now = parts.clock()
        with house.store.write() as session:
            for name in ("birthday", "taken_out"):
                open_run(session, shop_id=1, campaign_id=name, due_at=None, now=now, priority=1, settings={})
        await chores.do(plan)
    assert [line["campaign"] for line in lines if line["event"] == "run_missed"] == ["main/gone"]
    house.close()
    shop.store.close()


def planned_by_hand(document: dict[str, object]) -> dict[str, object]:
    """In place of a planning."""
    return document


def test_db_upgrade_makes_the_queue_too(
    empty_postgres_url: str, open_store: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command readies a database for one machine and for many."""
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", empty_postgres_url)
    with language("en"):  # the command chooses its own, which must not stay behind
        assert execute(["db", "upgrade"]) == 0
    store = open_store(empty_postgres_url)
    raise_if_not_usable(store)
    raise_if_queue_is_not_ready(store)


def refusal(environ: dict[str, str]) -> str:
    """What a worker with these settings says instead of starting."""
    with language("en"), pytest.raises(NotifierError) as refused:
        run_worker(load_settings(environ, env_file=None))
    with language("en"):
        return str(refused.value)


def test_sqlite_has_no_workers(tmp_path: Path, sqlite_url: str) -> None:
    """One machine needs none, and the sentence says what it needs."""
    assert "use notifier run" in refusal({"NOTIFIER_DATABASE_URL": sqlite_url})


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is opened."""
    monkeypatch.setattr(queue, "PACKAGES", ("psycopg", "procrastinate_that_is_not_here"))
    said = refusal({"NOTIFIER_DATABASE_URL": "postgresql://ann:secret@127.0.0.1:1/notifier"})
    assert "procrastinate_that_is_not_here" in said
    assert "extra cluster" in said


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    """In one sentence, without its password."""
    said = refusal({"NOTIFIER_DATABASE_URL": "postgresql://ann:secret@127.0.0.1:1/notifier"})
    assert "Check NOTIFIER_DATABASE_URL and that it is running" in said
    assert "secret" not in said


def test_a_worker_without_the_key_is_refused(tmp_path: Path, cluster_url: str) -> None:
    """It could plan and send nothing; so it begins nothing, and says what to set."""
    shop = BirthdayShop(tmp_path, cluster_url)
    del shop.environ["NOTIFIER_SECRET_KEY"]
    assert "NOTIFIER_SECRET_KEY is missing" in refusal(shop.environ)
    shop.store.close()


def test_a_database_without_a_queue_is_refused_with_the_mend(tmp_path: Path, postgres_url: str) -> None:
    """One made before the package was installed, say; not one text leaves."""
    shop = BirthdayShop(tmp_path, postgres_url)
    assert "Run notifier db upgrade" in refusal(shop.environ)
    shop.store.close()
