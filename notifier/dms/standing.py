"""Rows of a customer file beside the owners the store knows: former owners, and owners known by their car alone.

Source: rules.md, "Identity": the later owner by delivery date has the car; with neither number nor phone a customer is
``vin:<VIN>``, and goes along when a number or a phone becomes known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from notifier.dms.identity import Known
from notifier.dms.job import ImportJob
from notifier.dms.staging import Staging
from notifier.store.customers import (
    customers_by_id,
    drop_numbers,
    insert_numbers,
    is_stand_in,
    numbers_known,
    numbers_of,
    phones_of,
    stand_in,
)
from notifier.store.engine import Session
from notifier.store.imports import lock_shop
from notifier.store.merges import merge_customers
from notifier.store.vehicles import holders_by_vin

__all__ = ["stand_beside_known_owners"]

T = TypeVar("T")
_LOOKUP = 1_000
_ADOPTIONS_A_TRANSACTION = 50


def stand_beside_known_owners(job: ImportJob, staging: Staging) -> set[str]:
    """Reject former owners, name rows without number and phone, and let known nameless owners have their numbers.

    Returns the numbers that an owner known by the car alone was given.
    """
    beside = _Beside()
    rows = staging.rows("SELECT vin, number, phone_key, delivered, line FROM staged ORDER BY vin")
    for batch in _batches(rows):
        with job.store.read() as session:
            beside.look(_KnownCars(session, job.shop_id, [row[0] for row in batch]), batch)
    for line in beside.former:
        job.report.reject(line, "duplicate_vin")
        staging.execute("DELETE FROM staged WHERE line = ?", (line,))
    for number, line in beside.named:
        staging.execute("UPDATE staged SET number = ? WHERE line = ?", (number, line))
    for group in _batches(sorted(beside.adopted.items()), _ADOPTIONS_A_TRANSACTION):
        with job.store.write() as session:
            lock_shop(session, job.shop_id)
            for number, stand_ins in group:
                _adopt(session, job, number, stand_ins)
    return set(beside.adopted)


class _KnownCars:
    """The stored cars of some VINs with their owners, the owners' numbers and phones."""

    def __init__(self, session: Session, shop_id: int, vins: Sequence[str]) -> None:
        self.cars = {
            vin: (car.customer_id, car.delivered_on)
            for vin, car in holders_by_vin(session, shop_id, vins).items() if car.customer_id is not None
        }  # fmt: skip
        owner_ids = {owner_id for owner_id, _delivered in self.cars.values()}
        self.phones = phones_of(session, owner_ids)
        self.numbers: dict[int, set[str]] = defaultdict(set)
        for owner_id, number, _phone in numbers_of(session, owner_ids):
            self.numbers[owner_id].add(number)


@dataclass
class _Beside:
    """What to do about the rows: lines of former owners, stand-ins for lines, and number → stand-ins it replaces."""

    former: list[int] = field(default_factory=list)
    named: list[tuple[str, int]] = field(default_factory=list)
    adopted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def look(self, known: _KnownCars, batch: Sequence[tuple[Any, ...]]) -> None:
        """Judge rows of (VIN, number, phone key, delivered, line)."""
        for vin, number, key, delivered, line in batch:
            car = known.cars.get(vin)
            if car is None:
                if number is None and key is None:
                    self.named.append((stand_in(vin), line))
                continue
            owner_id, delivered_on = car
            theirs = known.numbers[owner_id]
            apart = _days_apart(delivered_on, delivered)
            if stand_in(vin) in theirs:
                self._beside_nameless(stand_in(vin), number, key, apart, line)
            elif number is None and key is None:
                self._nameless(stand_in(vin), apart, line)
            elif apart < 0 and number not in theirs and (key is None or known.phones[owner_id] != key):
                self.former.append(line)

    def _beside_nameless(self, own: str, number: str | None, key: str | None, apart: int, line: int) -> None:
        """The car's owner is known by the car alone: a row of the same delivery tells who it is."""
        if number is None and key is None:
            self.named.append((own, line))
        elif apart < 0:
            self.former.append(line)
        elif apart == 0 and number is None:
            self.named.append((own, line))
        elif apart == 0 and number is not None:
            self.adopted[number].append(own)

    def _nameless(self, own: str, apart: int, line: int) -> None:
        """A row without number and phone is the known owner's, unless the delivery says it is another's."""
        if apart < 0:
            self.former.append(line)
        elif apart > 0:
            self.named.append((own, line))


def _days_apart(stored: date | None, delivered: str | None) -> int:
    """How much later than stored a row says the car was delivered; 0 where either is silent."""
    return 0 if stored is None or delivered is None else (date.fromisoformat(delivered) - stored).days


def _adopt(session: Session, job: ImportJob, number: str, stand_ins: Sequence[str]) -> None:
    """Owners known by their cars alone turn out to be the customer of `number`: one customer from now on."""
    rows = numbers_known(session, job.shop_id, [number, *stand_ins])
    owners = {row["customer_id"] for row in rows.values()}
    numbers: dict[int, dict[str, str | None]] = defaultdict(dict)
    for owner_id, known, key in numbers_of(session, owners):
        if not is_stand_in(known):
            numbers[owner_id][known] = key
    people = sorted(
        (Known(key, row["created_at"], row["phone_key"], numbers[key])
         for key, row in customers_by_id(session, owners).items()),
        key=lambda one: one.seniority,
    )  # fmt: skip
    survivor, *others = people
    merge_customers(session, {other.id: survivor.id for other in others}, job.settings.now)
    drop_numbers(session, job.shop_id, [(own, survivor.id) for own in stand_ins])
    if number not in rows:
        row = {"shop_id": job.shop_id, "number": number, "customer_id": survivor.id, "phone_key": survivor.phone_key}
        insert_numbers(session, [row])


def _batches(items: Iterable[T], size: int = _LOOKUP) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
