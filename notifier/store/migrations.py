"""Which version the database has, and how it comes to the one this Notifier needs.

The steps lie under ``db/versions``, beside the package, in the source tree that an editable install and the
Docker image both keep. Alembic is driven from here, so there is no alembic.ini to keep true.

A version's name is its number, and since which one programs can work with it: `0003_since_0002` only added to what
0002 knows, so machines with the former release go on while others are upgraded.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from notifier.errors import StoreError
from notifier.locale import N_
from notifier.store.addresses import shown_url
from notifier.store.engine import Store
from notifier.store.trouble import is_deadlock

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS_DIR = Path(__file__).resolve().parents[2] / "db"
VERSION = re.compile(r"(?P<number>\d{4})(?:_since_(?P<since>\d{4}))?")
VERSION_TABLE = sa.table("alembic_version", sa.column("version_num", sa.String))
LEAST_ROOM = 64 * 1024  # bytes: SQLite's index of the journal, and a page of it
UPGRADE_LOCK = 7_368_841_295  # any number no other program takes as its PostgreSQL advisory lock


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings for ``db/``, working on `connection` where one is given."""
    from alembic.config import Config  # Alembic takes 0.1 s to import, which only an upgrade should pay

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str | None:
    """The version this Notifier needs."""
    return max(_versions(), default=None)


def _versions() -> set[str]:
    """Every version there is a step to; its file's name begins with it."""
    found = (VERSION.match(file.name) for file in (MIGRATIONS_DIR / "versions").glob("*.py"))
    return {version.group() for version in found if version is not None}


def revision(store: Store) -> str | None:
    """The version the database has; None where nothing was made yet.

    Raises StoreError where the database cannot be reached.
    """
    try:
        _enter_wal(store)
        with store.engine.connect() as connection:
            return _revision_of(connection)
    except (sa.exc.DBAPIError, OSError) as error:
        _raise_if_disk_is_full(store, error)
        raise StoreError(
            N_("The database {url} cannot be read ({detail}). Check NOTIFIER_DATABASE_URL and that it is running."),
            url=shown_url(store.url),
            detail=_first_line(error.orig if isinstance(error, sa.exc.DBAPIError) else error),
        ) from error


def _raise_if_disk_is_full(store: Store, error: BaseException) -> None:
    """SQLite says of a full disk "disk I/O error" where it has no room for its journal's index."""
    file = Path(store.engine.url.database or "") if store.is_sqlite else None
    if file is not None and file.exists() and shutil.disk_usage(file.parent).free < LEAST_ROOM:
        raise StoreError(
            N_("The disk of {file} is full, so the database cannot be used. Make room and try again; nothing of what "
               "was committed is lost."),
            file=str(file),
        ) from error  # fmt: skip


def suits(found: str | None) -> bool:
    """Can this Notifier work with a database of version `found`: its own, or a later one that only added to it?"""
    ours, theirs = VERSION.fullmatch(head() or ""), VERSION.fullmatch(found or "")
    if ours is None or theirs is None:
        return False
    if ours["number"] == theirs["number"]:
        return True
    return (theirs["since"] or theirs["number"]) <= ours["number"] < theirs["number"]


def is_usable(store: Store) -> bool:
    """Does the database have a version this Notifier can work with?"""
    return suits(revision(store))


def raise_if_not_usable(store: Store) -> None:
    """Refuse a database this Notifier would misread.

    Raises StoreError: not made yet or older (the mend is ``notifier db upgrade``), newer than one release, or
    unreachable.
    """
    found = revision(store)
    if suits(found):
        return
    raise_if_newer(found, shown_url(store.url))
    raise StoreError(
        N_("The database {url} is not ready: it has version {found}, this Notifier needs {wanted}. "
           "Run notifier db upgrade."),
        url=shown_url(store.url),
        found=found or "0",
        wanted=head(),
    )  # fmt: skip


def raise_if_newer(found: str | None, place: str) -> None:
    """Raises StoreError where version `found` of `place` is one this Notifier neither knows nor can work with."""
    if found is not None and found not in _versions() and not suits(found):
        raise StoreError(
            N_("{place} was written by a newer Notifier (version {found}). Install that Notifier, or use a backup "
               "made before it."),
            place=place,
            found=found,
        )  # fmt: skip


