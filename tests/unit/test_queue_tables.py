"""notifier/store/queue_tables.py: the queue's tables in a schema of their own, made, brought up, and left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from notifier.cli import execute
from notifier.engines.queue import bring_up_queue, raise_if_queue_is_not_ready
from notifier.errors import StoreError
from notifier.locale import language
from notifier.store.engine import Store
from notifier.store.queue_tables import (
    QUEUE_SCHEMA,
    QueueSteps,
    Step,
    queue_connection,
    raise_if_queue_is_not_made,
    upgrade_queue,
)
from notifier.store.tables import metadata

FIRST = QueueSteps("3.1", "CREATE TABLE job (a int);", [Step("01_pre_job", "CREATE TABLE job (a int);", False)])
SECOND = QueueSteps(
    "3.2", "CREATE TABLE job (b int);",
    [
        *FIRST.steps,
        Step("02_pre_add", "ALTER TABLE job ADD b int; COMMENT ON TABLE job IS '50% :done';", False),
        Step("02_post_drop", "ALTER TABLE job DROP a;", True),
    ],
)  # fmt: skip
THIRD = replace(SECOND, release="3.3", steps=[*SECOND.steps, Step("03_pre_c", "ALTER TABLE job ADD c int", False)])


@pytest.fixture
def server(empty_postgres_url: str) -> Iterator[Store]:
    """A PostgreSQL database with nothing in it."""
    opened = Store(empty_postgres_url)
    yield opened
    opened.close()


def columns(store: Store) -> list[str]:
    return [str(column["name"]) for column in sa.inspect(store.engine).get_columns("job", QUEUE_SCHEMA)]


def test_it_is_made_once_and_lies_apart(cluster_url: str, open_store: Callable[[str], Store]) -> None:
    """Procrastinate's own tables are there, and Alembic still finds no difference between ours and the models."""
    store = open_store(cluster_url)
    assert bring_up_queue(store) is False
    raise_if_queue_is_not_ready(store)
    assert "procrastinate_jobs" in sa.inspect(store.engine).get_table_names(QUEUE_SCHEMA)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_what_takes_away_waits_for_the_next_release(server: Store) -> None:
    """Workers of the former release go on after an upgrade, however often it is run; the one after cleans up."""
    assert (upgrade_queue(server, FIRST), upgrade_queue(server, FIRST)) == (True, False)
    with pytest.raises(StoreError, match="db upgrade"):
        raise_if_queue_is_not_made(server, SECOND)
    assert (upgrade_queue(server, SECOND), upgrade_queue(server, SECOND)) == (True, False)
    assert columns(server) == ["a", "b"]
    for release in (FIRST, SECOND):
        raise_if_queue_is_not_made(server, release)
    assert (upgrade_queue(server, THIRD), upgrade_queue(server, THIRD)) == (True, False)
    assert columns(server) == ["b", "c"]


def test_an_older_program_leaves_newer_tables_alone(server: Store) -> None:
    """It finds nothing to do."""
    upgrade_queue(server, SECOND)
    assert upgrade_queue(server, FIRST) is False
    assert columns(server) == ["b"]


def test_two_at_once_make_it_once(server: Store) -> None:
    """The second waits, and finds nothing left to do."""
    done: list[bool] = []
    both = [threading.Thread(target=lambda: done.append(upgrade_queue(server, FIRST))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert sorted(done) == [False, True]


def test_a_step_that_breaks_leaves_nothing_of_itself(server: Store) -> None:
    """Its table and its record come together or not at all."""
    broken = replace(FIRST, whole="CREATE TABLE job (a int); SELECT nothing FROM nowhere;")
    with pytest.raises(sa.exc.ProgrammingError, match="nowhere"):
        upgrade_queue(server, broken)
    assert not sa.inspect(server.engine).has_table("job", QUEUE_SCHEMA)
    assert upgrade_queue(server, FIRST) is True


@pytest.fixture
def guest(server: Store) -> Iterator[Store]:
    """The same database for a user who may not create schemas in it."""
    with server.write() as session:
        session.execute(sa.text("CREATE ROLE guest_of_the_queue LOGIN"))
    opened = Store(sa.make_url(server.url).set(username="guest_of_the_queue").render_as_string(hide_password=False))
    yield opened
    opened.close()
    with server.write() as session:
        session.execute(sa.text("DROP OWNED BY guest_of_the_queue CASCADE"))
        session.execute(sa.text("DROP ROLE guest_of_the_queue"))


def test_a_user_who_may_not_make_it_is_told_what_is_needed(guest: Store) -> None:
    """In one sentence."""
    with language("en"), pytest.raises(StoreError, match="may not create schemas"):
        upgrade_queue(guest, FIRST)


def test_a_user_may_bring_up_what_is_given_to_them(server: Store, guest: Store) -> None:
    """No right to create schemas is asked for where there is one."""
    with server.write() as session:
        session.execute(sa.text(f"CREATE SCHEMA {QUEUE_SCHEMA} AUTHORIZATION guest_of_the_queue"))
    assert (upgrade_queue(guest, FIRST), upgrade_queue(guest, SECOND)) == (True, True)
    assert columns(guest) == ["a", "b"]


def test_tables_that_cannot_be_brought_up_are_no_success(
    server: Store, guest: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is a queue, so there are workers, and they would not start: another thing than one machine without one."""
    with server.write() as session:
        session.execute(sa.text("GRANT CREATE ON SCHEMA public TO guest_of_the_queue"))
        session.execute(sa.text(f"CREATE SCHEMA {QUEUE_SCHEMA}"))
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", guest.url)
    monkeypatch.setenv("NOTIFIER_LANGUAGE", "en")
    assert execute(["db", "upgrade"]) == 1
    assert "cannot be brought up" in capsys.readouterr().err


def test_sqlite_has_no_queue(sqlite_store: Store) -> None:
    """Nor is one made."""
    assert bring_up_queue(sqlite_store) is False


def test_what_the_address_says_reaches_the_driver() -> None:
    """Password, TLS, a socket's folder and options of its own."""
    store = Store("postgresql://ann:a%40b@db.example:6432/shop?sslmode=require&options=-c%20lock_timeout%3D5")
    assert queue_connection(store) == {
        "host": "db.example", "port": 6432, "dbname": "shop", "user": "ann", "password": "a@b", "sslmode": "require",
        "options": "-c lock_timeout=5 -c search_path=notifier_queue",
    }  # fmt: skip
    store.close()
