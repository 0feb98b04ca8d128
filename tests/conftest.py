"""Real databases for every test that needs one: a fresh, empty one each, made by the migrations.

PostgreSQL comes from a wheel and runs once a session. Where it cannot start, its tests are skipped on a developer's
machine and fail where CI=true.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from math import ceil
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from notifier.engines.queue import bring_up_queue
from notifier.locale import current_language, use_language
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from tests.support.compiled_sql import keep_compiled_sql
from tests.support.postgres import Postgres, running_postgres

settings.register_profile(
    "patient", settings.get_profile(settings.get_current_profile_name()), deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("patient")  # an example that a busy machine was slow about proves nothing

NO_POWER_CUT = (  # these databases outlive none
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)


AT_ONCE = 1.5
"""Workers a core: a test of a daemon or of a browser mostly waits, and another one may work meanwhile."""
MEMORY = Path("/dev/shm")
ROOM = 4_000_000_000
"""Bytes free: far more than the tests of one run ever hold at once."""


def pytest_configure() -> None:
    """Temporary files lie in memory where there is room: no database of a test outlives it, and no COMMIT waits.

    An exception is logged as in the daemon: with every local in colours it takes a second.
    """
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    *others, _in_colours = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, plain])


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """How many -n auto means, where its own variable does not say it."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return ceil(AT_ONCE * (os.cpu_count() or 1))


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK):
        return False
    kept = os.statvfs(MEMORY)
    return kept.f_bavail * kept.f_frsize > ROOM and not kept.f_flag & os.ST_NOEXEC  # tests write small programs


@pytest.fixture(autouse=True)
def words_of_its_own() -> Iterator[None]:
    """A command run in this process chooses its language; the next test's words are not to depend on that."""
    before = current_language()
    yield
    use_language(before)


@pytest.fixture(scope="session", autouse=True)
def compiled_sql() -> None:
    """What SQLAlchemy has compiled for one test's database serves the next one's too."""
    keep_compiled_sql()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL whose template database holds Notifier's schema."""
    with ExitStack() as kept:
        try:
            running = kept.enter_context(running_postgres())
        except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQL cannot start here: {error}")
        running.execute(*NO_POWER_CUT)
        running.make_template(_migrate)
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds Notifier's schema and no rows."""
    path = tmp_path_factory.mktemp("template") / "notifier.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    store = Store(url)
    upgrade(store)
    store.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database with Notifier's schema."""
    path = tmp_path / "notifier.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with Notifier's schema; taken back afterwards."""
    name = postgres.lend()
    yield postgres.url_of(name)
    postgres.take_back(name)


@pytest.fixture
def cluster_url(postgres_url: str) -> str:
    """The address of a fresh PostgreSQL database as `notifier db upgrade` leaves it: with the queue of a cluster."""
    store = Store(postgres_url)
    bring_up_queue(store)
    store.close()
    return postgres_url


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with nothing in it; dropped afterwards."""
    name = postgres.create()
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database with Notifier's schema, once on each kind: for tests that start processes."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database in which nothing was made yet, once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite3"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A fresh, empty store with Notifier's schema, once on each kind of database."""
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def open_store() -> Iterator[Callable[[str], Store]]:
    """open_store(url): one more store, as of another process; closed after the test, whatever became of it.

    A connection that is left open is told as a warning of some later test, which fails for it.
    """
    with ExitStack() as opened:
        yield lambda url: opened.enter_context(closing(Store(url)))


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A fresh, empty store on SQLite: for what only the embedded database does."""
    opened = Store(sqlite_url)
    yield opened
    opened.close()
