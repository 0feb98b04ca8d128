"""A defect of ours in the middle of an import: it is said as it is, and the same file completes what was begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.dms.imports import import_table
from notifier.errors import ImportBrokenOff
from notifier.locale import language
from notifier.store.engine import Store
from notifier.store.imports import unfinished_kinds
from notifier.store.tables import metadata
from tests.support.import_desk import bring, car, new_shop, open_shop, people, phone, rows_of, settings, table
from tests.support.inbox_desk import InboxShop

PEOPLE = [car(f"C{n}", phone(n), n, 营销同意="是") for n in range(1, 4)]
CONSENT = metadata.tables["consent"]


def _known(store: Store) -> object:
    """Who is known, with which cars, and how often somebody's consent was noted."""
    who = [(one["phone"], one["numbers"], one["cars"]) for one in people(store)]
    return who, len(rows_of(store, "consent"))


def test_what_was_begun_is_unfinished_and_the_same_file_completes_it(store: Store, tmp_path: Path) -> None:
    """A table that is gone, as after a wrong repair by hand; then it is back."""
    shop = open_shop(store)
    CONSENT.drop(store.engine)
    with pytest.raises(ImportBrokenOff) as broken:
        bring(store, shop, "customers", PEOPLE)
    with language("en"):
        said = str(broken.value)
    assert "marked as unfinished" in said
    assert "importing the same again completes it" in said
    assert "half-written" not in said
    with store.read() as session:
        assert unfinished_kinds(session, shop) == {"customers"}
    CONSENT.create(store.engine)
    bring(store, shop, "customers", PEOPLE)
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()
    twin, other = new_shop(tmp_path / "twin.sqlite3")
    bring(twin, other, "customers", PEOPLE)
    assert _known(store) == _known(twin)
    twin.close()


def test_a_dry_run_leaves_nothing_unfinished(store: Store) -> None:
    """Nothing was kept, so nothing is to be completed: what went wrong is told as it is."""
    shop = open_shop(store)
    CONSENT.drop(store.engine)
    with pytest.raises(Exception, match="consent") as broken:
        import_table("customers", store, shop, table("customers", PEOPLE), settings(), dry_run=True)
    assert not isinstance(broken.value, ImportBrokenOff)
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()


def test_a_file_of_the_folder_says_how_it_is_completed(store: Store, tmp_path: Path) -> None:
    """Under rejected, with that sentence beside it; dropped in again it is completed."""
    shop = InboxShop(store, tmp_path / "inbox")
    CONSENT.drop(store.engine)
    shop.drop_rows("客户.csv", "customers", PEOPLE)
    with language("en"):
        (filed,) = shop.round().files
    assert filed.state == "rejected"
    assert filed.sentence is not None
    assert "marked as unfinished" in filed.sentence
    CONSENT.create(store.engine)
    shop.drop_rows("客户.csv", "customers", PEOPLE)
    assert [filed.state for filed in shop.round().files] == ["done"]
    with store.read() as session:
        assert unfinished_kinds(session, shop.id) == set()
