"""The cars of one transaction of a customer file: what changes of them, and what follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from notifier.store.customers import stand_in

__all__ = ["CarChanges", "state_after"]

GONE = frozenset({"sold", "scrapped"})


@dataclass
class CarChanges:
    """The cars of one transaction, by what must be done about them."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    repredicted: set[str] = field(default_factory=set)
    owners: set[int] = field(default_factory=set)
    renewed: dict[int, date] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    left: list[tuple[str, int]] = field(default_factory=list)

    def note(self, car: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """Remember what changes of a known car, and what follows from it."""
        if not changes:
            return
        self.changed[tuple(sorted(changes))].append({"id": car["id"], **changes})
        if changes.keys() & {"delivered_on", "model"}:
            self.repredicted.add(car["vin"])
        if changes.keys() & {"delivered_on", "customer_id"}:
            self.owners |= {changes.get("customer_id", car["customer_id"]), car["customer_id"]} - {None}
        if "customer_id" in changes and car["customer_id"] is not None:
            self.gone.add(car["id"])
            # Whoever was known by this car alone is not who comes next without a number.
            self.left.append((stand_in(car["vin"]), car["customer_id"]))
        if changes.get("state") in GONE:
            self.gone.add(car["id"])
        ends_on = changes.get("insurance_ends_on")
        if ends_on is not None and car["insurance_ends_on"] is not None and ends_on > car["insurance_ends_on"]:
            self.renewed[car["id"]] = ends_on

    def told(self, columns: Collection[str]) -> dict[int, dict[str, Any]]:
        """Car → those of `columns` that changed, with their new values."""
        rows = (row for rows in self.changed.values() for row in rows)
        found = {row["id"]: {name: value for name, value in row.items() if name in columns} for row in rows}
        return {key: told for key, told in found.items() if told}


def state_after(known: str, told: str | None) -> str:
    """That a car is sold or scrapped may be learnt from replies, and holds until somebody else has it."""
    if told is None or known == "scrapped" or (known == "sold" and told not in GONE):
        return known
    return told
