"""How a simulated network hands out what happens to a text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.phone_network import Itinerary, Step

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def at(minutes: int) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


SENT, DELIVERED = Step(at(1), "sent"), Step(at(5), "delivered")
THANKS = Step(at(60), reply="谢谢", reply_sid="SM1")


def test_nothing_is_handed_out_before_its_time() -> None:
    """A minute early there is nothing, and nothing has changed."""
    itinerary = Itinerary((SENT, DELIVERED))
    assert itinerary.hand_out(NOON, NOON) == (itinerary, ())
    assert itinerary.next_at == at(1)


def test_what_was_not_recorded_is_offered_again() -> None:
    """Whoever crashes between asking and recording loses nothing."""
    itinerary, first = Itinerary((SENT, DELIVERED)).hand_out(NOON, at(5))
    itinerary, again = itinerary.hand_out(NOON, at(6))
    assert first == again == (SENT, DELIVERED)
    assert itinerary.next_at == at(1)


def test_what_was_recorded_is_not_offered_again() -> None:
    """Coming back with the moment of the last asking takes what it brought."""
    itinerary, _first = Itinerary((SENT, DELIVERED, THANKS)).hand_out(NOON, at(5))
    itinerary, second = itinerary.hand_out(at(5), at(59))
    assert second == ()
    itinerary, third = itinerary.hand_out(at(59), at(60))
    assert third == (THANKS,)
    itinerary, fourth = itinerary.hand_out(at(60), at(61))
    assert (fourth, itinerary.next_at) == ((), None)


def test_an_asker_that_looks_a_little_further_back_each_time_is_served_twice_at_most() -> None:
    """With an overlap the first answer is offered once more, then it counts as recorded."""
    itinerary, first = Itinerary((SENT,)).hand_out(at(-5), at(10))
    itinerary, again = itinerary.hand_out(at(5), at(40))
    assert first == again == (SENT,)
    itinerary, third = itinerary.hand_out(at(35), at(70))
    assert (third, itinerary.next_at) == ((), None)


def test_a_text_posted_in_the_past_is_still_handed_out() -> None:
    """A step older than `since` that was never offered is not taken for recorded."""
    _itinerary, steps = Itinerary((SENT,)).hand_out(at(30), at(40))
    assert steps == (SENT,)


@given(
    minutes=st.lists(st.integers(0, 50), min_size=1, max_size=6),
    asked=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=12),
)
def test_every_step_is_recorded_exactly_once_however_often_the_asker_crashes(
    minutes: list[int], asked: list[tuple[int, bool]]
) -> None:
    """Over any rounds, some of which are lost, the recorded ones together hold each step once and in order."""
    steps = tuple(Step(at(minute), f"status {n}") for n, minute in enumerate(sorted(minutes)))
    itinerary, recorded, since = Itinerary(steps), list[Step](), NOON - timedelta(minutes=1)
    for minute, crashes in [*sorted(asked), (100, False)]:
        itinerary = Itinerary.from_document(itinerary.to_document())
        itinerary, offered = itinerary.hand_out(since, at(minute))
        if not crashes:
            recorded += [step for step in offered if step not in recorded]
            since = at(minute)
    assert recorded == list(steps)


def test_a_document_keeps_everything_but_the_words_of_a_reply() -> None:
    """Erasure must be able to reach the words, so they live elsewhere."""
    itinerary, _steps = Itinerary((SENT, THANKS)).hand_out(NOON, at(60))
    document = itinerary.to_document()
    assert "谢谢" not in str(document)
    read = Itinerary.from_document(document)
    assert read.steps[1] == Step(at(60), reply_sid="SM1")
    assert (read.taken, read.offered, read.offered_at) == (0, 2, at(60))
