"""The lane with the official SDK against a local Twilio, every fault on the way: in the end each text exactly once."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from notifier.gateways.base import Outgoing
from notifier.gateways.simulator import Simulator
from notifier.gateways.simulator_profile import NetworkProfile, Reaction
from notifier.jobs import send
from notifier.jobs.reconcile import ReconcileResult
from notifier.jobs.record import NOT_BEGUN
from notifier.jobs.send import BROKEN, LaneSettings, start_lane
from notifier.schedules import Schedules, parse_schedules
from notifier.store.engine import Store
from notifier.store.simulated import SimulatedNetwork
from notifier.store.tables import Attempt, Customer, GatewayLane, Run, Suppression
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox
from tests.support.sending import SCHEDULES, SHOP_KEY, drained, lane_of, reconciled, schedules, twilio_at
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, running_twilio

K = FaultKind
MINUTE = timedelta(minutes=1)
LIMIT = 1.0
"""Seconds for a POST that is to be given up: more than a busy machine takes to hand it over."""


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A local Twilio."""
    with running_twilio(seed=3) as running:
        yield running


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An outbox on either database."""
    return Outbox(store, key=SHOP_KEY)


@pytest.fixture
def embedded(sqlite_store: Store) -> Outbox:
    """An outbox on SQLite, for what the database has little part in."""
    return Outbox(sqlite_store, key=SHOP_KEY)


def times_accepted(twilio: TwilioHandle) -> Counter[int]:
    """Message → how often the provider accepted it, by its callback's m."""
    return Counter(int(row["message"]) for row in twilio.accepted())


FAULTS = {
    "time-out after accepting": Fault(K.HANG_AFTER_ACCEPTING, seconds=3),
    "time-out without accepting": Fault(K.HANG_BEFORE_ACCEPTING, seconds=3),
    "500 after accepting": Fault(K.ERROR_AFTER_ACCEPTING),
    "503 after accepting": Fault(K.ERROR_AFTER_ACCEPTING, status=503),
    "500 without accepting": Fault(K.ERROR_BEFORE_ACCEPTING),
    "reset after accepting": Fault(K.RESET_AFTER_ACCEPTING),
    "reset without accepting": Fault(K.RESET_BEFORE_ACCEPTING),
    "no JSON after accepting": Fault(K.GARBLED_AFTER_ACCEPTING),
    "answer slower than the limit": Fault(K.SLOW_ANSWER, seconds=2),
    "accepted after the limit": Fault(K.LATE_ACCEPTANCE, seconds=1.5),
    "429": Fault(K.RATE_LIMITED),
    "429 with Retry-After": Fault(K.RATE_LIMITED, retry_after=1),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_each_text_is_accepted_exactly_once_in_the_end(
    embedded: Outbox, twilio: TwilioHandle, fault: Fault
) -> None:
    """Send until empty, reconcile until settled, send again: nothing lost, nothing twice, nothing unknown."""
    keys = embedded.texts(3)
    twilio.script(fault)
    await drained(embedded, twilio_at(twilio.url), post_timeout=LIMIT)
    result = await settled(embedded, twilio)
    assert result.still_unknown == 0
    await all_sent(embedded, twilio)
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)
    assert embedded.states() == {"accepted": 3}
    assert embedded.one(Run, id=embedded.ready)["state"] == "done"


async def settled(outbox: Outbox, twilio: TwilioHandle) -> ReconcileResult:
    """The leases are over, and whatever the provider accepts late it has accepted; then a reconciliation."""
    await asyncio.sleep(LIMIT)
    leases_lapse(outbox)
    return await reconciled(outbox, twilio_at(twilio.url))


async def all_sent(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Send and reconcile, in turn, until nothing is left to do for either: on a busy machine a POST may be given up
    before it has reached the provider, and its fault is met by another one.
    """
    for _ in range(4):
        await drained(outbox, twilio_at(twilio.url))
        if set(outbox.states()) == {"accepted"}:
            return
        await settled(outbox, twilio)


def leases_lapse(outbox: Outbox) -> None:
    """A minute passes: the leases of what is under way, and of what nobody can tell about, are over."""
    for attempt in outbox.rows(Attempt):
        if attempt["state"] in ("posting", "unknown"):
            times = {"claimed_at": attempt["claimed_at"] - MINUTE, "lease_until": outbox.ago(1)}
            outbox.change(Attempt, attempt["id"], **times)


async def test_every_fault_at_once(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Sixty texts, the first of which meet every fault twice, on both databases."""
    keys = outbox.texts(60)
    twilio.script(*FAULTS.values(), *FAULTS.values())
    await drained(outbox, twilio_at(twilio.url), post_timeout=LIMIT)
    await settled(outbox, twilio)
    await all_sent(outbox, twilio)
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)
    assert outbox.states() == {"accepted": 60}


