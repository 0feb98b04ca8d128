"""Migrations only add, unless their name says that they break: programs of the release before go on beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from notifier.store.engine import Store
from notifier.store.migrations import VERSION, alembic_config
from tests.support.expanding import Shape, breaches, shape_of

STEPS = [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]
NUMBERS = {step[:4]: step for step in STEPS}


@pytest.fixture
def empty(empty_url: str) -> Iterator[Store]:
    """A store in which nothing was made yet, once on each kind of database."""
    opened = Store(empty_url)
    yield opened
    opened.close()


def shapes(store: Store) -> dict[str, Shape]:
    """The database after each step, by the step's number."""
    found = {}
    for step in STEPS:
        with store.engine.connect().execution_options(notifier_write=True) as connection, connection.begin():
            command.upgrade(alembic_config(connection), step)
        found[step[:4]] = shape_of(store.engine)
    return found


def test_a_step_says_truly_since_when_programs_can_work_with_it(empty: Store) -> None:
    """From the version it names to itself nothing has gone and nothing new is asked of those who write."""
    found = shapes(empty)
    for number, step in NUMBERS.items():
        named = VERSION.fullmatch(step)
        assert named is not None
        if named["since"]:
            assert named["since"] in NUMBERS
            assert breaches(found[named["since"]], found[number]) == [], step


def test_steps_are_numbered_one_by_one() -> None:
    """The number alone says which of two versions is the later one."""
    assert list(NUMBERS) == [f"{number:04d}" for number in range(1, len(STEPS) + 1)]


OLD = (
    "CREATE TABLE shop (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL)",
    "CREATE TABLE customer (id INTEGER NOT NULL PRIMARY KEY, shop_id INTEGER NOT NULL, name VARCHAR, "
    "points INTEGER DEFAULT '0' NOT NULL, CONSTRAINT uq_customer UNIQUE (shop_id, name))",
)
ADDITIONS = {
    "a table": ["CREATE TABLE pause (scope VARCHAR NOT NULL, shop_id INTEGER REFERENCES shop (id))"],
    "a table whose rows let go": [
        "CREATE TABLE mark (customer_id INTEGER NOT NULL, "
        "FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE)"
    ],
    "an optional column": ["ALTER TABLE customer ADD COLUMN email VARCHAR"],
    "a column with a default": ["ALTER TABLE customer ADD COLUMN lost BOOLEAN DEFAULT '0' NOT NULL"],
    "an index": ["CREATE INDEX ix_customer_name ON customer (name)"],
    "a unique index on what they leave empty": [
        "ALTER TABLE customer ADD COLUMN email VARCHAR",
        "CREATE UNIQUE INDEX uq_email ON customer (shop_id, email)",
    ],
}
BREAKS = {
    "customer is gone": ["DROP TABLE customer"],
    "shop: name is gone": ["ALTER TABLE shop DROP COLUMN name"],
    "shop: called is new, wants a value and has no default": ["ALTER TABLE shop RENAME COLUMN name TO called"],
    "customer: name must have a value now": [
        "DROP TABLE customer", OLD[1].replace("name VARCHAR,", "name VARCHAR NOT NULL,")
    ],
    "shop: name may be empty now": ["DROP TABLE shop", OLD[0].replace("name VARCHAR NOT NULL", "name VARCHAR")],
    "customer: name was VARCHAR and is INTEGER": [
        "DROP TABLE customer", OLD[1].replace("name VARCHAR", "name INTEGER")
    ],
    "customer: points has another default": ["DROP TABLE customer", OLD[1].replace("'0'", "'1'")],
    "customer: another key": [
        "DROP TABLE customer", OLD[1].replace(" PRIMARY KEY", "").replace("CONSTRAINT", "PRIMARY KEY (id, shop_id), "
                                                                  "CONSTRAINT")
    ],
    "customer: uq_points is a new bar to equal rows": ["CREATE UNIQUE INDEX uq_points ON customer (shop_id, points)"],
    "customer: uq_customer is gone: rows that stood once may stand twice": [
        "DROP TABLE customer", OLD[1].replace(", CONSTRAINT uq_customer UNIQUE (shop_id, name)", "")
    ],
    "customer: positive is a new check": [
        "DROP TABLE customer", OLD[1].replace("UNIQUE (shop_id, name)", "UNIQUE (shop_id, name), "
                                              "CONSTRAINT positive CHECK (points > 0)")
    ],
    "customer: fk_shop is a new reference": [
        "DROP TABLE customer", OLD[1].replace("UNIQUE (shop_id, name)", "UNIQUE (shop_id, name), "
                                              "CONSTRAINT fk_shop FOREIGN KEY (shop_id) REFERENCES shop (id)")
    ],
    "mark: its rows would keep those of customer from being deleted": [
        "CREATE TABLE mark (customer_id INTEGER NOT NULL REFERENCES customer (id))"
    ],
}  # fmt: skip


def changed(statements: list[str]) -> list[str]:
    """What is said of a small database after these."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        for statement in OLD:
            connection.exec_driver_sql(statement)
    before = shape_of(engine)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    found = breaches(before, shape_of(engine))
    engine.dispose()
    return found


@pytest.mark.parametrize("statements", ADDITIONS.values(), ids=ADDITIONS.keys())
def test_an_addition_breaks_nobody(statements: list[str]) -> None:
    """Who does not know of it writes as before."""
    assert changed(statements) == []


@pytest.mark.parametrize(("said", "statements"), BREAKS.items(), ids=BREAKS.keys())
def test_whatever_would_break_an_old_program_is_named(said: str, statements: list[str]) -> None:
    """Such a step needs --breaks, and every machine stopped."""
    assert said in changed(statements)
