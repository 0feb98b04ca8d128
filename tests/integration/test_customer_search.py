"""notifier/jobs/customer_search.py and store/search.py: one box, what it guesses, whom it finds, and by which index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from notifier.jobs.customer_search import SHOWN, guesses, recent, search
from notifier.store import search as lookups
from notifier.store.engine import Session, Store
from tests.support.shop import MAINTENANCE, SECRET, Dealership, yaml

TODAY = date(2026, 3, 10)
VIN = "LSVAU2A30N1234567"


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Four people whose plates, phones and names share a beginning or an end."""
    made = Dealership(store, yaml(MAINTENANCE))
    made.customer("陈晓芳", phone="+8613800138000", last_visit_on=TODAY)
    made.car("闽C12345", "陈晓芳", vin=VIN)
    made.customer("陈建国", phone="+8613900138000", last_visit_on=date(2026, 3, 1))
    made.car("闽CD12345", "陈建国")
    made.customer("Smith 100%_", phone="+8613700001234")
    made.car("粤B2345A", "Smith 100%_")
    made.customer("O'Brien", phone=None)
    return made


def found(shop: Dealership, typed: str) -> list[str]:
    """Whom the box finds, in its order."""
    with shop.store.read() as session:
        result = search(session, shop.id, typed, secret=SECRET, region="CN")
    return [row.name or "" for row in result.rows]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("陈", ["陈晓芳", "陈建国"]),
        ("陈晓", ["陈晓芳"]),
        ("晓芳", []),
        ("smi", ["Smith 100%_"]),
        ("Smith 100%_", ["Smith 100%_"]),
        ("Smith%", []),
        ("_mith", []),
        ("o'b", ["O'Brien"]),
        ("闽C12345", ["陈晓芳"]),
        ("闽C·12345", ["陈晓芳"]),
        ("闽c 123", ["陈晓芳"]),
        ("C12345", ["陈晓芳"]),
        ("12345", ["陈晓芳", "陈建国"]),
        ("D12345", ["陈建国"]),
        ("345A", ["Smith 100%_"]),
        ("闽C", ["陈晓芳", "陈建国"]),
        ("13800138000", ["陈晓芳"]),
        ("+86 138-0013-8000", ["陈晓芳"]),
        ("８６１３８００１３８０００", ["陈晓芳"]),
        ("8000", ["陈晓芳", "陈建国"]),
        ("00138000", ["陈晓芳", "陈建国"]),
        ("1234", ["Smith 100%_"]),
        (VIN, ["陈晓芳"]),
        (VIN.lower(), ["陈晓芳"]),
        (VIN[-6:], ["陈晓芳"]),
        (VIN[-8:].lower(), ["陈晓芳"]),
        ("999999", []),
        ("12", []),
        ("   ", []),
        ("%", []),
    ],
)
def test_one_box_finds_what_was_meant(shop: Dealership, typed: str, names: list[str]) -> None:
    """A name, a plate with or without dot and province, a phone or a VIN, whole or in part; nothing is a wildcard."""
    assert found(shop, typed) == names


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("13800138000", ["phone"]),
        ("8000", ["phone_end", "plate_end"]),
        ("234567", ["phone_end", "plate_end", "vin_end"]),
        ("N1234567", ["plate_rest", "vin_end", "name"]),
        ("C12345", ["plate_rest", "plate_end", "vin_end", "name"]),
        (VIN, ["vin"]),
        ("闽C1234", ["plate"]),
        ("京", ["name"]),
        ("宁静", ["name"]),
        ("Li", ["name"]),
        ("123", []),
    ],
)
def test_what_was_typed_is_taken_for(typed: str, kinds: list[str]) -> None:
    """All that may have been meant, and nothing that cannot."""
    assert [guess.kind for guess in guesses(typed, "CN")] == kinds


def test_a_plate_of_another_country_is_found_by_its_beginning_and_its_end() -> None:
    """Where plates have no province, letters alone may be one."""
    assert [guess.kind for guess in guesses("ABC", "US")] == ["plate", "name"]
    assert [guess.kind for guess in guesses("ab-12 cde", "GB")] == ["plate", "plate_end", "vin_end", "name"]


