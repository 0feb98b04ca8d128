"""Pauses of a shop and of everything: at once, for every kind of text, and nothing planned is lost; both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from notifier.engines.news import News
from notifier.gateways.simulator import Simulator
from notifier.gateways.simulator_profile import NetworkProfile
from notifier.jobs.send import SendResult
from notifier.store import campaigns, pauses
from notifier.store.engine import Session, Store
from notifier.store.lanes import lane_of
from notifier.store.simulated import SimulatedNetwork
from notifier.store.tables import GatewayLane, Pause
from tests.support.outbox import GATEWAY, NOON, Outbox
from tests.support.sending import SHOP_KEY, drained

WANG = "wang"


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """The outbox of Quanzhou."""
    return Outbox(store, key="quanzhou")


def pause(outbox: Outbox, shop: str | None = None, by: str = WANG) -> bool:
    """A person halts a shop, or everything, and waits for what is being claimed meanwhile."""
    is_new = bool(outbox.doing(lambda session: pauses.pause(session, shop, by=by)))
    assert pauses.claims_are_over(outbox.store, GATEWAY)
    return is_new


def resume(outbox: Outbox, shop: str | None = None) -> bool:
    """And ends that."""
    return bool(outbox.doing(lambda session: pauses.resume(session, shop)))


def in_force(outbox: Outbox) -> list[tuple[str | None, str | None]]:
    """What is paused, by whom."""
    return [(each.shop, each.by) for each in outbox.doing(pauses.pauses_in_force)]


def claimed(outbox: Outbox) -> list[int]:
    """The texts a claim takes now."""
    return sorted(text.message_id for text in outbox.claim().texts)


def test_while_everything_is_paused_not_even_a_warning_leaves(outbox: Outbox) -> None:
    """Safety and answers too; all stay planned, and go once it is over."""
    keys = [outbox.text(run_id=outbox.run(kind=kind), kind=kind) for kind in ("safety", "transactional", "service")]
    assert pause(outbox)
    assert claimed(outbox) == []
    assert {outbox.state(key)[0] for key in keys} == {"planned"}
    assert resume(outbox)
    assert claimed(outbox) == keys


def test_a_paused_shop_waits_and_its_sister_goes_on(outbox: Outbox) -> None:
    """By the key staff know it by."""
    jinjiang = Outbox(outbox.store, key="jinjiang")
    ours, theirs = outbox.text(), jinjiang.text(phone="+8619911100001")
    assert pause(outbox, "quanzhou")
    assert claimed(outbox) == [theirs]
    assert resume(outbox, "quanzhou")
    assert claimed(outbox) == [ours]


def test_a_shop_that_has_no_row_yet_can_be_paused(outbox: Outbox) -> None:
    """Its first import comes later, and nothing of it leaves."""
    assert pause(outbox, "jinjiang")
    jinjiang = Outbox(outbox.store, key="jinjiang")
    jinjiang.text()
    assert claimed(outbox) == []


def test_who_paused_first_and_when_is_kept(outbox: Outbox) -> None:
    """A second pause changes nothing, and says so; the row names the shop's id where it has one."""
    assert pause(outbox, "quanzhou")
    first = outbox.one(Pause, scope="quanzhou")
    assert not pause(outbox, "quanzhou", by="chen")
    assert outbox.one(Pause, scope="quanzhou") == first
    assert (first["shop_id"], first["by"]) == (outbox.shop, WANG)
    assert abs(first["since"] - outbox.ago(0)) < timedelta(seconds=30)


def test_a_shop_paused_by_itself_stays_paused_when_everything_is_resumed(outbox: Outbox) -> None:
    """And the other way round: whoever resumes one shop does not lift the pause of all."""
    key = outbox.text()
    pause(outbox, "quanzhou")
    pause(outbox, by="chen")
    assert in_force(outbox) == [(None, "chen"), ("quanzhou", WANG)]
    assert resume(outbox)
    assert in_force(outbox) == [("quanzhou", WANG)]
    assert claimed(outbox) == []
    pause(outbox)
    assert resume(outbox, "quanzhou")
    assert claimed(outbox) == []
    assert resume(outbox)
    assert claimed(outbox) == [key]


def test_resuming_what_is_not_paused_says_so(outbox: Outbox) -> None:
    """There was nothing to end."""
    assert not resume(outbox)
    assert not resume(outbox, "quanzhou")


def test_the_pause_is_whole_when_two_press_at_once(outbox: Outbox) -> None:
    """Of eight people one is first, and no two wait for each other for ever."""
    with ThreadPoolExecutor(8) as pool:
        pressed = [pool.submit(pause, outbox, None, f"p{n}") for n in range(8)]
        assert sum(each.result(60) for each in pressed) == 1


