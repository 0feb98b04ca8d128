"""Telling a database in trouble from data it cannot take, and from a defect of ours."""

from __future__ import annotations

import sqlite3

from sqlalchemy import exc

from notifier.errors import StoreError

__all__ = [
    "is_database_away", "is_database_trouble", "is_deadlock", "is_known_already", "is_still_held", "trouble_words",
]  # fmt: skip


def is_database_trouble(error: BaseException) -> bool:
    """Is the database at fault (locked, full, restarting, out of reach), so that the same may be done later?

    False where the data itself cannot be written or the statement is wrong: trying again would fail again.
    """
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    told = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(told, sqlite3.OperationalError):
        # SQLite's plain error is that of a statement: no such table, no such column.
        return getattr(told, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | OSError)


def is_database_away(error: BaseException) -> bool:
    """The same of an error that may as well come from the network or a file, or that wraps the driver's own."""
    told = error.__cause__ if isinstance(error, StoreError) else error
    if told is None or isinstance(told, OSError):
        return False
    return is_database_trouble(told) or _is_of_the_driver(told) or _is_of_the_driver(told.__cause__)


def _is_of_the_driver(error: BaseException | None) -> bool:
    """PostgreSQL's driver says so itself, past SQLAlchemy; it need not be installed."""
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    return not kinds.isdisjoint(("psycopg.OperationalError", "psycopg.InterfaceError"))


def trouble_words(error: BaseException) -> str:
    """What to call the trouble: SQLite's own words, which hold no data; else the kind of error alone."""
    told = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(told) if isinstance(told, sqlite3.OperationalError) else type(error).__name__


def is_deadlock(error: BaseException) -> bool:
    """Did PostgreSQL end this transaction because another one and it waited for each other? It may be repeated."""
    return isinstance(error, exc.DBAPIError) and getattr(error.orig, "sqlstate", None) == "40P01"


def is_still_held(error: BaseException) -> bool:
    """Did PostgreSQL give up waiting for a row or a table that another transaction holds (lock_timeout)?"""
    return isinstance(error, exc.DBAPIError) and getattr(error.orig, "sqlstate", None) == "55P03"


def is_known_already(error: BaseException) -> bool:
    """Did a unique key refuse a row?"""
    return isinstance(error, exc.IntegrityError)
