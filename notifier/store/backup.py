"""A shop's whole memory in one file, and back.

A backup is a plain SQLite database: consistent although the shop goes on working, and readable by any SQLite tool.
It holds customers' phones and names, so it is written for its owner's eyes only (mode 0600). The secret key is not
in it: without that key a restored shop cannot recognise the phones that said stop.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from notifier.errors import StoreError
from notifier.locale import N_
from notifier.locale.system import system_words
from notifier.store.addresses import masked_url
from notifier.store.engine import Store
from notifier.store.migrations import raise_if_newer

REPLACED_SUFFIX = ".replaced"


def backup(store: Store, target: Path) -> int:
    """Copy the database as it is at this moment into the new file `target`: its size in bytes.

    Raises StoreError: PostgreSQL (names pg_dump), `target` exists, or it cannot be written.
    """
    if not store.is_sqlite:
        raise StoreError(
            N_("A PostgreSQL database is backed up with its own tool: pg_dump --format=custom --file={target} '{url}'"),
            target=target,
            url=_libpq_url(store.url),
        )
    if target.exists():
        raise StoreError(
            N_("{target} exists and is not overwritten. Name a new file, such as one with today's date."), target=target
        )
    try:
        with _scratch_beside(target) as scratch:
            _copy(store, scratch)
            raise_if_damaged(scratch)
            scratch.rename(target)
    except OSError as error:
        raise StoreError(
            N_("The backup cannot be written to {target} ({detail}). Choose a folder that exists and has room."),
            target=target,
            detail=system_words(error),
        ) from error
    return target.stat().st_size


def restore(source: Path, url: str, *, replace: bool = False) -> Path | None:
    """Put the backup `source` in the place of the database at `url`; nothing may be running on it.

    A database already there holds what happened since the backup: it gives way only with `replace`, and is then kept
    beside the new one. Returns where it was kept, None where there was none.
    Raises StoreError: PostgreSQL (names pg_restore), a damaged or newer backup, a database in the way or in use.
    """
    place = _sqlite_path(source, url)
    raise_if_damaged(source)
    raise_if_newer(_revision_in(source), str(source))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _scratch_beside(place) as scratch:
            with closing(_open(source)) as read, closing(sqlite3.connect(scratch)) as written:
                read.backup(written)
            kept = _make_way(place, replace=replace)
            scratch.rename(place)
    except OSError as error:
        raise StoreError(
            N_("{target} cannot be written ({detail}). Check that the folder is yours and has room."),
            target=place,
            detail=system_words(error),
        ) from error
    return kept


def raise_if_damaged(path: Path) -> None:
    """Raises StoreError where `path` is no whole Notifier database: missing, another format, broken pages."""
    if not path.is_file():
        raise StoreError(N_("There is no file {path}. Name the backup that notifier db backup wrote."), path=path)
    try:
        with closing(_open(path)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise StoreError(
            N_("{path} is not a whole Notifier database ({detail}). Use another backup."), path=path, detail=found
        )


def _copy(store: Store, target: Path) -> None:
    raw = store.engine.raw_connection()
    try:
        source = raw.driver_connection
        assert isinstance(source, sqlite3.Connection)
        with closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it to forget
    finally:
        raw.close()


def _make_way(place: Path, *, replace: bool) -> Path | None:
    there = place.exists()
    if there:
        _raise_if_in_use(place)
    if there and not replace:
        raise StoreError(
            N_("There is a database at {place} already; what happened since the backup would be lost. Say --replace "
               "to put the backup in its place: the present one is then kept beside it."),
            place=place,
        )  # fmt: skip
    kept = next(path for path in _names_beside(place) if not path.exists())
    for stray in _strays_of(place):
        stray.rename(f"{kept}{stray.name.removeprefix(place.name)}")
    return place.rename(kept) if there else None


def _strays_of(place: Path) -> list[Path]:
    """Logs that a broken database left: SQLite would play them into whatever takes its place."""
    beside = [place.with_name(place.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
    return [path for path in beside if path.exists()]


def _names_beside(place: Path) -> Iterator[Path]:
    number = 1
    while True:
        yield place.with_name(f"{place.name}{REPLACED_SUFFIX}-{number}")
        number += 1


def _raise_if_in_use(place: Path) -> None:
    # Leaving WAL needs to be alone: SQLite refuses while anybody else has the file open. It also folds the log in,
    # so that the file can be moved alone.
    try:
        with closing(sqlite3.connect(place, timeout=0)) as connection:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "in use"
    except sqlite3.DatabaseError:  # a broken database is the very thing a restore is for
        mode = "delete"
    if mode != "delete":
        raise StoreError(
            N_("The database {place} is in use. Stop notifier run and whatever else has it open, then restore."),
            place=place,
        )


def _revision_in(path: Path) -> str | None:
    with closing(_open(path)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _sqlite_path(source: Path, url: str) -> Path:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return Path(parsed.database)
    raise StoreError(
        N_("A PostgreSQL database is restored with its own tool: pg_restore --clean --if-exists --dbname='{url}' "
           "{source}"),
        url=_libpq_url(url),
        source=source,
    )  # fmt: skip


def _libpq_url(url: str) -> str:
    scheme, rest = masked_url(url).split("://", 1)
    return f"{scheme.split('+')[0]}://{rest}"


@contextmanager
def _scratch_beside(target: Path) -> Iterator[Path]:
    """An empty file in the target's own folder, so that the rename into place is one step; gone if not renamed."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)