async def test_several_texts_to_one_phone_are_told_apart(embedded: Outbox, twilio: TwilioHandle) -> None:
    """One is lost on the way, one accepted without an answer: the listing shows which."""
    li = embedded.customer()
    keys = [embedded.text(li), embedded.text(li)]
    twilio.script(Fault(K.ERROR_BEFORE_ACCEPTING), Fault(K.ERROR_AFTER_ACCEPTING))
    result = await drained(embedded, twilio_at(twilio.url))
    assert result.unknown == 2
    told = await settled(embedded, twilio)
    assert (told.settled_accepted, told.settled_not_accepted) == (1, 1)
    await drained(embedded, twilio_at(twilio.url))
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)


async def test_connection_refused_keeps_everything_planned(embedded: Outbox, twilio: TwilioHandle) -> None:
    """Nothing was handed over, so nothing is unknown; once the line is back, each goes once."""
    keys = embedded.texts(3)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        result = await drained(embedded, twilio_at(nowhere), until_empty=False)
    assert (result.accepted, result.unknown, result.waiting) == (0, 0, 3)
    assert embedded.lane()["troubles"] > 0
    await drained(embedded, twilio_at(twilio.url))
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)


async def test_retry_after_is_waited_out(embedded: Outbox, twilio: TwilioHandle) -> None:
    """--until-empty waits as long as the provider says, then sends the rest."""
    keys = embedded.texts(2)
    twilio.script(*[Fault(K.RATE_LIMITED, retry_after=2)] * 2)
    started = time.monotonic()
    result = await drained(embedded, twilio_at(twilio.url))
    assert time.monotonic() - started > 1.9
    assert (result.accepted, result.waiting, twilio.posts()) == (2, 0, 4)
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)


async def test_without_until_empty_a_back_off_ends_the_drain(embedded: Outbox, twilio: TwilioHandle) -> None:
    """The next tick goes on where this one stopped."""
    embedded.texts(2)
    twilio.script(*[Fault(K.RATE_LIMITED, retry_after=30)] * 2)
    result = await drained(embedded, twilio_at(twilio.url), until_empty=False)
    assert (result.accepted, result.waiting, twilio.posts()) == (0, 2, 2)
    again = await drained(embedded, twilio_at(twilio.url), until_empty=False)
    assert (again.waiting, twilio.posts()) == (2, 2)


async def test_starting_anew_does_not_break_the_providers_pause(embedded: Outbox, twilio: TwilioHandle) -> None:
    """`notifier send` lets a stopped lane try again; a Retry-After it still obeys."""
    embedded.text()
    twilio.script(Fault(K.RATE_LIMITED, retry_after=30))
    await drained(embedded, twilio_at(twilio.url), until_empty=False)
    start_lane(embedded.store, GATEWAY)
    await drained(embedded, twilio_at(twilio.url), until_empty=False)
    assert twilio.posts() == 1


async def test_a_provider_that_never_answers_costs_ten_doubts_and_then_one_at_a_time(
    embedded: Outbox, twilio: TwilioHandle
) -> None:
    """It takes connections and says nothing: the lane waits, and asks with single texts until one is answered."""
    keys = embedded.texts(60)
    twilio.chances((1.0, Fault(K.HANG_BEFORE_ACCEPTING, seconds=3)))
    result = await drained(embedded, twilio_at(twilio.url), until_empty=False, in_flight=5, post_timeout=LIMIT)
    assert 10 <= result.unknown <= 17
    assert (result.stopped, embedded.lane()["troubles"] > 0) == (None, True)
    over = embedded.ago(1)
    embedded.change(GatewayLane, embedded.lane()["id"], retry_at=over, last_error_at=over)
    probe = await drained(embedded, twilio_at(twilio.url), until_empty=False, in_flight=5, post_timeout=LIMIT)
    assert probe.unknown >= 1
    assert twilio.posts() == result.unknown + probe.unknown
    twilio.chances()
    await all_sent(embedded, twilio)
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)
    assert embedded.lane()["troubles"] == 0


