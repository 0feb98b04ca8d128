"""What goes wrong on the way to the local Twilio: scripted one by one, or by probability, always by the seed."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """Named by what happens, and on which side of the acceptance."""

    NONE = "none"
    RATE_LIMITED = "rate_limited"  # 429 20429, never processed
    ERROR_BEFORE_ACCEPTING = "error_before_accepting"
    ERROR_AFTER_ACCEPTING = "error_after_accepting"
    HANG_BEFORE_ACCEPTING = "hang_before_accepting"  # `seconds`, then the line is dropped
    HANG_AFTER_ACCEPTING = "hang_after_accepting"
    RESET_BEFORE_ACCEPTING = "reset_before_accepting"
    RESET_AFTER_ACCEPTING = "reset_after_accepting"
    REFUSE = "refuse"  # with `code`
    SLOW_ANSWER = "slow_answer"  # accepted at once, answered after `seconds`
    LATE_ACCEPTANCE = "late_acceptance"  # accepted and answered only after `seconds`, even if nobody waits any more
    GARBLED_AFTER_ACCEPTING = "garbled_after_accepting"  # 201, but no JSON


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing going wrong. `code` for refusals, `status` for errors, `retry_after` and `seconds` in seconds."""

    kind: FaultKind = FaultKind.NONE
    code: int = 21610
    status: int = 500
    retry_after: float | None = None
    seconds: float = 30.0

    def as_json(self) -> dict[str, Any]:
        """The same for the admin endpoint."""
        return asdict(self)


def fault_from(fields: Mapping[str, Any]) -> Fault:
    """The fault an admin request describes."""
    return Fault(**{**fields, "kind": FaultKind(fields["kind"])})


class FaultPlan:
    """The scripted queue first, then probabilities drawn from (seed, to, callback, how often it was posted).

    The draw does not depend on the order in which concurrent requests arrive, so a run can be repeated.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.queue: deque[Fault] = deque()
        self.probabilities: list[tuple[float, Fault]] = []
        self._posts: Counter[str] = Counter()

    def next_fault(self, to: str, callback: str) -> Fault:
        """What happens to this request."""
        if self.queue:
            return self.queue.popleft()
        key = f"{self.seed}:{to}:{callback}"
        self._posts[key] += 1
        digest = hashlib.sha256(f"{key}:{self._posts[key]}".encode()).digest()
        draw = int.from_bytes(digest[:8], "big") / 2**64
        for probability, fault in self.probabilities:
            if draw < probability:
                return fault
            draw -= probability
        return Fault()
