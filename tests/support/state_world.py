"""A real store beside its model: whatever happens, happens to both. For test_callbacks_stateful.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any, Self

import sqlalchemy as sa

from notifier.gateways.base import (
    Answer,
    AnswerKind,
    Capabilities,
    InboundText,
    ListedText,
    Outgoing,
    Policy,
    Pulled,
)
from notifier.gateways.twilio_codes import event_of
from notifier.gateways.twilio_signature import status_report
from notifier.jobs.receive import receive_replies, receive_statuses
from notifier.jobs.reconcile import Reconciler, ReconcileSettings, settle_by_hand
from notifier.jobs.record import Answered, record_answers
from notifier.store.attempts import lapsed
from notifier.store.bulk import table_of
from notifier.store.claims import Claimed
from notifier.store.engine import Store
from notifier.store.messages import sweep_validity
from notifier.store.runs import settle_done
from notifier.store.tables import Attempt as AttemptTable
from notifier.store.tables import Customer, Event, GatewayLane, Message, Run
from notifier.store.transitions import apply_events
from tests.support.outbox import DAY, GATEWAY, NOON, SECRET, Outbox
from tests.support.state_model import Attempt, Model, Person, Report, Row, Text, Told, code_of

ATTEMPT, EVENT, LANE, MESSAGE, PERSON, RUN = (
    table_of(model) for model in (AttemptTable, Event, GatewayLane, Message, Customer, Run)
)
ODD = timedelta(minutes=1)  # no limit falls on another
ANSWERS = {
    "accepted": Answer(AnswerKind.ACCEPTED),
    "refused": Answer(AnswerKind.REFUSED, code="21602", policy=Policy.FAIL),
    "dead number": Answer(AnswerKind.REFUSED, code="21211", policy=Policy.MARK_NUMBER),
    "suppressed": Answer(AnswerKind.REFUSED, code="21610", policy=Policy.SUPPRESS),
    "free": Answer(AnswerKind.FREE, code="20429", policy=Policy.RETRY),
    "ambiguous": Answer(AnswerKind.AMBIGUOUS, code="time_out"),
}


class World:
    """Two shops of a group with one provider: 5 texts to 4 people with 3 phones, and the row of a control."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.model = Model(NOON)
        self.shops = Outbox(store, key="quanzhou"), Outbox(store, key="xiamen")
        self._replies = 0
        here, there = self.shops
        li, both = (self._person(here, f"+861990000000{number}") for number in (1, 2))
        both_there, wang = (self._person(there, f"+861990000000{number}") for number in (2, 3))
        for shop, person, valid_for in (
            (here, li, 10 * DAY), (here, both, 5 * timedelta(hours=1)), (here, both, 10 * DAY),
            (there, both_there, 10 * DAY), (there, wang, 2 * DAY),
        ):  # fmt: skip
            self._text(shop, person, "planned", valid_for + ODD)
        self._text(there, wang, "withheld", 10 * DAY)

    def _person(self, shop: Outbox, phone: str) -> Person:
        return Person(shop.customer(phone=phone), phone)

    def _text(self, shop: Outbox, person: Person, state: str, valid_for: timedelta) -> None:
        number = len(self.model.texts) + 1
        key = shop.text(person.id, state=state, valid_until=NOON + valid_for, text=f"Your car is due ({number}).")
        self.model.texts[key] = Text(key, person, NOON, NOON + valid_for, state)

    # — the two clocks —

    def business_goes_on(self, hours: int) -> None:
        """Business time."""
        self.model.now += timedelta(hours=hours)

    def database_goes_on(self, by: timedelta) -> None:
        """The database's clock: nobody sleeps, everything it has written becomes as much older."""
        self.model.passed += by
        columns = ("claimed_at", "lease_until", "empty_listing_at")
        with self.store.write() as session:
            rows = session.execute(sa.select(ATTEMPT.c.id, *(ATTEMPT.c[name] for name in columns))).all()
            older = [
                {"b_id": row[0]} | {name: at and at - by for name, at in zip(columns, row[1:], strict=True)}
                for row in rows
            ]
            if older:
                statement = sa.update(ATTEMPT).where(ATTEMPT.c.id == sa.bindparam("b_id"))
                session.connection().execute(statement, older)

    # — what happens —

    def claim(self, limit: int) -> None:
        """One claim of a lane that nothing holds up."""
        with self.store.write() as session:
            session.execute(sa.update(LANE).values(retry_at=None, troubles=0, stopped=None, arrival_at=None))
        claimed = self.shops[0].claim(now=self.model.now, limit=limit)
        if limit < len(self.model.texts):  # whom it looked at first is the claim's own affair
            for key, reason in self._cancelled():
                text = self.model.texts[key]
                if text.state == "planned":
                    same([reason], [self.model.why_not(text)])
                    text.cancel(reason)
        self.model.claim([text.message_id for text in claimed.texts], is_all=limit >= len(self.model.texts))

    def answer(self, answers: Sequence[tuple[Attempt, str]]) -> None:
        """A batch of answers is written down."""
        batch = []
        for attempt, kind in answers:
            known = ANSWERS[kind]
            if kind == "accepted":
                assert attempt.row is not None
                known = Answer(known.kind, sid=attempt.row.sid)
            text = Claimed(attempt.text.id, attempt.n, attempt.text.person.phone, "…", 1, attempt.text.valid_until)
            batch.append(Answered(text, known))
        with self.store.write() as session:
            record_answers(session, GATEWAY, batch)
        self.model.answer([
            (attempt, ANSWERS[kind].kind.value, ANSWERS[kind].code) for attempt, kind in answers
        ])  # fmt: skip

    def take(self, attempt: Attempt, *, is_listed: bool = True) -> Row:
        """The provider accepts the text of this POST."""
        row = Row(f"SM{len(self.model.rows) + 1:032d}", attempt, self.model.passed, is_listed=is_listed)
        attempt.row = row
        self.model.rows.append(row)
        return row

    def tell(self, *told: tuple[str, str, Attempt | tuple[int, int] | None]) -> None:
        """Callbacks (provider's id, status, whom the address names), kept together."""
        reports = []
        for sid, status, named in told:
            place = (named.text.id, named.n) if isinstance(named, Attempt) else named
            query = {"m": str(place[0]), "a": str(place[1])} if place else {}
            code = code_of(sid, status)
            form = {"MessageSid": sid, "MessageStatus": status, "ErrorCode": code or ""}
            reports.append(status_report(form, query))
            for row in self.model.rows:
                row.status = status if row.sid == sid and event_of(status) else row.status
        with self.store.write() as session:
            receive_statuses(session, reports)
        self.model.receive([
            Report(sid, status, code_of(sid, status), named if isinstance(named, Attempt) else None)
            for sid, status, named in told
        ])  # fmt: skip

    def begin_a_drain(self) -> None:
        """What a sender does first."""
        with self.store.write() as session:
            apply_events(session, lapsed(session))
            sweep_validity(session, self.model.now)
            settle_done(session)
        self.model.sweep()

    def reconcile(self) -> None:
        """One pass over everything open."""
        apart = ReconcileSettings()
        reconciler = Reconciler(self.store, Listing(self.model), apart, SECRET, "CN", pulls=False)
        asyncio.run(reconciler.run(lambda: self.model.now, wait=False))
        self.model.reconcile()

    def operator_says(self, text: Text, *, sent: bool) -> None:
        """A person knows what became of it."""
        settle_by_hand(self.store, text.id, sent=sent, now=self.model.now)
        open_here = [attempt for attempt in text.attempts if attempt.state == "unknown"]
        self.model.happen(((a, "was_sent" if sent else "was_not", "operator") for a in open_here), self.model.now)

    def stop(self, phone: str, *, again: bool) -> None:
        """The customer writes "stop", or "start" again."""
        self._replies += 1
        words = InboundText(GATEWAY, f"SM9{self._replies:031d}", phone, "…", opted_out=not again, opted_in=again)
        with self.store.write() as session:
            receive_replies(session, [words], secret=SECRET, region="CN", now=self.model.now)
        if again:
            self.model.stopped.discard(phone)
        else:
            self.model.stop(phone)

    def erase(self, text: Text) -> None:
        """Phone and wording are gone, as the page's last row says; only what is under way waits."""
        text.cancel("erased")
        text.is_erased = True
        values = {"phone": None, "text": None} | ({"state": "cancelled", "reason": "erased"} if is_new(text) else {})
        self.shops[0].change(Message, text.id, **values)

    # — both are the same —

    def compare(self) -> None:
        """Every text, attempt and event of the store is as the model says; raises AssertionError with what is not."""
        with self.store.read() as session:
            rows = {row["id"]: row for row in session.execute(sa.select(MESSAGE)).mappings()}
            attempts = session.execute(sa.select(*ATTEMPT_COLUMNS).order_by(ATTEMPT.c.message_id, ATTEMPT.c.n)).all()
            events = session.execute(sa.select(*EVENT_COLUMNS).order_by(EVENT.c.id)).all()
            done = set(session.scalars(sa.select(RUN.c.id).where(RUN.c.state != "ready")))
            gone = set(session.scalars(sa.select(PERSON.c.id).where(PERSON.c.unreachable.is_not(None))))
        texts = self.model.texts.values()
        same([tuple(rows[t.id][name] for name in COMPARED) for t in texts],
             [(t.id, t.state, t.reason, t.repeated, t.sent_at, len(t.attempts)) for t in texts])  # fmt: skip
        same([tuple(row) for row in attempts], [(a.text.id, a.n, a.state, a.code, a.sid) for a in self.model.attempts])
        same([tuple(row) for row in events], [_kept(told) for told in self.model.events.values()])
        same(sorted(gone), sorted({t.person.id for t in texts if t.person.is_unreachable}))
        same([t.id for t in texts if rows[t.id]["run_id"] in done and t.state in OPEN], [])
        for text in texts:
            text.not_before = about(rows[text.id]["not_before"], text.not_before) or text.not_before
            text.delivered_at = about(rows[text.id]["delivered_at"], text.delivered_at)

    def _cancelled(self) -> list[tuple[int, str]]:
        """(message, reason)."""
        statement = sa.select(MESSAGE.c.id, MESSAGE.c.reason).where(MESSAGE.c.state == "cancelled")
        with self.store.read() as session:
            return [(key, reason) for key, reason in session.execute(statement)]


