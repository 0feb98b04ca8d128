"""Whom the schedules let leave: by the shop's hours, and nobody of a shop whose hours nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifier.jobs.doorkeeper import Doorkeeper
from notifier.schedules import parse_schedules
from notifier.store.runs import RunRow
from tests.support.sending import SCHEDULES, schedules

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)  # 12:00 at the shop
NIGHT = NOON + timedelta(hours=12)


def run(shop: int, kind: str = "service") -> RunRow:
    """A run of that shop."""
    return RunRow(1, shop, "due", None, "ready", {"kind": kind}, {}, NOON, None)


@pytest.mark.parametrize(("kind", "goes_at_night"), [("service", False), ("marketing", False), ("safety", True)])
def test_at_night_nothing_leaves_but_safety(kind: str, goes_at_night: bool) -> None:
    """The shop's quiet hours, however long a text has waited."""
    keeper = Doorkeeper(schedules)
    keeper.knows_shops({1: schedules().shops[0].key})
    assert keeper.door(NOON).may_send(run(1, kind))
    assert keeper.door(NIGHT).may_send(run(1, kind)) is goes_at_night


def test_of_a_shop_whose_hours_nobody_knows_only_safety_and_answers_leave() -> None:
    """It came after the last look, or is not in the file any more: at what hour may its customers be texted?"""
    keeper = Doorkeeper(schedules)
    keeper.knows_shops({1: schedules().shops[0].key, 2: "gone"})
    for shop in (2, 3):
        assert not keeper.door(NOON).may_send(run(shop))
        assert keeper.door(NOON).may_send(run(shop, "transactional"))


def test_an_edit_of_the_schedules_counts_from_the_next_claim() -> None:
    """What was worked out stays only as long as the file does."""
    now = schedules()
    keeper = Doorkeeper(lambda: now)
    keeper.knows_shops({1: now.shops[0].key})
    assert (keeper.door(NIGHT).may_send(run(1)), keeper.paces) == (False, {})
    now = parse_schedules(SCHEDULES.replace('"20:00-09:00"', '"10:00-18:00", pace: 5'), "schedules.yaml")
    assert (keeper.door(NIGHT).may_send(run(1)), keeper.paces) == (True, {1: 5})
