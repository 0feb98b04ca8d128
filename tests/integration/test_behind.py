"""Writing behind the caller: in order, one transaction at a time, and no error lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.behind import WriteBehind
from notifier.store.bulk import insert_rows, table_of
from notifier.store.engine import Store
from notifier.store.tables import Shop


def keeping(*keys: str) -> Callable[[Session], None]:
    """A transaction that adds shops of these keys."""

    def work(session: Session) -> None:
        rest = {"timezone": "Asia/Shanghai", "region": "CN", "phone": "", "language": "zh-CN"}
        insert_rows(session, Shop, [{"key": key, "name": key, "signature": key, **rest} for key in keys])

    return work


def kept(store: Store) -> Sequence[str]:
    table = table_of(Shop)
    with store.read() as session:
        return session.scalars(sa.select(table.c.key).order_by(table.c.id)).all()


def test_all_is_committed_in_order_when_the_block_ends(store: Store) -> None:
    with WriteBehind(store) as behind:
        for start in range(0, 50, 2):
            behind.write(keeping(f"s{start}", f"s{start + 1}"))
    assert kept(store) == [f"s{n}" for n in range(50)]


def write_all(store: Store, *transactions: Callable[[Session], None]) -> None:
    """Each in turn, behind one caller."""
    with WriteBehind(store) as behind:
        for transaction in transactions:
            behind.write(transaction)


def test_an_error_is_raised_and_nothing_is_written_after_it(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):  # the second: whole or not at all
        write_all(store, keeping("a"), keeping("b", "a"), keeping("c"), keeping("d"))
    assert kept(store) == ["a"]


def test_the_last_ones_error_is_raised_at_the_end(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        write_all(store, keeping("a"), keeping("a"))
    assert kept(store) == ["a"]


def fail_behind(store: Store, *transactions: Callable[[Session], None]) -> None:
    """The caller itself fails while the last of its transactions is under way."""
    with WriteBehind(store) as behind:
        for transaction in transactions:
            behind.write(transaction)
        raise LookupError


def test_the_callers_own_error_is_the_one_told(store: Store) -> None:
    with pytest.raises(LookupError):
        fail_behind(store, keeping("a"))
    assert kept(store) == ["a"]
