"""Who is kept untexted for comparison: the arm a customer is drawn into, and which stages that withholds.

Planning and the lists of whom to call draw by the same rule, so that nobody is phoned whose silence is measured.
Source: facts/statistics.md, "Assignment".
"""

from __future__ import annotations

from dataclasses import dataclass

from notifier.domain.buckets import campaign_salt, in_share, universal_salt
from notifier.domain.guards import Arm

__all__ = ["EXPERIMENTAL_KINDS", "Draw", "withholds"]

EXPERIMENTAL_KINDS = ("marketing", "service")


@dataclass(frozen=True, slots=True)
class Draw:
    """What decides the arms of a campaign in one period. Shares in basis points; `year`: of the universal group."""

    kind: str
    campaign_id: str
    period: str
    year: int
    control_bp: int
    universal_bp: int

    def arm_of(self, key: str) -> Arm:
        """The arm of the customer with this bucket key: universal control first (marketing only), then the campaign's
        own."""
        if self.kind not in EXPERIMENTAL_KINDS:
            return Arm.TREATMENT
        if self.kind == "marketing" and in_share(universal_salt(self.year), key, self.universal_bp):
            return Arm.UNIVERSAL
        salt = campaign_salt(self.campaign_id, self.period)
        return Arm.CONTROL if in_share(salt, key, self.control_bp) else Arm.TREATMENT


def withholds(arm: Arm, kind: str, *, is_last: bool) -> bool:
    """Whether a stage gets a row but no text: of a service campaign only the early ones, never the last."""
    if arm is Arm.UNIVERSAL:
        return True
    return arm is Arm.CONTROL and not (kind == "service" and is_last)
