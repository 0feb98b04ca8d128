"""Claims: the last look before a text leaves, one claim a text, and the lane's pace and back-off; on both databases."""

from __future__ import annotations

import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from notifier.domain.pace import BURST
from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Answer, AnswerKind, Policy
from notifier.jobs.record import NOT_BEGUN, Answered, record_answers
from notifier.jobs.send import start_lane
from notifier.store import lanes
from notifier.store.claims import Claim
from notifier.store.engine import Store
from notifier.store.lanes import LaneRow, may_pass
from notifier.store.tables import (
    Attempt,
    Booking,
    Customer,
    GatewayLane,
    Message,
    MessageCycle,
    Renewal,
    Suppression,
    Vehicle,
    Visit,
)
from notifier.store.transitions import AttemptChange
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox

E = AttemptEvent
TODAY = date(2026, 3, 10)


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An outbox with one ready run."""
    return Outbox(store)


def ids(claimed: Claim) -> list[int]:
    """The messages of a claim."""
    return [text.message_id for text in claimed.texts]


# — row 1: checks pass —


def test_a_claim_makes_a_posting_attempt_and_a_sending_message(outbox: Outbox) -> None:
    """Committed before anything is posted, with a lease by the database's clock."""
    key = outbox.text()
    before = outbox.ago(0)
    (text,) = outbox.claim(lease=timedelta(seconds=60)).texts
    row = outbox.message(key)
    assert (row["state"], row["attempts"], row["sent_at"]) == ("sending", 1, NOON)
    (attempt,) = outbox.attempts(key)
    assert (attempt["state"], attempt["n"], attempt["gateway"], attempt["business_at"]) == ("posting", 1, GATEWAY, NOON)
    assert timedelta(0) <= attempt["lease_until"] - before - timedelta(seconds=60) < timedelta(seconds=5)
    assert (text.message_id, text.n, text.phone, text.text) == (key, 1, row["phone"], row["text"])


def test_a_second_claim_is_a_second_attempt(outbox: Outbox) -> None:
    """n counts up; nothing is overwritten."""
    key = outbox.text()
    outbox.posted(key, E.FREE)
    (text,) = outbox.claim().texts
    assert text.n == 2
    assert outbox.attempt_states(key) == ["free", "posting"]


def test_what_is_first_due_goes_first_run_by_run_in_order_of_priority(outbox: Outbox) -> None:
    """Priority, then not_before, then id."""
    late_run = outbox.run(priority=5)
    unimportant = outbox.text(run_id=late_run)
    second, first = outbox.text(not_before=NOON), outbox.text(not_before=NOON - DAY)
    third = outbox.text(not_before=NOON)
    assert ids(outbox.claim(limit=3)) == [first, second, third]
    assert ids(outbox.claim(limit=3)) == [unimportant]


# — row 2: cancelled at the last moment —


def stopped(outbox: Outbox, key: int, customer: int) -> None:
    """The phone said stop, on another machine, this very second."""
    phone_key = outbox.message(key)["phone_key"]
    outbox.add(Suppression, phone_key=phone_key, reason="stop", since=NOON)


def dead(outbox: Outbox, key: int, customer: int) -> None:
    """The provider called the number dead."""
    outbox.change(Customer, customer, unreachable="21211")


def came(outbox: Outbox, key: int, customer: int) -> None:
    """A visit nobody closed the text for."""
    car = outbox.car(customer)
    outbox.touch(key, vehicle=car, came_from=TODAY)
    outbox.add(Visit, shop_id=outbox.shop, vin="L1", day=TODAY, vehicle_id=car, customer_id=customer, counted=True,
               is_maintenance=True, has_accident=False, amount_minor=1, changed_at=NOON)  # fmt: skip


def customer_came(outbox: Outbox, key: int, customer: int) -> None:
    """A win-back is answered by any car of the customer."""
    outbox.touch(key, came_from=TODAY)
    outbox.add(Visit, shop_id=outbox.shop, vin="L1", day=TODAY, vehicle_id=outbox.car(customer), customer_id=customer,
               counted=True, is_maintenance=False, has_accident=False, amount_minor=1, changed_at=NOON)  # fmt: skip


