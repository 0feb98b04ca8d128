"""Every kind of dirt in one pair of files, held against a table written by hand: tests/data/dirty/expected.yaml."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from notifier.dms.report import ImportReport
from notifier.domain.phone import phone_key
from notifier.store.engine import Store
from tests.support.dirty_files import bring_file, car_of, counts, expected, rows_of_file
from tests.support.import_desk import SECRET, everything, new_shop, open_shop, people, rows_of

TABLE = expected()
SECTIONS = ("customers", "visits")


@dataclass
class Shop:
    """A shop that has read all three files."""

    store: Store
    id: int
    reports: dict[str, ImportReport]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Read once, looked at by all tests of this page."""
    store, shop_id = new_shop(tmp_path_factory.mktemp("dirty") / "shop.sqlite3")
    reports = {name: bring_file(store, shop_id, name) for name in ("before", *SECTIONS)}
    yield Shop(store, shop_id, reports)
    store.close()


def test_the_file_before_is_clean(shop: Shop) -> None:
    """Or the tests below would begin from something else."""
    assert counts(shop.reports["before"]) == {
        "read": 11, "new": 9, "changed": 0, "unchanged": 0, "merged": 2, "parked": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", SECTIONS)
def test_every_row_has_its_verdict(shop: Shop, name: str) -> None:
    """Exact counts; what was read is the sum."""
    found = counts(shop.reports[name])
    assert found == TABLE[name]["counts"] | {key: 0 for key in found if key not in TABLE[name]["counts"]}
    assert found["read"] == sum(found.values()) - found["read"] + shop.reports[name].rejected.total()


@pytest.mark.parametrize("name", SECTIONS)
def test_exactly_these_rows_are_rejected(shop: Shop, name: str) -> None:
    """By line and reason."""
    by_reason = defaultdict(list)
    for line, reason in shop.reports[name].rejects.items():
        by_reason[reason].append(line)
    assert {reason: sorted(lines) for reason, lines in by_reason.items()} == TABLE[name]["rejected"]


@pytest.mark.parametrize("name", SECTIONS)
def test_exactly_this_is_doubted(shop: Shop, name: str) -> None:
    """By reason."""
    assert shop.reports[name].as_json()["warned"] == dict(sorted(TABLE[name]["warned"].items()))


@pytest.mark.parametrize("name", SECTIONS)
def test_columns_are_what_staff_mean(shop: Shop, name: str) -> None:
    """Each field's column, and what nobody needs."""
    mapped = shop.reports[name].mapped
    assert dict(mapped.columns) == TABLE[name]["mapping"]
    assert list(mapped.unrecognised) == TABLE[name]["unrecognised"]


def _cars(one: dict[str, Any]) -> list[int]:
    return sorted(car_of(vin) for vin in one["cars"])


def test_these_are_the_customers(shop: Shop) -> None:
    """Who is one, who is not, and whose the cars are: all of them, and nobody else."""
    found = sorted((one["numbers"], _cars(one)) for one in people(shop.store))
    assert found == sorted((one["numbers"], [int(car) for car in one["cars"]]) for one in TABLE["people"])


@pytest.mark.parametrize("told", TABLE["people"], ids=lambda told: "+".join(told["numbers"]) or "no number")
def test_this_is_known_of_a_customer(shop: Shop, told: dict[str, Any]) -> None:
    """The exact phone, and all else the table tells; whoever has a phone can be reached."""
    (one,) = (
        one for one in people(shop.store)
        if one["numbers"] == told["numbers"] and _cars(one) == [int(car) for car in told["cars"]]
    )  # fmt: skip
    wanted = {"unreachable": None} | {key: value for key, value in told.items() if key not in ("numbers", "cars")}
    assert {key: one[key] for key in wanted} == wanted


def test_arms_are_drawn_at_birth(shop: Shop) -> None:
    """Whoever left another has the other's bucket; whoever moved keeps that of the first phone."""
    buckets = {number: one["bucket_key"] for one in people(shop.store) for number in one["numbers"]}
    for one, other in TABLE["same_bucket"]:
        assert buckets[one] == buckets[other]
    for number, phone in TABLE["bucket_of_phone"].items():
        assert buckets[number] == phone_key(SECRET, phone)


@pytest.mark.parametrize("car", TABLE["vehicles"], ids=str)
def test_this_is_known_of_a_car(shop: Shop, car: int | str) -> None:
    """Dates, plate, state, owner."""
    (found,) = (row for row in rows_of(shop.store, "vehicle") if car_of(row["vin"]) == int(car))
    wanted = TABLE["vehicles"][car]
    assert {key: found[key] for key in wanted} == wanted


def test_these_are_the_visits(shop: Shop) -> None:
    """Orders of a day are one visit; PDI, internal and accident orders do not count; refunds are taken off."""
    found: dict[int, dict[date, list[Any]]] = defaultdict(dict)
    for row in rows_of(shop.store, "visit"):
        told = [row[name] for name in ("counted", "is_maintenance", "amount_minor", "odometer")]
        found[car_of(row["vin"])][row["day"]] = told
    assert found == {int(car): days for car, days in TABLE["workshop"].items()}
    assert sorted(row["order_no"] for row in rows_of(shop.store, "repair_order")) == TABLE["orders"]


def test_read_again_nothing_changes(store: Store) -> None:
    """On both databases: the second time 0 new, 0 changed; what was rejected or parked is so again."""
    shop_id = open_shop(store)
    bring_file(store, shop_id, "before")
    first = [bring_file(store, shop_id, name) for name in SECTIONS]
    known = everything(store)
    again = [bring_file(store, shop_id, name) for name in SECTIONS]
    assert everything(store) == known
    for before, after in zip(first, again, strict=True):
        taken = before.read - before.rejected.total() - before.parked
        assert (after.new, after.changed, after.merged, after.unchanged) == (0, 0, 0, taken)
        assert (after.rejected, after.parked, after.warned) == (before.rejected, before.parked, before.warned)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For one small database an example."""
    return tmp_path_factory.mktemp("permutations")


ROWS = {name: rows_of_file(name) for name in SECTIONS}


@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(customers=st.permutations(ROWS["customers"]), visits=st.permutations(ROWS["visits"]))
def test_the_order_of_rows_never_matters(
    shop: Shop, folder: Path, customers: list[tuple[int, list[str]]], visits: list[tuple[int, list[str]]]
) -> None:
    """The whole database, row by row, and every count."""
    store, shop_id = new_shop(folder / "shop.sqlite3")
    bring_file(store, shop_id, "before")
    reports = {name: bring_file(store, shop_id, name, rows) for name, rows in
               (("customers", customers), ("visits", visits))}  # fmt: skip
    found = everything(store)
    store.close()
    for file in folder.iterdir():
        file.unlink()
    assert found == everything(shop.store)
    for name, report in reports.items():
        assert report.as_json() == shop.reports[name].as_json()
