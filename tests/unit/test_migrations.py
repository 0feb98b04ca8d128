"""notifier/store/migrations.py: up from nothing, equal to the tables, safe when two start at once."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from notifier.errors import StoreError
from notifier.locale import language
from notifier.store import migrations
from notifier.store.engine import Store
from notifier.store.migrations import head, is_usable, make_if_new, raise_if_not_usable, revision, suits, upgrade
from notifier.store.tables import metadata

PROCESSES = 4
BETWEEN_COLUMNS = re.compile(r"\n|, (?=\w+ [A-Z])")


@pytest.fixture
def empty(empty_url: str) -> Iterator[Store]:
    """A store in which nothing was made yet, once on each kind of database."""
    opened = Store(empty_url)
    yield opened
    opened.close()


def test_up_from_empty_makes_every_table(empty: Store) -> None:
    """An empty database has no version; after the upgrade it has the newest and every table of the models."""
    assert (revision(empty), is_usable(empty)) == (None, False)
    assert upgrade(empty) is True
    assert (revision(empty), is_usable(empty)) == (head(), True)
    assert set(sa.inspect(empty.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_version_needed_is_the_last_of_the_steps() -> None:
    """Read from the names of the files, without Alembic, it is what Alembic goes by."""
    steps = ScriptDirectory.from_config(migrations.alembic_config())
    assert head() == steps.get_current_head()
    assert all(Path(step.path).name.startswith(f"{step.revision}_") for step in steps.walk_revisions())


def test_a_second_upgrade_changes_nothing(store: Store) -> None:
    """Running the upgrade again is no harm and says that there was nothing to do."""
    assert upgrade(store) is False


def test_migrations_make_what_the_models_say(store: Store) -> None:
    """Alembic finds no difference of tables, columns, types, keys or indexes between the database and the models."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_write_the_same_schema_as_the_models(empty: Store) -> None:
    """The database's own words for the schema (conditions of partial indexes too) are those the models would make."""
    metadata.create_all(empty.engine)
    by_models = _schema(empty)
    metadata.drop_all(empty.engine)
    upgrade(empty)
    assert _schema(empty) == by_models
    assert len(by_models) > len(metadata.tables)


def _schema(store: Store) -> set[str]:
    statements = {
        True: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT IN ('alembic_version')",
        False: "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' "
        "UNION ALL SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
        "UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'",
    }
    with store.engine.connect() as connection:
        rows = connection.execute(sa.text(statements[store.is_sqlite])).scalars()
        return {" ".join(sorted(line.strip(" ,\t") for line in BETWEEN_COLUMNS.split(row))) for row in rows}


FIRST_USE = """
import sys
from notifier.store.engine import Store
from notifier.store.migrations import make_if_new, upgrade
store = Store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
(make_if_new if store.is_sqlite else upgrade)(store)
store.close()
"""


def test_processes_that_start_at_once_make_one_database(empty_url: str, open_store: Callable[[str], Store]) -> None:
    """Four processes meet an empty database in the same moment: all of them go on, and it is made once."""
    command = [sys.executable, "-W", "error", "-c", FIRST_USE, empty_url]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(PROCESSES)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES, said
    raise_if_not_usable(open_store(empty_url))


def test_first_use_makes_an_embedded_database_but_upgrades_no_old_one(tmp_path: Path) -> None:
    """A missing SQLite file is made; one of an older version is refused with the command that mends it."""
    store = Store(f"sqlite:///{tmp_path}/shop/notifier.sqlite3")
    make_if_new(store)
    assert is_usable(store)
    _pretend_version(store, "0000")
    with pytest.raises(StoreError):
        make_if_new(store)
    store.close()


def test_looking_at_the_database_gives_up_no_lock_on_it(tmp_path: Path) -> None:
    """A process that looked, another that comes and goes, then a write: it is there for everybody, not in a journal
    that the other one took away because it thought itself alone."""
    store = Store(f"sqlite:///{tmp_path / 'shop.sqlite3'}")
    make_if_new(store)
    with store.read() as session:
        session.execute(sa.text("SELECT 1"))  # a connection stays open in the pool
        make_if_new(store)
    visitor = "from notifier.store.engine import Store; import sys; s = Store(sys.argv[1])\n"
    visitor += "with s.write() as session: session.connection().exec_driver_sql('SELECT count(*) FROM shop')\ns.close()"
    subprocess.run([sys.executable, "-c", visitor, store.url], check=True)
    assert (tmp_path / "shop.sqlite3-wal").exists()
    with store.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE written_later (a)")
    reader = Store(store.url)
    assert "written_later" in sa.inspect(reader.engine).get_table_names()
    reader.close()
    store.close()