def booked(outbox: Outbox, key: int, customer: int) -> None:
    """An appointment by phone."""
    outbox.touch(key, vehicle=outbox.car(customer), came_from=TODAY)
    outbox.add(Booking, shop_id=outbox.shop, customer_id=customer, booked_on=TODAY, state="asked", created_at=NOON)


def renewed(outbox: Outbox, key: int, customer: int) -> None:
    """A policy that reaches a year further."""
    car = outbox.car(customer)
    outbox.touch(key, vehicle=car, came_from=TODAY, answered_by="renewal")
    outbox.add(Renewal, shop_id=outbox.shop, policy_no="P1", vin="L1", vehicle_id=car, customer_id=customer, day=TODAY,
               ends_on=TODAY + 365 * DAY, premium_minor=1, commission_minor=1, changed_at=NOON)  # fmt: skip


def sold(outbox: Outbox, key: int, customer: int) -> None:
    """The car was sold while the text was on its way and came back."""
    car = outbox.car(customer)
    outbox.touch(key, vehicle=car, came_from=TODAY)
    outbox.change(Vehicle, car, state="sold")


def new_owner(outbox: Outbox, key: int, customer: int) -> None:
    """The car is another customer's by now."""
    car = outbox.car(customer)
    outbox.touch(key, vehicle=car, came_from=TODAY)
    outbox.change(Vehicle, car, customer_id=outbox.customer())


def over(outbox: Outbox, key: int, customer: int) -> None:
    """Its last day ended after the last sweep."""
    outbox.change(Message, key, valid_until=NOON)


CANCELS = {
    "opted_out": stopped, "unreachable": dead, "came": came, "came ": customer_came, "booked": booked,
    "renewed": renewed, "sold": sold, "sold ": new_owner, "validity_over": over,
}  # fmt: skip


@pytest.mark.parametrize("reason", CANCELS)
def test_the_claim_cancels_what_became_pointless_since_planning(outbox: Outbox, reason: str) -> None:
    """And claims the other texts of the same step."""
    customer = outbox.customer()
    key, fine = outbox.text(customer), outbox.text()
    CANCELS[reason](outbox, key, customer)
    claimed = outbox.claim()
    assert ids(claimed) == [fine]
    assert claimed.cancelled == 1
    assert outbox.state(key) == ("cancelled", reason.strip())
    assert outbox.message(key)["sent_at"] is None


@pytest.mark.parametrize("reason", [reason for reason in CANCELS if reason != "validity_over"])
def test_a_text_that_was_sending_then_and_came_back_free_is_cancelled_by_the_next_claim(
    outbox: Outbox, reason: str
) -> None:
    """Stop, came, booked, renewed, sold on sending: stays; if free, the next claim cancels."""
    customer = outbox.customer()
    key = outbox.text(customer)
    n = outbox.posted(key)
    CANCELS[reason](outbox, key, customer)
    assert outbox.state(key)[0] == "sending"
    outbox.happens(AttemptChange(key, n, E.FREE, at=NOON - timedelta(seconds=1)))
    assert outbox.state(key)[0] == "planned"
    assert ids(outbox.claim()) == []
    assert outbox.state(key) == ("cancelled", reason.strip())


def test_a_lifted_suppression_holds_nothing_back(outbox: Outbox) -> None:
    """Who asked for texts again gets them."""
    key = outbox.text()
    phone_key = outbox.message(key)["phone_key"]
    outbox.add(Suppression, phone_key=phone_key, reason="stop", since=NOON, lifted_at=NOON)
    assert ids(outbox.claim()) == [key]


@pytest.mark.parametrize(
    ("what", "columns"),
    [
        ("visit too early", {"day": TODAY - DAY, "counted": True}),
        ("visit that does not count", {"day": TODAY, "counted": False}),
    ],
)
def test_what_answers_nothing_holds_nothing_back(outbox: Outbox, what: str, columns: dict[str, Any]) -> None:
    """A visit before the reminder's time, or one of PDI, internal, accident."""
    customer = outbox.customer()
    key, car = outbox.text(customer), outbox.car(customer)
    outbox.touch(key, vehicle=car, came_from=TODAY)
    outbox.add(Visit, shop_id=outbox.shop, vin="L1", vehicle_id=car, customer_id=customer, is_maintenance=False,
               has_accident=False, amount_minor=1, changed_at=NOON, **columns)  # fmt: skip
    assert ids(outbox.claim()) == [key]


