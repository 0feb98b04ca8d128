"""Credit: one outcome, at most one message; strongest evidence first, then the latest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.credit import Credit, Outcome, Touch, credit

VISIT = date(2026, 5, 20)
CAME = Outcome(VISIT)
NOBODY = Credit(None, None, ())


def touch(message_id: int, days_before: int, state: str = "delivered", hour: int = 10) -> Touch:
    day = VISIT - timedelta(days=days_before)
    return Touch(message_id, "winback", datetime(day.year, day.month, day.day, hour, tzinfo=UTC), day, state)


def on(days_before: int) -> date:
    return VISIT - timedelta(days=days_before)


@pytest.mark.parametrize(
    ("sent_before", "evidence"), [(1, "sent"), (7, "sent"), (8, None), (0, None), (-1, None), (300, None)]
)
def test_a_plain_send_earns_for_seven_days(sent_before: int, evidence: str | None) -> None:
    """Not on the visit's own day, when only dates are known; never afterwards."""
    assert credit(CAME, [touch(1, sent_before)]).evidence == evidence


def test_a_reminder_with_a_due_date_earns_for_thirty_days() -> None:
    """Windows are settings of the campaign."""
    reminder = replace(touch(1, 30), sent_window_days=30)
    assert credit(CAME, [reminder]) == Credit(1, "sent", ())
    assert credit(CAME, [replace(reminder, sent_on=on(31))]) == NOBODY


@pytest.mark.parametrize(("arrived_hour", "evidence"), [(11, "sent"), (10, None), (9, None)])
def test_on_the_day_itself_the_hours_decide(arrived_hour: int, evidence: str | None) -> None:
    """Sent at ten: who came at eleven may have come for it, who came at ten or nine did not."""
    arrived = Outcome(VISIT, datetime(2026, 5, 20, arrived_hour, tzinfo=UTC))
    assert credit(arrived, [touch(1, 0)]).evidence == evidence
    assert (credit(arrived, [replace(touch(1, 0), coupon_redeemed=True)]).evidence is None) == (evidence is None)


@pytest.mark.parametrize(
    ("answered", "evidence"),
    [
        (replace(touch(1, 0), answered_on=VISIT), "reply"),
        (replace(touch(1, 0), booked_on=VISIT), "booking"),
        (replace(touch(1, 0), coupon_redeemed=True), "coupon"),
    ],
)
def test_an_answer_on_the_day_itself_earns(answered: Touch, evidence: str) -> None:
    """Who answers has read it before coming."""
    assert credit(CAME, [answered]) == Credit(1, evidence, ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answered_before", "evidence"), [(0, "reply"), (14, "reply"), (15, None), (60, None), (-1, None), (91, None)]
)
def test_a_reply_earns_for_fourteen_days(answered_before: int, evidence: str | None) -> None:
    """Counted back from the visit, however old the message is; not before the message itself."""
    assert credit(CAME, [replace(touch(1, 90), answered_on=on(answered_before))]).evidence == evidence


def test_a_coupon_beats_a_booking_beats_a_reply_beats_a_later_send() -> None:
    """And the weaker ones have assisted."""
    coupon = replace(touch(1, 40), coupon_redeemed=True)
    booking = replace(touch(2, 10), booked_on=on(2))
    reply = replace(touch(3, 5), answered_on=on(3))
    plain = touch(4, 3)
    assert credit(CAME, [plain, reply, booking, coupon]) == Credit(1, "coupon", (2, 3, 4))
    assert credit(CAME, [plain, reply, booking]) == Credit(2, "booking", (3, 4))
    assert credit(CAME, [plain, reply]) == Credit(3, "reply", (4,))
    assert credit(CAME, [plain]) == Credit(4, "sent", ())


def test_of_equal_evidence_the_latest_message_earns() -> None:
    """By day, then by hour, then by the lowest id."""
    assert credit(CAME, [touch(1, 5), touch(2, 3)]).message_id == 2
    assert credit(CAME, [touch(1, 3, hour=11), touch(2, 3, hour=10)]).message_id == 1
    assert credit(CAME, [touch(7, 3), touch(6, 3)]) == Credit(6, "sent", (7,))


