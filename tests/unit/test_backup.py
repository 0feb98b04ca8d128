"""notifier/store/backup.py: a consistent copy while the shop works, and back only where nothing is lost unseen."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from notifier.errors import StoreError
from notifier.locale import language
from notifier.store.backup import backup, restore
from notifier.store.engine import Store
from notifier.store.migrations import is_usable
from notifier.store.tables import Shop, Suppression


def _write(store: Store, *keys: str) -> None:
    with store.write() as session:
        for key in keys:
            session.add(
                Suppression(phone_key=key, reason="stop", source="退订", since=datetime(2026, 5, 9, 2, tzinfo=UTC))
            )


def _keys(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.execute(sa.select(col(Suppression.phone_key)).order_by("phone_key")).scalars())


def _open(path: Path) -> Store:
    return Store(f"sqlite:///{path}")


def test_a_backup_holds_what_was_committed_while_others_write(sqlite_store: Store, tmp_path: Path) -> None:
    """Ms Lin's stop lies in the log, Mr Wu's is not committed yet: the one file holds hers alone."""
    _write(sqlite_store, "lin")
    target = tmp_path / "monday.sqlite3"
    with sqlite_store.write() as session:
        session.add(Suppression(phone_key="wu", reason="stop", since=datetime(2026, 5, 9, 3, tzinfo=UTC)))
        session.flush()
        size = backup(sqlite_store, target)
    assert size == target.stat().st_size > 0
    assert {path.name for path in tmp_path.glob("*monday*")} == {"monday.sqlite3"}
    copy = _open(target)
    assert _keys(copy) == ["lin"]
    assert is_usable(copy)
    copy.close()


def test_a_backup_is_for_its_owners_eyes(sqlite_store: Store, tmp_path: Path) -> None:
    """It holds phones and names: nobody else on the machine can read it."""
    backup(sqlite_store, tmp_path / "monday.sqlite3")
    assert stat.S_IMODE((tmp_path / "monday.sqlite3").stat().st_mode) == 0o600


def test_a_backup_overwrites_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    """Last week's backup stays what it is, and no half file is left behind."""
    target = tmp_path / "monday.sqlite3"
    target.write_text("last week")
    with language("en"), pytest.raises(StoreError, match="is not overwritten"):
        backup(sqlite_store, target)
    assert target.read_text() == "last week"
    assert list(tmp_path.glob(".monday*")) == []


def test_a_backup_into_a_missing_folder_says_so(sqlite_store: Store, tmp_path: Path) -> None:
    """The sentence names the file and the mend."""
    with language("en"), pytest.raises(StoreError, match="Choose a folder that exists"):
        backup(sqlite_store, tmp_path / "nowhere" / "monday.sqlite3")


def test_postgresql_is_sent_to_its_own_tools(
    postgres_url: str, open_store: Callable[[str], Store], tmp_path: Path
) -> None:
    """The sentences hold the commands, in libpq's form of the address."""
    store = open_store(postgres_url)
    with language("en"), pytest.raises(StoreError, match=r"pg_dump --format=custom --file=\S+ 'postgresql://"):
        backup(store, tmp_path / "monday.dump")
    with language("en"), pytest.raises(StoreError, match="pg_restore --clean --if-exists --dbname='postgresql://ann:"):
        restore(tmp_path / "monday.dump", "postgresql+psycopg://ann:secret@127.0.0.1/notifier")


def test_a_restored_shop_goes_on_where_the_backup_was_made(sqlite_store: Store, tmp_path: Path) -> None:
    """Into an empty place: the folder is made, the rows are there, the store writes on."""
    _write(sqlite_store, "lin")
    backup(sqlite_store, tmp_path / "monday.sqlite3")
    place = tmp_path / "new machine" / "notifier.sqlite3"
    assert restore(tmp_path / "monday.sqlite3", f"sqlite:///{place}") is None
    restored = _open(place)
    _write(restored, "wu")
    assert _keys(restored) == ["lin", "wu"]
    restored.close()