def test_a_text_about_two_cars_of_which_one_came_waits_for_its_new_wording(outbox: Outbox) -> None:
    """It is neither sent as it stands nor cancelled."""
    customer = outbox.customer()
    key = outbox.text(customer)
    came(outbox, key, customer)
    outbox.touch(key, vehicle=outbox.car(customer), came_from=TODAY)
    claimed = outbox.claim()
    assert (ids(claimed), claimed.cancelled) == ([], 0)
    row = outbox.message(key)
    assert (row["state"], row["text"]) == ("planned", None)
    assert [touch["closed"] for touch in outbox.rows(MessageCycle, message_id=key)].count("came") == 1
    assert outbox.claim().looked_at == 0


# — row 3: stays planned —


def test_before_its_not_before_a_text_stays_planned(outbox: Outbox) -> None:
    """The very moment is allowed."""
    key = outbox.text(not_before=NOON + DAY)
    assert ids(outbox.claim(now=NOON + DAY - timedelta(seconds=1))) == []
    assert outbox.state(key)[0] == "planned"
    assert ids(outbox.claim(now=NOON + DAY)) == [key]


@pytest.mark.parametrize("state", ["planning", "review", "done", "void"])
def test_a_text_of_a_run_that_is_not_ready_stays_planned(outbox: Outbox, state: str) -> None:
    """Half-planned, waiting for a person, or over."""
    key = outbox.text(run_id=outbox.run(state))
    assert ids(outbox.claim()) == []
    assert outbox.state(key)[0] == "planned"


def test_a_text_of_a_paused_campaign_stays_planned(outbox: Outbox) -> None:
    """And of no other."""
    other = outbox.text(run_id=outbox.run(campaign="winback"), campaign_id="winback")
    key = outbox.text()
    outbox.pause("due")
    assert ids(outbox.claim()) == [other]
    assert outbox.state(key)[0] == "planned"


def test_a_text_in_the_shops_quiet_hours_stays_planned(outbox: Outbox) -> None:
    """`may_send` refuses whole runs; the others go."""
    safety = outbox.run(kind="safety")
    recall, reminder = outbox.text(run_id=safety), outbox.text()
    claimed = outbox.claim(may_send=lambda run: run.settings["kind"] == "safety")
    assert ids(claimed) == [recall]
    assert outbox.state(reminder)[0] == "planned"


def test_a_text_planned_for_another_gateway_stays_planned(outbox: Outbox) -> None:
    """Its wording was made for that one."""
    key = outbox.text(gateway="simulator")
    assert ids(outbox.claim()) == []
    assert outbox.state(key)[0] == "planned"


# — two workers —


def test_two_workers_never_claim_the_same_text(outbox: Outbox) -> None:
    """Four threads at 60 texts: each text once."""
    keys = outbox.texts(60)
    found: list[int] = []

    def work() -> None:
        while claimed := ids(outbox.claim(limit=4)):
            found.extend(claimed)

    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(work) for _ in range(4)]:
            running.result(60)
    assert sorted(found) == sorted(keys)
    assert len(outbox.rows(Attempt)) == 60


def test_a_claim_does_not_wait_for_a_text_another_transaction_holds(postgres_url: str) -> None:
    """PostgreSQL skips it; SQLite has one writer, so there a claim waits its turn."""
    with closing(Store(postgres_url)) as store:
        _claim_skips_what_is_held(Outbox(store))


def _claim_skips_what_is_held(outbox: Outbox) -> None:
    held, free = outbox.texts(2)
    with outbox.store.write() as session:
        session.get(Message, held, with_for_update=True)
        assert ids(outbox.claim()) == [free]
    assert ids(outbox.claim()) == [held]


# — the pace —


