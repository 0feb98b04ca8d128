"""Rows of a file of rejects that come back as they went: there twice, and the other one is in the store.

Taken as any other row they would overwrite the record that was right. So a row that was rejected for its number or its
VIN is rejected again while that is stored; given one of its own, or with the reason taken out, it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from notifier.dms.cleaning import clean_code
from notifier.dms.job import ImportJob
from notifier.dms.people import unpack
from notifier.dms.readers import Row, Table
from notifier.dms.rejects import Mended, came_back_twice
from notifier.dms.staging import Record, Staging
from notifier.store.customers import customers_by_id, numbers_of, stand_in
from notifier.store.engine import Session
from notifier.store.imports import imports_of_same_content
from notifier.store.vehicles import vehicles_by_vin

__all__ = ["NumbersTwice", "reject_cars_still_twice"]

_LOOKUP = 500


@dataclass(frozen=True)
class NumbersTwice:
    """Orders or policies: `field` is their number, `reason` what they were rejected for.

    `stored` = the numbers among some that are stored, not by one of these imports. `yields` is told the lines of rows
    that may be taken after all, and yield to other rows of their number.
    """

    job: ImportJob
    table: Table
    field: str
    reason: str
    read: Callable[[], AbstractContextManager[Session]]
    stored: Callable[[Session, int, Collection[str], Collection[int]], set[str]]
    yields: Callable[[Sequence[int]], None]

    def left(self, rows: Sequence[Row]) -> Iterable[Row]:
        """`rows`, just read, without those still there twice: these are rejected when their turn comes."""
        still = self.still_twice(rows)
        return self._without(rows, still) if still else rows

    def still_twice(self, rows: Sequence[Row]) -> set[int]:
        """The lines of those `rows`, just read, that are still there twice."""
        back = came_back_twice(self.table, rows)
        return self._found(rows, back) if back else set()

    def _found(self, rows: Sequence[Row], back: Mapping[int, str]) -> set[int]:
        place = self.job.report.mapped.places[self.field]
        numbers = {line: clean_code(cells[place]) for line, cells in rows if back.get(line) == self.reason}
        with self.read() as session:
            ours = imports_of_same_content(session, self.job.import_id)
            wanted = {number for number in numbers.values() if number is not None}
            stored = self.stored(session, self.job.shop_id, wanted, ours)
        still = {line for line, number in numbers.items() if number in stored}
        self.yields([line for line in numbers if line not in still])
        return still

    def _without(self, rows: Sequence[Row], still: Collection[int]) -> Iterator[Row]:
        for line, cells in rows:
            if line in still:
                self.job.report.reject(line, self.reason)
            else:
                yield line, cells


def reject_cars_still_twice(job: ImportJob, table: Table, staging: Staging) -> None:
    """Reject staged rows that came back as ``duplicate_vin`` while the car is stored with no earlier a delivery.

    One that tells nothing but what is stored stays: the same file again is then the same again.
    """
    lines = (line for line, reason in table.twice.in_order() if reason == _REASON) if isinstance(table, Mended) else ()
    back = iter(lines)
    while batch := list(islice(back, _LOOKUP)):
        marks = ", ".join("?" * len(batch))
        wanted = f"SELECT vin, number, phone_key, delivered, facts, line FROM staged WHERE line IN ({marks})"  # noqa: S608 — question marks
        rows = list(staging.rows(wanted, batch))
        with job.store.read() as session:
            known = _KnownCars(session, job.shop_id, [row[0] for row in rows])
        for row in rows:
            if known.has_no_earlier(row) and not known.tells(row):
                job.report.reject(row[-1], _REASON)
                staging.execute("DELETE FROM staged WHERE line = ?", (row[-1],))


_REASON = "duplicate_vin"


class _KnownCars:
    """The stored cars of some VINs and their owners, all they tell."""

    def __init__(self, session: Session, shop_id: int, vins: Sequence[str]) -> None:
        self.cars = vehicles_by_vin(session, shop_id, vins)
        ids = {car["customer_id"] for car in self.cars.values()} - {None}
        self.owners = customers_by_id(session, ids)
        self.numbers = {(owner, number): key for owner, number, key in numbers_of(session, ids)}

    def has_no_earlier(self, row: Record) -> bool:
        """Is the car of (VIN, number, phone key, delivered, facts, line) stored, and not delivered before the row's?"""
        car, delivered = self.cars.get(row[0]), row[3]
        if car is None:
            return False
        known: date | None = car["delivered_on"]
        return delivered is None or (known is not None and known >= date.fromisoformat(delivered))

    def tells(self, row: Record) -> bool:
        """Does the store tell all that the row tells: owner, phone, and every field it fills in?"""
        vin, number, key, _delivered, facts, _line = row
        car = self.cars[vin]
        owner = self.owners.get(car["customer_id"])
        return owner is not None and self._is_owner(car, owner, number, key) and _holds(owner | car, unpack(facts))

    def _is_owner(self, car: Mapping[str, Any], owner: Mapping[str, Any], number: str | None, key: str | None) -> bool:
        """Is the row the owner's own, by the same number with the same phone?"""
        if number is not None:
            is_known = (owner["id"], number) in self.numbers and self.numbers[owner["id"], number] == key
            return is_known and bool(car["owner_number"] == number)
        if key is not None:
            return bool(owner["phone_key"] == key)
        return (owner["id"], stand_in(car["vin"])) in self.numbers


def _holds(stored: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    return all(stored.get(name) == value for name, value in told.items())
