"""Who is who when numbers change their phones: resolved for a whole file, so that the order of rows never matters.

Numbers take the file's final phones first; then numbers that share a phone are one customer. If all numbers of a
customer move, the customer moves; if some do, those leave. Source: rules.md, "Identity".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Change", "Departure", "Known", "resolve"]


@dataclass(frozen=True, slots=True)
class Known:
    """A stored customer: when it was born, its phone, and its numbers with the phone each was last seen with."""

    id: int
    born: datetime
    phone_key: str | None
    numbers: Mapping[str, str | None]

    @property
    def seniority(self) -> tuple[datetime, bool, str, int]:
        """The earliest born survives a merge, then the one with the smallest number."""
        return self.born, not self.numbers, min(self.numbers, default=""), self.id


@dataclass(frozen=True, slots=True)
class Departure:
    """Numbers that leave a customer."""

    origin: int
    numbers: tuple[str, ...]


@dataclass(slots=True)
class Change:
    """What belongs together and must be stored together.

    `moves`: customer → phone it has from now on (None = none); `merges`: customer → survivor; `joins`: customer →
    those who leave another for it; `births`: phone → those who leave others and become one new customer.
    """

    moves: dict[int, str | None] = field(default_factory=dict)
    merges: dict[int, int] = field(default_factory=dict)
    joins: dict[int, list[Departure]] = field(default_factory=dict)
    births: dict[str, list[Departure]] = field(default_factory=dict)

    @property
    def customers(self) -> set[int]:
        """Everybody concerned."""
        left = [departure for group in (*self.joins.values(), *self.births.values()) for departure in group]
        return {*self.moves, *self.merges, *self.merges.values(), *self.joins, *(d.origin for d in left)}

    def absorb(self, other: Change) -> None:
        """Take another change in."""
        self.moves |= other.moves
        self.merges |= other.merges
        for customer_id, group in other.joins.items():
            self.joins.setdefault(customer_id, []).extend(group)
        for phone, group in other.births.items():
            self.births.setdefault(phone, []).extend(group)


def resolve(customers: Iterable[Known], final: Mapping[str, str | None]) -> list[Change]:
    """The changes that make the store agree with a file's `final` phones (number → phone key, None = none usable).

    `customers` are all those with a number in `final` whose phone differs, and all who have one of the new phones.
    Changes that share a customer or a phone come as one.
    """
    known = sorted(customers, key=lambda customer: customer.seniority)
    stays = {customer.id: _phone_kept(customer, final) for customer in known}
    holders: dict[str, list[Known]] = defaultdict(list)
    for customer in known:
        phone = stays[customer.id]
        if phone is not None:
            holders[phone].append(customer)
    parts: list[tuple[str | None, Change]] = [
        (phone, Change(merges={other.id: survivor.id for other in others}))
        for phone, (survivor, *others) in holders.items()
    ]
    for customer in known:
        if stays[customer.id] != customer.phone_key:
            parts.append((stays[customer.id], Change(moves={customer.id: stays[customer.id]})))
            # The phone left behind belongs to the same change: somebody else may take it over.
            parts.append((customer.phone_key, Change(moves={customer.id: stays[customer.id]})))
        parts.extend(_departures(customer, stays[customer.id], final, holders))
    return _together(parts)


def _phone_kept(customer: Known, final: Mapping[str, str | None]) -> str | None:
    """The phone the customer itself has in the end, whoever leaves."""
    if not customer.numbers:
        return customer.phone_key
    after = {number: final.get(number, phone) for number, phone in sorted(customer.numbers.items())}
    phones = [phone for phone in after.values() if phone is not None]
    if customer.phone_key in phones:
        return customer.phone_key
    if phones:
        return phones[0]
    told_by_number = customer.phone_key in customer.numbers.values()
    return None if told_by_number else customer.phone_key


def _departures(
    customer: Known, stays: str | None, final: Mapping[str, str | None], holders: Mapping[str, Sequence[Known]]
) -> Iterable[tuple[str | None, Change]]:
    leaving: dict[str, list[str]] = defaultdict(list)
    for number, phone in sorted(customer.numbers.items()):
        after = final.get(number, phone)
        if after is not None and after != stays:
            leaving[after].append(number)
    for phone, numbers in leaving.items():
        departure = Departure(customer.id, tuple(numbers))
        takers = holders.get(phone)
        yield phone, Change(joins={takers[0].id: [departure]}) if takers else Change(births={phone: [departure]})


def _together(parts: Iterable[tuple[str | None, Change]]) -> list[Change]:
    """Join parts that share a phone or a customer."""
    parent: dict[object, object] = {}

    def root(node: object) -> object:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    parts = [(phone, part) for phone, part in parts if part.customers]
    nodes = [[*part.customers, *([phone] if phone is not None else [])] for phone, part in parts]
    for linked in nodes:
        for node in linked[1:]:
            parent[root(node)] = root(linked[0])
    changes: dict[object, Change] = {}
    for linked, (_phone, part) in zip(nodes, parts, strict=True):
        changes.setdefault(root(linked[0]), Change()).absorb(part)
    for change in changes.values():
        for group in change.births.values():
            group.sort(key=lambda departure: departure.numbers)
    return sorted(changes.values(), key=lambda change: min(change.customers))
