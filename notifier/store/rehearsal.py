"""A store to try things on: everything works as on the real one, and nothing is kept.

All on copies, so that the real ones stay free for webhooks: on SQLite of the file, on PostgreSQL of the tables,
temporary ones that stand before the real ones of the same name.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from notifier.crashpoints import Step
from notifier.store.engine import Store, Workbench
from notifier.store.tables import metadata

__all__ = ["rehearsal"]


@contextmanager
def rehearsal(store: Store) -> Iterator[Store]:
    """A stand-in for `store`, for the length of a ``with`` block."""
    with _copied_file(store) if store.is_sqlite else _copied_tables(store) as stand_in:
        yield stand_in


@contextmanager
def _copied_file(store: Store) -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="notifier-rehearsal-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        source = Path(store.engine.url.database or "").absolute().as_uri()
        with (
            closing(sqlite3.connect(f"{source}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(copy)) as target,
        ):
            original.backup(target)
        stand_in = Store(f"sqlite:///{copy}")
        stand_in.is_rehearsal = True
        try:
            yield stand_in
        finally:
            stand_in.close()


@contextmanager
def _copied_tables(store: Store) -> Iterator[Store]:
    with store.engine.connect() as connection:
        try:
            with connection.begin():
                _copy_tables(connection)
            yield _OneConnection(store, connection)
        finally:
            connection.invalidate()  # temporary tables end with it


def _copy_tables(connection: Connection) -> None:
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    quoted = [connection.dialect.identifier_preparer.format_table(table) for table in metadata.sorted_tables]
    for name in quoted:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} (LIKE {schema}.{name} INCLUDING ALL)")
        connection.exec_driver_sql(f"INSERT INTO pg_temp.{name} SELECT * FROM {schema}.{name}")  # noqa: S608
        connection.exec_driver_sql(f"ANALYZE pg_temp.{name}")


class _OneConnection(Store):
    """The connection that sees the copies."""

    is_rehearsal = True

    def __init__(self, store: Store, connection: Connection) -> None:
        self.url, self.engine, self.is_sqlite = store.url, store.engine, store.is_sqlite
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        with Session(self._connection, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, step: Step = "write") -> Iterator[Session]:  # noqa: ARG002 (nothing to lose in a rehearsal)
        """Committed within the rehearsal only."""
        with Session(self._connection, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def workbench(self) -> Iterator[Workbench]:
        """Its tables vanish with the rehearsal."""
        yield Workbench(self._connection, nullcontext)