COMPARED = ("id", "state", "reason", "repeated", "sent_at", "attempts")
ATTEMPT_COLUMNS = tuple(ATTEMPT.c[name] for name in ("message_id", "n", "state", "error_code", "provider_sid"))
EVENT_COLUMNS = tuple(EVENT.c[name] for name in ("provider_sid", "status", "message_id", "attempt_n", "applied"))


def _kept(told: Told) -> tuple[object, ...]:
    place = told.applied_to
    return told.sid, told.status, place and place.text.id, place and place.n, place is not None


def same(found: list[Any], expected: list[Any]) -> None:
    """They are; else an AssertionError with what differs."""
    differ = [pair for pair in zip_longest(found, expected) if pair[0] != pair[1]]
    assert not differ, f"(found, expected): {differ}"


OPEN = ("planned", "sending", "unknown")


def is_new(text: Text) -> bool:
    """Was it cancelled by this very erasure?"""
    return text.state == "cancelled" and text.reason == "erased"


def about(found: datetime | None, expected: datetime | None) -> datetime | None:
    """The moment found, which may be later than expected only by what the test itself took."""
    assert (found is None) is (expected is None)
    assert found is None or expected is None or timedelta(0) <= found - expected < ODD, (found, expected)
    return found


class Listing:
    """The provider's listing, from the model's rows: complete at every moment, and truthful."""

    name = GATEWAY
    capabilities = Capabilities(two_way=True, links=True)

    def __init__(self, model: Model) -> None:
        self._model = model

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is open."""

    async def list_sent(self, to: str, since: datetime, until: datetime) -> list[ListedText]:
        """What it has of that phone and time."""
        now = datetime.now(UTC)
        rows = [
            ListedText(
                sid=row.sid, to=to, body=f"Your car is due ({row.attempt.text.id}).", sender="MG1",
                created_at=now - (self._model.passed - row.created), status=row.status, event=event_of(row.status),
                error_code=code_of(row.sid, row.status),
            )
            for row in self._model.rows
            if row.is_listed and row.attempt.text.person.phone == to
        ]  # fmt: skip
        return [row for row in rows if since <= row.created_at <= until]

    async def post(self, text: Outgoing, *, timeout: float, now: datetime) -> Answer:
        """Nobody posts here."""
        raise NotImplementedError

    async def pull(self, since: datetime, now: datetime) -> Pulled:
        """Statuses are pushed."""
        raise NotImplementedError

    async def check(self) -> list[tuple[bool, str]]:
        """Nothing to set up."""
        return []
