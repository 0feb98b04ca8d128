"""Both state tables as the store keeps them, on both databases, also where two appliers meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from notifier.domain.states import AttemptEvent, AttemptState, next_attempt_state
from notifier.errors import Refused
from notifier.gateways.base import Answer, AnswerKind, Policy, StatusReport
from notifier.jobs.receive import Received, receive_statuses
from notifier.jobs.record import Answered, record_answers
from notifier.store import runs
from notifier.store.attempts import lapsed
from notifier.store.claims import Claimed, Terms, claim
from notifier.store.engine import Session, Store
from notifier.store.messages import close_answered, close_booked, sweep_validity
from notifier.store.suppressions import suppress
from notifier.store.tables import (
    Attempt,
    Coupon,
    Customer,
    Decision,
    Enrolment,
    GatewayLane,
    Message,
    MessageCycle,
    Run,
    Suppression,
)
from notifier.store.transitions import AttemptChange, apply_events
from notifier.store.visits import VisitRef
from notifier.store.waiting import Door
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox

A, E = AttemptState, AttemptEvent
TODAY = date(2026, 3, 10)


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An outbox with one ready run."""
    return Outbox(store)


def with_attempt(outbox: Outbox, state: str, message_state: str, **columns: Any) -> int:
    """A text with one attempt in that state."""
    key = outbox.text(state=message_state, attempts=1, sent_at=NOON)
    values = {
        "message_id": key, "n": 1, "gateway": GATEWAY, "state": state, "claimed_at": outbox.ago(0),
        "business_at": NOON, "lease_until": outbox.ago(0), "changed_at": NOON,
    }  # fmt: skip
    outbox.add(Attempt, **values, **columns)
    return key


MESSAGE_STATE = {
    A.POSTING: "sending", A.UNKNOWN: "unknown", A.ACCEPTED: "accepted", A.SENT: "sent",
    A.UNDELIVERED: "undelivered", A.REFUSED: "failed", A.FREE: "planned", A.DELIVERED: "delivered",
}  # fmt: skip


@pytest.mark.parametrize("event", list(AttemptEvent))
def test_every_cell_of_the_attempt_table_is_stored(outbox: Outbox, event: AttemptEvent) -> None:
    """One event meets attempts in each of the eight states; attempts and messages end as the tables say."""
    keys = {state: with_attempt(outbox, state, MESSAGE_STATE[state]) for state in AttemptState}
    applied = outbox.happens(*[AttemptChange(key, 1, event, code="30008") for key in keys.values()])
    for (state, key), result in zip(keys.items(), applied, strict=True):
        following = next_attempt_state(state, event)
        assert result.known
        assert result.moved is (following is not None)
        assert outbox.attempt_states(key) == [following or state]
        assert outbox.message(key)["state"] == MESSAGE_STATE[following or state]
        assert result.after == MESSAGE_STATE[following or state]


# — callbacks and answers —


def report(
    key: int | None, n: int | None, status: str, event: AttemptEvent | None, sid: str = "SM1", **more: Any
) -> StatusReport:
    """A status callback."""
    return StatusReport(GATEWAY, sid, status, event, message_id=key, attempt_n=n, **more)


def answered(key: int, n: int, answer: Answer) -> Answered:
    """What came back for that attempt."""
    return Answered(Claimed(key, n, "+8619900000001", "text", 1, NOON + DAY), answer)


def accepted(sid: str = "SM1") -> Answer:
    """201 with this id."""
    return Answer(AnswerKind.ACCEPTED, sid=sid)


def receive(outbox: Outbox, *reports: StatusReport) -> Received:
    """Take these callbacks in one transaction."""
    with outbox.store.write() as session:
        return receive_statuses(session, reports)


def record(outbox: Outbox, *batch: Answered) -> dict[str, int]:
    """Write these answers down in one transaction."""
    with outbox.store.write() as session:
        return record_answers(session, GATEWAY, batch)


def test_a_callback_before_our_own_record_wins_and_the_answer_only_fills_in_the_sid(outbox: Outbox) -> None:
    """Delivered is told before the POST is answered."""
    key = outbox.text()
    n = outbox.posted(key)
    receive(outbox, report(key, n, "delivered", E.DELIVERED, "SM7"))
    record(outbox, answered(key, n, accepted("SM7")))
    (attempt,) = outbox.attempts(key)
    assert (attempt["state"], attempt["provider_sid"]) == ("delivered", "SM7")
    assert outbox.state(key) == ("delivered", None)