async def test_after_trouble_it_starts_slowly(embedded: Outbox, twilio: TwilioHandle) -> None:
    """A window of refusals, and one more; then one text, and one more for each it takes: a provider that is half back
    is not overrun.
    """
    embedded.texts(40)
    twilio.script(*[Fault(K.RATE_LIMITED)] * 12)
    await drained(embedded, twilio_at(twilio.url), in_flight=10)
    claims = Counter(row["claimed_at"] for row in embedded.rows(Attempt))
    first, probe, *later = [number for _moment, number in sorted(claims.items())]
    assert (first, probe, later[0]) == (11, 1, 1)
    for count, number in enumerate(later):
        assert number <= 1 + sum(later[:count])
    assert embedded.states() == {"accepted": 40}


async def test_numbers_that_do_not_exist_are_no_reason_to_stay_slow(embedded: Outbox, twilio: TwilioHandle) -> None:
    """After trouble a provider that refuses each text for good is back as much as one that takes them."""
    embedded.texts(30)
    twilio.chances((1.0, Fault(K.REFUSE, code=21211)))
    twilio.script(*[Fault(K.RATE_LIMITED)] * 12)
    await drained(embedded, twilio_at(twilio.url), in_flight=10)
    claims = Counter(row["claimed_at"] for row in embedded.rows(Attempt))
    _first, _probe, *later = [number for _moment, number in sorted(claims.items())]
    assert later[0] == 1
    assert max(later) > 2
    assert embedded.states() == {"failed": 30}