def test_an_upgrade_and_a_sender_that_wait_for_each_other_both_come_to_their_end(
    empty_postgres_url: str, open_store: Callable[[str], Store]
) -> None:
    """PostgreSQL undoes the upgrade, which begins anew when the sender has done."""
    store, senders = open_store(empty_postgres_url), open_store(empty_postgres_url)
    with store.engine.begin() as connection:
        command.upgrade(migrations.alembic_config(connection), "0001")
    with ThreadPoolExecutor(1) as beside, senders.write() as session:
        session.execute(sa.text("SET LOCAL deadlock_timeout = '10min'"))  # so it is the other one that is undone
        session.execute(sa.text("UPDATE message SET state = state"))
        upgrading = beside.submit(upgrade, store)
        deadline = time.monotonic() + 60
        while not session.execute(sa.text("SELECT 1 FROM pg_locks WHERE NOT granted")).all():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        session.execute(sa.text("SELECT * FROM gateway_lane"))
    assert upgrading.result(60) is True
    assert revision(store) == head()


def test_first_use_leaves_an_empty_postgresql_to_db_upgrade(
    empty_postgres_url: str, open_store: Callable[[str], Store]
) -> None:
    """A server's database belongs to somebody: it is upgraded only when asked."""
    with pytest.raises(StoreError, match="notifier db upgrade"):
        make_if_new(open_store(empty_postgres_url))


def _pretend_version(store: Store, version: str) -> None:
    with store.write() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_an_older_database_is_refused_with_the_mend(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names both versions and the command."""
    _pretend_version(store, "0001")
    with language("en"), pytest.raises(StoreError) as refused:
        raise_if_not_usable(store)
    assert f"version 0001, this Notifier needs {head()}. Run notifier db upgrade." in str(refused.value)


def test_a_newer_database_is_refused(store: Store) -> None:
    """A version nobody here has heard of was written by a newer Notifier; neither use nor upgrade touches it."""
    _pretend_version(store, "9999")
    for use in (raise_if_not_usable, upgrade):
        with language("en"), pytest.raises(StoreError, match="newer Notifier"):
            use(store)
    assert revision(store) == "9999"


def test_a_newer_database_that_only_added_to_ours_is_used_and_left_as_it_is(store: Store) -> None:
    """Machines are upgraded one after the other: those with the former release go on meanwhile."""
    _pretend_version(store, f"9999_since_{(head() or '')[:4]}")
    raise_if_not_usable(store)
    assert upgrade(store) is False
    assert revision(store) != head()


@pytest.mark.parametrize(
    ("ours", "theirs", "is_usable"),
    [
        ("0002", "0002", True),
        ("0002", "0001", False),
        ("0002", "0003", False),
        ("0002", "0003_since_0002", True),
        ("0002", "0004_since_0002", True),
        ("0002", "0004_since_0003", False),
        ("0003_since_0002", "0002", False),
        ("0003_since_0002", "0003_since_0002", True),
        ("0003_since_0002", "0004_since_0003", True),
        ("0002", None, False),
        ("0002", "another", False),
    ],
)
def test_which_versions_suit_each_other(
    ours: str, theirs: str | None, is_usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older never, equal always, newer where it says so."""
    monkeypatch.setattr(migrations, "head", lambda: ours)
    assert suits(theirs) is is_usable


def test_a_database_of_another_program_is_left_alone(empty: Store) -> None:
    """Tables without our version are somebody else's: the upgrade refuses and adds nothing."""
    with empty.write() as session:
        session.execute(sa.text("CREATE TABLE wp_posts (id INTEGER)"))
    with language("en"), pytest.raises(StoreError, match="wp_posts"):
        upgrade(empty)
    assert sa.inspect(empty.engine).get_table_names() == ["wp_posts"]


def test_an_upgrade_that_breaks_midway_changes_nothing(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both databases take the tables back when a step fails after them."""

    def refuse(_connection: sa.Connection) -> None:
        raise StoreError("broken on purpose")

    monkeypatch.setattr(migrations, "_raise_if_references_broke", refuse)
    with pytest.raises(StoreError):
        upgrade(empty)
    assert sa.inspect(empty.engine).get_table_names() == []


def test_foreign_keys_hold_again_after_an_upgrade(tmp_path: Path) -> None:
    """The upgrade rests SQLite's foreign keys; the connection it gives back has them on."""
    store = Store(f"sqlite:///{tmp_path}/notifier.sqlite3")
    upgrade(store)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_cannot_be_read_is_said_in_one_sentence(kind: str, tmp_path: Path) -> None:
    """A file that is no database, a server that is not there: the sentence says where to look, never the password."""
    letter = tmp_path / "letter.sqlite3"
    letter.write_text("Dear Mr Chen, this is no database. " * 100)
    urls = {"sqlite": f"sqlite:///{letter}", "postgresql": "postgresql://ann:secret@127.0.0.1:1/notifier"}
    store = Store(urls[kind])
    with language("en"), pytest.raises(StoreError, match="Check NOTIFIER_DATABASE_URL") as refused:
        revision(store)
    assert "secret" not in str(refused.value)
    store.close()
