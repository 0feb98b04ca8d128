"""Who is kept untexted for comparison."""

from __future__ import annotations

import pytest

from notifier.domain.experiment import Draw, withholds
from notifier.domain.guards import Arm


@pytest.mark.parametrize(
    "kind, control_bp, universal_bp, arm",
    [
        ("marketing", 10_000, 10_000, Arm.UNIVERSAL),
        ("marketing", 10_000, 0, Arm.CONTROL),
        ("marketing", 0, 0, Arm.TREATMENT),
        ("service", 0, 10_000, Arm.TREATMENT),
        ("service", 10_000, 10_000, Arm.CONTROL),
        ("safety", 10_000, 10_000, Arm.TREATMENT),
    ],
)
def test_the_universal_group_comes_first_and_safety_is_no_experiment(
    kind: str, control_bp: int, universal_bp: int, arm: Arm
) -> None:
    """Only offers know the universal group; warnings go to everybody."""
    assert Draw(kind, "winback", "2026", 2026, control_bp, universal_bp).arm_of("k1") is arm


@pytest.mark.parametrize(
    "arm, kind, is_last, withheld",
    [
        (Arm.TREATMENT, "service", False, False),
        (Arm.CONTROL, "service", False, True),
        (Arm.CONTROL, "service", True, False),
        (Arm.CONTROL, "marketing", True, True),
        (Arm.UNIVERSAL, "marketing", True, True),
    ],
)
def test_the_last_stage_of_a_service_campaign_goes_to_everybody(
    arm: Arm, kind: str, *, is_last: bool, withheld: bool
) -> None:
    """An offer is withheld to the end."""
    assert withholds(arm, kind, is_last=is_last) is withheld