def test_a_callback_by_id_alone_waits_until_the_answer_binds_the_id(outbox: Outbox) -> None:
    """A pulled status does not name our message; it is kept and applied with the record."""
    key = outbox.text()
    n = outbox.posted(key)
    received = receive(outbox, report(None, None, "sent", E.SENT))
    assert (received.events, received.applied) == (1, 0)
    assert outbox.state(key)[0] == "sending"
    record(outbox, answered(key, n, accepted()))
    assert outbox.state(key)[0] == "sent"
    (event,) = outbox.events()
    assert (event["applied"], event["message_id"], event["attempt_n"]) == (True, key, 1)


def test_a_status_kept_while_its_id_was_being_bound_is_applied_when_it_is_told_again(outbox: Outbox) -> None:
    """The event was kept after the record had looked for it: the next pull brings it again."""
    key = outbox.text()
    n = outbox.posted(key)
    receive(outbox, report(None, None, "delivered", E.DELIVERED))
    outbox.happens(AttemptChange(key, n, E.ACCEPTED, sid="SM1"))  # the record, without its look at early events
    assert outbox.state(key)[0] == "accepted"
    received = receive(outbox, report(None, None, "delivered", E.DELIVERED))
    assert (received.events, received.applied) == (0, 1)
    assert outbox.state(key)[0] == "delivered"


def test_a_doubled_callback_is_kept_once_and_applied_once(outbox: Outbox) -> None:
    """Providers tell things twice, in one batch or in two."""
    key = outbox.text()
    n = outbox.posted(key, AttemptChange(key, 1, E.ACCEPTED, sid="SM1"))
    twice = [report(key, n, "sent", E.SENT), report(key, n, "sent", E.SENT)]
    received = receive(outbox, *twice)
    again = receive(outbox, twice[0])
    assert (received.events, received.applied, again.events, again.applied) == (1, 1, 0, 0)
    assert len(outbox.events()) == 1


def test_callbacks_out_of_order_end_as_delivered(outbox: Outbox) -> None:
    """Delivered, then sent, then queued."""
    key = outbox.text()
    n = outbox.posted(key, AttemptChange(key, 1, E.ACCEPTED, sid="SM1"))
    for status, event in (("delivered", E.DELIVERED), ("sent", E.SENT), ("queued", E.ACCEPTED)):
        receive(outbox, report(key, n, status, event))
    assert outbox.state(key)[0] == "delivered"
    assert len(outbox.events()) == 3


def test_a_status_we_do_not_know_is_kept_and_changes_nothing(outbox: Outbox) -> None:
    """Statuses are added over the years."""
    key = outbox.text()
    n = outbox.posted(key, E.ACCEPTED)
    receive(outbox, report(key, n, "of_tomorrow", None))
    assert outbox.state(key)[0] == "accepted"
    assert outbox.events()[0]["event"] is None


def test_an_unknown_message_is_kept_as_an_event(outbox: Outbox) -> None:
    """A callback may name what this database never had."""
    received = receive(outbox, report(987_654, 1, "sent", E.SENT))
    assert (received.events, received.applied) == (1, 0)
    assert outbox.events()[0]["applied"] is False


def test_the_sid_is_bound_once_and_a_contradicting_one_ignored(outbox: Outbox) -> None:
    """A callback with another id than the bound one is not this attempt's."""
    key = outbox.text()
    n = outbox.posted(key, AttemptChange(key, 1, E.ACCEPTED, sid="SM1"))
    (result,) = outbox.happens(AttemptChange(key, n, E.DELIVERED, sid="SM2"))
    assert (result.known, result.moved) == (False, False)
    (attempt,) = outbox.attempts(key)
    assert (attempt["state"], attempt["provider_sid"]) == ("accepted", "SM1")