def test_a_phone_call_ranks_with_replies() -> None:
    """Mr Wu was called after the text: the later touch of equal strength earns, whatever a call's state is called."""
    call = replace(touch(9, 2, state="done"), is_contact=True)
    reply = replace(touch(3, 5), answered_on=on(4))
    assert credit(CAME, [call, reply]) == Credit(9, "reply", (3,))
    assert credit(CAME, [call, touch(4, 1)]) == Credit(9, "reply", (4,))
    assert credit(CAME, [replace(call, sent_on=on(15))]) == NOBODY
    assert credit(CAME, [replace(call, sent_on=VISIT)]) == NOBODY


def test_a_visit_booked_before_the_send_earns_that_send_nothing() -> None:
    """Booked on the 10th, texted on the 15th: the text changed nothing, and has not assisted."""
    first = replace(touch(1, 12), booked_on=on(10))
    assert credit(CAME, [first, touch(2, 5)]) == Credit(1, "booking", ())
    assert credit(Outcome(VISIT, booked_on=on(10)), [touch(2, 5)]) == NOBODY
    assert credit(Outcome(VISIT, booked_on=on(5)), [touch(2, 5)]) == Credit(2, "sent", ())
    assert credit(CAME, [replace(touch(1, 5), booked_on=on(6))]) == NOBODY


@pytest.mark.parametrize("state", ["accepted", "sent", "delivered"])
def test_what_reached_the_provider_earns_as_a_plain_send(state: str) -> None:
    """Delivery reports may never come."""
    assert credit(CAME, [touch(1, 3, state)]).evidence == "sent"


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_what_we_cannot_tell_earns_only_by_an_answer(state: str) -> None:
    """An answer proves that it arrived."""
    assert credit(CAME, [touch(1, 3, state)]) == NOBODY
    assert credit(CAME, [replace(touch(1, 3, state), answered_on=on(1))]).evidence == "reply"
    assert credit(CAME, [replace(touch(1, 3, state), booked_on=on(1))]).evidence == "booking"
    assert credit(CAME, [replace(touch(1, 3, state), coupon_redeemed=True)]).evidence == "coupon"


@pytest.mark.parametrize("state", ["planned", "withheld", "cancelled", "failed", "undelivered"])
def test_what_did_not_go_out_earns_nothing(state: str) -> None:
    """Least of all a control row."""
    everything = replace(touch(1, 3, state), answered_on=on(1), booked_on=on(1), coupon_redeemed=True)
    assert credit(CAME, [everything]) == NOBODY


def test_without_touches_nobody_earns() -> None:
    """Most visits are nobody's."""
    assert credit(CAME, []) == NOBODY


STATES = [
    "planned",
    "sending",
    "accepted",
    "sent",
    "delivered",
    "undelivered",
    "withheld",
    "cancelled",
    "failed",
    "unknown",
]


@st.composite
def touches(draw: st.DrawFn) -> list[Touch]:
    days = st.integers(-3, 20)
    found = []
    for message_id in draw(st.lists(st.integers(1, 50), unique=True, max_size=6)):
        made = touch(message_id, draw(days), draw(st.sampled_from(STATES)), draw(st.integers(8, 12)))
        found.append(
            replace(
                made,
                sent_at=draw(st.sampled_from([made.sent_at, None])),
                answered_on=draw(st.none() | days.map(on)),
                booked_on=draw(st.none() | st.none() | days.map(on)),
                coupon_redeemed=draw(st.booleans()),
                is_contact=draw(st.booleans()),
            )
        )
    return found


OUTCOMES = st.sampled_from([CAME, Outcome(VISIT, datetime(2026, 5, 20, 10, tzinfo=UTC)), Outcome(VISIT, None, on(4))])


@given(OUTCOMES, touches(), st.randoms(use_true_random=False))
def test_the_order_of_touches_never_matters(outcome: Outcome, found: list[Touch], random: object) -> None:
    """Queries return rows as they like."""
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert credit(outcome, shuffled) == credit(outcome, found)


@given(OUTCOMES, touches())
def test_one_earns_the_others_assist_and_nothing_sent_after_the_visit_does_either(
    outcome: Outcome, found: list[Touch]
) -> None:
    """Credited and assisted are those who would earn alone, given the same booking; none came after."""
    result = credit(outcome, found)
    named = {*result.assisted} | ({result.message_id} - {None})
    by_id = {t.message_id: t for t in found}
    assert result.message_id not in result.assisted
    assert all(by_id[i].sent_on <= outcome.day for i in named if i is not None)
    assert all(credit(outcome, [by_id[i]]).message_id == i for i in named if i is not None)
    assert (result.message_id is None) == (result.evidence is None)
    assert result.message_id is not None or not result.assisted
