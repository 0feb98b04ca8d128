"""What an import says about how fresh the records are: an empty file is news, a wholly rejected one is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.store.engine import Store
from notifier.store.imports import begin_import, freshness, last_imports, unfinished_kinds
from tests.support.import_desk import NOW, bring, car, open_shop, order, phone, shop_that_knows

YESTERDAY = NOW - timedelta(days=1)
FUTURE = order("R9", 1, "2030-01-01")


shop = shop_that_knows(
    since=YESTERDAY, customers=[car("K1", phone(1), 1)], visits=[order("R1", 1, "2025-06-01")]
)  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "known_to"),
    [
        ([], NOW),
        ([order("R2", 1, "2026-02-01")], NOW),
        ([order("R2", 7, "2026-02-01")], NOW),
        ([order("R1", 1, "2025-06-01")], NOW),
        ([FUTURE, order("R2", 1, "2026-02-01")], NOW),
        ([FUTURE], YESTERDAY),
        ([FUTURE, order("", 1, "2026-02-01")], YESTERDAY),
    ],
    ids=["a day without visits", "new", "parked only", "unchanged", "one of two rejected", "all rejected", "both"],
)
def test_visits_are_fresh_unless_every_row_was_rejected(
    store: Store, shop: int, rows: list[dict[str, str]], known_to: object
) -> None:
    """A file that could not be read at all (wrong column, wrong clock) must not let planning go on."""
    bring(store, shop, "visits", rows)
    with store.read() as session:
        assert freshness(session, shop)["visits"] == known_to
        assert last_imports(session, shop)["visits"].counts["read"] == len(rows)


def test_records_never_known_stay_so(store: Store) -> None:
    """The first file of visits, wholly rejected, is no import of visits."""
    shop_id = open_shop(store)
    report = bring(store, shop_id, "visits", [FUTURE])
    assert (report.read, report.rejected) == (1, {"future_date": 1})
    with store.read() as session:
        assert freshness(session, shop_id) == {}
        assert unfinished_kinds(session, shop_id) == set()


def test_customers_all_rejected_are_not_fresh_either(store: Store, shop: int) -> None:
    """The rule is the same for every kind."""
    bring(store, shop, "customers", [{**car("K2", phone(2), 2), "VIN": "BAD"}])
    with store.read() as session:
        assert freshness(session, shop)["customers"] == YESTERDAY


def test_a_wholly_rejected_file_ends_no_other_import(store: Store, shop: int) -> None:
    """An import that was killed stays unfinished: what it left half done is still half done."""
    with store.write() as session:
        begin_import(session, shop, "visits", source="killed.csv", fingerprint="killed", at=YESTERDAY)
    bring(store, shop, "visits", [FUTURE])
    with store.read() as session:
        assert unfinished_kinds(session, shop) == {"visits"}
    bring(store, shop, "visits", [order("R2", 1, "2026-02-01")])
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()