def test_four_threads_keep_to_a_hundred_a_second_together(outbox: Outbox) -> None:
    """Whoever asks, no second has more than the pace and the burst, and nobody is told to wait longer than a burst.

    By the database's clock, so it holds however slow this machine is; benchmarks/pace.py has the figures.
    """
    keys = outbox.texts(230)
    waits: list[timedelta] = []

    def work() -> None:
        while (claimed := outbox.claim(limit=50, rate=100)).texts or claimed.again_at is not None:
            if claimed.again_at is not None:
                waits.append(claimed.again_at - claimed.clock)
                time.sleep(0.005)

    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(work) for _ in range(4)]:
            running.result(60)
    attempts = outbox.rows(Attempt)
    moments = sorted(row["claimed_at"].timestamp() for row in attempts)
    assert sorted(row["message_id"] for row in attempts) == keys
    assert max(bisect_left(moments, moment + 1.0) - index for index, moment in enumerate(moments)) <= 107
    assert max(waits, default=BURST) <= BURST + timedelta(milliseconds=1)


def test_the_burst_is_a_twentieth_of_a_second(outbox: Outbox) -> None:
    """After a long pause five texts go at once at 100 a second, not a hundred."""
    outbox.texts(50)
    assert len(outbox.claim(limit=50, rate=100).texts) == 5


def test_segments_count_where_the_provider_counts_segments(outbox: Outbox) -> None:
    """Two segments a text: half as many texts; a provider that counts messages takes them all."""
    outbox.texts(40, segments=2)
    assert len(outbox.claim(limit=50, rate=100).texts) == 2
    other = Outbox(outbox.store, key="other", gateway="other")
    other.texts(40, segments=2)
    assert len(other.claim(limit=50, rate=100, unit="message").texts) == 5


def test_a_text_longer_than_the_burst_goes_and_is_paid_for_afterwards(outbox: Outbox) -> None:
    """24 segments at one a second: the lane owes 24 seconds, no more and no less."""
    outbox.texts(2, segments=24)
    begun = outbox.claim(limit=1, rate=1)
    assert len(begun.texts) == 1
    waiting = outbox.claim(limit=1, rate=1)
    assert (ids(waiting), waiting.looked_at) == ([], 0)
    assert waiting.again_at == begun.clock + timedelta(seconds=24) - BURST + timedelta(milliseconds=1)
    outbox.change(GatewayLane, outbox.lane()["id"], arrival_at=outbox.ago(0))  # they have passed
    assert len(outbox.claim(limit=1, rate=1).texts) == 1


def test_a_shop_keeps_to_its_own_pace_and_holds_up_no_other(outbox: Outbox) -> None:
    """At one in ten seconds one text of the shop goes; its sister's go, as many as the lane lets through."""
    outbox.texts(30)
    theirs = Outbox(outbox.store, key="sister").texts(30)
    claimed = outbox.claim(limit=50, rate=400, shops={outbox.shop: 0.1})
    assert len(claimed.texts) == 20
    assert [key for key in ids(claimed) if key in theirs] == theirs[:19]
    again = outbox.claim(limit=50, shops={outbox.shop: 0.1})
    assert ids(again) == theirs[19:]


def test_a_shop_that_has_to_wait_for_its_own_pace_says_until_when(outbox: Outbox) -> None:
    """One text in ten seconds: the first goes, the second is told the moment, and nothing is looked at meanwhile."""
    first, _second = outbox.texts(2)
    begun = outbox.claim(shops={outbox.shop: 0.1})
    assert ids(begun) == [first]
    waiting = outbox.claim(shops={outbox.shop: 0.1})
    assert (ids(waiting), waiting.looked_at) == ([], 0)
    assert waiting.again_at == begun.clock + timedelta(seconds=10) - BURST + timedelta(milliseconds=1)


def test_a_shop_without_another_text_keeps_nobody_waiting(outbox: Outbox) -> None:
    """Its pace has no room for ten seconds, and nothing needs any."""
    outbox.text()
    outbox.text(not_before=NOON + DAY)
    assert len(outbox.claim(shops={outbox.shop: 0.1}).texts) == 1
    assert outbox.claim(shops={outbox.shop: 0.1}).again_at is None


def test_a_claim_says_how_far_it_has_gone_through_a_run(outbox: Outbox) -> None:
    """Up to the first text that was free and found no room; the next claim goes on there, by moment and id."""
    early = outbox.text(not_before=NOON - DAY)
    same = outbox.texts(3)
    begun = outbox.claim(limit=2)
    assert ids(begun) == [early, same[0]]
    assert begun.passed == {outbox.ready: (NOON, same[0])}
    going_on = outbox.claim(limit=3, passed={outbox.ready: (NOON, same[1])})
    assert ids(going_on) == [same[2]]
    outbox.text(not_before=NOON - DAY)
    assert ids(outbox.claim(passed=going_on.passed)) == []
    assert len(outbox.claim().texts) == 2