def test_an_id_bound_to_another_attempt_stays_there_and_the_answer_counts(outbox: Outbox) -> None:
    """Two attempts never share an id, and the answer that would break the key is applied all the same."""
    li, han = outbox.texts(2)
    outbox.claim()
    outbox.happens(AttemptChange(li, 1, E.ACCEPTED, sid="SM1"))
    both = [AttemptChange(han, 1, E.ACCEPTED, sid="SM1"), AttemptChange(han, 1, E.SENT, sid="SM1")]
    assert [result.moved for result in outbox.happens(*both)] == [True, True]
    assert (outbox.attempts(han)[0]["provider_sid"], outbox.state(han)[0]) == (None, "sent")
    assert (outbox.attempts(li)[0]["provider_sid"], outbox.state(li)[0]) == ("SM1", "accepted")


def test_two_attempts_given_one_id_in_one_batch_do_not_break_it(outbox: Outbox) -> None:
    """A provider that hands out an id twice."""
    li, han = outbox.texts(2)
    outbox.claim()
    outbox.happens(*[AttemptChange(key, 1, E.ACCEPTED, sid="SM1") for key in (li, han)])
    assert [outbox.attempts(key)[0]["provider_sid"] for key in (li, han)] == ["SM1", None]
    assert outbox.states() == {"accepted": 2}


def test_a_late_callback_of_an_older_attempt_beats_the_newer_refusal(outbox: Outbox) -> None:
    """Attempt 1 was thought not accepted; attempt 2 is refused; then attempt 1 turns out delivered."""
    key = outbox.text()
    outbox.posted(key, E.AMBIGUOUS, E.EMPTY_LISTINGS)
    outbox.posted(key, E.REFUSED, now=NOON + DAY)
    assert outbox.state(key)[0] == "failed"
    outbox.happens(AttemptChange(key, 1, E.DELIVERED, sid="SM1"))
    assert outbox.attempt_states(key) == ["delivered", "refused"]
    assert outbox.state(key) == ("delivered", None)
    assert outbox.message(key)["sent_at"] == NOON


def test_a_late_callback_of_an_older_attempt_stops_the_planned_repetition(outbox: Outbox) -> None:
    """Proof of acceptance takes a text out of the outbox again."""
    key = outbox.text()
    outbox.posted(key, E.AMBIGUOUS, E.EMPTY_LISTINGS)
    assert outbox.state(key)[0] == "planned"
    outbox.happens(AttemptChange(key, 1, E.SENT, sid="SM1"))
    assert outbox.state(key)[0] == "sent"
    assert outbox.claim(now=NOON + DAY).texts == []


def test_a_callback_of_an_older_attempt_waits_for_the_one_under_way(outbox: Outbox) -> None:
    """Any posting → sending; then the older proof shows."""
    key = outbox.text()
    outbox.posted(key, E.AMBIGUOUS, E.EMPTY_LISTINGS)
    outbox.posted(key, now=NOON + DAY)
    outbox.happens(AttemptChange(key, 1, E.DELIVERED))
    assert outbox.state(key)[0] == "sending"
    outbox.happens(AttemptChange(key, 2, E.FREE, code="20429"))
    assert outbox.state(key)[0] == "delivered"


def test_opted_out_with_the_provider_suppresses_and_cancels_what_is_planned(outbox: Outbox) -> None:
    """21610 fails the text, remembers the phone and clears its plans."""
    li = outbox.customer()
    key = outbox.text(li)
    n = outbox.posted(key)
    other = outbox.text(li, not_before=NOON + DAY)
    refusal = Answer(AnswerKind.REFUSED, code="21610", policy=Policy.SUPPRESS)
    record(outbox, answered(key, n, refusal))
    assert outbox.state(key) == ("failed", "21610")
    assert outbox.state(other) == ("cancelled", "opted_out")
    assert outbox.one(Suppression)["source"] == "21610"


def test_a_bad_number_is_marked(outbox: Outbox) -> None:
    """21211 fails the text, and the next claim to that customer is cancelled."""
    li = outbox.customer()
    key = outbox.text(li)
    n = outbox.posted(key)
    refusal = Answer(AnswerKind.REFUSED, code="21211", policy=Policy.MARK_NUMBER)
    record(outbox, answered(key, n, refusal))
    assert outbox.state(key) == ("failed", "21211")
    assert outbox.one(Customer, id=li)["unreachable"] == "21211"


# — two appliers meet —


