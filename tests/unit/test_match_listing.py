"""Which row of a provider's listing belongs to which attempt: rather late than wrong, rather wrong than twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.gateways.base import ListedText
from notifier.jobs.reconcile import match_listing
from notifier.store.attempts import Rival, UnknownAttempt

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
LEASE = timedelta(seconds=60)
APART = timedelta(seconds=120)
PHONE = "+8619900000001"


def attempt(message_id: int, text: str = "due", *, at: float = 0, n: int = 1) -> UnknownAttempt:
    """An attempt claimed `at` seconds after noon."""
    claimed = NOON + timedelta(seconds=at)
    return UnknownAttempt(
        message_id, n, "twilio", PHONE, text, claimed, claimed + LEASE, claimed, None, NOON + timedelta(days=9)
    )  # fmt: skip


def rival(text: str = "due", *, at: float = 0) -> Rival:
    """Another text to this phone, still under way."""
    claimed = NOON + timedelta(seconds=at)
    return Rival(text, claimed, claimed + LEASE)


def row(sid: str, body: str = "due", *, at: float = 1) -> ListedText:
    """A row created `at` seconds after noon."""
    return ListedText(sid, PHONE, body, NOON + timedelta(seconds=at), "MG1", "queued", None)


def told(
    attempts: Sequence[UnknownAttempt], rows: Sequence[ListedText], rivals: Sequence[Rival] = ()
) -> tuple[dict[int, str], list[str]]:
    """(message → its SID, the SIDs nothing explains)."""
    matched, unexplained = match_listing(attempts, rows, rivals)
    return {each.message_id: found.sid for each, found in matched}, [found.sid for found in unexplained]


CASES = {
    "one attempt, its row": ([attempt(1)], [row("a")], {1: "a"}, []),
    "one attempt, an empty listing": ([attempt(1)], [], {}, []),
    "one attempt, a changed body": ([attempt(1)], [row("a", "Sent from a trial account - due")], {1: "a"}, []),
    "a row from before the attempt": ([attempt(1)], [row("a", at=-121)], {}, []),
    "clocks two minutes apart": ([attempt(1)], [row("a", at=-119)], {1: "a"}, []),
    "a row from after the lease": ([attempt(1)], [row("a", at=181)], {}, []),
    "accepted late, within the clocks' difference": ([attempt(1)], [row("a", at=179)], {1: "a"}, []),
    "a row out of time does not disturb": ([attempt(1)], [row("a", at=-500), row("b")], {1: "b"}, []),
    "the body breaks a tie": ([attempt(1)], [row("a", "other"), row("b")], {1: "b"}, []),
    "two rows with its body": ([attempt(1)], [row("a"), row("b")], {}, ["a", "b"]),
    "two rows with other bodies": ([attempt(1)], [row("a", "x"), row("b", "y")], {}, ["a", "b"]),
    "two texts to one phone, both accepted": (
        [attempt(1, "due"), attempt(2, "birthday")], [row("a", "birthday"), row("b", "due")], {1: "b", 2: "a"}, []
    ),
    "two texts to one phone, one accepted": (
        [attempt(1, "due"), attempt(2, "birthday")], [row("a", "birthday")], {2: "a"}, []
    ),
    "two texts, both accepted, one body changed": (
        [attempt(1, "due"), attempt(2, "birthday")], [row("a", "birthday"), row("b", "d-u-e")], {1: "b", 2: "a"}, []
    ),
    "two texts, both accepted, both bodies changed": (
        [attempt(1, "due"), attempt(2, "birthday")], [row("a", "x"), row("b", "y")], {}, ["a", "b"]
    ),
    "two texts, one accepted, its body changed": (
        [attempt(1, "due"), attempt(2, "birthday")], [row("a", "x")], {}, ["a"]
    ),
    "two equal texts, one row": ([attempt(1), attempt(2)], [row("a")], {}, ["a"]),
    "two equal texts, two rows": ([attempt(1), attempt(2)], [row("a"), row("b")], {}, ["a", "b"]),
    "two equal texts an hour apart, each its own row": (
        [attempt(1), attempt(2, at=3600)], [row("a"), row("b", at=3601)], {1: "a", 2: "b"}, []
    ),
    "two equal texts an hour apart, the second accepted": (
        [attempt(1), attempt(2, at=3600)], [row("b", at=3601)], {2: "b"}, []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("attempts", "rows", "matched", "unexplained"), CASES.values(), ids=CASES.keys())
def test_what_belongs_together(
    attempts: list[UnknownAttempt], rows: list[ListedText], matched: dict[int, str], unexplained: list[str]
) -> None:
    """Time decides who may match, the wording breaks ties, and a tie left over stays unknown."""
    assert told(attempts, rows) == (matched, unexplained)


RIVALS = {
    "a row that may be the rival's": ([row("a", "changed")], [rival("birthday")], {}, ["a"]),
    "its own wording, shared with nobody": ([row("a")], [rival("birthday")], {1: "a"}, []),
    "a wording shared with the rival": ([row("a")], [rival()], {}, ["a"]),
    "a rival of another hour": ([row("a", "changed")], [rival(at=3600)], {1: "a"}, []),
    "its row beside the rival's": ([row("a"), row("b", "birthday")], [rival("birthday")], {1: "a"}, []),
}


@pytest.mark.parametrize(("rows", "rivals", "matched", "unexplained"), RIVALS.values(), ids=RIVALS.keys())
def test_a_text_still_under_way_to_the_same_phone_may_be_what_is_listed(
    rows: list[ListedText], rivals: list[Rival], matched: dict[int, str], unexplained: list[str]
) -> None:
    """Its answer is not recorded yet, so its row looks like anybody's."""
    assert told([attempt(1)], rows, rivals) == (matched, unexplained)