def test_a_claim_without_room_keeps_its_place(outbox: Outbox) -> None:
    """Nearly every second claim of a slow lane: what is held back must not be gone through anew after each."""
    outbox.texts(2)
    place = {outbox.ready: (NOON, 7)}
    assert len(outbox.claim(limit=1, rate=0.1).texts) == 1
    waiting = outbox.claim(limit=1, rate=0.1, passed=place)
    assert (ids(waiting), waiting.passed) == ([], place)


def lane_row(clock: datetime, **columns: Any) -> LaneRow:
    """A lane's row, calm unless `columns` say otherwise."""
    values: dict[str, Any] = {
        "gateway": GATEWAY, "arrival_at": None, "retry_at": None, "troubles": 0, "stopped": None, "stopped_at": None,
        "last_error": None, "last_error_at": None, "polled_at": None,
    }  # fmt: skip
    return LaneRow(**values | columns)


@pytest.mark.parametrize(
    ("ahead", "units"),
    [(-3600, 5), (0, 5), (0.02, 3), (0.0499, 1), (0.05, 0), (0.34, 0), (0.36, 5), (3600, 5)],
)
def test_what_the_lane_lets_through(ahead: float, units: float) -> None:
    """At 100 a second, by how far its arrival time is ahead; further than one long text = a clock set back since."""
    allowed = may_pass(lane_row(NOON, arrival_at=NOON + timedelta(seconds=ahead)), NOON, 100)
    assert allowed.units == pytest.approx(units)
    if not units:
        assert allowed.again_at == NOON + timedelta(seconds=ahead) - BURST + timedelta(milliseconds=1)


def test_a_clock_set_back_does_not_stop_the_lane(outbox: Outbox) -> None:
    """Arrival and back-off were written by a clock an hour ahead."""
    outbox.texts(150)
    outbox.claim(limit=1, rate=100)
    ahead = outbox.ago(-3600)
    outbox.change(GatewayLane, outbox.lane()["id"], arrival_at=ahead, retry_at=ahead, last_error_at=ahead)
    assert len(outbox.claim(limit=5, rate=100).texts) == 5
    assert len(outbox.claim(limit=144, rate=100).texts) < 100  # the burst, and a slow machine's second


# — back-off —


def back_off(outbox: Outbox, seconds: float | None = None) -> float:
    """Trouble, then: seconds until the lane tries again."""
    outbox.doing(lambda s: lanes.back_off(s, outbox.gateway, seconds=seconds, error="20429"))
    lane = outbox.lane()
    pause: timedelta = lane["retry_at"] - lane["last_error_at"]
    return pause.total_seconds()


def pause_is_over(outbox: Outbox) -> None:
    """The back-off has run out."""
    outbox.change(GatewayLane, outbox.lane()["id"], retry_at=outbox.ago(1), last_error_at=outbox.ago(2))


def test_the_back_off_doubles_up_to_a_minute(outbox: Outbox) -> None:
    """1, 2, 4 … 60 s, each after the last pause has run out."""
    for wanted in (1, 2, 4, 8, 16, 32, 60, 60):
        assert back_off(outbox) == wanted
        pause_is_over(outbox)


def test_one_window_of_refusals_is_one_trouble(outbox: Outbox) -> None:
    """Fifty POSTs were under way when the provider had enough: the pause does not double fifty times."""
    back_off(outbox, 60)
    until = outbox.lane()["retry_at"]
    for _ in range(10):
        back_off(outbox)
        assert outbox.lane()["retry_at"] == until
    assert outbox.lane()["troubles"] == 1


def test_retry_after_is_obeyed(outbox: Outbox) -> None:
    """Also beyond our own longest pause, and the longest of several; a zero is no wish."""
    assert back_off(outbox, 90) == 90
    until = outbox.lane()["retry_at"]
    back_off(outbox, 5)
    assert outbox.lane()["retry_at"] == until
    assert back_off(outbox, 120) == 120
    assert back_off(outbox, 86_400) == 3600
    pause_is_over(outbox)
    assert back_off(outbox, 0.0) == 2