def racing(outbox: Outbox, first: Callable[[Session], Any], second: Callable[[], Any]) -> Any:
    """`first` in a transaction that commits only once `second` waits for it; what `second` returned or raised."""
    with ThreadPoolExecutor(1) as pool:
        with outbox.store.write() as session:
            first(session)
            running = pool.submit(second)
            with pytest.raises(TimeoutError):
                running.result(0.15)
        return running.result(60)


def test_a_callback_racing_the_answer_loses_nothing(outbox: Outbox) -> None:
    """Two threads, one with the answer and one with the callback, over many texts at once."""
    keys = outbox.texts(30)
    outbox.claim()
    barrier = threading.Barrier(2)

    def answers() -> None:
        for start in range(0, 30, 5):
            barrier.wait(60)
            batch = [answered(key, 1, accepted(f"SM{key}")) for key in keys[start : start + 5]]
            record(outbox, *batch)

    def callbacks() -> None:
        for start in range(0, 30, 5):
            barrier.wait(60)
            batch = [report(key, 1, "delivered", E.DELIVERED, f"SM{key}") for key in reversed(keys[start : start + 5])]
            receive(outbox, *batch)

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(answers), pool.submit(callbacks)]:
            running.result(60)
    assert outbox.states() == {"delivered": 30}
    assert all(row["provider_sid"] == f"SM{row['message_id']}" for row in outbox.rows(Attempt))


def test_the_second_applier_sees_what_the_first_one_did(outbox: Outbox) -> None:
    """A refusal that waited for the proof of acceptance changes nothing any more."""
    key = outbox.text()
    n = outbox.posted(key)
    proof, refusal = AttemptChange(key, n, E.ACCEPTED, sid="SM1"), AttemptChange(key, n, E.REFUSED, code="21211")
    (applied,) = racing(outbox, lambda s: apply_events(s, [proof]), lambda: outbox.happens(refusal))
    assert applied.moved is False
    assert outbox.state(key) == ("accepted", None)


def test_void_waits_for_a_claim_under_way_and_is_refused(outbox: Outbox) -> None:
    """A run cannot be made void between the claim of its text and its commit."""
    key = outbox.text()
    with pytest.raises(Refused):
        racing(outbox, claim_in, lambda: outbox.doing(lambda s: runs.void(s, outbox.ready, by="Wang")))
    assert outbox.state(key)[0] == "sending"
    assert outbox.one(Run, id=outbox.ready)["state"] == "ready"


def claim_in(session: Session) -> None:
    """A claim of everything, inside `session`."""
    terms = Terms(GATEWAY, timedelta(seconds=60), 1e6, "segment")
    claim(session, terms, Door(lambda _run: True), now=NOON, limit=10)


def test_a_run_is_not_called_done_while_a_text_goes_back_to_planned(outbox: Outbox) -> None:
    """The undelivered text is written, not yet committed, when somebody looks whether the run is done."""
    key = outbox.text()
    outbox.posted(key, E.SENT)
    undelivered = AttemptChange(key, 1, E.UNDELIVERED, code="30003")
    racing(outbox, lambda s: apply_events(s, [undelivered]), lambda: outbox.doing(runs.settle_done))
    assert outbox.state(key)[0] == "planned"
    assert outbox.one(Run, id=outbox.ready)["state"] == "ready"


def test_a_text_that_goes_back_to_planned_while_its_run_is_called_done_reopens_it(outbox: Outbox) -> None:
    """The same race the other way round."""
    key = outbox.text()
    outbox.posted(key, E.SENT)
    undelivered = AttemptChange(key, 1, E.UNDELIVERED, code="30003")
    racing(outbox, runs.settle_done, lambda: outbox.happens(undelivered))
    assert outbox.state(key)[0] == "planned"
    assert outbox.one(Run, id=outbox.ready)["state"] == "ready"


def test_a_visit_imported_during_a_claim_leaves_the_claimed_text_alone(outbox: Outbox) -> None:
    """Neither a deadlock nor a touch closed on a text that is on its way."""
    li = outbox.customer()
    key, car = outbox.text(li), outbox.car(li)
    touch = outbox.touch(key, vehicle=car, came_from=TODAY)
    came = [VisitRef(car, li, TODAY)]
    closed = racing(outbox, claim_in, lambda: outbox.doing(lambda s: close_answered(s, visits=came)))
    assert closed == 0
    assert outbox.state(key)[0] == "sending"
    assert outbox.one(MessageCycle, id=touch)["closed"] is None