async def test_a_long_drain_sweeps_on_its_way(
    embedded: Outbox, twilio: TwilioHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a million texts takes a day; what lapses meanwhile is cancelled."""
    monkeypatch.setattr(send, "PREPARE_EVERY", 0.1)
    embedded.texts(60)
    twilio.chances((1.0, Fault(K.SLOW_ANSWER, seconds=0.05)))
    now = NOON
    lane = lane_of(embedded, twilio_at(twilio.url), in_flight=2)
    lane.business_now = lambda: now
    sending = asyncio.create_task(lane.drain(until_empty=True))
    while not await asyncio.to_thread(twilio.posts):
        await asyncio.sleep(0.01)
    lapsing = await asyncio.to_thread(embedded.text, valid_until=NOON + timedelta(hours=1), not_before=NOON + DAY)
    now = NOON + timedelta(hours=2)
    result = await sending
    assert embedded.state(lapsing) == ("cancelled", "validity_over")
    assert (result.accepted, result.cancelled) == (60, 1)


async def test_a_shops_own_pace_is_that_of_its_schedules(embedded: Outbox, twilio: TwilioHandle) -> None:
    """`pace: 5`: of three texts two have to wait, a fifth of a second each, though the lane would take them."""
    embedded.texts(3)
    slow = parse_schedules(SCHEDULES.replace('"20:00-09:00"', '"20:00-09:00", pace: 5'), "schedules.yaml")
    started = time.monotonic()
    await drained(embedded, twilio_at(twilio.url), read=lambda: slow)
    assert time.monotonic() - started > 0.28
    assert embedded.states() == {"accepted": 3}


async def test_what_is_held_back_is_not_gone_through_at_every_claim_and_is_not_forgotten(
    embedded: Outbox, twilio: TwilioHandle
) -> None:
    """The first texts of the run wait for the workshop; a text given back meanwhile is found before the drain ends."""
    held = [embedded.text(customer) for customer in embedded_in_workshop(embedded, 3)]
    free = embedded.texts(30)
    twilio.script(Fault(K.RATE_LIMITED))
    await drained(embedded, twilio_at(twilio.url), in_flight=5)
    assert times_accepted(twilio) == dict.fromkeys(free, 1)
    assert {embedded.state(key)[0] for key in held} == {"planned"}


def embedded_in_workshop(outbox: Outbox, number: int) -> list[int]:
    """Customers whose cars are being looked after at this moment."""
    customers = [outbox.customer() for _ in range(number)]
    for customer in customers:
        outbox.car(customer, in_workshop_since=NOON)
    return customers


async def test_a_bad_number_fails_and_is_marked(embedded: Outbox, twilio: TwilioHandle) -> None:
    """21211: that text only."""
    key = embedded.text(embedded.customer(phone="+1"))
    fine = embedded.text()
    result = await drained(embedded, twilio_at(twilio.url))
    assert (result.failed, result.accepted) == (1, 1)
    assert embedded.state(key) == ("failed", "21211")
    assert embedded.one(Customer, id=embedded.message(key)["customer_id"])["unreachable"] == "21211"
    assert embedded.state(fine)[0] == "accepted"


async def test_opted_out_suppresses_and_cancels_the_phones_other_texts(embedded: Outbox, twilio: TwilioHandle) -> None:
    """21610: nothing more goes to that phone."""
    li = embedded.customer()
    first, second = embedded.text(li), embedded.text(li, not_before=NOON + timedelta(days=1))
    twilio.script(Fault(K.REFUSE, code=21610))
    result = await drained(embedded, twilio_at(twilio.url))
    assert result.failed == 1
    assert embedded.state(first) == ("failed", "21610")
    assert embedded.state(second) == ("cancelled", "opted_out")
    assert len(embedded.rows(Suppression)) == 1


async def test_wrong_credentials_stop_the_lane_and_keep_everything_planned(
    embedded: Outbox, twilio: TwilioHandle
) -> None:
    """20003: until a person has mended it and starts again; then each text goes once."""
    keys = embedded.texts(80)
    result = await drained(embedded, twilio_at(twilio.url, auth_token="wrong"), post_timeout=5.0, lease=20.0)
    assert (result.stopped, result.accepted, result.waiting) == ("20003", 0, 80)
    assert embedded.states() == {"planned": 80}
    assert twilio.posts() <= 60
    idle = await drained(embedded, twilio_at(twilio.url))
    assert (idle.stopped, idle.waiting) == ("20003", 80)
    start_lane(embedded.store, GATEWAY)
    assert (await drained(embedded, twilio_at(twilio.url))).accepted == 80
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)


async def test_a_post_slower_than_its_lease_is_not_made_twice(outbox: Outbox, twilio: TwilioHandle) -> None:
    """While it hangs, another sender and a reconciler do all they can; the text is accepted only at the end."""
    key = outbox.text()
    twilio.script(Fault(K.LATE_ACCEPTANCE, seconds=3))
    slow = asyncio.create_task(drained(outbox, twilio_at(twilio.url), post_timeout=10))
    while not twilio.posts():
        await asyncio.sleep(0.02)
    outbox.change(Attempt, outbox.attempts(key)[0]["id"], lease_until=outbox.ago(0))
    seen = set()
    while not slow.done():
        await reconciled(outbox, twilio_at(twilio.url), wait=False, after=0, gap=0.1, post_timeout=10)
        await drained(outbox, twilio_at(twilio.url), until_empty=False, post_timeout=10)
        seen.add(outbox.state(key)[0])
        await asyncio.sleep(0.2)
    assert (await slow).accepted == 1
    assert "unknown" in seen
    assert (times_accepted(twilio), outbox.attempt_states(key)) == ({key: 1}, ["accepted"])


async def test_a_callback_before_the_lost_answer_settles_it_without_a_listing(
    embedded: Outbox, twilio: TwilioHandle
) -> None:
    """The reconciler finds nothing left to ask."""
    from notifier.domain.states import AttemptEvent
    from notifier.store.transitions import AttemptChange

    key = embedded.text()
    twilio.script(Fault(K.ERROR_AFTER_ACCEPTING))
    await drained(embedded, twilio_at(twilio.url))
    sid = twilio.accepted()[0]["sid"]
    embedded.happens(AttemptChange(key, 1, AttemptEvent.DELIVERED, sid=sid))
    twilio.configure(broken_pages=99, broken_from_page=0)
    assert (await reconciled(embedded, twilio_at(twilio.url))).still_unknown == 0
    assert embedded.state(key)[0] == "delivered"


# — the lease's margin —


@pytest.mark.parametrize(
    ("post_timeout", "lease", "needed"),
    [(8, 60, 15), (8, 15, 12), (0.5, 60, 7.5), (8, 1, 0.8), (30, 60, 37)],
)
def test_no_post_begins_with_less_lease_than_its_limit_and_seven_seconds(
    post_timeout: float, lease: float, needed: float
) -> None:
    """A lease too short for the rule gives most of itself, so that something is sent at all."""
    assert LaneSettings(post_timeout, lease).time_needed == pytest.approx(needed)


async def test_a_claim_that_took_too_long_is_given_back_without_a_post(embedded: Outbox, twilio: TwilioHandle) -> None:
    """Of a lease of 15 s 3 may be gone; this claim takes 3.2, and its text goes with the next one."""
    key = embedded.text()
    calls = iter([0.0, 3.2])  # the first is asked while preparing, the second inside the claim

    def slow_to_read() -> Schedules:
        time.sleep(next(calls, 0.0))
        return schedules()

    result = await drained(embedded, twilio_at(twilio.url), post_timeout=5.0, lease=15.0, read=slow_to_read)
    first, second = embedded.attempts(key)
    assert (first["state"], first["error_code"], second["state"]) == ("free", NOT_BEGUN, "accepted")
    assert (result.accepted, twilio.posts()) == (1, 1)


# — what until-empty waits for, and quiet hours —


def simulator(outbox: Outbox) -> Simulator:
    """A network without dead numbers."""
    return Simulator(SimulatedNetwork(outbox.store), profile=NetworkProfile(dead_numbers=0.0))


@pytest.fixture
def simulated(sqlite_store: Store) -> Outbox:
    """An outbox for the simulator."""
    return Outbox(sqlite_store, key=SHOP_KEY, gateway="simulator")


async def test_until_empty_does_not_wait_for_not_before(simulated: Outbox) -> None:
    """Business time stands still; what is due in a second is not due."""
    simulated.text()
    simulated.text(not_before=NOON + timedelta(seconds=1))
    result = await drained(simulated, simulator(simulated))
    assert (result.accepted, result.waiting) == (1, 1)
    assert simulated.one(Run, id=simulated.ready)["state"] == "ready"


@pytest.mark.parametrize(("kind", "sent"), [("service", 0), ("marketing", 0), ("safety", 1), ("transactional", 1)])
async def test_quiet_hours_hold_back_all_but_safety_and_answers(simulated: Outbox, kind: str, sent: int) -> None:
    """At 21:00 on the shop's wall clock, however long a text has waited."""
    simulated.text(run_id=simulated.run(kind=kind), kind=kind)
    result = await drained(simulated, simulator(simulated), now=NOON + timedelta(hours=9))
    assert (result.accepted, result.waiting) == (sent, 1 - sent)


async def test_what_is_no_longer_valid_is_swept(simulated: Outbox) -> None:
    """Also in runs nobody has approved yet."""
    keys = [simulated.text(valid_until=NOON), simulated.text(valid_until=NOON, run_id=simulated.run("review"))]
    result = await drained(simulated, simulator(simulated))
    assert (result.cancelled, result.waiting) == (2, 0)
    assert [simulated.state(key) for key in keys] == [("cancelled", "validity_over")] * 2


async def test_stopping_ends_after_what_is_in_flight(embedded: Outbox, twilio: TwilioHandle) -> None:
    """SIGTERM: no further claim, nothing left in sending."""
    embedded.texts(200)
    twilio.chances((1.0, Fault(K.SLOW_ANSWER, seconds=0.2)))
    lane = lane_of(embedded, twilio_at(twilio.url), post_timeout=5.0, lease=20.0)
    sending = asyncio.create_task(lane.drain(until_empty=True))
    while not await asyncio.to_thread(twilio.posts):
        await asyncio.sleep(0.01)
    lane.stopping.set()
    result = await asyncio.wait_for(sending, 60)
    assert 0 < result.accepted < 200
    assert embedded.states() == {"accepted": result.accepted, "planned": 200 - result.accepted}
    assert len(times_accepted(twilio)) == result.accepted


async def test_an_interrupted_drain_still_records_what_was_in_flight(embedded: Outbox, twilio: TwilioHandle) -> None:
    """Ctrl-C in the middle: the answers of the POSTs under way are waited for and written down."""
    embedded.texts(5)
    twilio.chances((1.0, Fault(K.SLOW_ANSWER, seconds=0.3)))
    sending = asyncio.create_task(drained(embedded, twilio_at(twilio.url)))
    while not twilio.posts():
        await asyncio.sleep(0.02)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert embedded.states() == {"accepted": 5}
    assert not lane_threads()


def lane_threads() -> list[str]:
    """The lanes' own threads that are still there."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lane-database")]


async def test_one_slow_post_does_not_hold_up_the_others(embedded: Outbox, twilio: TwilioHandle) -> None:
    """With three places in flight the other two are filled again and again while one POST hangs."""
    embedded.texts(9)
    twilio.script(Fault(K.SLOW_ANSWER, seconds=4))
    sending = asyncio.create_task(
        drained(embedded, twilio_at(twilio.url), in_flight=3, lease=60.0, post_timeout=20.0)
    )  # fmt: skip
    while embedded.states().get("accepted", 0) < 8 and not sending.done():
        await asyncio.sleep(0.02)
    assert embedded.states() == {"accepted": 8, "sending": 1}
    assert (await sending).accepted == 9


# — what it survives —


async def test_a_gateway_that_breaks_leaves_unknown_and_takes_no_other_answer_with_it(simulated: Outbox) -> None:
    """Whatever a gateway raises, its text may have been handed over."""
    keys = simulated.texts(5)

    def behaviour(text: Outgoing, now: datetime, draw: Random) -> Reaction:
        if text.message_id in keys[:2]:
            raise ZeroDivisionError("bad luck")
        return Reaction()

    broken = Simulator(
        SimulatedNetwork(simulated.store), behaviour=behaviour, profile=NetworkProfile(dead_numbers=0.0)
    )  # fmt: skip
    result = await drained(simulated, broken)
    assert (result.accepted, result.unknown) == (3, 2)
    assert {row["error_code"] for row in simulated.rows(Attempt, state="unknown")} == {BROKEN}


def break_database(outbox: Outbox, condition: str, event: str) -> None:
    """From now on the database refuses what meets the condition."""
    with outbox.store.write() as session:
        session.execute(
            sa.text(f"CREATE TRIGGER broken BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, 'broken'); END")
        )


async def test_a_claim_that_fails_does_not_lose_what_is_in_flight(embedded: Outbox, twilio: TwilioHandle) -> None:
    """The database refuses the second claim: the first window is recorded, the threads are gone."""
    embedded.texts(20)
    twilio.script(*[Fault()] * 3)  # these make room for the second claim while the others are under way
    twilio.chances((1.0, Fault(K.SLOW_ANSWER, seconds=0.3)))
    break_database(embedded, "(SELECT count(*) FROM attempt) >= 11", "INSERT ON attempt")
    with pytest.raises(sa.exc.IntegrityError):
        await drained(embedded, twilio_at(twilio.url), in_flight=10)
    assert embedded.states() == {"accepted": 11, "planned": 9}
    assert not lane_threads()


async def test_one_answer_that_cannot_be_written_takes_no_other_with_it(embedded: Outbox, twilio: TwilioHandle) -> None:
    """It is left to its lease; once the database is mended, reconcile finds it in the listing."""
    first, *_others = embedded.texts(5)
    break_database(embedded, f"old.message_id = {first}", "UPDATE ON attempt")
    result = await drained(embedded, twilio_at(twilio.url))
    assert (result.accepted, embedded.states()) == (4, {"accepted": 4, "sending": 1})
    with embedded.store.write() as session:
        session.execute(sa.text("DROP TRIGGER broken"))
    leases_lapse(embedded)
    await reconciled(embedded, twilio_at(twilio.url))
    assert embedded.states() == {"accepted": 5}
    assert times_accepted(twilio)[first] == 1


async def test_a_database_that_takes_no_answer_at_all_ends_the_drain_with_its_error(
    embedded: Outbox, twilio: TwilioHandle
) -> None:
    """What was accepted is found by reconcile after its lease, and sent by nobody again."""
    keys = embedded.texts(5)
    break_database(embedded, "true", "UPDATE ON attempt")
    with pytest.raises(sa.exc.IntegrityError):
        await drained(embedded, twilio_at(twilio.url))
    assert not lane_threads()
    with embedded.store.write() as session:
        session.execute(sa.text("DROP TRIGGER broken"))
    await drained(embedded, twilio_at(twilio.url))
    leases_lapse(embedded)
    await reconciled(embedded, twilio_at(twilio.url))
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)
    assert embedded.states() == {"accepted": 5}


async def test_two_senders_on_one_database_send_each_text_once(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Two lanes in one process, as two machines would be."""
    keys = outbox.texts(120)
    results = await asyncio.gather(*[drained(outbox, twilio_at(twilio.url)) for _ in range(2)])
    assert sum(result.accepted for result in results) == 120
    assert times_accepted(twilio) == dict.fromkeys(keys, 1)
    assert outbox.one(GatewayLane)["troubles"] == 0
