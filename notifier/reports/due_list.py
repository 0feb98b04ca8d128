"""The month's due list with its reconciliation: exported − each exclusion = worklist.

Source: facts/dealership.md, "The monthly cycle". Each car and purpose is on the worklist or on exactly one line of the
reconciliation: the first that fits, in the order of :data:`LINES`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from notifier.domain.rules import RULES
from notifier.errors import StoreError
from notifier.locale import N_
from notifier.reports.kept_back import kept_cars
from notifier.store.due_list import PURPOSES, DueCar, cars_due, count_due

if TYPE_CHECKING:
    from notifier.reports.campaigns import ReportShop
    from notifier.schedules import Campaign
    from notifier.store.engine import Session

__all__ = ["EXPORTED", "LINES", "WORKLIST", "DueList", "Listed", "due_list", "excluded_because", "reconciled"]

EXPORTED = N_("Exported: everything due in these days")
WORKLIST = N_("Worklist")

LINES: Mapping[str, str] = {
    "pdi": N_("not delivered yet (PDI)"),
    "internal": N_("the shop's own: stock and test-drive cars"),
    "sold": N_("sold"),
    "scrapped": N_("scrapped"),
    "repeated_vin": N_("repeated VIN: another shop has seen the car later"),
    "no_owner": N_("no owner on record"),
    "no_phone": N_("no mobile number"),
    "unreachable": N_("phone out of reach"),
    "suppressed": N_("said stop"),
    "accident": N_("accident car: repaired less than 14 days ago"),
    "in_workshop": N_("in the workshop now"),
    "renewed": N_("policy renewed already"),
    "booked": N_("booked already"),
    "kept_back": N_("kept for comparison: in a control group"),
    "repeated_phone": N_("repeated phone: named with another car of the owner"),
}
"""Why a car is not on the worklist, in the order in which the lines are asked."""

_STATES = {"pdi": "pdi", "stock": "internal", "test_drive": "internal", "sold": "sold", "scrapped": "scrapped"}
BOOKED_AHEAD = timedelta(days=60)
"""An appointment asked for this long before the due day, or later, is about it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the worklist: a car and a purpose. `also`: plates (or VINs) of the owner's other cars due for it."""

    purpose: str
    car: DueCar
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DueList:
    """The list of the days [first, last]. `exported` and `excluded` are by purpose; the latter line → number."""

    shop: ReportShop
    today: date
    first: date
    last: date
    exported: Mapping[str, int]
    excluded: Mapping[str, Counter[str]]
    rows: Sequence[Listed] = field(default_factory=list)

    @property
    def purposes(self) -> list[str]:
        """Those with anything due."""
        return [purpose for purpose in PURPOSES if self.exported[purpose]]

    def listed(self, purpose: str | None = None) -> int:
        """Rows on the worklist, of one purpose or of all."""
        return sum(1 for row in self.rows if purpose in (None, row.purpose))

    def of_line(self, line: str, purpose: str | None = None) -> int:
        """How many are off the list for one reason."""
        return sum(counts[line] for name, counts in self.excluded.items() if purpose in (None, name))

    def total_exported(self, purpose: str | None = None) -> int:
        """How many cars and purposes are due."""
        return sum(number for name, number in self.exported.items() if purpose in (None, name))


def due_list(
    session: Session, *, shop: ReportShop, today: date, first: date, last: date,
    campaigns: Sequence[Campaign], sisters: Collection[str],
) -> DueList:  # fmt: skip
    """Everything due in [first, last], as of `today`; whoever asks for an appointment by reply comes first.

    `campaigns`: the shop's; who is in the control group of one that is switched on is not called about its purpose.
    `sisters`: the keys of the group's other shops. `session` has to see one moment throughout (Store.snapshot).
    """
    exported, excluded, rows = {}, {}, []
    for purpose in PURPOSES:
        exported[purpose] = count_due(session, shop.id, purpose, first, last)
        kept_back = kept_cars(session, shop.id, campaigns, purpose, (first, last), today=today)
        found = cars_due(session, shop.id, purpose, first, last, today=today, sisters=sisters, kept_back=kept_back)
        kept, excluded[purpose] = reconciled(purpose, found, exported[purpose])
        rows += kept
    rows.sort(key=_place)
    return DueList(shop, today, first, last, exported, excluded, rows)


def _place(row: Listed) -> tuple[bool, date, int, int]:
    car = row.car
    return not _asks(row.purpose, car), car.due_on, PURPOSES.index(row.purpose), car.vehicle_id


def _asks(purpose: str, car: DueCar) -> bool:
    """Whether a reply asks for an appointment about what is due, and still waits for a call."""
    return _is_about(purpose, car, car.asked_on)


def _is_about(purpose: str, car: DueCar, booked_on: date | None) -> bool:
    is_visit = RULES[purpose].answered_by == "visit"
    return is_visit and booked_on is not None and booked_on >= car.due_on - BOOKED_AHEAD


def reconciled(purpose: str, cars: Iterable[DueCar], exported: int) -> tuple[list[Listed], Counter[str]]:
    """The worklist of one purpose and the lines of its reconciliation; together they are exactly `exported`.

    Raises StoreError where they are not: a worklist that does not add up has lost somebody.
    """
    lines: Counter[str] = Counter()
    kept: dict[str, Listed] = {}
    also: dict[str, list[str]] = defaultdict(list)
    for car in cars:
        line = excluded_because(purpose, car)
        phone = car.phone or ""
        if line is None and phone in kept:
            also[phone].append(car.plate or car.vin)
            line = "repeated_phone"
        if line is None:
            kept[phone] = Listed(purpose, car)
        else:
            lines[line] += 1
    rows = [replace(row, also=tuple(also[phone])) for phone, row in kept.items()]
    if exported != lines.total() + len(rows):
        raise StoreError(
            N_("The due list does not add up: {exported} due for {purpose}, {found} found. Make it again, and no "
               "import meanwhile; if it stays like this, report it."),
            exported=exported, purpose=purpose, found=lines.total() + len(rows),
        )  # fmt: skip
    return rows, lines


def excluded_because(purpose: str, car: DueCar) -> str | None:
    """The first line that takes the car off the list by itself, None where it stays."""
    renewed = car.renewed_to is not None and (car.renewed_to - car.due_on).days > RULES[purpose].tolerance_days
    asked = {
        **{line: _STATES.get(car.state) == line for line in ("pdi", "internal", "sold", "scrapped")},
        "repeated_vin": car.is_elsewhere,
        "no_owner": car.customer_id is None,
        "no_phone": car.phone is None,
        "unreachable": car.unreachable is not None,
        "suppressed": car.is_suppressed,
        "accident": car.accident_on is not None,
        "in_workshop": car.in_workshop_since is not None,
        "renewed": RULES[purpose].answered_by == "renewal" and renewed,
        "booked": _is_about(purpose, car, car.booked_on),
        "kept_back": car.is_kept_back and not _asks(purpose, car),
    }
    return next((line for line in LINES if asked.get(line)), None)