# — the message table: what is not an attempt's event —

LEFT_ALONE = ["sending", "unknown", "withheld", "accepted", "sent", "delivered", "undelivered", "failed"]


@pytest.mark.parametrize("why", ["stop", "came", "booked", "renewed", "sold", "validity over"])
def test_what_makes_a_text_pointless_cancels_it_while_it_is_planned_and_only_then(outbox: Outbox, why: str) -> None:
    """One customer with a text in every state: only the planned one is cancelled."""
    li = outbox.customer()
    car = outbox.car(li)
    texts = {state: outbox.text(li, state=state) for state in ("planned", *LEFT_ALONE)}
    for number, key in enumerate(texts.values()):
        outbox.touch(key, vehicle=car, came_from=TODAY, anchor_on=TODAY - number * DAY,
                     answered_by="renewal" if why == "renewed" else "visit")  # fmt: skip
    events: dict[str, Callable[[Session], Any]] = {
        "stop": lambda s: suppress(s, outbox.one(Customer, id=li)["phone_key"], reason="stop", source="R"),
        "came": lambda s: close_answered(s, visits=[VisitRef(car, li, TODAY)]),
        "booked": lambda s: close_booked(s, li, car, TODAY),
        "renewed": lambda s: close_answered(s, renewed={car: TODAY + 365 * DAY}),
        "sold": lambda s: close_answered(s, sold=[car]),
        "validity over": lambda s: sweep_validity(s, NOON + 10 * DAY),
    }
    reasons = {"stop": "opted_out", "validity over": "validity_over"}
    assert outbox.doing(events[why]) == 1
    assert outbox.state(texts["planned"]) == ("cancelled", reasons.get(why, why))
    assert [outbox.state(texts[state])[0] for state in LEFT_ALONE] == LEFT_ALONE
    kept = outbox.rows(MessageCycle, message_id=texts["planned"])
    assert len(kept) == (0 if why == "sold" else 1)  # only a sale frees the cycle


def test_the_sweep_takes_a_text_at_the_very_moment_its_validity_ends(outbox: Outbox) -> None:
    """valid_until itself is too late."""
    key = outbox.text(valid_until=NOON + DAY)
    assert outbox.doing(lambda s: sweep_validity(s, NOON + DAY - timedelta(seconds=1))) == 0
    assert outbox.doing(lambda s: sweep_validity(s, NOON + DAY)) == 1
    assert outbox.state(key) == ("cancelled", "validity_over")


def test_void_cancels_what_is_planned_withheld_and_cancelled_and_frees_the_cycles(outbox: Outbox) -> None:
    """A wholly unsent run is as if it had never been, in caps and in lift as well; its touches wait for the next."""
    run = outbox.run("review")
    keys = [outbox.text(run_id=run, state=state) for state in ("planned", "withheld", "cancelled")]
    for number, key in enumerate(keys):
        outbox.touch(key, came_from=TODAY, anchor_on=TODAY - number * DAY)
        outbox.enrol(key)
    outbox.add(Coupon, shop_id=outbox.shop, code="GRRF", campaign_id="due",
               customer_id=outbox.message(keys[0])["customer_id"], message_id=keys[0], value_minor=20_000,
               issued_on=TODAY, ends_on=TODAY)  # fmt: skip
    assert outbox.doing(lambda s: runs.void(s, run, by="Wang")) == 3
    assert [outbox.state(key) for key in keys] == [("cancelled", "void")] * 3
    assert [outbox.rows(table) for table in (MessageCycle, Enrolment, Coupon)] == [[], [], []]
    assert {(row["verdict"], row["reason"]) for row in outbox.rows(Decision)} <= {("deferred", "run_rejected")}
    assert outbox.one(Run, id=run)["state"] == "void"


@pytest.mark.parametrize("state", ["posting", "unknown", "accepted", "refused", "free"])
def test_void_is_refused_once_any_attempt_exists(outbox: Outbox, state: str) -> None:
    """Also where the attempt is free and its text planned again: what may have left cannot be unsaid."""
    key = with_attempt(outbox, state, MESSAGE_STATE[A(state)])
    with pytest.raises(Refused):
        outbox.doing(lambda s: runs.void(s, outbox.ready, by="Wang"))
    assert outbox.one(Run, id=outbox.ready)["state"] == "ready"
    assert outbox.state(key)[0] == MESSAGE_STATE[A(state)]


