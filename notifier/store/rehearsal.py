"""A store to try things on: everything works as on the real one, and nothing is kept.

SQLite: a copy of the file, so that the real one stays free for webhooks. PostgreSQL: one transaction, rolled back.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from notifier.store.engine import Store, Workbench
from notifier.store.turnstile import Turn

__all__ = ["rehearsal"]


@contextmanager
def rehearsal(store: Store) -> Iterator[Store]:
    """A stand-in for `store`, for the length of a ``with`` block."""
    if store.is_sqlite:
        with tempfile.TemporaryDirectory(prefix="notifier-rehearsal-") as folder:
            copy = Path(folder) / "copy.sqlite3"
            source = Path(store.engine.url.database or "").absolute()
            with (
                closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
                closing(sqlite3.connect(copy)) as target,
            ):
                original.backup(target)
            stand_in = Store(f"sqlite:///{copy}")
            try:
                yield stand_in
            finally:
                stand_in.close()
        return
    with store.engine.connect() as connection, connection.begin() as transaction:
        try:
            yield _OneTransaction(store, connection)
        finally:
            transaction.rollback()


class _OneTransaction(Store):
    """Every transaction is a savepoint of one that is rolled back in the end."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self.url, self.engine, self.is_sqlite = store.url, store.engine, store.is_sqlite
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        """What the rehearsal has written so far can be read."""
        with Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Committed within the rehearsal only."""
        with self.read() as session, session.begin():
            yield session

    @contextmanager
    def workbench(self) -> Iterator[Workbench]:
        """Its tables vanish with the rehearsal."""
        yield _BenchInTransaction(self._connection, nullcontext)


class _BenchInTransaction(Workbench):
    """As on a bench of its own, each transaction a savepoint."""

    @contextmanager
    def _session(self, *, writes: bool, turn: Turn | None = None) -> Iterator[Session]:  # noqa: ARG002 — all may write
        with (
            Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            yield session
