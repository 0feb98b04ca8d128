"""One way to the database: short synchronous transactions, the same on SQLite and PostgreSQL.

SQLite: WAL, synchronous=FULL, foreign keys, every write transaction BEGIN IMMEDIATE, so a writer waits at the
door instead of failing in the middle; and each in its turn (turnstile.py), so bulk writers need only be short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from notifier.crashpoints import Step, crash_point
from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.store.columns import UtcDateTime
from notifier.store.turnstile import Turn, Turnstile

__all__ = ["Session", "Store", "Workbench", "database_now"]

T = TypeVar("T")

BUSY_SECONDS = 30
CHUNK_ROWS = 500

_CLIENT_PATIENCE = {
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}  # fmt: skip
_SERVER_PATIENCE = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
_COMMITS_ARE_KEPT = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
"""A claim that a crash of the server takes back after its POST would be sent twice."""

BENCH = "bench"
_BENCH_PRAGMAS = (
    # Sorting a million rows must not happen in memory; a page cache of the size of an index's busy part must.
    "PRAGMA temp_store=FILE",
    "PRAGMA main.cache_size=-48000",
    # Pages that many chunks write to are copied to the database file once in 64 MB, not once a chunk.
    "PRAGMA wal_autocheckpoint=16000",
)
_BENCH_CACHE = f"PRAGMA {BENCH}.cache_size=-8000"


class Store:
    """The database of one installation. Safe to share between threads; not between processes."""

    is_rehearsal = False
    """Whether what is written here vanishes (rehearsal.py)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turnstile = _turnstile(self.engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; rolled back at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """As `read`, but every statement sees the same moment: for figures that have to agree with each other."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:  # there a transaction sees one moment anyway
                connection.execution_options(isolation_level="REPEATABLE READ")
            with Session(connection, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def write(self, step: Step = "write") -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on any error.

        `step` says what it is for: tests may kill the process just before its COMMIT, and just after.
        """
        with self._turn() as turn, self.engine.connect() as connection:
            writing = connection.execution_options(notifier_write=True, notifier_turn=turn)
            with Session(writing, expire_on_commit=False) as session, session.begin():
                yield session
                crash_point(f"{step}.before_commit")
            crash_point(f"{step}.after_commit")

    def _turn(self) -> AbstractContextManager[Turn | None]:
        return self._turnstile.turn() if self._turnstile else nullcontext()

    def chunks(self, rows: Iterable[T], size: int = CHUNK_ROWS) -> Iterator[Sequence[T]]:
        """`rows` in chunks small enough for one short transaction."""
        iterator = iter(rows)
        while chunk := list(islice(iterator, size)):
            yield chunk

    @contextmanager
    def workbench(self) -> Iterator[Workbench]:
        """A connection of its own for a long piece of work, with room for tables of its own.

        On SQLite they lie in a file that :meth:`Workbench.attach` lays on it; on PostgreSQL they are temporary tables.
        """
        with self.engine.connect() as connection:
            if self.is_sqlite:
                driver = connection.connection.dbapi_connection
                assert driver is not None
                cursor = driver.cursor()
                for statement in _BENCH_PRAGMAS:
                    cursor.execute(statement)
                cursor.close()
            try:
                yield Workbench(connection, self._turn)
            finally:
                connection.invalidate()  # its settings and its tables end with it

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


class Workbench:
    """Short transactions on one connection, which alone sees the tables made on it."""

    def __init__(self, connection: sa.Connection, turn: Callable[[], AbstractContextManager[Turn | None]]) -> None:
        self._connection, self._turn = connection, turn
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._is_laid = False

    def attach(self, file: Path) -> None:
        """Lay an SQLite database on the bench, as BENCH, in the place of the one that lay there."""
        driver = self._connection.connection.dbapi_connection
        assert driver is not None
        cursor = driver.cursor()
        if self._is_laid:
            cursor.execute(f"DETACH DATABASE {BENCH}")
        cursor.execute(f"ATTACH DATABASE ? AS {BENCH}", (str(file),))
        cursor.execute(_BENCH_CACHE)
        cursor.close()
        self._is_laid = True

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that writes to the bench's own tables at most; it never waits for another writer."""
        with self._session(writes=False) as session:
            yield session

    @contextmanager
    def write(self, step: Step = "write") -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on any error."""
        with self._turn() as turn:
            with self._session(writes=True, turn=turn) as session:
                yield session
                crash_point(f"{step}.before_commit")
            crash_point(f"{step}.after_commit")

    @contextmanager
    def _session(self, *, writes: bool, turn: Turn | None = None) -> Iterator[Session]:
        self._connection.execution_options(notifier_write=writes, notifier_turn=turn)
        with Session(self._connection, expire_on_commit=False) as session, session.begin():
            yield session


def database_now(session: Session) -> datetime:
    """The database's own clock, aware UTC: leases, rate and arrivals are measured by it alone."""
    if session.get_bind().dialect.name == "sqlite":
        text = session.execute(sa.text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
        return datetime.fromisoformat(f"{text}+00:00")
    moment: datetime = session.execute(sa.select(sa.func.clock_timestamp(type_=UtcDateTime))).scalar_one()
    return moment


def _create_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(parsed)
        if parsed.get_backend_name() == "postgresql":
            return _server_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            N_(
                "NOTIFIER_DATABASE_URL cannot be used ({detail}). Write it like sqlite:///db/notifier.sqlite3 "
                "or postgresql://user:password@host/name."
            ),
            detail=type(error).__name__,
        ) from error
    raise ConfigError(
        N_("NOTIFIER_DATABASE_URL names the database {kind}; Notifier runs on sqlite and postgresql."),
        kind=parsed.get_backend_name(),
    )


def _server_engine(url: sa.URL) -> Engine:
    """A machine that goes without a word is noticed within a minute, from both ends: its locks do not outlive it."""
    patience = {name: value for name, value in _CLIENT_PATIENCE.items() if name not in url.query}
    engine = sa.create_engine(
        url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10, connect_args=patience
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SERVER_PATIENCE)
            cursor.execute(_COMMITS_ARE_KEPT)
        connection.commit()

    return engine


def _turnstile(engine: Engine) -> Turnstile | None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Turnstile(Path(database).resolve(), BUSY_SECONDS)


def _sqlite_engine(url: sa.URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # An error's words reach the log; a statement's parameters are people's names and phones.
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}, pool_size=10, max_overflow=10
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late; ours is below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        turn: Turn | None = options.get("notifier_turn")
        if turn is not None:
            turn.come_in()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("notifier_write") else "BEGIN")

    return engine
