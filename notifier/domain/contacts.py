"""Calls by staff: what can come of one, and the name of the row of the worklist it is written in.

A row is about one car (or one customer, where the rule is about people) and one purpose, which is the campaign's rule.
Its name stays the same from list to list, so that whatever comes back is known again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from notifier.domain.rules import RULES

__all__ = [
    "CLOSING", "CONTACT_HOLD_DAYS", "NOT_REACHED", "REASON_CODES", "REFUSING", "RESULTS", "RowName", "entry_of",
    "is_held", "is_sold", "row_named",
]  # fmt: skip

RESULTS = (
    "reached", "booked", "call_again", "no_answer", "declined", "already_done", "sold", "wrong_number", "refused",
    "do_not_text",
)  # fmt: skip
"""What can come of a call. declined: not this time; refused: no offers any more; do_not_text: no texts at all."""
REASON_CODES = ("price", "skill", "waiting", "distance", "own_garage", "little_driving", "sold", "other")
"""Why a customer stays away. Source: facts/dealership.md, "Lost customers"."""

CONTACT_HOLD_DAYS = 7
"""How long a call holds back texts of its purpose, unless schedules.yaml says otherwise (`guards.contact_hold`)."""
NOT_REACHED = frozenset({"no_answer", "wrong_number"})
"""Nobody spoke to the customer: it holds no text back and earns no visit."""
CLOSING = frozenset({"booked", "declined", "already_done", "sold", "wrong_number", "refused", "do_not_text"})
"""Nothing is left to call about: the row leaves the worklist."""
REFUSING = frozenset({"refused", "do_not_text"})

_ROW = re.compile(r"([a-z_]+)-([VC])([1-9][0-9]{0,17})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RowName:
    """A row of the worklist: its purpose, and the car or the customer it is about."""

    purpose: str
    vehicle_id: int | None = None
    customer_id: int | None = None

    def __str__(self) -> str:
        subject = f"C{self.customer_id}" if self.vehicle_id is None else f"V{self.vehicle_id}"
        return f"{self.purpose}-{subject}"


def row_named(text: str) -> RowName | None:
    """``maintenance_due-V17`` → the row; None for what is no name of one."""
    match = _ROW.fullmatch(text.strip())
    if match is None or match[1].lower() not in RULES:
        return None
    number = int(match[3])
    if match[2].upper() == "V":
        return RowName(match[1].lower(), vehicle_id=number)
    return RowName(match[1].lower(), customer_id=number)


def entry_of(row: str, day: date | str) -> str:
    """The unique name of one contact: its row, and the day of the call."""
    return f"{row}@{day}"


def is_sold(result: str | None, reason_code: str | None) -> bool:
    """Did the customer say that the car is no longer theirs? Chosen as the result or as the reason, it is the same."""
    return "sold" in (result, reason_code)


def is_held(contacted_on: date, today: date, hold_days: int) -> bool:
    """Whether a call on `contacted_on` still holds back texts of its purpose on `today`."""
    return contacted_on <= today < contacted_on + timedelta(days=hold_days)
