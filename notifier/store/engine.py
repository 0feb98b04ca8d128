"""One way to the database: short synchronous transactions, the same on SQLite and PostgreSQL.

SQLite: WAL, synchronous=FULL, foreign keys, every write transaction BEGIN IMMEDIATE, so a writer waits at the
door instead of failing in the middle. Its busy handler polls, so bulk writers must leave gaps: see `Store.chunks`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.store.columns import UtcDateTime

__all__ = ["Session", "Store", "database_now"]

T = TypeVar("T")

BUSY_SECONDS = 30
CHUNK_ROWS = 500
PAUSE_SECONDS = 0.005


class Store:
    """The database of one installation. Safe to share between threads; not between processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; rolled back at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on any error."""
        with self.engine.connect() as connection:
            writing = connection.execution_options(notifier_write=True)
            with Session(writing, expire_on_commit=False) as session, session.begin():
                yield session

    def chunks(self, rows: Iterable[T], size: int = CHUNK_ROWS) -> Iterator[Sequence[T]]:
        """`rows` in chunks small enough for one short transaction, with a pause after each on SQLite.

        Without the pause a waiting one-row writer (a webhook) was seen to wait up to 0.95 s beside a bulk writer.
        """
        iterator = iter(rows)
        while chunk := list(islice(iterator, size)):
            yield chunk
            self.breathe()

    def breathe(self) -> None:
        """Leave a gap between two bulk transactions, so that a waiting writer gets in."""
        if self.is_sqlite:
            time.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


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
            return sa.create_engine(parsed, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10)
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
        writes = connection.get_execution_options().get("notifier_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
