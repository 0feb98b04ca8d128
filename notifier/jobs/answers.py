"""What `explain` answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from notifier.domain.phone import mask
from notifier.locale.mends import Mend
from notifier.store.histories import CarRow, PersonRow
from notifier.store.pauses import PauseRow

__all__ = ["Answer", "Explained", "Explanation", "GuardStep"]


@dataclass(frozen=True, slots=True)
class GuardStep:
    """What one guard says: `verdict` passed, or that of a decision with its fixed `reason`; `value` and `source` in
    words."""

    guard: str
    verdict: str
    reason: str | None
    value: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One campaign and one subject. `status` and `reason` are fixed words (docs/json.md), `sentence` is for people.

    `stage` is the touch's name, `touch` its words. `mend`: what can be done about it, worded for where it is read.
    """

    campaign: str
    status: str
    sentence: str
    reason: str | None = None
    detail: str | None = None
    vin: str | None = None
    plate: str | None = None
    stage: str | None = None
    touch: str | None = None
    due_on: date | None = None
    opens_on: date | None = None
    closes_on: date | None = None
    guards: Sequence[GuardStep] = ()
    mend: Mend | None = None

    def document(self) -> dict[str, Any]:
        """As JSON; dates as ISO text."""
        apart = ("guards", "mend", "touch")
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in apart}
        plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
        mend = self.mend and self.mend.in_terminal()
        return plain | {"mend": mend, "guards": [asdict(step) for step in self.guards]}


@dataclass(frozen=True, slots=True)
class Explained:
    """One customer of one shop with every campaign's answer."""

    shop: str
    customer: PersonRow
    cars: Sequence[CarRow]
    answers: Sequence[Answer]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "shop": self.shop,
            "customer": self.customer.id,
            "consent": self.customer.consent,
            "vehicles": [car.vin for car in self.cars],
            "answers": [answer.document() for answer in self.answers],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything `explain` found. `stopped`: the sentence of the stop list, where the phone stands on it.

    `pauses`: those in force at the customers' shops, which hold whatever is planned for them.
    """

    phone: str | None
    stopped: str | None = None
    customers: Sequence[Explained] = field(default_factory=list)
    pauses: Sequence[PauseRow] = ()

    def document(self) -> dict[str, Any]:
        """As JSON; the phone is masked."""
        return {
            "phone": mask(self.phone) if self.phone else None,
            "suppressed": self.stopped,
            "pauses": [pause.document() for pause in self.pauses],
            "customers": [customer.document() for customer in self.customers],
        }
