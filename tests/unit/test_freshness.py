"""How old records may be, and when planning waits for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifier.domain.freshness import Freshness, freshness_of, makes_planning_wait

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
TWO_DAYS = timedelta(days=2)


@pytest.mark.parametrize(
    ("age", "limit", "is_unfinished", "found", "waits"),
    [
        (timedelta(0), TWO_DAYS, False, Freshness.FRESH, False),
        (TWO_DAYS, TWO_DAYS, False, Freshness.FRESH, False),
        (TWO_DAYS + timedelta(seconds=1), TWO_DAYS, False, Freshness.TOO_OLD, True),
        (None, TWO_DAYS, False, Freshness.NEVER, True),
        (timedelta(days=900), None, False, Freshness.FRESH, False),
        (None, None, False, Freshness.NEVER, False),
        (timedelta(0), TWO_DAYS, True, Freshness.UNFINISHED, True),
        (None, None, True, Freshness.UNFINISHED, True),
        (-timedelta(hours=1), TWO_DAYS, False, Freshness.FRESH, False),
    ],
)
def test_records_are_fresh_for_as_long_as_the_limit_allows(
    age: timedelta | None, limit: timedelta | None, is_unfinished: bool, found: Freshness, waits: bool
) -> None:
    """Exactly the limit is still fresh; without one nothing grows old; an import under way is never trusted."""
    known_to = None if age is None else NOW - age
    assert freshness_of(known_to, limit, NOW, is_unfinished=is_unfinished) is found
    assert makes_planning_wait(found, limit) is waits
