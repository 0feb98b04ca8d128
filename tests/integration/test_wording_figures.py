"""What each wording brought, kept by two engines at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from notifier.store.engine import Store
from notifier.store.wording_figures import Brought, brought, counted_days, keep_day
from tests.support.outbox import NOON, Outbox

TODAY = NOON.date()
ROUNDS = 30


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """The outbox of Quanzhou."""
    return Outbox(store, key="quanzhou")


def test_two_engines_that_count_one_day_at_once_leave_one_count(store: Store, outbox: Outbox) -> None:
    """Each finds days without a count and writes them in the same moment; the later one stands whole, none fails."""
    start = Barrier(2)
    theirs = ({1: Brought(sent=2), 2: Brought(sent=1)}, {3: Brought(sent=4)})

    def count(counted: Mapping[int, Brought]) -> None:
        for back in range(ROUNDS):
            start.wait(60)
            with store.write() as session:
                keep_day(session, outbox.shop, TODAY - timedelta(days=back), counted)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(count, counted) for counted in theirs]:
            each.result(60)
    with store.read() as session:
        assert len(counted_days(session, outbox.shop, TODAY - timedelta(days=ROUNDS))) == ROUNDS
        sums = brought(session, [1, 2, 3], since=TODAY - timedelta(days=ROUNDS))
    first, second = (sums.get(key, Brought()).sent for key in (1, 3))
    assert first // 2 + second // 4 == ROUNDS
    assert sums.get(2, Brought()).sent * 2 == first


def test_a_version_without_texts_any_more_leaves_the_count(store: Store, outbox: Outbox) -> None:
    """Texts put off to another day take their figures with them."""
    for counted in ({1: Brought(sent=2), 2: Brought(sent=1)}, {2: Brought(sent=3)}):
        with store.write() as session:
            keep_day(session, outbox.shop, TODAY, counted)
    with store.read() as session:
        assert brought(session, [1, 2], since=TODAY) == {2: Brought(sent=3)}
