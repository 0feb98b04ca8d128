"""The databases tests are lent (tests/support/postgres.py): whatever one test leaves, the next finds none of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from notifier.store.bulk import insert_returning_ids
from notifier.store.engine import Store
from notifier.store.tables import Shop
from tests.support.postgres import Postgres

QUANZHOU = {
    "key": "quanzhou", "name": "东南泉州店", "signature": "东南泉州", "timezone": "Asia/Shanghai", "region": "CN",
    "phone": "0595-22880000", "language": "zh-CN",
}  # fmt: skip


@contextmanager
def lent(postgres: Postgres) -> Iterator[str]:
    """A database for the length of the block: its name."""
    name = postgres.lend()
    try:
        yield name
    finally:
        postgres.take_back(name)


def make_shop(store: Store) -> int:
    """A shop: its id."""
    with store.write() as session:
        (shop_id,) = insert_returning_ids(session, Shop, [QUANZHOU])
        return shop_id


def oid(postgres: Postgres, name: str) -> int:
    """Which database of the server it is, whatever it is called."""
    with psycopg.connect(postgres.url_of("postgres")) as connection:
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [name]).fetchone()
    assert row
    return int(row[0])


def test_rows_and_numbers_are_gone(postgres: Postgres) -> None:
    """In the same database, the first shop is once more the first; whoever had not hung up is cut off."""
    with lent(postgres) as name:
        database = oid(postgres, name)
        with closing(Store(postgres.url_of(name))) as store:
            assert make_shop(store) == 1
        still_there = psycopg.connect(postgres.url_of(name))
        still_there.execute("LOCK TABLE shop")
    with lent(postgres) as again, closing(Store(postgres.url_of(again))) as store:
        assert oid(postgres, again) == database
        assert make_shop(store) == 1
    with pytest.raises(psycopg.OperationalError):
        still_there.execute("SELECT 1")
    still_there.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE notes (a integer)", "ALTER TABLE shop ADD COLUMN a integer", "DROP TABLE decision CASCADE",
        "ALTER TABLE shop ALTER COLUMN name DROP NOT NULL", "CREATE INDEX an_index ON shop (name)",
        "UPDATE alembic_version SET version_num = 'x'", "CREATE SCHEMA other",
    ],
)  # fmt: skip
def test_another_schema_is_lent_to_nobody(postgres: Postgres, change: str) -> None:
    """A database that was changed itself is dropped."""
    with lent(postgres) as name:
        changed = oid(postgres, name)
        with psycopg.connect(postgres.url_of(name), autocommit=True) as connection:
            connection.execute(change.encode())
    with lent(postgres) as another:
        assert oid(postgres, another) != changed
