"""Calls by staff: the names of rows, how long a call holds, and that every word of the drop-downs is ours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from notifier.domain.contacts import CLOSING, NOT_REACHED, REASON_CODES, REFUSING, RESULTS, RowName, is_held, row_named
from notifier.locale.contact_words import REASON_WORDS, RESULT_WORDS
from notifier.schedules import parse_schedules
from tests.support.shop import MAINTENANCE, yaml

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize("row", [RowName("maintenance_due", vehicle_id=17), RowName("winback", customer_id=9)])
def test_a_row_is_known_by_its_name(row: RowName) -> None:
    """Written, read, and in whatever case a spreadsheet leaves it."""
    assert row_named(str(row)) == row
    assert row_named(f" {str(row).upper()} ") == row


@pytest.mark.parametrize("text", ["", "17", "maintenance_due-17", "maintenance_due-V0", "holiday-V17", "winback-C9x"])
def test_what_names_no_row(text: str) -> None:
    """Nor a rule there is not."""
    assert row_named(text) is None


@pytest.mark.parametrize("days, holds", [(-1, False), (0, True), (6, True), (7, False)])
def test_a_call_holds_for_so_many_days(days: int, holds: bool) -> None:
    """From its own day on."""
    assert is_held(MONDAY, MONDAY + timedelta(days=days), 7) is holds


def test_every_result_has_its_word_and_its_meaning() -> None:
    """The drop-downs, the rules and the words are of one set."""
    assert tuple(RESULT_WORDS) == RESULTS
    assert tuple(REASON_WORDS) == REASON_CODES
    assert set(RESULTS) >= (CLOSING | NOT_REACHED | REFUSING)


@pytest.mark.parametrize("guards, held", [("", 7), ("contact_hold: 3d", 3), ("contact_hold: 0", 0)])
def test_how_long_is_a_setting(guards: str, held: int) -> None:
    """Seven days where the file says nothing."""
    assert parse_schedules(yaml(MAINTENANCE, guards=guards), "x.yaml").guards.contact_hold_days == held
