"""The guards between a touch that is open and a text that is sent, in the order of the design.

Each guard reads facts about one touch and names a reason, or lets it pass. A guard defers where waiting helps
(the touch is looked at again by the next run while its stage is open) and excludes where it cannot. Planning and
`explain` walk the same list, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

ACCIDENT_HOLD = timedelta(days=14)
NO_LONGER_THEIRS = ("sold", "scrapped")
"""States of a car of which its owner on record is told nothing, not even of a recall."""


class Verdict(StrEnum):
    """What becomes of one touch of one cycle in one run."""

    PLANNED = "planned"
    WITHHELD = "withheld"
    DEFERRED = "deferred"
    EXCLUDED = "excluded"


class Arm(StrEnum):
    """Which side of the experiment an enrolment is on."""

    TREATMENT = "treatment"
    CONTROL = "control"
    UNIVERSAL = "universal"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with the reason that decided it (fixed English words, listed in docs/json.md)."""

    verdict: Verdict
    reason: str | None = None
    detail: str | None = None


class TouchFacts(NamedTuple):
    """What the guards need to know of one customer and one car (None for a rule about the customer).

    `came_on`, `booked_on`: the latest counted visit and booking; `came_from`: from which day an outcome answers
    this cycle. `renewed_to`: the latest policy end the shop has written. `answered`: what a reply to an earlier
    touch of this cycle said ("already_done", "sold"). `contacted_on`, `contacted_by`: the latest call about the same
    purpose, while it holds texts back. Dates are days in the shop's zone.
    """

    kind: str
    today: date
    answered_by: str | None
    came_from: date
    anchor_on: date
    tolerance_days: int
    has_phone: bool
    unreachable: str | None
    consent: str
    suppressed: bool
    vehicle_state: str | None
    came_on: date | None = None
    booked_on: date | None = None
    renewed_to: date | None = None
    answered: str | None = None
    open_complaint: bool = False
    in_workshop: bool = False
    accident_on: date | None = None
    contacted_on: date | None = None
    contacted_by: str | None = None


Guard = Callable[[TouchFacts], Decision | None]


def _excluded(reason: str, detail: object = None) -> Decision:
    return Decision(Verdict.EXCLUDED, reason, None if detail is None else str(detail))


def _deferred(reason: str, detail: object = None) -> Decision:
    return Decision(Verdict.DEFERRED, reason, None if detail is None else str(detail))


def is_contactable(facts: TouchFacts) -> Decision | None:
    """A phone that a text can reach."""
    if not facts.has_phone:
        return _excluded("no_phone")
    return _excluded("unreachable", facts.unreachable) if facts.unreachable else None


def has_consent(facts: TouchFacts) -> Decision | None:
    """Marketing needs a yes; reminders about the customer's own car do not."""
    if facts.kind != "marketing" or facts.consent == "yes":
        return None
    return _excluded("consent_refused" if facts.consent == "no" else "consent_unknown")


def has_not_said_stop(facts: TouchFacts) -> Decision | None:
    """STOP blocks every kind of text."""
    return _excluded("suppressed") if facts.suppressed else None


def has_a_car_in_use(facts: TouchFacts) -> Decision | None:
    """Sold, scrapped, stock, test-drive and undelivered cars are nobody's to be reminded of."""
    if facts.vehicle_state in (None, "in_use"):
        return None
    return _excluded(f"vehicle_{facts.vehicle_state}")


def has_a_car_still_there(facts: TouchFacts) -> Decision | None:
    """Whoever sold or scrapped the car cannot bring it to a recall; everybody else can."""
    return _excluded(f"vehicle_{facts.vehicle_state}") if facts.vehicle_state in NO_LONGER_THEIRS else None


def has_no_outcome_yet(facts: TouchFacts) -> Decision | None:
    """Who came, booked, renewed or answered that it is done needs no reminder."""
    if facts.answered:
        return _excluded(facts.answered)
    if facts.answered_by == "visit":
        if facts.came_on is not None and facts.came_on >= facts.came_from:
            return _excluded("came", facts.came_on)
        if facts.booked_on is not None and facts.booked_on >= facts.came_from:
            return _excluded("booked", facts.booked_on)
    renewed = facts.renewed_to is not None and (facts.renewed_to - facts.anchor_on).days > facts.tolerance_days
    if facts.answered_by == "renewal" and renewed:
        return _excluded("renewed", facts.renewed_to)
    return None


def is_not_on_hold(facts: TouchFacts) -> Decision | None:
    """No text while a complaint is open, the car stands in the workshop, an accident repair or a call is fresh."""
    if facts.open_complaint:
        return _deferred("complaint_open")
    if facts.in_workshop:
        return _deferred("in_workshop")
    if facts.accident_on is not None and facts.today - facts.accident_on <= ACCIDENT_HOLD:
        return _deferred("accident_repair", facts.accident_on)
    if facts.contacted_on is not None:
        by = f" ({facts.contacted_by})" if facts.contacted_by else ""
        return _deferred("contacted", f"{facts.contacted_on}{by}")
    return None


GUARDS: Sequence[tuple[str, Guard]] = (
    ("contactable", is_contactable),
    ("consent", has_consent),
    ("suppression", has_not_said_stop),
    ("vehicle", has_a_car_in_use),
    ("outcome", has_no_outcome_yet),
    ("hold", is_not_on_hold),
)

SAFETY_GUARDS: Sequence[tuple[str, Guard]] = (
    ("contactable", is_contactable),
    ("suppression", has_not_said_stop),
    ("vehicle", has_a_car_still_there),
)


def guards_of(kind: str) -> Sequence[tuple[str, Guard]]:
    """Those that texts of a kind are asked of, in their order."""
    return SAFETY_GUARDS if kind == "safety" else GUARDS


def blocked_by(facts: TouchFacts) -> Decision | None:
    """The first guard up to data freshness that stops this touch, or None: the customer may be enrolled.

    Safety texts stop only at an unreachable phone, a STOP or a car that is no longer there.
    """
    for _, guard in guards_of(facts.kind):
        decision = guard(facts)
        if decision is not None:
            return decision
    return None