def test_a_database_in_the_way_is_replaced_only_when_told_and_kept(sqlite_store: Store, tmp_path: Path) -> None:
    """Mr Wu's stop came after the backup: without --replace nothing happens, with it his row is kept aside."""
    _write(sqlite_store, "lin")
    source = tmp_path / "monday.sqlite3"
    backup(sqlite_store, source)
    _write(sqlite_store, "wu")
    sqlite_store.close()
    with language("en"), pytest.raises(StoreError, match="Say --replace"):
        restore(source, sqlite_store.url)
    assert _keys(sqlite_store) == ["lin", "wu"]
    sqlite_store.close()
    kept = restore(source, sqlite_store.url, replace=True)
    assert _keys(sqlite_store) == ["lin"]
    assert kept is not None
    before = _open(kept)
    assert _keys(before) == ["lin", "wu"]
    before.close()


@pytest.mark.parametrize("doing", ["idle", "reading", "writing"])
def test_a_database_in_use_is_not_replaced(sqlite_store: Store, tmp_path: Path, doing: str) -> None:
    """Whatever another connection is at, even resting in a pool, the restore refuses and changes nothing."""
    _write(sqlite_store, "lin")
    source = tmp_path / "monday.sqlite3"
    backup(sqlite_store, source)
    with ExitStack() as busy:
        if doing == "idle":
            busy.enter_context(sqlite_store.engine.connect())
        else:
            session = busy.enter_context(sqlite_store.read() if doing == "reading" else sqlite_store.write())
            session.execute(sa.select(col(Shop.id))).all()
        with language("en"), pytest.raises(StoreError, match="is in use"):
            restore(source, sqlite_store.url, replace=True)
    assert _keys(sqlite_store) == ["lin"]


def test_a_broken_database_gives_way_to_its_backup(sqlite_store: Store, tmp_path: Path) -> None:
    """What a restore is for: the file is rubbish, its log still lies there; neither gets into what was restored."""
    _write(sqlite_store, "lin")
    backup(sqlite_store, tmp_path / "monday.sqlite3")
    place = Path(str(sqlite_store.engine.url.database))
    _write(sqlite_store, "wu")
    log = place.with_name(f"{place.name}-wal").read_bytes()
    sqlite_store.close()
    place.write_bytes(b"rubbish" * 1000)
    place.with_name(f"{place.name}-wal").write_bytes(log)
    assert restore(tmp_path / "monday.sqlite3", sqlite_store.url, replace=True) is not None
    assert _keys(sqlite_store) == ["lin"]


@pytest.mark.parametrize("harm", ["missing", "rubbish", "torn", "another program's"])
def test_a_damaged_backup_is_refused_before_anything_moves(sqlite_store: Store, tmp_path: Path, harm: str) -> None:
    """Missing, another format, half a file, another program's database: the shop's own database stays."""
    source = tmp_path / "monday.sqlite3"
    _write(sqlite_store, *(f"customer {n}" for n in range(2000)))
    backup(sqlite_store, source)
    if harm == "missing":
        source.unlink()
    elif harm == "rubbish":
        source.write_bytes(b"rubbish" * 1000)
    elif harm == "torn":
        source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    else:
        source.unlink()
        with closing(sqlite3.connect(source)) as other:
            other.execute("CREATE TABLE wp_posts (id INTEGER)")
    with language("en"), pytest.raises(StoreError, match=r"Use another backup|There is no file"):
        restore(source, sqlite_store.url, replace=True)
    assert len(_keys(sqlite_store)) == 2000


def test_a_backup_of_a_newer_notifier_is_refused(sqlite_store: Store, tmp_path: Path) -> None:
    """This Notifier would misread it."""
    source = tmp_path / "monday.sqlite3"
    backup(sqlite_store, source)
    with closing(sqlite3.connect(source)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    with language("en"), pytest.raises(StoreError, match="newer Notifier"):
        restore(source, f"sqlite:///{tmp_path}/new/notifier.sqlite3")
    assert not (tmp_path / "new").exists()
