"""What Twilio's codes and statuses mean to the house."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.states import REPEAT_ONCE_CODES, AttemptEvent
from notifier.gateways.base import AnswerKind, Policy
from notifier.gateways.twilio_codes import CODES, error_code_of, event_of, kind_of, policy_of, reason_of

ANSWERS = [
    ("20429", 429, Policy.RETRY, AnswerKind.FREE),
    ("21611", 400, Policy.RETRY, AnswerKind.FREE),
    ("63038", 429, Policy.RETRY, AnswerKind.FREE),
    (None, 429, Policy.RETRY, AnswerKind.FREE),
    ("20500", 500, Policy.AMBIGUOUS, AnswerKind.AMBIGUOUS),
    ("20503", 503, Policy.AMBIGUOUS, AnswerKind.AMBIGUOUS),
    ("21211", 500, Policy.AMBIGUOUS, AnswerKind.AMBIGUOUS),
    (None, 502, Policy.AMBIGUOUS, AnswerKind.AMBIGUOUS),
    (None, 302, Policy.AMBIGUOUS, AnswerKind.AMBIGUOUS),
    (None, 408, Policy.AMBIGUOUS, AnswerKind.AMBIGUOUS),
    ("21211", 400, Policy.MARK_NUMBER, AnswerKind.REFUSED),
    ("21612", 400, Policy.MARK_NUMBER, AnswerKind.REFUSED),
    ("21614", 400, Policy.MARK_NUMBER, AnswerKind.REFUSED),
    ("21617", 400, Policy.FAIL, AnswerKind.REFUSED),
    ("21610", 400, Policy.SUPPRESS, AnswerKind.REFUSED),
    ("99999", 400, Policy.FAIL, AnswerKind.REFUSED),
    ("20003", 401, Policy.STOP_LANE, AnswerKind.FREE),
    ("99999", 401, Policy.STOP_LANE, AnswerKind.FREE),
    (None, 403, Policy.STOP_LANE, AnswerKind.FREE),
    ("21408", 400, Policy.STOP_LANE, AnswerKind.FREE),
    ("21606", 400, Policy.STOP_LANE, AnswerKind.FREE),
    ("21212", 400, Policy.STOP_LANE, AnswerKind.FREE),
    ("30002", 400, Policy.STOP_LANE, AnswerKind.FREE),
    ("30034", 400, Policy.STOP_LANE, AnswerKind.FREE),
    (None, 404, Policy.STOP_LANE, AnswerKind.FREE),
]


@pytest.mark.parametrize(("code", "status", "policy", "kind"), ANSWERS)
def test_an_answer_proves_what_the_table_says(code: str | None, status: int, policy: Policy, kind: AnswerKind) -> None:
    """Code and status line together give the policy, and the policy what is proven."""
    assert policy_of(code, status) is policy
    assert kind_of(policy) is kind


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        ("30001", Policy.RETRY),
        ("30003", Policy.REPEAT_ONCE),
        ("30009", Policy.REPEAT_ONCE),
        ("30500", Policy.REPEAT_ONCE),
        ("30004", Policy.BLOCKED),
        ("30007", Policy.BLOCKED),
        ("30008", Policy.FAIL),
        ("30036", Policy.FAIL),
        ("30005", Policy.MARK_NUMBER),
        ("30006", Policy.MARK_NUMBER),
        ("21610", Policy.SUPPRESS),
        ("30002", Policy.STOP_LANE),
        ("31337", Policy.FAIL),
    ],
)
def test_a_callbacks_error_code_has_its_policy(code: str, policy: Policy) -> None:
    """Without a status line the code alone decides, and one we never heard of fails the text."""
    assert policy_of(code) is policy


def test_the_gateway_and_the_states_repeat_the_same_codes() -> None:
    """What the table calls worth repeating is exactly what the state machine repeats."""
    assert frozenset(CODES[Policy.REPEAT_ONCE]) == REPEAT_ONCE_CODES


def test_a_code_stands_in_one_row_only() -> None:
    """Two rows for one code would let their order decide."""
    codes = [code for row in CODES.values() for code in row]
    assert len(codes) == len(set(codes))
    assert set(CODES) == set(Policy)


def test_a_reason_is_a_word_or_nothing() -> None:
    """Known codes have a short word, unknown ones none."""
    assert reason_of("21610") == "opted_out"
    assert reason_of("99999") is None
    assert reason_of(None) is None


@given(code=st.one_of(st.none(), st.integers(10_000, 99_999).map(str)), status=st.integers(500, 599))
def test_no_server_error_is_ever_taken_for_a_refusal(code: str | None, status: int) -> None:
    """After any 5xx the text may have been accepted, whatever code came with it."""
    assert policy_of(code, status) is Policy.AMBIGUOUS


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("queued", AttemptEvent.ACCEPTED),
        ("sending", AttemptEvent.ACCEPTED),
        ("accepted", AttemptEvent.ACCEPTED),
        ("scheduled", AttemptEvent.ACCEPTED),
        ("sent", AttemptEvent.SENT),
        ("delivered", AttemptEvent.DELIVERED),
        ("Delivered", AttemptEvent.DELIVERED),
        ("read", AttemptEvent.DELIVERED),
        ("undelivered", AttemptEvent.UNDELIVERED),
        ("failed", AttemptEvent.UNDELIVERED),
        ("canceled", AttemptEvent.UNDELIVERED),
        ("received", None),
        ("partially_delivered", None),
        ("status_of_tomorrow", None),
    ],
)
def test_a_raw_status_is_an_event_or_unknown(status: str, event: AttemptEvent | None) -> None:
    """Statuses we do not know change nothing."""
    assert event_of(status) is event


@pytest.mark.parametrize(("raw", "code"), [(None, None), ("", None), (0, None), ("0", None), (30003, "30003")])
def test_no_error_is_written_in_several_ways(raw: object, code: str | None) -> None:
    """null, blank and zero all mean that nothing went wrong."""
    assert error_code_of(raw) == code
