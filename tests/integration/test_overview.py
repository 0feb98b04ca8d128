"""How the house stands: what waits and since when, the rate, and what the lane does; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.store import lanes, overview, pauses
from notifier.store.engine import Store
from notifier.store.lanes import LaneRow
from notifier.store.overview import LaneState, Standing, lane_state, standing
from notifier.store.tables import Attempt, Complaint, GatewayLane
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox

HOUR = timedelta(hours=1)


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """The outbox of Quanzhou."""
    return Outbox(store, key="quanzhou")


def look(outbox: Outbox) -> Standing:
    """How it stands at noon."""
    found: Standing = outbox.doing(lambda session: standing(session, NOON))
    return found


def halt(outbox: Outbox, shop: str | None) -> None:
    """A person pauses the shop."""
    outbox.doing(lambda session: pauses.pause(session, shop, by="wang"))


def test_in_an_empty_house_nothing_waits(outbox: Outbox) -> None:
    """Since never."""
    now = look(outbox)
    assert now == Standing(now.at, 0, 0, 0, 0, 0, 0, 0, None, 0.0)


def test_what_waits_may_go_now_or_later_or_is_paused(outbox: Outbox) -> None:
    """Of released runs; a run that waits for a person is counted apart, what is done or void not at all."""
    outbox.texts(3, not_before=NOON - HOUR)
    outbox.texts(2, not_before=NOON + HOUR)
    outbox.texts(2, run_id=outbox.run(), not_before=NOON + DAY)
    outbox.texts(4, run_id=outbox.run("review"))
    outbox.texts(5, run_id=outbox.run("void"), state="cancelled")
    outbox.texts(1, run_id=outbox.run(campaign="winback"), campaign_id="winback")
    outbox.pause("winback")
    jinjiang = Outbox(outbox.store, key="jinjiang")
    jinjiang.texts(2, phone="+8619911100001")
    halt(outbox, "jinjiang")
    for state, number in (("sending", 2), ("unknown", 1), ("accepted", 3)):
        outbox.texts(number, state=state)
    now = look(outbox)
    assert (now.waiting, now.may_go, now.later, now.paused, now.in_review) == (10, 3, 4, 3, 4)
    assert (now.sending, now.unknown, now.oldest_waiting) == (2, 1, NOON - HOUR)


def test_what_is_being_handed_over_is_counted_of_one_shop_or_campaign(outbox: Outbox) -> None:
    """Whoever pauses one of them is told of no other's."""
    outbox.texts(2, state="sending")
    outbox.texts(1, state="sending", run_id=outbox.run(campaign="winback"), campaign_id="winback")
    outbox.texts(1, state="unknown")
    jinjiang = Outbox(outbox.store, key="jinjiang")
    jinjiang.texts(3, phone="+8619911100001", state="sending")
    asked = [(outbox.shop, None), (outbox.shop, "winback"), (jinjiang.shop, None), (jinjiang.shop, "winback")]
    with outbox.store.read() as session:
        assert [overview.sending_of(session, *of) for of in asked] == [3, 1, 3, 0]


def test_the_very_moment_counts_as_now(outbox: Outbox) -> None:
    """As a claim sees it."""
    outbox.text(not_before=NOON)
    now = look(outbox)
    assert (now.may_go, now.later, now.oldest_waiting) == (1, 0, NOON)


def test_the_oldest_is_one_that_can_go(outbox: Outbox) -> None:
    """Not one a complaint holds back, nor one that waits for its wording, nor one of a paused shop; safety is held by
    none but the pause."""
    upset = outbox.customer()
    outbox.add(Complaint, shop_id=outbox.shop, customer_id=upset, opened_on=NOON.date())
    outbox.text(upset, not_before=NOON - 5 * HOUR)
    outbox.text(not_before=NOON - 4 * HOUR, text=None)
    recall = outbox.run(kind="safety", priority=0)
    outbox.text(not_before=NOON - HOUR)
    assert look(outbox).oldest_waiting == NOON - HOUR
    outbox.text(upset, run_id=recall, kind="safety", not_before=NOON - 3 * HOUR)
    assert look(outbox).oldest_waiting == NOON - 3 * HOUR
    halt(outbox, None)
    now = look(outbox)
    assert (now.oldest_waiting, now.waiting, now.paused, now.may_go) == (None, 4, 4, 0)


@pytest.mark.parametrize(("rows", "least", "most"), [(100, 0.1, 0.1), (3, 0.11, 0.3)])
def test_the_rate_is_that_of_the_newest_attempts(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, rows: int, least: float, most: float
) -> None:
    """Six begun in the last minute are 0.1 a second; where only the newest are looked at, over the time they cover."""
    monkeypatch.setattr(overview, "RATE_ROWS", rows)
    key = outbox.text(state="accepted")
    for n, seconds in enumerate((600, 90, 35, 30, 25, 10, 8, 5), start=1):
        begun = outbox.ago(seconds)
        outbox.add(Attempt, message_id=key, n=n, gateway=GATEWAY, state="accepted", claimed_at=begun, business_at=NOON,
                   lease_until=begun, changed_at=begun)  # fmt: skip
    assert least <= look(outbox).rate <= most


TROUBLE = {"last_error": "20429", "last_error_at": NOON - HOUR}
LANES: list[tuple[LaneState, float, dict[str, object]]] = [
    ("idle", 0.0, {}),
    ("running", 0.5, {}),
    ("backing_off", 0.5, {"troubles": 1, "retry_at": NOON + HOUR, **TROUBLE}),
    ("probing", 0.5, {"troubles": 1, "retry_at": NOON - HOUR, **TROUBLE}),
    ("probing", 0.0, {"troubles": 2, **TROUBLE}),
    ("stopped", 0.5, {"stopped": "20003", "troubles": 1, "retry_at": NOON + HOUR, **TROUBLE}),
]


@pytest.mark.parametrize(("state", "rate", "columns"), LANES)
def test_what_the_lane_does(state: LaneState, rate: float, columns: dict[str, object]) -> None:
    """The gravest first."""
    free: dict[str, object] = dict.fromkeys(LaneRow.__dataclass_fields__)
    lane = LaneRow(**(free | {"gateway": GATEWAY, "troubles": 0} | columns))  # type: ignore[arg-type]
    assert lane_state(lane, Standing(NOON, 0, 0, 0, 0, 0, 0, 0, None, rate)) == state


def test_locking_every_lane_makes_the_one_that_is_not_there(outbox: Outbox) -> None:
    """A first claim would make it, unseen."""
    outbox.add(GatewayLane, gateway="simulator", troubles=0)
    outbox.doing(lambda session: lanes.lock_all(session, GATEWAY, 10))
    outbox.doing(lambda session: lanes.lock_all(session, GATEWAY, 10))
    assert sorted(row["gateway"] for row in outbox.rows(GatewayLane)) == ["simulator", GATEWAY]
