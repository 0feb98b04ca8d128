"""Every cell of "States of an attempt" and every row of "States of a message", and what must hold whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notifier.domain.states import (
    ATTEMPT_TRANSITIONS,
    AttemptEvent,
    AttemptState,
    AttemptView,
    MessageState,
    MessageView,
    message_outcome,
    next_attempt_state,
)

A, E, M = AttemptState, AttemptEvent, MessageState
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
LATER = NOON + timedelta(days=10)

STATES = ("posting", "unknown", "accepted", "sent", "undelivered", "refused", "free", "delivered")
# The table of rules.md, cell by cell; – = stays.
TABLE = """
    answer with SID, match in a listing, callback queued | accepted    | accepted accepted – – – accepted accepted –
    callback sent                                        | sent        | sent sent sent – – sent sent –
    callback delivered                                   | delivered   | delivered delivered delivered delivered delivered delivered delivered –
    callback undelivered                                 | undelivered | undelivered undelivered undelivered undelivered – undelivered undelivered –
    answer refuses number or text                        | refused     | refused refused – – – – – –
    429, not connected, set-up wrong, POST not begun     | free        | free free – – – – – –
    ambiguous answer, lease lapsed                       | ambiguous   | unknown – – – – – – –
    two complete empty listings                          | empty_listings    | – free – – – – – –
    operator says sent                                   | operator_sent     | – accepted – – – – – –
    operator says not sent                               | operator_not_sent | – free – – – – – –