# At once: the pausing transaction waits for the claim under way


@pytest.mark.parametrize("what", ["everything", "shop", "campaign"])
@pytest.mark.parametrize("is_first_claim", [True, False])
def test_a_pause_waits_for_the_claim_under_way(postgres_url: str, what: str, *, is_first_claim: bool) -> None:
    """When the command returns, whoever claims has seen it, even where the lane's row is only being made.

    SQLite has one writer, so there it waits anyway.
    """
    with closing(Store(postgres_url)) as store:
        outbox = Outbox(store, key="quanzhou")
        outbox.text()
        outbox.doing(lambda session: campaigns.mark_seen(session, outbox.shop, DUE, floor_on=None))
        if not is_first_claim:
            outbox.add(GatewayLane, gateway=GATEWAY, troubles=0)
        done = threading.Event()

        def press() -> None:
            outbox.doing(lambda session: _pause(session, what))
            assert pauses.claims_are_over(store, GATEWAY, seconds=60)
            done.set()

        with store.write() as claiming:
            lane_of(claiming, GATEWAY, lock=True)
            presser = threading.Thread(target=press)
            presser.start()
            assert not done.wait(0.15)
        presser.join(60)
        assert done.is_set()
        assert claimed(outbox) == []


def test_a_pause_counts_though_a_sender_is_frozen(postgres_url: str) -> None:
    """Its claim holds the lane for ever: whoever pauses is told so and does not wait with it; the pause is in force."""
    with closing(Store(postgres_url)) as store:
        outbox = Outbox(store, key="quanzhou")
        outbox.text()
        with store.write() as frozen:
            lane_of(frozen, GATEWAY, lock=True)
            assert outbox.doing(lambda session: pauses.pause(session, None, by=WANG))
            assert not pauses.claims_are_over(store, GATEWAY, seconds=0.05)
            assert in_force(outbox) == [(None, WANG)]
        assert pauses.claims_are_over(store, GATEWAY)
        assert claimed(outbox) == []


DUE = campaigns.KnownCampaign("due", "due", "maintenance_due")


def _pause(session: Session, what: str) -> None:
    if what == "campaign":
        campaigns.pause(session, "due", paused=True)
    else:
        pauses.pause(session, None if what == "everything" else "quanzhou", by=WANG)


def test_claims_and_pauses_at_once_leave_nothing_half(outbox: Outbox) -> None:
    """Four claim while one pauses and resumes; when the last pause has returned, nothing is claimed any more."""
    keys = outbox.texts(80)
    stopping = threading.Event()
    found: list[int] = []

    def work() -> None:
        while not stopping.is_set():
            found.extend(text.message_id for text in outbox.claim(limit=2).texts)

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work) for _ in range(4)]
        try:
            for _ in range(5):
                pause(outbox)
                resume(outbox)
            pause(outbox)
            stands = outbox.states().get("planned", 0)
            stopping.wait(0.2)
            assert outbox.states().get("planned", 0) == stands
        finally:
            stopping.set()
        for each in running:
            each.result(60)
    assert len(found) == len(set(found)) == len(keys) - stands


# What a sender and its log make of it


async def test_a_drain_ends_though_texts_wait(outbox: Outbox) -> None:
    """`send --until-empty` too; the result says what is paused, and nothing was posted."""
    simulated = Outbox(outbox.store, key=SHOP_KEY, gateway="simulator")
    simulated.texts(3)
    pause(outbox)
    gateway = Simulator(SimulatedNetwork(outbox.store), profile=NetworkProfile(dead_numbers=0.0))
    result = await drained(simulated, gateway)
    assert (result.accepted, result.waiting, [each.by for each in result.pauses]) == (0, 3, [WANG])
    resume(outbox)
    gateway = Simulator(SimulatedNetwork(outbox.store), profile=NetworkProfile(dead_numbers=0.0))
    result = await drained(simulated, gateway)
    assert (result.accepted, result.waiting, list(result.pauses)) == (3, 0, [])


def test_the_log_says_once_what_is_paused() -> None:
    """And once more where that changes; who it was stays out of the log."""
    everything, one = pauses.PauseRow(None, NOON, WANG), pauses.PauseRow("quanzhou", NOON, WANG)
    news = News()
    with capture_logs() as lines:
        for in_force in ((), (everything,), (everything,), (everything, one), (one,), (), ()):
            news.sent(SendResult(waiting=3, pauses=in_force))
    assert [(line["event"], line.get("scopes")) for line in lines] == [
        ("sending_paused", ("*",)), ("sending_paused", ("*", "quanzhou")), ("sending_paused", ("quanzhou",)),
        ("sending_resumed", None),
    ]  # fmt: skip
    assert WANG not in str(lines)