def test_a_done_run_is_ready_again_once_a_text_of_it_is_planned_again(outbox: Outbox) -> None:
    """ready → done → ready, so that the repetition is sent."""
    key = outbox.text()
    outbox.posted(key, E.SENT)
    assert outbox.doing(runs.settle_done) == 1
    assert outbox.one(Run, id=outbox.ready)["state"] == "done"
    outbox.happens(AttemptChange(key, 1, E.UNDELIVERED, code="30003"))
    reopened = outbox.one(Run, id=outbox.ready)
    assert (reopened["state"], reopened["finished_at"]) == ("ready", None)
    assert [text.n for text in outbox.claim(now=NOON + DAY).texts] == [2]


@pytest.mark.parametrize(("state", "done"), [("planned", 0), ("sending", 0), ("unknown", 0), ("cancelled", 1),
                                             ("withheld", 1), ("failed", 1), ("delivered", 1)])  # fmt: skip
def test_done_means_nothing_planned_sending_or_unknown_left(outbox: Outbox, state: str, done: int) -> None:
    """A run with one text in that state."""
    outbox.text(state=state)
    assert outbox.doing(runs.settle_done) == done


# — two clocks —


def claimed_ago(outbox: Outbox, key: int, seconds: float) -> None:
    """Set the claim of attempt 1 back on the database's clock, not in business time."""
    (attempt,) = outbox.attempts(key)
    outbox.change(Attempt, attempt["id"], claimed_at=outbox.ago(seconds))


def test_sent_at_is_the_business_time_of_the_claim(outbox: Outbox) -> None:
    """Whatever the database's clock says, and through every state the attempt goes."""
    key = outbox.text()
    outbox.posted(key, now=NOON + DAY)
    assert outbox.message(key)["sent_at"] == NOON + DAY
    for event in (E.AMBIGUOUS, E.ACCEPTED, E.SENT, E.DELIVERED):
        outbox.happens(AttemptChange(key, 1, event))
        assert outbox.message(key)["sent_at"] == NOON + DAY


def test_sent_at_is_null_again_on_return_to_planned(outbox: Outbox) -> None:
    """A text that did not leave was not sent; the next claim dates it anew."""
    key = outbox.text()
    outbox.posted(key, E.FREE)
    assert outbox.message(key)["sent_at"] is None
    outbox.posted(key, now=NOON + DAY)
    assert outbox.message(key)["sent_at"] == NOON + DAY


def test_the_business_time_of_an_arrival_counts_from_the_claim(outbox: Outbox) -> None:
    """A callback 90 minutes after the claim by the database's clock arrives 90 minutes after `sent_at`."""
    key = outbox.text()
    outbox.posted(key, E.ACCEPTED)
    claimed_ago(outbox, key, 5400)
    outbox.happens(AttemptChange(key, 1, E.DELIVERED))
    arrived = outbox.message(key)["delivered_at"] - NOON
    assert timedelta(minutes=90) <= arrived < timedelta(minutes=91)


def test_an_arrival_is_never_before_its_claim(outbox: Outbox) -> None:
    """A clock that was set back in between."""
    key = outbox.text()
    outbox.posted(key, E.ACCEPTED)
    claimed_ago(outbox, key, -3600)
    outbox.happens(AttemptChange(key, 1, E.DELIVERED))
    assert outbox.message(key)["delivered_at"] == NOON


def test_the_simulators_own_time_is_taken_as_it_is(outbox: Outbox) -> None:
    """Where the provider lives in business time, `at` says when."""
    key = outbox.text()
    outbox.posted(key, E.ACCEPTED)
    outbox.happens(AttemptChange(key, 1, E.DELIVERED, at=NOON + DAY))
    assert outbox.message(key)["delivered_at"] == NOON + DAY