moments = st.integers(-400, 800)
bodies = st.sampled_from(["due", "birthday", "renew"])
some_attempts = st.lists(st.tuples(bodies, moments), min_size=1, max_size=4).map(
    lambda made: [attempt(number, text, at=at) for number, (text, at) in enumerate(made)]
)
some_rows = st.lists(st.tuples(bodies, moments), max_size=5).map(
    lambda made: [row(f"SM{number}", body, at=at) for number, (body, at) in enumerate(made)]
)
some_rivals = st.lists(st.tuples(bodies, moments), max_size=2).map(lambda made: [rival(t, at=at) for t, at in made])


def in_time(each: UnknownAttempt | Rival, found: ListedText) -> bool:
    """Whether the row may be this attempt's by its time."""
    return each.claimed_at - APART <= found.created_at <= each.lease_until + APART


@given(some_attempts, some_rows, some_rivals)
def test_a_row_is_never_bound_twice_and_never_out_of_time(
    attempts: list[UnknownAttempt], rows: list[ListedText], rivals: list[Rival]
) -> None:
    """One row an attempt, one attempt a row, each in time."""
    matched, _ = match_listing(attempts, rows, rivals)
    assert len({found.sid for _, found in matched}) == len(matched)
    assert len({each.message_id for each, _ in matched}) == len(matched)
    assert all(in_time(each, found) for each, found in matched)


@given(some_attempts, some_rows, some_rivals)
def test_an_attempt_with_a_candidate_nothing_explains_is_never_called_empty(
    attempts: list[UnknownAttempt], rows: list[ListedText], rivals: list[Rival]
) -> None:
    """Every row in time of an attempt left open is bound to another attempt or reported."""
    matched, unexplained = match_listing(attempts, rows, rivals)
    bound = {found.sid for _, found in matched}
    reported = {found.sid for found in unexplained}
    settled = {each.message_id for each, _ in matched}
    for each in attempts:
        if each.message_id not in settled:
            candidates = {found.sid for found in rows if in_time(each, found)}
            assert candidates <= bound | reported
    assert not bound & reported


@given(some_attempts, some_rows, some_rivals, st.randoms())
def test_the_order_of_rows_and_attempts_does_not_matter(
    attempts: list[UnknownAttempt], rows: list[ListedText], rivals: list[Rival], random: object
) -> None:
    """A listing has no order one could rely on."""
    matched, unexplained = told(attempts, rows, rivals)
    shuffled_attempts, shuffled_rows = list(attempts), list(rows)
    random.shuffle(shuffled_attempts)  # type: ignore[attr-defined]
    random.shuffle(shuffled_rows)  # type: ignore[attr-defined]
    again, left = told(shuffled_attempts, shuffled_rows, rivals)
    assert (again, sorted(left)) == (matched, sorted(unexplained))


@given(some_attempts, some_rows)
def test_a_text_that_was_accepted_is_never_called_empty(attempts: list[UnknownAttempt], rows: list[ListedText]) -> None:
    """Put an accepted text's own row, in whatever wording, into any listing: it is bound or stays unknown."""
    mine = attempts[0]
    own = ListedText("mine", PHONE, "changed by the provider", mine.claimed_at, "MG1", "queued", None)
    matched, unexplained = match_listing(attempts, [*rows, own])
    if all(each is not mine for each, _ in matched):
        assert own in unexplained