def test_what_was_looked_for_is_said_and_shows_no_phone(shop: Dealership) -> None:
    """The sentence names each reading; a whole phone is masked in it."""
    with shop.store.read() as session:
        assert search(session, shop.id, "13800138000", secret=SECRET, region="CN").words == (
            "Looked for the phone 138****8000."
        )
        assert search(session, shop.id, "8000", secret=SECRET, region="CN").words == (
            "Looked for a phone that ends in 8000, a plate that ends in 8000."
        )
        assert search(session, shop.id, "12", secret=SECRET, region="CN").words.startswith("Type at least 4 digits")


def test_more_than_a_page_is_cut_and_said(sqlite_store: Store) -> None:
    """Fifty are shown, and that there are more."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.crowd([f"王{n}" for n in range(SHOWN + 1)], last_visit_on=TODAY)
    with sqlite_store.read() as session:
        result = search(session, shop.id, "王", secret=SECRET, region="CN")
        assert (len(result.rows), result.is_cut) == (SHOWN, True)
        assert len(recent(session, shop.id)) == SHOWN


def test_nobody_of_another_shop_is_found(shop: Dealership) -> None:
    """Whoever looks at one shop of a group finds that shop's customers."""
    with shop.store.read() as session:
        for typed in ("陈", "闽C12345", "12345", "8000", "13800138000", VIN, VIN[-6:]):
            assert not search(session, shop.id + 1, typed, secret=SECRET, region="CN").rows
        assert not recent(session, shop.id + 1)


def test_a_list_shows_cars_and_what_stands_in_the_way(shop: Dealership) -> None:
    """The newest visitor first, with their cars, and whether their phone has said stop."""
    shop.suppression("陈建国")
    with shop.store.read() as session:
        first, second = recent(session, shop.id)
    assert (first.name, [car.plate for car in first.cars], first.is_stopped) == ("陈晓芳", ["闽C12345"], False)
    assert (second.name, second.is_stopped) == ("陈建国", True)


INDEXES: dict[str, Callable[[Session], object]] = {
    "ix_customer_name": lambda session: lookups.by_name(session, 1, "陈"),
    "ix_customer_phone_tail": lambda session: lookups.by_phone_end(session, 1, "38000"),
    "ix_vehicle_plate_rest": lambda session: lookups.by_plate(session, 1, "闽", "C123"),
    "ix_vehicle_plate_tail": lambda session: lookups.by_plate_end(session, 1, "12345"),
    "ix_vehicle_vin_tail": lambda session: lookups.by_vin_end(session, 1, "1234567"),
    "ix_customer_last_visit": lambda session: lookups.recent_customers(session, 1, 51),
    "phone_key": lambda session: lookups.by_phone(session, 1, "0" * 32),
    "vin": lambda session: lookups.by_vin(session, 1, VIN),
}


@pytest.mark.parametrize("index", INDEXES)
def test_each_way_goes_by_its_index(store: Store, index: str) -> None:
    """Both databases say so themselves, of the very statement that is asked."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.crowd([f"王{n}" for n in range(40)], last_visit_on=TODAY)
    with store.read() as session:
        if not store.is_sqlite:  # forty rows are sooner read than looked up; of a million that is not so
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            session.execute(sa.text("SET LOCAL enable_sort = off"))
        plans = [plan for statement in _asked(session, index) for plan in _plan(session, statement)]
    said = "\n".join(plans)
    assert index in said, said
    assert "SCAN customer\n" not in f"{said}\n"


def _asked(session: Session, index: str) -> list[tuple[str, object]]:
    """The first statement of that way, as the driver gets it."""
    asked: list[tuple[str, object]] = []

    def hear(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", hear)
    try:
        INDEXES[index](session)
    finally:
        sa.event.remove(connection, "before_cursor_execute", hear)
    return asked[:1]


def _plan(session: Session, asked: tuple[str, object]) -> Iterator[str]:
    statement, parameters = asked
    how = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{how} {statement}", parameters)  # type: ignore[arg-type]
    yield from (str(row[-1]) for row in rows)
