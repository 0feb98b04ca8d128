"""The guards, one by one and in their order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from notifier.domain.guards import GUARDS, NO_LONGER_THEIRS, Decision, TouchFacts, Verdict, blocked_by

TODAY = date(2026, 3, 10)
FREE = TouchFacts(
    kind="service", today=TODAY, answered_by="visit", came_from=TODAY - timedelta(days=14),
    anchor_on=date(2025, 9, 10), tolerance_days=30, has_phone=True, unreachable=None, consent="unknown",
    suppressed=False, vehicle_state="in_use",
)  # fmt: skip


def test_nothing_stands_against_a_customer_with_nothing_special() -> None:
    """None: may be enrolled."""
    assert blocked_by(FREE) is None


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        ({"has_phone": False}, "excluded", "no_phone"),
        ({"unreachable": "30005"}, "excluded", "unreachable"),
        ({"kind": "marketing"}, "excluded", "consent_unknown"),
        ({"kind": "marketing", "consent": "no"}, "excluded", "consent_refused"),
        ({"suppressed": True}, "excluded", "suppressed"),
        ({"vehicle_state": "sold"}, "excluded", "vehicle_sold"),
        ({"vehicle_state": "missing"}, "excluded", "vehicle_missing"),
        ({"answered": "already_done"}, "excluded", "already_done"),
        ({"came_on": TODAY - timedelta(days=14)}, "excluded", "came"),
        ({"booked_on": TODAY - timedelta(days=14)}, "excluded", "booked"),
        ({"answered_by": "renewal", "renewed_to": date(2025, 10, 11)}, "excluded", "renewed"),
        ({"open_complaint": True}, "deferred", "complaint_open"),
        ({"in_workshop": True}, "deferred", "in_workshop"),
        ({"accident_on": TODAY - timedelta(days=14)}, "deferred", "accident_repair"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_guard_stops_with_its_reason(facts: dict[str, Any], verdict: str, reason: str) -> None:
    """It defers where waiting helps and excludes where it cannot."""
    decision = blocked_by(FREE._replace(**facts))
    assert decision is not None
    assert (decision.verdict, decision.reason) == (verdict, reason)


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "marketing", "consent": "yes"},
        {"vehicle_state": None},
        {"came_on": TODAY - timedelta(days=15)},
        {"booked_on": TODAY - timedelta(days=15)},
        {"answered_by": "renewal", "renewed_to": date(2025, 10, 10)},
        {"answered_by": "renewal", "came_on": TODAY},
        {"answered_by": None, "came_on": TODAY, "booked_on": TODAY, "renewed_to": date(2027, 1, 1)},
        {"accident_on": TODAY - timedelta(days=15)},
    ],
    ids=str,
)
def test_one_step_short_of_a_reason_passes(facts: dict[str, Any]) -> None:
    """The edges of each guard, from the other side."""
    assert blocked_by(FREE._replace(**facts)) is None


def test_the_guards_stand_in_the_order_of_the_design() -> None:
    """The first that fits names the reason."""
    assert [name for name, _ in GUARDS] == ["contactable", "consent", "suppression", "vehicle", "outcome", "hold"]
    everything = FREE._replace(
        kind="marketing", has_phone=False, suppressed=True, vehicle_state="sold", came_on=TODAY, in_workshop=True
    )
    order = []
    cures: list[dict[str, Any]] = [
        {"has_phone": True}, {"consent": "yes"}, {"suppressed": False}, {"vehicle_state": "in_use"},
        {"came_on": None}, {"in_workshop": False},
    ]  # fmt: skip
    for cure in cures:
        decision = blocked_by(everything)
        assert decision is not None
        order.append(decision.reason)
        everything = everything._replace(**cure)
    assert order == ["no_phone", "consent_unknown", "suppressed", "vehicle_sold", "came", "in_workshop"]
    assert blocked_by(everything) is None


def test_safety_is_stopped_only_by_a_dead_phone_a_stop_or_a_car_that_is_gone() -> None:
    """A recall goes to whoever can be reached, whatever else is going on."""
    recall = FREE._replace(kind="safety", came_on=TODAY, in_workshop=True, open_complaint=True, consent="no")
    assert blocked_by(recall) is None
    assert blocked_by(recall._replace(suppressed=True)) == Decision(Verdict.EXCLUDED, "suppressed")


@pytest.mark.parametrize("state", ["in_use", "pdi", "test_drive", "stock", "missing", None])
def test_a_recall_goes_to_whoever_can_bring_the_car(state: str | None) -> None:
    """A storm warning is about no car at all."""
    assert blocked_by(FREE._replace(kind="safety", vehicle_state=state)) is None


@pytest.mark.parametrize("state", NO_LONGER_THEIRS)
def test_a_recall_of_a_car_that_is_gone_is_stopped_as_the_claim_would(state: str) -> None:
    """Or it would be planned and cancelled for ever."""
    stopped = blocked_by(FREE._replace(kind="safety", vehicle_state=state))
    assert stopped == Decision(Verdict.EXCLUDED, f"vehicle_{state}")
