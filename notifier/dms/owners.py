"""Who owns what in a customer file: numbers, final phones and households, with the store brought to agree.

Source: rules.md, "Identity". Everything is decided on the staged file as a whole, so the order of rows never matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

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
from notifier.store.phones import Phone, dead_phones_back, give_phones, is_learnt, stops_follow, take_phones
from notifier.store.splits import Leaving, bear_customer, cars_of_numbers, leave
from notifier.store.vehicles import vehicles_by_vin

__all__ = ["Agreement", "Final", "agree_on_owners", "assign_households", "store_change"]

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


@dataclass(slots=True)
class Agreement:
    """What bringing the store to agree has done: numbers that joined a customer who has another, numbers whose phone
    or customer changed, and the phones of customers born of others."""

    joined: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    born: set[str] = field(default_factory=set)


def agree_on_owners(job: ImportJob, staging: Staging) -> Agreement:
    """Bring the store's customers to agree with the file's final phones."""
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
    final = Final(job.shop_id, job.settings.now, moved, phones, staging)
    agreement = Agreement(moved=set(moved))
    for change in _small_groups(resolve(_concerned(job, owners, phones), moved)):
        with job.store.write() as session:
            lock_shop(session, job.shop_id)
            agreement.joined |= store_change(session, change, final)
        agreement.born |= set(change.births)
    _note_phones(job, moved)
    return agreement


def _note_phones(job: ImportJob, moved: Mapping[str, str | None]) -> None:
    """Numbers that moved remember their phones, those for which nothing else changed as well."""
    for batch in _batches(sorted(moved)):
        with job.store.write() as session:
            known = numbers_known(session, job.shop_id, batch)
            rows = [
                {"id": row["id"], "phone_key": moved[number]}
                for number, row in known.items() if row["phone_key"] != moved[number]
            ]  # fmt: skip
            update_numbers(session, rows)


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


def _small_groups(changes: Sequence[Change]) -> Iterator[Change]:
    """Changes that have nobody in common, stored together as one: as many as make a short transaction."""
    group, size = Change(), 0
    for change in changes:
        group.absorb(change)
        size += len(change.customers)
        if size >= _CUSTOMERS_A_TRANSACTION:
            yield group
            group, size = Change(), 0
    if size:
        yield group


@dataclass(frozen=True, slots=True)
class Final:
    """The last word on phones, of a file or of a person: number → phone key where it differs from the store, and each
    key's phone. `staging`: the file, whose rows say which cars a number has; None = those it last came with.
    """

    shop_id: int
    now: datetime
    moved: Mapping[str, str | None]
    phones: Mapping[str, Phone]
    staging: Staging | None = None


def store_change(session: Session, change: Change, final: Final) -> set[str]:
    """Store one change; the numbers that joined a customer who has another."""
    now, phones, moved = final.now, final.phones, final.moved
    ids = change.customers
    stored = customers_by_id(session, ids)
    old = {key: row["phone_key"] for key, row in stored.items()}
    before = {number: owner for owner, number, _key in numbers_of(session, ids)}
    # Phones are unique, and may go round in a circle: everybody lets go before anybody takes.
    moving = {key: phones[phone] for key, phone in change.moves.items() if phone and key not in change.merges}
    marks = dead_phones_back(session, moving) | _marks_of_holders(change, stored, moving)
    take_phones(session, {*change.moves, *change.merges})
    give_phones(session, moving, now, marks)
    follows = [(old[key], phone) for key, phone in change.moves.items() if phone and old[key]]
    leavings = []
    for phone, departures in change.births.items():
        born = bear_customer(session, departures[0].origin, phones[phone], now)
        leavings += [_leaving(session, final, departure, born) for departure in departures]
        follows += [(old[d.origin], phone) for d in departures if old[d.origin]]
    for target, departures in change.joins.items():
        leavings += [_leaving(session, final, departure, target) for departure in departures]
        target_phone = change.moves.get(target, old[target])
        follows += [(old[d.origin], target_phone) for d in departures if old[d.origin] and target_phone]
    if leavings:
        leave(session, final.shop_id, leavings, now)
    merge_customers(session, change.merges, now)
    stops_follow(session, [(str(a), str(b)) for a, b in follows])
    known = numbers_known(session, final.shop_id, [number for number in moved if number in before])
    update_numbers(session, [{"id": row["id"], "phone_key": moved[number]} for number, row in known.items()])
    return _joined(change, before)


def _marks_of_holders(
    change: Change, stored: Mapping[int, Mapping[str, Any]], moving: Mapping[int, Phone]
) -> dict[int, str | None]:
    """What was learnt of a phone that stays with its holder, for those who come to share it."""
    staying = {
        row["phone_key"]: row["unreachable"] for key, row in stored.items()
        if key not in change.moves and row["phone_key"] and is_learnt(row["unreachable"])
    }  # fmt: skip
    return {key: staying[phone.key] for key, phone in moving.items() if phone.key in staying}


def _leaving(session: Session, final: Final, departure: Departure, target: int) -> Leaving:
    """The cars of the numbers that leave: by their rows in this file, else by the number they last came under."""
    came_under = cars_of_numbers(session, final.shop_id, departure.origin, departure.numbers)
    staging = final.staging
    if staging is None:
        return Leaving(departure.origin, target, departure.numbers, came_under)
    marks = ", ".join("?" * len(departure.numbers))
    vins = {vin for (vin,) in staging.rows(f"SELECT vin FROM staged WHERE number IN ({marks})", departure.numbers)}  # noqa: S608
    for vin in came_under:
        if next(staging.rows("SELECT 1 FROM staged WHERE vin = ?", (vin,)), None) is None:
            vins.add(vin)
    return Leaving(departure.origin, target, departure.numbers, sorted(vins))


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
