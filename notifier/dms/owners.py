"""Who owns what in a customer file: numbers, final phones and households, with the store brought to agree.

Source: rules.md, "Identity". Everything is decided on the staged file as a whole, so the order of rows never matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from notifier.dms.identity import Change, Departure, Known, resolve
from notifier.dms.job import ImportJob
from notifier.dms.staging import Staging
from notifier.store.customers import (
    customers_by_id,
    customers_by_phone,
    numbers_known,
    numbers_of,
    update_numbers,
)
from notifier.store.engine import Session
from notifier.store.imports import lock_shop
from notifier.store.merges import merge_customers
from notifier.store.phones import Phone, give_phones, stops_follow, take_phones
from notifier.store.splits import Leaving, bear_customer, leave
from notifier.store.vehicles import vehicles_by_vin

__all__ = ["agree_on_owners", "assign_households", "reject_former_owners"]

T = TypeVar("T")
_LOOKUP = 1_000
_CUSTOMERS_A_TRANSACTION = 100

_FINAL_PHONES = """
    CREATE TABLE number_phone AS SELECT number, phone, phone_key, phone_doubt FROM (
        SELECT number, phone, phone_key, phone_doubt, row_number() OVER (
            PARTITION BY number
            ORDER BY phone IS NULL, delivered IS NULL, delivered DESC, phone, phone_doubt
        ) AS place
        FROM staged WHERE number IS NOT NULL
    ) WHERE place = 1