def test_nothing_is_claimed_during_a_back_off(outbox: Outbox) -> None:
    """The claim says when to ask again."""
    key = outbox.text()
    back_off(outbox, 30)
    claimed = outbox.claim()
    assert (ids(claimed), claimed.again_at) == ([], outbox.lane()["retry_at"])
    assert outbox.state(key)[0] == "planned"


def test_after_trouble_one_text_at_a_time_until_one_is_taken(outbox: Outbox) -> None:
    """The second probe waits for the answer to the first; an acceptance opens the window again."""
    outbox.texts(10)
    back_off(outbox)
    pause_is_over(outbox)
    (probe,) = outbox.claim().texts
    waiting = outbox.claim()
    assert (ids(waiting), waiting.looked_at) == ([], 0)
    assert waiting.again_at is not None
    answer = Answered(probe, Answer(AnswerKind.ACCEPTED, sid="SM1"))
    outbox.doing(lambda s: record_answers(s, GATEWAY, [answer]))
    assert outbox.lane()["troubles"] == 0
    assert len(outbox.claim().texts) == 9


def test_a_post_begun_before_the_trouble_does_not_hold_up_the_probe(outbox: Outbox) -> None:
    """It hangs; whether the provider takes texts again is asked all the same, with one text."""
    outbox.texts(3)
    assert len(outbox.claim(limit=1).texts) == 1
    back_off(outbox)
    pause_is_over(outbox)
    outbox.change(GatewayLane, outbox.lane()["id"], last_error_at=outbox.ago(0))
    assert len(outbox.claim(limit=2).texts) == 1
    assert len(outbox.claim(limit=2).texts) == 0


def test_a_probe_whose_sender_died_holds_the_lane_no_longer_than_its_lease(outbox: Outbox) -> None:
    """Nobody will answer for it."""
    outbox.texts(2)
    back_off(outbox)
    pause_is_over(outbox)
    (probe,) = outbox.claim().texts
    outbox.change(Attempt, outbox.attempts(probe.message_id)[0]["id"], lease_until=outbox.ago(1))
    assert len(outbox.claim().texts) == 1


def test_a_text_taken_before_the_trouble_does_not_end_the_pause(outbox: Outbox) -> None:
    """Its acceptance is recorded while the lane waits as the provider told it to."""
    outbox.texts(2)
    (early, refused) = outbox.claim().texts
    told = Answer(AnswerKind.FREE, code="20429", policy=Policy.RETRY, retry_after=30)
    outbox.doing(lambda s: record_answers(s, GATEWAY, [Answered(refused, told)]))
    outbox.doing(lambda s: record_answers(s, GATEWAY, [Answered(early, Answer(AnswerKind.ACCEPTED, sid="SM1"))]))
    assert outbox.lane()["troubles"] == 1
    assert outbox.claim().again_at == outbox.lane()["retry_at"]


def test_a_stopped_lane_keeps_everything_planned_until_a_person_starts_it(outbox: Outbox) -> None:
    """And says why it stands."""
    outbox.texts(3)
    (first,) = outbox.claim(limit=1).texts
    wrong = Answer(AnswerKind.FREE, code="20003", text="Authenticate", policy=Policy.STOP_LANE)
    outbox.doing(lambda s: record_answers(s, GATEWAY, [Answered(first, wrong)]))
    claimed = outbox.claim()
    assert (ids(claimed), claimed.stopped) == ([], "20003")
    assert outbox.states() == {"planned": 3}
    start_lane(outbox.store, GATEWAY)
    assert len(outbox.claim().texts) == 3


def test_a_post_not_begun_slows_the_lane_down(outbox: Outbox) -> None:
    """Whoever is too slow to begin within the lease must not claim and give back without end."""
    outbox.texts(2)
    (first, _second) = outbox.claim().texts
    outbox.doing(lambda s: record_answers(s, GATEWAY, [Answered(first, Answer(AnswerKind.FREE, code=NOT_BEGUN))]))
    assert outbox.claim().again_at is not None
    assert outbox.lane()["last_error"] == NOT_BEGUN