def upgrade(store: Store, tries: int = 5) -> bool:
    """Bring the database to the version this Notifier needs, all or nothing; False where it had it, or a later one.

    Two processes may call this at once: the second waits at the lock and then finds nothing left to do. Where this and
    a machine at work wait for each other and PostgreSQL undoes the upgrade, it begins anew: `tries` times in all.
    Raises StoreError where the database is newer, unreachable, or somebody else's.
    """
    if is_usable(store):
        return False
    try:
        return _upgraded(store)
    except sa.exc.DBAPIError as error:
        if tries > 1 and is_deadlock(error):
            return upgrade(store, tries - 1)
        raise


def _upgraded(store: Store) -> bool:
    from alembic import command

    with _locked(store) as connection:
        found = _revision_of(connection)
        if suits(found):
            return False
        raise_if_newer(found, shown_url(store.url))
        _raise_if_of_another_program(connection, found, store)
        command.upgrade(alembic_config(connection), "head")
        _raise_if_references_broke(connection)
    return True


def make_if_new(store: Store) -> None:
    """First use: an embedded SQLite database that does not exist yet is made; every other must be current.

    An older database is not upgraded behind the shop's back: a backup belongs before that.
    Raises StoreError as `raise_if_not_usable` does.
    """
    if store.is_sqlite and revision(store) is None:
        upgrade(store)
    raise_if_not_usable(store)


def missing_file(url: str) -> Path | None:
    """The SQLite file `url` names, where it does not exist: to ask it would make it."""
    parsed = sa.make_url(url)
    file = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if file is None or parsed.database == ":memory:" or (file.exists() and file.stat().st_size):
        return None
    return file


def raise_if_not_made(url: str) -> None:
    """Raises StoreError where `url` is that of an SQLite file that does not exist."""
    file = missing_file(url)
    if file is None:
        return
    raise StoreError(
        N_("There is no database at {file}, so there is nothing to be told. Check NOTIFIER_DATABASE_URL and the folder "
           "you are in; a new installation makes it with the first import (notifier import customers FILE)."),
        file=str(file),
    )  # fmt: skip


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _enter_wal(store: Store) -> None:
    """The first connection to a new or restored SQLite file switches it to WAL: one process at a time.

    That switch does not wait for a lock: where six processes started at once, some died of it in 2 of 25 tries.
    """
    path = store.engine.url.database if store.is_sqlite else None
    if not path or path == ":memory:" or _is_wal(Path(path)):
        return
    with Path(f"{path}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store.engine.connect().close()


def _is_wal(path: Path) -> bool:
    """Asked of SQLite, never read from the file: a process that opens and closes the database's file by itself gives
    up all its locks on it (POSIX), and the next process to end then takes the journal away from under it."""
    address = f"{path.absolute().as_uri()}?mode=rw"
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(address, uri=True)) as connection:
        return bool(connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal")
    return False


def _revision_of(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE.name):
        return None
    return connection.execute(sa.select(VERSION_TABLE.c.version_num)).scalar_one_or_none()


@contextmanager
def _locked(store: Store) -> Iterator[sa.Connection]:
    """One transaction that nobody else's upgrade can enter; foreign keys rest, since SQLite rebuilds tables."""
    with store.engine.connect().execution_options(notifier_write=True) as connection:
        if store.is_sqlite:
            _switch_foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                if not store.is_sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
                yield connection
        finally:
            if store.is_sqlite:
                _switch_foreign_keys(connection, "ON")


def _switch_foreign_keys(connection: sa.Connection, to: str) -> None:
    # Inside a transaction this pragma does nothing, so it goes past SQLAlchemy, which would begin one.
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={to}")
    cursor.close()


def _raise_if_references_broke(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise StoreError(
            N_("The upgrade was undone: a row of {table} would have lost what it refers to. Nothing was changed; "
               "report this with the output of notifier doctor."),
            table=broken[0],
        )  # fmt: skip


def _raise_if_of_another_program(connection: sa.Connection, found: str | None, store: Store) -> None:
    tables = sa.inspect(connection).get_table_names()
    if found is None and tables:
        raise StoreError(
            N_("The database {url} holds tables of another program ({table}). Give Notifier a database of its own "
               "in NOTIFIER_DATABASE_URL."),
            url=shown_url(store.url),
            table=sorted(tables)[0],
        )  # fmt: skip
