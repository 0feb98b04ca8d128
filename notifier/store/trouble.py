"""Telling a database in trouble from data it cannot take."""

from __future__ import annotations

from sqlalchemy import exc

__all__ = ["is_database_trouble", "is_deadlock", "is_known_already"]


def is_database_trouble(error: BaseException) -> bool:
    """Is the database at fault (locked, restarting, out of reach), so that the same data may be written later?

    False where the data itself cannot be written: trying again would fail again.
    """
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | OSError)


def is_deadlock(error: BaseException) -> bool:
    """Did PostgreSQL end this transaction because another one and it waited for each other? It may be repeated."""
    return isinstance(error, exc.DBAPIError) and getattr(error.orig, "sqlstate", None) == "40P01"


def is_known_already(error: BaseException) -> bool:
    """Did a unique key refuse a row?"""
    return isinstance(error, exc.IntegrityError)
