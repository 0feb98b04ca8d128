"""Callbacks, answers, listings, lapsed leases, stops and people in any order, held against a model of rules.md.

A short run is part of the suite, always of the same examples; ``make properties`` lives through thousands of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from notifier.store.engine import Store
from tests.integration.test_plan_properties import new_database
from tests.support.long_run import EXAMPLES, lived
from tests.support.postgres import Postgres
from tests.support.state_model import ONCE_MORE, PROVEN, Attempt, Row, Text
from tests.support.state_world import World

PICK = st.integers(0, 2**16)
PUSHED = st.sampled_from(
    ("queued", "sending", "sent", "sent", "delivered", "delivered", "read", "undelivered", "undelivered", "failed",
     "canceled", "teleported")
)  # fmt: skip
TAKEN = ("accepted", "accepted", "ambiguous")
NOT_TAKEN = ("refused", "dead number", "suppressed", "free", "free", "ambiguous", "ambiguous")
LEFT = ("failed", "cancelled")


class Messages(RuleBasedStateMachine):
    """Two shops' texts. What the provider truly took decides what it may answer, list and call back."""

    database: Callable[[], AbstractContextManager[str]]
    """The address of a fresh one, for as long as an example lasts."""

    def __init__(self) -> None:
        super().__init__()
        self._context = type(self).database()
        self._store = Store(self._context.__enter__())
        self.world = World(self._store)
        self.model = self.world.model
        self._before = self._states()

    def teardown(self) -> None:
        """Give the database back."""
        self._store.close()
        self._context.__exit__(None, None, None)

    def _states(self) -> dict[int, tuple[str, str | None]]:
        return {text.id: (text.state, text.reason) for text in self.model.texts.values()}

    # — what there is —

    def under_way(self) -> list[Attempt]:
        """POSTs whose answer is not written down yet."""
        return [attempt for attempt in self.model.attempts if not attempt.is_answered]

    def unknown(self) -> list[Text]:
        """Texts an operator sees."""
        return [t for t in self.model.texts.values() if any(a.state == "unknown" for a in t.attempts)]

    def on_the_line(self) -> list[Attempt]:
        """Those whose POST may still arrive: none does after its lease."""
        return [a for a in self.under_way() if a.row is None and a.state != "free" and a.claimed == self.model.passed]

    def denied(self) -> list[Attempt]:
        """POSTs the provider is thought not to have taken."""
        return [
            attempt for attempt in self.model.attempts if attempt.row is None and attempt.state in ("refused", "free")
        ]

    def settled(self) -> list[Text]:
        """Texts that may be erased now."""
        return [t for t in self.model.texts.values() if t.state not in ("sending", "unknown") and not t.is_erased]

    # — sending —

    @initialize(limit=st.sampled_from((3, 100)))
    def a_sender_begins(self, limit: int) -> None:
        """Something is under way from the first."""
        self.world.claim(limit)

    @precondition(lambda self: any(text.state == "planned" for text in self.model.texts.values()))
    @rule(limit=st.sampled_from((1, 2, 100, 100)))
    def a_sender_claims(self, limit: int) -> None:
        """As many as it has room for."""
        self.world.claim(limit)

    @precondition(lambda self: self.on_the_line())
    @rule(pick=PICK, statuses=st.lists(PUSHED, max_size=2), is_named=st.booleans())
    def the_provider_takes_one(self, pick: int, statuses: list[str], is_named: bool) -> None:
        """Before anybody has its answer, which may never come; its callbacks may."""
        row = self.world.take(one_of(self.on_the_line(), pick))
        if statuses:
            self.world.tell(*[(row.sid, status, row.attempt if is_named else None) for status in statuses])

    @precondition(lambda self: self.under_way())
    @rule(picks=st.lists(st.tuples(PICK, PICK, st.booleans()), min_size=1, max_size=4))
    def answers_come(self, picks: list[tuple[int, int, bool]]) -> None:
        """Written down together; true, though an ambiguous one tells nothing."""
        answers: dict[Attempt, str] = {}
        for pick, kind, is_taken in picks:
            attempt = one_of(self.under_way(), pick)
            if is_taken and attempt in self.on_the_line() and attempt not in answers:
                self.world.take(attempt)
            answers.setdefault(attempt, one_of(TAKEN if attempt.row else NOT_TAKEN, kind))
        self.world.answer(list(answers.items()))

    @rule(hours=st.sampled_from((0, 0, 1, 5, 5, 30)), minutes=st.sampled_from((0, 2.5, 2.5, 10, 180)))
    def time_goes_on(self, hours: int, minutes: float) -> None:
        """Business time, and the database's: leases lapse."""
        self.world.business_goes_on(hours)
        self.world.database_goes_on(timedelta(minutes=minutes))

    @rule()
    def a_drain_begins(self) -> None:
        """Lapsed leases, and texts whose last day is over."""
        self.world.begin_a_drain()

    # — callbacks —

    @precondition(lambda self: self.model.rows)
    @rule(pick=PICK, statuses=st.lists(PUSHED, min_size=1, max_size=3), is_named=st.booleans())
    def callbacks_come(self, pick: int, statuses: list[str], is_named: bool) -> None:
        """Of one text, in any order and number; they name our attempt, or only the provider's id."""
        row = one_of(self.model.rows, pick)
        self.world.tell(*[(row.sid, status, row.attempt if is_named else None) for status in statuses])

    @precondition(lambda self: self.model.rows)
    @rule(picks=st.lists(st.tuples(PICK, PUSHED), min_size=2, max_size=5))
    def callbacks_of_several_come_at_once(self, picks: list[tuple[int, str]]) -> None:
        """Of texts of both shops, in one commit."""
        rows = [(one_of(self.model.rows, pick), status) for pick, status in picks]
        self.world.tell(*[(row.sid, status, row.attempt) for row, status in rows])

    @precondition(lambda self: self.misnamed())
    @rule(pick=PICK, status=PUSHED)
    def a_callback_names_somebody_else(self, pick: int, status: str) -> None:
        """A text of the other shop, or another attempt: the provider's id is what counts."""
        row, other = one_of(self.misnamed(), pick)
        self.world.tell((row.sid, status, other))

    def misnamed(self) -> list[tuple[Row, Attempt]]:
        """Texts whose id is known here, with attempts they are not about."""
        return [
            (row, other)
            for row in self.model.rows
            for other in self.model.attempts
            if self.model.owner(row.sid) is row.attempt and other is not row.attempt
            and (other.sid is not None or other.text.person.phone != row.attempt.text.person.phone)
        ]  # fmt: skip

    @rule(pick=PICK, status=PUSHED)
    def a_stranger_calls(self, pick: int, status: str) -> None:
        """An id nobody knows, naming nothing, a text without that attempt, or an attempt with an id of its own."""
        bound: list[Any] = [attempt for attempt in self.model.attempts if attempt.sid]
        nobody = [(key, len(text.attempts) + 1) for key, text in self.model.texts.items()]
        self.world.tell((f"SM8{pick % 4:031d}", status, one_of([None, (10**6, 1), *nobody, *bound], pick)))

    @precondition(lambda self: self.denied())
    @rule(pick=PICK, status=PUSHED.filter(lambda status: status != "teleported"))
    def the_provider_had_taken_it_after_all(self, pick: int, status: str) -> None:
        """It said no, or listed nothing, and calls back all the same: proof of acceptance beats that."""
        attempt = one_of(self.denied(), pick)
        attempt.text.is_lied_about = True
        self.world.tell((self.world.take(attempt, is_listed=False).sid, status, attempt))

    # — settling —

    @precondition(lambda self: any(a.state in ("posting", "unknown") for a in self.model.attempts))
    @rule()
    def reconcile(self) -> None:
        """By the listing: a match, or one of the two empty ones."""
        self.world.reconcile()

    @precondition(lambda self: self.unknown())
    @rule(pick=PICK)
    def an_operator_decides(self, pick: int) -> None:
        """And is right."""
        text = one_of(self.unknown(), pick)
        (attempt,) = (attempt for attempt in text.attempts if attempt.state == "unknown")
        self.world.operator_says(text, sent=attempt.row is not None)

    # — people —

    @rule(pick=PICK)
    def a_customer_writes_stop_or_start_again(self, pick: int) -> None:
        """In whichever shop it is known."""
        phone = one_of(sorted({text.person.phone for text in self.model.texts.values()}), pick)
        again = phone in self.model.stopped
        self.world.stop(phone, again=again)
        planned = [t for t in self.model.texts.values() if t.person.phone == phone and t.state == "planned"]
        assert again or not planned

    @precondition(lambda self: self.settled())
    @rule(pick=PICK)
    def one_is_erased(self, pick: int) -> None:
        """Callbacks may come for long afterwards."""
        handed_over = [text for text in self.settled() if text.state in ("accepted", "sent")]
        self.world.erase(one_of(handed_over or self.settled(), pick))

    # — always —

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        """Texts, attempts and events; and who is out of reach."""
        self.world.compare()

    @invariant()
    def what_must_hold_holds(self) -> None:
        """Whatever the model says."""
        self._nothing_is_left_but_by_proof()
        self._nothing_is_taken_twice()
        bound = [attempt for attempt in self.model.attempts if attempt.sid]
        assert len({attempt.sid for attempt in bound}) == len(bound)
        assert all(attempt.row and attempt.row.sid == attempt.sid for attempt in bound)

    def _nothing_is_left_but_by_proof(self) -> None:
        """A control's row never is, and what was delivered stays so."""
        for key, (state, reason) in self._states().items():
            before, because = self._before[key]
            if before in ("delivered", "withheld"):
                assert state == before
            elif before in LEFT and (state, reason) != (before, because):
                once_more = before == "failed" and state == "planned" and self.model.texts[key].repeated
                assert state in PROVEN or once_more
        self._before = self._states()

    def _nothing_is_taken_twice(self) -> None:
        """But once more where it surely was not delivered, hours later; and where the provider had denied the first."""
        for text in self.model.texts.values():
            taken = [attempt for attempt in text.attempts if attempt.row is not None]
            if not text.is_lied_about and len(taken) > 1:
                assert len(taken) == 2
                assert text.repeated
                assert taken[0].state == "delivered" or taken[0].code in ONCE_MORE


def one_of(things: Any, pick: int) -> Any:
    """One of them, by a number."""
    return things[pick % len(things)]


def lives(short: int, *, of_ten: int = 10) -> settings:
    """`short` examples of up to 40 steps in the suite; so many tenths of EXAMPLES otherwise."""
    return settings(lived(short), max_examples=EXAMPLES * of_ten // 10 or short, stateful_step_count=40)


def test_whatever_happens_states_are_as_the_rules_say(sqlite_template: Path) -> None:
    """On SQLite."""

    class OnSqlite(Messages):
        database = staticmethod(lambda: new_database(sqlite_template))

    run_state_machine_as_test(OnSqlite, settings=lives(30))


def test_whatever_happens_states_are_the_same_on_a_server(postgres: Postgres) -> None:
    """On PostgreSQL."""

    @contextmanager
    def lent() -> Iterator[str]:
        name = postgres.lend()
        yield postgres.url_of(name)
        postgres.take_back(name)

    class OnServer(Messages):
        database = staticmethod(lent)

    run_state_machine_as_test(OnServer, settings=lives(3, of_ten=1))