"""  # noqa: E501, RUF100 (a table)


def cells() -> Iterator[object]:
    """(event, state, following state) of every cell, with an id that reads like the table."""
    for line in TABLE.strip().splitlines():
        words, event, row = (part.strip() for part in line.split("|"))
        for state, cell in zip(STATES, row.split(), strict=True):
            following = None if cell == "–" else A(cell)
            yield pytest.param(E(event), A(state), following, id=f"{words} on {state} → {cell}")


@pytest.mark.parametrize(("event", "state", "following"), list(cells()))
def test_a_cell_of_the_attempt_table(event: AttemptEvent, state: AttemptState, following: AttemptState | None) -> None:
    """What the event makes of an attempt in that state."""
    assert next_attempt_state(state, event) is following


def test_the_table_covers_every_event_and_every_state() -> None:
    """No event or state is left out of the cells above."""
    tested = {(case.values[0], case.values[1]) for case in cells()}  # type: ignore[attr-defined]
    assert tested == {(event, state) for event in AttemptEvent for state in AttemptState}
    assert set(ATTEMPT_TRANSITIONS) == set(AttemptEvent)


PROOFS = (E.ACCEPTED, E.SENT, E.UNDELIVERED, E.DELIVERED)  # each beats those before it


@given(st.lists(st.sampled_from(list(AttemptEvent)), max_size=8), st.sampled_from(PROOFS), st.randoms())
def test_the_order_of_events_does_not_matter_once_acceptance_is_proven(
    events: list[AttemptEvent], proof: AttemptEvent, random: object
) -> None:
    """Early, late, doubled, shuffled: the strongest proof decides."""
    events = [*events, proof]
    random.shuffle(events)  # type: ignore[attr-defined]
    state = A.POSTING
    for event in events:
        state = next_attempt_state(state, event) or state
    assert state == max((event for event in events if event in PROOFS), key=PROOFS.index).value


def seen(*attempts: tuple[AttemptState, str | None] | AttemptState) -> list[AttemptView]:
    """Attempts 1, 2, … with their error codes, claimed a day apart."""
    pairs = [each if isinstance(each, tuple) else (each, None) for each in attempts]
    return [
        AttemptView(n, state, NOON + timedelta(days=n), code) for n, (state, code) in enumerate(pairs, start=1)
    ]  # fmt: skip


def message(state: MessageState = M.SENDING, *, repeated: bool = False, valid_until: datetime = LATER) -> MessageView:
    """A message in that state."""
    return MessageView(state, NOON, valid_until, repeated, "stop" if state is M.CANCELLED else None)


DERIVED = {
    "posting → sending": (seen(A.POSTING), M.SENDING, 1),
    "any posting beats delivered": (seen(A.DELIVERED, A.POSTING), M.SENDING, 2),
    "delivered beats sent": (seen(A.DELIVERED, A.SENT), M.DELIVERED, 1),
    "delivered beats a later refusal": (seen(A.DELIVERED, A.REFUSED), M.DELIVERED, 1),
    "sent beats accepted": (seen(A.SENT, A.ACCEPTED), M.SENT, 1),
    "accepted beats unknown": (seen(A.ACCEPTED, A.UNKNOWN), M.ACCEPTED, 1),
    "accepted beats a later free": (seen(A.ACCEPTED, A.FREE), M.ACCEPTED, 1),
    "unknown beats the latest": (seen(A.UNKNOWN, A.FREE), M.UNKNOWN, 1),
    "of two accepted the latest tells the time": (seen(A.ACCEPTED, A.ACCEPTED), M.ACCEPTED, 2),
    "latest undelivered for good → undelivered": (seen(A.FREE, (A.UNDELIVERED, "30008")), M.UNDELIVERED, 2),
    "latest refused → failed": (seen(A.FREE, (A.REFUSED, "21211")), M.FAILED, 2),
    "an older undelivered does not count": (seen((A.UNDELIVERED, "30008"), (A.REFUSED, "21211")), M.FAILED, 2),
    "latest free → planned": (seen(A.REFUSED, A.FREE), M.PLANNED, None),
    "latest free after undelivered → planned": (seen((A.UNDELIVERED, "30003"), A.FREE), M.PLANNED, None),
}


@pytest.mark.parametrize(("attempts", "state", "decided_by"), DERIVED.values(), ids=DERIVED.keys())
def test_a_message_follows_from_its_attempts(
    attempts: list[AttemptView], state: MessageState, decided_by: int | None
) -> None:
    """The first that fits, and `sent_at` = the claim of the attempt that decides; null on return to planned."""
    outcome = message_outcome(message(), attempts, NOON + timedelta(days=3))
    assert outcome.state is state
    assert outcome.sent_at == (None if decided_by is None else NOON + timedelta(days=decided_by))


def test_an_attempt_that_is_free_after_validity_cancels() -> None:
    """Free, but nothing is worth sending any more."""
    outcome = message_outcome(message(valid_until=NOON), seen(A.FREE), NOON + timedelta(days=3))
    assert (outcome.state, outcome.reason, outcome.sent_at) == (M.CANCELLED, "validity_over", None)


def test_a_free_attempt_cancels_where_its_not_before_lies_after_validity() -> None:
    """The day it may go out comes after its last day."""
    late = MessageView(M.SENDING, LATER, LATER, repeated=True)
    assert message_outcome(late, seen(A.FREE), NOON).state is M.CANCELLED


@pytest.mark.parametrize("code", ["30003", "30009", "30500"])
def test_surely_not_delivered_is_planned_once_more_four_hours_later(code: str) -> None:
    """Unreachable, segment missing, carrier error: once more, not at once."""
    arrival = NOON + timedelta(days=1, minutes=7)
    outcome = message_outcome(message(M.SENT), seen((A.UNDELIVERED, code)), arrival)
    assert (outcome.state, outcome.repeated, outcome.sent_at) == (M.PLANNED, True, None)
    assert outcome.not_before == arrival + timedelta(hours=4)


NOT_AGAIN = {
    "cause unknown": ("30008", message(M.SENT)),
    "filtered": ("30007", message(M.SENT)),
    "no code": (None, message(M.SENT)),
    "repeated before": ("30003", message(M.SENT, repeated=True)),
    "four hours later is too late": ("30003", message(M.SENT, valid_until=NOON + timedelta(days=1, hours=4))),
    "cancelled, but it was accepted after all": ("30003", message(M.CANCELLED)),
}


@pytest.mark.parametrize(("code", "view"), NOT_AGAIN.values(), ids=NOT_AGAIN.keys())
def test_not_delivered_for_good(code: str | None, view: MessageView) -> None:
    """What is not repeated ends as undelivered, with its code."""
    outcome = message_outcome(view, seen((A.UNDELIVERED, code)), NOON + timedelta(days=1))
    assert (outcome.state, outcome.reason) == (M.UNDELIVERED, code)
    assert outcome.sent_at == NOON + timedelta(days=1)


def test_news_of_an_older_attempt_does_not_take_the_repetition_away() -> None:
    """Attempt 2 was not delivered and waits for its repetition when attempt 1 turns out undelivered too."""
    waiting = MessageView(M.PLANNED, NOON + timedelta(days=2, hours=4), LATER, repeated=True)
    attempts = seen((A.UNDELIVERED, "30008"), (A.UNDELIVERED, "30003"))
    outcome = message_outcome(waiting, attempts, NOON + timedelta(days=2, hours=1))
    assert (outcome.state, outcome.not_before) == (M.PLANNED, waiting.not_before)


CANCELLED_YIELDS = {
    A.POSTING: M.CANCELLED, A.UNKNOWN: M.CANCELLED, A.REFUSED: M.CANCELLED, A.FREE: M.CANCELLED,
    A.ACCEPTED: M.ACCEPTED, A.SENT: M.SENT, A.DELIVERED: M.DELIVERED, A.UNDELIVERED: M.UNDELIVERED,
}  # fmt: skip


@pytest.mark.parametrize(("attempt", "state"), CANCELLED_YIELDS.items())
def test_cancelled_yields_only_to_proof_of_acceptance(attempt: AttemptState, state: MessageState) -> None:
    """A text that went out although nobody wanted it any more is told as it was."""
    outcome = message_outcome(message(M.CANCELLED), seen(attempt), NOON)
    assert outcome.state is state
    assert outcome.reason == ("stop" if state is M.CANCELLED else None)


@pytest.mark.parametrize("attempt", list(AttemptState))
def test_withheld_stays_withheld(attempt: AttemptState) -> None:
    """A control gets no text; an event that names it is kept and changes nothing."""
    assert message_outcome(message(M.WITHHELD), seen(attempt), NOON).state is M.WITHHELD


class Lifecycle(RuleBasedStateMachine):
    """One message: claims, every event on any of its attempts, cancelling and sweeping, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.view = MessageView(M.PLANNED, NOON, NOON + timedelta(days=2), repeated=False)
        self.attempts: list[AttemptView] = []
        self.ever_delivered = False

    @rule(hours=st.integers(1, 12))
    def time_passes(self, hours: int) -> None:
        """Some hours go by."""
        self.now += timedelta(hours=hours)

    @precondition(
        lambda self: self.view.state is M.PLANNED and self.view.not_before <= self.now < self.view.valid_until
    )
    @rule()
    def claim(self) -> None:
        """A sender takes it."""
        self.attempts.append(AttemptView(len(self.attempts) + 1, A.POSTING, self.now))
        self._move(M.SENDING)

    @precondition(lambda self: self.view.state is M.PLANNED)
    @rule()
    def cancel(self) -> None:
        """The customer came, or said stop."""
        self._move(M.CANCELLED)

    @precondition(lambda self: self.attempts)
    @rule(event=st.sampled_from(list(AttemptEvent)), code=st.sampled_from([None, "30003", "30008"]), data=st.data())
    def happens(self, event: AttemptEvent, code: str | None, data: st.DataObject) -> None:
        """Something happens to one of the attempts, the latest or an older one."""
        index = data.draw(st.integers(0, len(self.attempts) - 1))
        attempt = self.attempts[index]
        following = next_attempt_state(attempt.state, event)
        if following is None:
            return
        had_delivery = any(each.state is A.DELIVERED for each in self.attempts)
        self.attempts[index] = AttemptView(attempt.n, following, attempt.business_at, code)
        before = self.view
        outcome = message_outcome(before, self.attempts, self.now)
        self.view = MessageView(
            outcome.state, outcome.not_before, before.valid_until, outcome.repeated, outcome.reason
        )  # fmt: skip
        self._check_return(before)
        assert not had_delivery or outcome.state in (M.DELIVERED, M.SENDING)
        assert (outcome.sent_at is None) == (outcome.state in (M.PLANNED, M.CANCELLED))

    def _check_return(self, before: MessageView) -> None:
        """Back to planned only with proof that the latest attempt did not reach the phone."""
        if self.view.state is not M.PLANNED or before.state is M.PLANNED:
            return
        latest = self.attempts[-1]
        assert latest.state in (A.FREE, A.UNDELIVERED)
        if latest.state is A.UNDELIVERED:
            assert self.view.repeated
            assert not before.repeated
            assert self.view.not_before >= self.now + timedelta(hours=4)

    def _move(self, state: MessageState) -> None:
        self.view = MessageView(state, self.view.not_before, self.view.valid_until, self.view.repeated)

    @invariant()
    def what_was_accepted_is_never_sent_again(self) -> None:
        """While any attempt is proven accepted, the message is neither planned nor failed nor cancelled."""
        if any(each.state in (A.ACCEPTED, A.SENT, A.DELIVERED) for each in self.attempts):
            assert self.view.state in (M.SENDING, M.ACCEPTED, M.SENT, M.DELIVERED)

    @invariant()
    def delivered_is_final(self) -> None:
        """Once delivered, nothing but an attempt still under way hides it."""
        self.ever_delivered |= self.view.state is M.DELIVERED
        if self.ever_delivered and not any(each.state is A.POSTING for each in self.attempts):
            assert self.view.state is M.DELIVERED

    @invariant()
    def nothing_is_sent_while_nobody_can_tell(self) -> None:
        """A message with an open attempt is never planned."""
        if any(each.state in (A.POSTING, A.UNKNOWN) for each in self.attempts):
            assert self.view.state is not M.PLANNED


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
