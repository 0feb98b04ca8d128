"""A database in trouble is told from a defect: the one mends itself, the other never."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifier.store.engine import Store
from notifier.store.trouble import is_database_trouble


def raised(statement: str, store: Store) -> Exception:
    with pytest.raises(sa.exc.SQLAlchemyError) as failed, store.write() as session:
        session.connection().exec_driver_sql(statement)
    return failed.value


@pytest.mark.parametrize(
    "statement", ["SELECT 1 FROM nowhere", "SELECT nothing FROM shop", "SELEC 1", "INSERT INTO shop (id) VALUES (NULL)"]
)
def test_a_wrong_statement_is_no_trouble(store: Store, statement: str) -> None:
    """It would fail again and again."""
    assert not is_database_trouble(raised(statement, store))


@pytest.fixture
def held(sqlite_url: str) -> Iterator[Store]:
    """A database another program writes to."""
    store = Store(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield store
        other.execute("ROLLBACK")
    store.close()


def test_a_database_that_is_held_is_in_trouble(held: Store) -> None:
    """Later it is free."""
    with held.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(sa.exc.OperationalError) as failed:
            connection.exec_driver_sql("DELETE FROM shop")
    assert is_database_trouble(failed.value)


def test_a_database_that_is_not_there_is_in_trouble(tmp_path: Path) -> None:
    """Its disk may come back."""
    with pytest.raises(sqlite3.OperationalError) as failed:
        sqlite3.connect(f"{tmp_path}/nowhere/x.db")
    assert is_database_trouble(failed.value)


def test_a_server_that_is_away_is_in_trouble() -> None:
    """It may be restarting."""
    engine = sa.create_engine("postgresql+psycopg://127.0.0.1:1/x")
    with pytest.raises(sa.exc.OperationalError) as failed:
        engine.connect()
    assert is_database_trouble(failed.value)
