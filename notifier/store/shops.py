"""Shops, and what keeps two planners, or two imports, of one shop apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notifier.errors import Refused
from notifier.locale import N_
from notifier.store.bulk import insert_missing, table_of
from notifier.store.engine import Store
from notifier.store.filelock import try_file_lock
from notifier.store.tables import PlannerLock, Shop

SHOP = table_of(Shop)
PLANNER_LOCK = table_of(PlannerLock)
_IMPORTS = 0x494D50
"""Tells our advisory locks from those of others in the same database."""
_COLUMNS = ("name", "signature", "region", "phone", "language")


class ShopDescription(Protocol):
    """A shop as schedules.yaml tells it."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def signature(self) -> str: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def region(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def language(self) -> str: ...


def keep_shop(session: Session, shop: ShopDescription) -> int:
    """The id of the shop's row, made or brought up to date."""
    values = {name: getattr(shop, name) for name in _COLUMNS} | {"timezone": shop.zone.key}
    unchanged = [SHOP.c.key == shop.key, *(SHOP.c[name] == value for name, value in values.items())]
    kept: int | None = session.execute(sa.select(SHOP.c.id).join(PLANNER_LOCK).where(*unchanged)).scalar_one_or_none()
    if kept is not None:
        return kept
    insert_missing(session, Shop, [{"key": shop.key, **values}], ["key"])
    changed = sa.or_(*(SHOP.c[name] != value for name, value in values.items()))
    session.connection().execute(sa.update(SHOP).where(SHOP.c.key == shop.key, changed).values(**values))
    shop_id: int = session.execute(sa.select(SHOP.c.id).where(SHOP.c.key == shop.key)).scalar_one()
    insert_missing(session, PlannerLock, [{"shop_id": shop_id}], ["shop_id"])
    return shop_id


def find_shop(session: Session, key: str) -> int | None:
    """The id of a shop known already."""
    return session.execute(sa.select(SHOP.c.id).where(SHOP.c.key == key)).scalar_one_or_none()


def shop_keys(session: Session) -> dict[int, str]:
    """Every shop's id → key."""
    return dict(session.execute(sa.select(SHOP.c.id, SHOP.c.key)).all())


@contextmanager
def planner_lock(store: Store, *shop_ids: int) -> Iterator[None]:
    """Hold the planner rows of the shops for the length of the block; `Refused` where another planner holds one.

    PostgreSQL: a row lock on a connection of its own, given up by the server when the process dies. SQLite has no
    row locks: there the operating system's lock on a file beside the database does the same for one machine.
    """
    with ExitStack() as held:
        if store.is_sqlite:
            locks = [_file_lock(store, f"planner-{shop_id}") for shop_id in sorted(shop_ids)]
        else:
            locks = [_row_planner_locks(store, shop_ids)]
        if not all(held.enter_context(lock) for lock in locks):
            raise Refused(
                N_("Another process is planning for this shop right now. Wait until it has finished, then try again.")
            )
        yield


@contextmanager
def import_lock(store: Store, shop_id: int) -> Iterator[None]:
    """One import of a shop at a time, whoever runs it; `Refused` where another is under way.

    Each decides on its file as a whole, between transactions: two at once would decide on what the other is changing.
    A rehearsal changes nothing anybody sees, and waits for nobody.
    """
    if store.is_rehearsal:
        yield
        return
    held = _file_lock(store, f"import-{shop_id}") if store.is_sqlite else _advisory_lock(store, _IMPORTS, shop_id)
    with held as is_ours:
        if not is_ours:
            raise Refused(
                N_("Another import of this shop is running right now. Wait until it has finished, then try again.")
            )
        yield


@contextmanager
def _row_planner_locks(store: Store, shop_ids: Collection[int]) -> Iterator[bool]:
    shop_id = PLANNER_LOCK.c.shop_id
    rows = sa.select(shop_id).where(shop_id.in_(shop_ids)).order_by(shop_id)
    with store.write() as session:
        try:
            session.execute(rows.with_for_update(nowait=True)).all()
        except OperationalError:
            yield False
        else:
            yield True


@contextmanager
def _advisory_lock(store: Store, what: int, shop_id: int) -> Iterator[bool]:
    """A lock of PostgreSQL's session, which holds no transaction open for as long as an import may take."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = connection.execute(sa.select(sa.func.pg_try_advisory_lock(what, shop_id))).scalar_one()
        try:
            yield bool(taken)
        finally:
            if taken:
                with suppress(OperationalError):  # a connection that was cut has given it back already
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(what, shop_id)))


@contextmanager
def _file_lock(store: Store, name: str) -> Iterator[bool]:
    database = store.engine.url.database or ":memory:"
    if database == ":memory:":
        yield True
        return
    with try_file_lock(Path(f"{Path(database).resolve()}.{name}.lock")) as held:
        yield held
