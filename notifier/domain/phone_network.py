"""What a simulated phone network has in store for one text, and how it is handed out without losing any of it.

Steps are handed out in order of time. A step counts as taken only when the asker comes back with a `since` at or
after the moment it was offered: whoever crashes between asking and recording is offered the same again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens at business time `at`: the text reaches `status`, or its reader sends `reply`."""

    at: datetime
    status: str | None = None
    error_code: str | None = None
    reply: str | None = None
    reply_sid: str | None = None


@dataclass(frozen=True, slots=True)
class SimulatedSms:
    """One text the network accepted. `callback` = "message:attempt"; `steps` in order of time."""

    sid: str
    to: str
    body: str
    callback: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """One step handed to the asker, with the text it belongs to."""

    sid: str
    to: str
    callback: str
    step: Step


@dataclass(frozen=True, slots=True)
class SeenSms:
    """One accepted text as a listing shows it. `created_at` is the database's clock, as a provider's own would be."""

    sid: str
    to: str
    body: str
    created_at: datetime
    status: str
    error_code: str | None


@dataclass(frozen=True, slots=True)
class Itinerary:
    """The steps of a text, how many are taken, how many were offered, and when."""

    steps: Sequence[Step]
    taken: int = 0
    offered: int = 0
    offered_at: datetime | None = None

    def hand_out(self, since: datetime, now: datetime) -> tuple[Self, Sequence[Step]]:
        """The itinerary afterwards, and the steps due by `now` that are not known to be taken."""
        acknowledged = self.offered_at is not None and self.offered_at <= since
        taken = self.offered if acknowledged else self.taken
        due = max(taken, sum(step.at <= now for step in self.steps))
        # Offered again without anything new: the asker may have recorded it the first time, and that moment counts.
        again = not acknowledged and due == self.offered
        offered_at = self.offered_at if again else now
        after = replace(self, taken=taken, offered=due, offered_at=offered_at if due > taken else None)
        return after, self.steps[taken:due]

    @property
    def next_at(self) -> datetime | None:
        """When there is something to hand out, or to hand out again; None when all is taken."""
        return self.steps[self.taken].at if self.taken < len(self.steps) else None

    def to_document(self) -> dict[str, Any]:
        """As a JSON document. Replies keep only their id: their words live in a table that erasure can reach."""
        return {
            "steps": [[step.at.isoformat(), step.status, step.error_code, step.reply_sid] for step in self.steps],
            "taken": self.taken,
            "offered": self.offered,
            "offered_at": self.offered_at.isoformat() if self.offered_at else None,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The itinerary `to_document` wrote, replies without their words."""
        steps = tuple(
            Step(datetime.fromisoformat(at), status, error_code, reply_sid=reply_sid)
            for at, status, error_code, reply_sid in document["steps"]
        )
        offered_at = document["offered_at"]
        return cls(
            steps, document["taken"], document["offered"], datetime.fromisoformat(offered_at) if offered_at else None
        )