def test_a_repetition_waits_four_hours_of_business_time_and_is_valid_no_longer_than_before(outbox: Outbox) -> None:
    """not_before moves, valid_until does not."""
    key = outbox.text(valid_until=NOON + timedelta(hours=6))
    outbox.posted(key, E.SENT)
    claimed_ago(outbox, key, 3600)
    outbox.happens(AttemptChange(key, 1, E.UNDELIVERED, code="30003"))
    row = outbox.message(key)
    assert row["state"] == "planned"
    assert timedelta(hours=5) <= row["not_before"] - NOON < timedelta(hours=5, minutes=1)
    assert row["valid_until"] == NOON + timedelta(hours=6)


def test_a_repetition_that_would_come_too_late_is_none(outbox: Outbox) -> None:
    """Undelivered, and that is all."""
    key = outbox.text(valid_until=NOON + timedelta(hours=4))
    outbox.posted(key, E.SENT, AttemptChange(key, 1, E.UNDELIVERED, code="30003"))
    assert outbox.state(key) == ("undelivered", "30003")


def test_a_second_proven_non_delivery_is_the_last(outbox: Outbox) -> None:
    """Planned once more means once."""
    key = outbox.text()
    outbox.posted(key, E.SENT, AttemptChange(key, 1, E.UNDELIVERED, code="30003"))
    outbox.posted(key, E.SENT, AttemptChange(key, 2, E.UNDELIVERED, code="30003"), now=NOON + DAY)
    assert outbox.state(key) == ("undelivered", "30003")
    assert outbox.message(key)["sent_at"] == NOON + DAY


def test_a_lapsed_lease_becomes_unknown_and_a_late_answer_still_counts(outbox: Outbox) -> None:
    """The database's clock decides about the lease; the record accepts from unknown."""
    key = outbox.text()
    n = outbox.posted(key)
    assert outbox.doing(lapsed) == []
    outbox.change(Attempt, outbox.attempts(key)[0]["id"], lease_until=outbox.ago(1))
    outbox.doing(lambda s: apply_events(s, lapsed(s)))
    assert outbox.state(key)[0] == "unknown"
    counted = record(outbox, answered(key, n, accepted()))
    assert counted == {"accepted": 1}
    assert outbox.state(key)[0] == "accepted"


@pytest.mark.parametrize(
    ("answer", "before", "counted"),
    [
        (Answer(AnswerKind.AMBIGUOUS, code="time_out"), None, "unknown"),
        (Answer(AnswerKind.AMBIGUOUS, code="time_out"), E.DELIVERED, "accepted"),
        (Answer(AnswerKind.REFUSED, code="21211"), None, "failed"),
        (Answer(AnswerKind.REFUSED, code="21211"), E.SENT, "accepted"),
        (Answer(AnswerKind.FREE, code="20429"), None, "free"),
        (Answer(AnswerKind.FREE, code="20429"), E.SENT, "accepted"),
    ],
)
def test_a_text_is_counted_as_it_stands_after_its_answer(
    outbox: Outbox, answer: Answer, before: AttemptEvent | None, counted: str
) -> None:
    """A callback that came first may have told another story than the answer."""
    key = outbox.text()
    n = outbox.posted(key, *([before] if before else []))
    assert record(outbox, answered(key, n, answer)) == {counted: 1}


def test_an_answer_that_frees_a_text_whose_last_day_is_over_cancels_it(outbox: Outbox) -> None:
    """429 at the end of the last day."""
    key = outbox.text(valid_until=NOON + timedelta(milliseconds=1))
    n = outbox.posted(key)
    refusal = Answer(AnswerKind.FREE, code="20429", policy=Policy.RETRY)
    claimed_ago(outbox, key, 5)
    assert record(outbox, answered(key, n, refusal)) == {"cancelled": 1}
    assert outbox.state(key) == ("cancelled", "validity_over")


def test_answers_teach_the_lane_in_the_same_transaction(outbox: Outbox) -> None:
    """A set-up error stops it and keeps the text planned."""
    key = outbox.text()
    n = outbox.posted(key)
    wrong = Answer(AnswerKind.FREE, code="20003", text="Authenticate", policy=Policy.STOP_LANE)
    record(outbox, answered(key, n, wrong))
    assert outbox.state(key)[0] == "planned"
    lane = outbox.one(GatewayLane)
    assert (lane["stopped"], lane["last_error"]) == ("20003", "Authenticate")
    assert isinstance(lane["stopped_at"], datetime)
    assert lane["stopped_at"].astimezone(UTC) > NOON
    assert outbox.rows(Message, state="planned")