"""


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _LOOKUP)):
        yield batch


def reject_former_owners(job: ImportJob, staging: Staging) -> None:
    """Rows whose car the store knows to be delivered later, to somebody else; and numbers for rows without any.

    A row with neither number nor phone is its car's owner of old, or ``vin:<VIN>`` where the car is new.
    """
    former: list[int] = []
    named: list[tuple[str, int]] = []
    rows = staging.rows("SELECT vin, number, phone_key, delivered, line FROM staged ORDER BY vin")
    for batch in _batches(rows):
        with job.store.read() as session:
            cars = vehicles_by_vin(session, job.shop_id, [row[0] for row in batch])
            owner_ids = {car["customer_id"] for car in cars.values()} - {None}
            owners = customers_by_id(session, owner_ids)
            numbers: dict[int, set[str]] = defaultdict(set)
            for owner_id, number, _phone in numbers_of(session, owner_ids):
                numbers[owner_id].add(number)
        for vin, number, key, delivered, line in batch:
            car = cars.get(vin)
            own = f"vin:{vin}"
            theirs = numbers[car["customer_id"]] if car else set()
            if number is None and (own in theirs or (key is None and (car is None or car["customer_id"] is None))):
                named.append((own, line))
            if car and car["customer_id"] and _is_former(car["delivered_on"], delivered):
                same = number in theirs or (key is not None and owners[car["customer_id"]]["phone_key"] == key)
                if not same and (number is not None or key is not None) and own not in theirs:
                    former.append(line)
    for line in former:
        job.report.reject(line, "duplicate_vin")
        staging.execute("DELETE FROM staged WHERE line = ?", (line,))
    for own, line in named:
        staging.execute("UPDATE staged SET number = ? WHERE line = ?", (own, line))


def _is_former(stored: object, delivered: str | None) -> bool:
    return stored is not None and delivered is not None and str(stored) > delivered


def agree_on_owners(job: ImportJob, staging: Staging) -> set[str]:
    """Bring the store's customers to agree with the file's final phones; the numbers that joined somebody else."""
    staging.execute(_FINAL_PHONES)
    staging.execute("CREATE UNIQUE INDEX number_phone_number ON number_phone (number)")
    moved: dict[str, str | None] = {}
    owners: set[int] = set()
    for batch in _batches(staging.rows("SELECT number, phone_key FROM number_phone ORDER BY number")):
        with job.store.read() as session:
            known = numbers_known(session, job.shop_id, [number for number, _key in batch])
        for number, key in batch:
            if number in known and known[number]["phone_key"] != key:
                moved[number] = key
                owners.add(known[number]["customer_id"])
    phones = _phones(staging, {key for key in moved.values() if key})
    final = _Final(staging, moved, phones)
    joined: set[str] = set()
    for changes in _small_groups(resolve(_concerned(job, owners, phones), moved)):
        with job.store.write() as session:
            lock_shop(session, job.shop_id)
            for change in changes:
                joined |= _apply(session, job, change, final)
        job.store.breathe()
    return joined


def _phones(staging: Staging, keys: Iterable[str]) -> dict[str, Phone]:
    wanted = set(keys)
    rows = staging.rows("SELECT DISTINCT phone, phone_key FROM number_phone WHERE phone_key IS NOT NULL")
    return {key: Phone(phone, key) for phone, key in rows if key in wanted}


def _concerned(job: ImportJob, owners: set[int], phones: Iterable[str]) -> list[Known]:
    """The owners of moved numbers, and whoever has one of the phones they move to."""
    known = []
    with job.store.read() as session:
        ids = set(owners)
        for keys in _batches(sorted(phones)):
            ids |= set(customers_by_phone(session, job.shop_id, keys).values())
        for batch in _batches(sorted(ids)):
            numbers: dict[int, dict[str, str | None]] = defaultdict(dict)
            for owner_id, number, key in numbers_of(session, batch):
                numbers[owner_id][number] = key
            for customer_id, row in customers_by_id(session, batch).items():
                known.append(Known(customer_id, row["created_at"], row["phone_key"], numbers[customer_id]))
    return known


def _small_groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    group: list[Change] = []
    for change in changes:
        group.append(change)
        if sum(len(each.customers) for each in group) >= _CUSTOMERS_A_TRANSACTION:
            yield group
            group = []
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Final:
    """The file's last word on phones: number → phone key where it differs from the store, and each key's phone."""

    staging: Staging
    moved: Mapping[str, str | None]
    phones: Mapping[str, Phone]


def _apply(session: Session, job: ImportJob, change: Change, final: _Final) -> set[str]:
    """Store one change; the numbers that joined a customer who has another."""
    now, phones, staging, moved = job.settings.now, final.phones, final.staging, final.moved
    ids = change.customers
    old = {key: row["phone_key"] for key, row in customers_by_id(session, ids).items()}
    before = {number: owner for owner, number, _key in numbers_of(session, ids)}
    # Phones are unique, and may go round in a circle: everybody lets go before anybody takes.
    take_phones(session, change.moves)
    staying = {key: phones[phone] for key, phone in change.moves.items() if phone and key not in change.merges}
    give_phones(session, staying, now)
    follows = [(old[key], phone) for key, phone in change.moves.items() if phone and old[key]]
    leavings = []
    for phone, departures in change.births.items():
        born = bear_customer(session, departures[0].origin, phones[phone], now)
        leavings += [_leaving(staging, departure, born) for departure in departures]
        follows += [(old[d.origin], phone) for d in departures if old[d.origin]]
    for target, departures in change.joins.items():
        leavings += [_leaving(staging, departure, target) for departure in departures]
        target_phone = change.moves.get(target, old[target])
        follows += [(old[d.origin], target_phone) for d in departures if old[d.origin] and target_phone]
    if leavings:
        leave(session, job.shop_id, leavings, now)
    merge_customers(session, change.merges, now)
    stops_follow(session, [(str(a), str(b)) for a, b in follows])
    known = numbers_known(session, job.shop_id, [number for number in moved if number in before])
    update_numbers(session, [{"id": row["id"], "phone_key": moved[number]} for number, row in known.items()])
    return _joined(change, before)


def _leaving(staging: Staging, departure: Departure, target: int) -> Leaving:
    marks = ", ".join("?" * len(departure.numbers))
    vins = [vin for (vin,) in staging.rows(f"SELECT vin FROM staged WHERE number IN ({marks})", departure.numbers)]  # noqa: S608
    return Leaving(departure.origin, target, departure.numbers, vins)


def _joined(change: Change, before: dict[str, int]) -> set[str]:
    joined = {number for number, owner in before.items() if owner in change.merges}
    joined |= {number for group in change.joins.values() for departure in group for number in departure.numbers}
    later = [departure for group in change.births.values() for departure in group[1:]]
    return joined | {number for departure in later for number in departure.numbers}


def assign_households(job: ImportJob, staging: Staging) -> None:
    """Write to each row the household it belongs to: its phone, else the stored customer, else its number."""
    staging.execute("CREATE INDEX staged_number ON staged (number)")
    staging.execute(
        "UPDATE staged SET household = 'phone ' || coalesce("
        "(SELECT f.phone_key FROM number_phone f WHERE f.number = staged.number), phone_key) "
        "WHERE number IS NOT NULL OR phone_key IS NOT NULL"
    )
    silent = staging.rows("SELECT DISTINCT number FROM staged WHERE household IS NULL AND number IS NOT NULL")
    for batch in _batches(list(silent)):
        with job.store.read() as session:
            known = numbers_known(session, job.shop_id, [number for (number,) in batch])
            homes = _homes(session, {row["customer_id"] for row in known.values()})
        for (number,) in batch:
            home = homes[known[number]["customer_id"]] if number in known else f"number {number}"
            staging.execute("UPDATE staged SET household = ? WHERE number = ?", (home, number))
    nameless = staging.rows("SELECT vin FROM staged WHERE household IS NULL")
    for batch in _batches(list(nameless)):
        with job.store.read() as session:
            cars = vehicles_by_vin(session, job.shop_id, [vin for (vin,) in batch])
            homes = _homes(session, {car["customer_id"] for car in cars.values()})
        for (vin,) in batch:
            staging.execute("UPDATE staged SET household = ? WHERE vin = ?", (homes[cars[vin]["customer_id"]], vin))


def _homes(session: Session, customer_ids: set[int]) -> dict[int, str]:
    return {
        key: f"phone {row['phone_key']}" if row["phone_key"] else f"customer {key}"
        for key, row in customers_by_id(session, customer_ids).items()
    }
