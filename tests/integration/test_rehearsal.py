"""A rehearsal is made on copies: it keeps nothing, and nobody waits for it."""

from __future__ import annotations

import sqlalchemy as sa

from notifier.store.engine import Store
from notifier.store.rehearsal import rehearsal
from notifier.store.shops import import_lock
from tests.support.import_desk import bring, car, open_shop, order, phone, rows_of


def test_the_real_rows_stay_free_while_it_writes(store: Store) -> None:
    """A reply of the very customer whose car the rehearsal changes is written at once."""
    shop = open_shop(store)
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    with rehearsal(store) as stage:
        bring(stage, shop, "customers", [car("C1", phone(1), 1, 姓名="陈晓芳"), car("C2", phone(2), 2)])
        bring(stage, shop, "visits", [order("R1", 2, "2025-01-10")])
        assert len(rows_of(stage, "visit")) == 1
        with store.write() as session:
            if not store.is_sqlite:
                session.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
            session.execute(sa.text("UPDATE customer SET district = '丰泽'"))
            session.execute(sa.text("UPDATE vehicle SET plate = '闽C12345'"))
    assert (rows_of(store, "visit"), len(rows_of(store, "customer"))) == ([], 1)
    assert rows_of(store, "customer")[0]["district"] == "丰泽"


def test_it_goes_on_beside_a_real_import(store: Store) -> None:
    """The lock of imports is for those that change something."""
    shop = open_shop(store)
    with import_lock(store, shop), rehearsal(store) as stage:
        assert bring(stage, shop, "customers", [car("C1", phone(1), 1)]).new == 1
    assert rows_of(store, "customer") == []
