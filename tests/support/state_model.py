"""An independent model of rules.md, "States of an attempt" and "States of a message", written from its tables.

It knows nothing of notifier.domain.states. Two clocks: business time, and the database's clock as what has passed since
the beginning; a test moves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STATES = ("posting", "unknown", "accepted", "sent", "undelivered", "refused", "free", "delivered")
_CELLS = """
    accepted     accepted    accepted    –           –           –         accepted    accepted    –
    sent         sent        sent        sent        –           –         sent        sent        –
    delivered    delivered   delivered   delivered   delivered   delivered delivered   delivered   –
    undelivered  undelivered undelivered undelivered undelivered –         undelivered undelivered –
    refused      refused     refused     –           –           –         –           –           –
    free         free        free        –           –           –         –           –           –
    ambiguous    unknown     –           –           –           –         –           –           –
    lapsed       unknown     –           –           –           –         –           –           –
    two_empty    –           free        –           –           –         –           –           –
    was_sent     –           accepted    –           –           –         –           –           –
    was_not      –           free        –           –           –         –           –           –
"""
TABLE = {
    line.split()[0]: dict(zip(STATES, line.split()[1:], strict=True)) for line in _CELLS.strip().splitlines()
}  # fmt: skip
PROVEN = ("accepted", "sent", "delivered", "undelivered")
MEANS = {
    "queued": "accepted", "sending": "accepted", "sent": "sent", "delivered": "delivered", "read": "delivered",
    "undelivered": "undelivered", "failed": "undelivered", "canceled": "undelivered",
}  # fmt: skip
ONCE_MORE = ("30003", "30009", "30500")
FOUR_HOURS = timedelta(hours=4)
LEASE = timedelta(seconds=60)
FIRST_LISTING_AFTER = timedelta(seconds=300)
BETWEEN_LISTINGS = timedelta(seconds=120)
CLOCKS_APART = timedelta(seconds=120)


@dataclass(eq=False, slots=True)
class Person:
    """A customer; two of them may share a phone."""

    id: int
    phone: str
    is_unreachable: bool = False


@dataclass(eq=False, slots=True)
class Attempt:
    """One POST. `sid`: the id bound to it here; `row`: what the provider truly took, known here or not."""

    text: Text
    n: int
    business_at: datetime
    claimed: timedelta
    state: str = "posting"
    code: str | None = None
    sid: str | None = None
    empty: timedelta | None = None
    row: Row | None = None
    is_answered: bool = False


@dataclass(eq=False, slots=True)
class Row:
    """One text at the provider. `is_listed`: False for one whose existence the provider had denied."""

    sid: str
    attempt: Attempt
    created: timedelta
    status: str = "queued"
    is_listed: bool = True


@dataclass(eq=False, slots=True)
class Text:
    """One message."""

    id: int
    person: Person
    not_before: datetime
    valid_until: datetime
    state: str = "planned"
    reason: str | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    repeated: bool = False
    is_erased: bool = False
    is_lied_about: bool = False
    attempts: list[Attempt] = field(default_factory=list)

    def settle(self, at: datetime) -> None:
        """What the message becomes over its attempts, at this business time."""
        for state, mine in (("posting", "sending"), *((s, s) for s in ("delivered", "sent", "accepted", "unknown"))):
            deciding = [attempt for attempt in self.attempts if attempt.state == state]
            if deciding:
                if self.state != "cancelled" or state in PROVEN:
                    self._become(mine, None, deciding[-1].business_at)
                return
        latest = self.attempts[-1]
        if latest.state == "undelivered":
            self._was_not_delivered(latest, at)
        elif self.state != "cancelled":
            if latest.state == "refused":
                self._become("failed", latest.code or "refused", latest.business_at)
            else:
                self._wait_again(at)

    def _was_not_delivered(self, latest: Attempt, at: datetime) -> None:
        if self.state == "planned" and self.repeated:
            return
        again = max(at, latest.business_at) + FOUR_HOURS
        may_repeat = latest.code in ONCE_MORE and not self.repeated and not self.is_erased
        if may_repeat and self.state != "cancelled" and again < self.valid_until:
            self.repeated, self.not_before = True, again
            self._become("planned", None, None)
        else:
            self._become("undelivered", latest.code, latest.business_at)

    def _wait_again(self, at: datetime) -> None:
        if self.is_erased:
            self._become("cancelled", "erased", None)
        elif max(at, self.not_before) >= self.valid_until:
            self._become("cancelled", "validity_over", None)
        else:
            self._become("planned", None, None)

    def _become(self, state: str, reason: str | None, sent_at: datetime | None) -> None:
        self.state, self.reason, self.sent_at = state, reason, sent_at

    def cancel(self, reason: str) -> None:
        """Only what is planned can be."""
        if self.state == "planned":
            self.state, self.reason = "cancelled", reason


@dataclass(eq=False, slots=True)
class Told:
    """One event as it is kept."""

    sid: str
    status: str
    code: str | None
    applied_to: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A status callback: the provider's id, and the attempt its address names (or None)."""

    sid: str
    status: str
    code: str | None
    named: Attempt | None


class Model:
    """All texts of an installation."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.passed = timedelta(0)
        self.texts: dict[int, Text] = {}
        self.events: dict[tuple[str, str], Told] = {}
        self.rows: list[Row] = []
        self.stopped: set[str] = set()

    @property
    def attempts(self) -> list[Attempt]:
        """Every attempt, in order of its message and number."""
        return [attempt for text in self.texts.values() for attempt in text.attempts]

    def owner(self, sid: str) -> Attempt | None:
        """The attempt this id is bound to."""
        return next((attempt for attempt in self.attempts if attempt.sid == sid), None)

    # — events —

    def happen(self, events: Iterable[tuple[Attempt, str, str | None]], at: datetime | None = None) -> None:
        """(attempt, event, code), applied together. `at`: business time; None = as long after the claim as passed."""
        touched: dict[int, datetime] = {}
        for attempt, event, code in events:
            following = TABLE[event][attempt.state]
            if following == "–":
                continue
            attempt.state, attempt.code = following, code
            arrived = at or attempt.business_at + (self.passed - attempt.claimed)
            touched[attempt.text.id] = arrived
            if event == "delivered":
                attempt.text.delivered_at = arrived
        for key, arrived in touched.items():
            self.texts[key].settle(arrived)

    def receive(self, reports: Sequence[Report]) -> None:
        """A batch of callbacks, committed together."""
        fresh = [report for report in reports if self._keep(report) and report.status in MEANS]
        placed = [(report, self.owner(report.sid) or report.named) for report in fresh]
        known = [(report, place) for report, place in placed if place and place.sid in (None, report.sid)]
        for report, place in known:
            place.sid = report.sid
            self.events[report.sid, report.status].applied_to = place
        self.happen((place, MEANS[report.status], report.code) for report, place in known)
        for report, place in known:
            self._learn(place, report.code)
        self.take_up({report.sid for report, _place in known})

    def _keep(self, report: Report) -> bool:
        """Whether there is something to do about it: told for the first time, or not applied then."""
        key = (report.sid, report.status)
        return self.events.setdefault(key, Told(*key, report.code)).applied_to is None

    def take_up(self, sids: Iterable[str]) -> None:
        """What was told of these ids before they were bound."""
        waiting = [
            (told, place)
            for told in self.events.values()
            if told.sid in set(sids) and told.applied_to is None and told.status in MEANS
            if (place := self.owner(told.sid))
        ]
        for told, place in waiting:
            told.applied_to = place
        self.happen((place, MEANS[told.status], told.code) for told, place in waiting)
        for told, place in waiting:
            self._learn(place, told.code)

    def _learn(self, attempt: Attempt, code: str | None) -> None:
        if code == "21610":
            self.stop(attempt.text.person.phone)
        elif code in ("21211", "30005"):
            attempt.text.person.is_unreachable = True

    def answer(self, answers: Sequence[tuple[Attempt, str, str | None]]) -> None:
        """(attempt, event, code) of a batch of answers; an accepted one brings the id."""
        sids = []
        for attempt, event, _code in answers:
            attempt.is_answered = True
            if event == "accepted" and attempt.row is not None:
                attempt.sid = attempt.row.sid
                sids.append(attempt.row.sid)
        self.happen(answers)
        for attempt, _event, code in answers:
            self._learn(attempt, code)
        self.take_up(sids)

    # — what is not an attempt's event —

    def claim(self, claimed: Sequence[int], *, is_all: bool) -> None:
        """These texts were claimed. Raises AssertionError where one may not leave, or (`is_all`) one is missing."""
        due = [t for t in self.texts.values() if t.state == "planned" and t.not_before <= self.now and not t.is_erased]
        fit = [text for text in due if self.why_not(text) is None]
        assert set(claimed) <= {text.id for text in fit}, "claimed what may not leave"
        assert not is_all or set(claimed) == {text.id for text in fit}, "not claimed what may leave"
        for key in claimed:
            text = self.texts[key]
            text.attempts.append(Attempt(text, len(text.attempts) + 1, self.now, self.passed))
            text.settle(self.now)
        for text in due if is_all else ():
            text.cancel(self.why_not(text) or "fit")

    def why_not(self, text: Text) -> str | None:
        """What the claim's own checks cancel a text for."""
        if text.valid_until <= self.now:
            return "validity_over"
        if text.person.phone in self.stopped:
            return "opted_out"
        return "unreachable" if text.person.is_unreachable else None

    def sweep(self) -> None:
        """A drain begins: lapsed leases, then texts whose last day is over."""
        self.lapse()
        for text in self.texts.values():
            if text.valid_until <= self.now:
                text.cancel("validity_over")

    def lapse(self) -> None:
        """Leases that are over."""
        self.happen((a, "lapsed", "lease_lapsed") for a in self.attempts if self.passed - a.claimed > LEASE)

    def stop(self, phone: str) -> None:
        """The phone said stop."""
        self.stopped.add(phone)
        for text in self.texts.values():
            if text.person.phone == phone:
                text.cancel("opted_out")

    # — reconcile —

    def reconcile(self) -> None:
        """Every open attempt is looked for in the provider's listing."""
        self.lapse()
        for attempt in [attempt for attempt in self.attempts if attempt.state == "unknown"]:
            if attempt.row is not None and attempt.row.is_listed:
                attempt.sid = attempt.row.sid
                status = attempt.row.status
                told = [(attempt, "accepted", None), (attempt, MEANS[status], code_of(attempt.row.sid, status))]
                self.happen(told[: 1 if MEANS[status] == "accepted" else 2])
                self.take_up([attempt.row.sid])
            elif self.passed - attempt.claimed >= LEASE + FIRST_LISTING_AFTER and not self._unexplained(attempt):
                self._saw_nothing(attempt)

    def _unexplained(self, attempt: Attempt) -> bool:
        """A row to the same phone, in its time, that may be its own for all anybody here knows."""
        return any(
            row.is_listed
            and row.attempt.text.person.phone == attempt.text.person.phone
            and self.owner(row.sid) is None
            and row.attempt.state != "unknown"
            and -CLOCKS_APART <= row.created - attempt.claimed <= LEASE + CLOCKS_APART
            for row in self.rows
        )

    def _saw_nothing(self, attempt: Attempt) -> None:
        if attempt.empty is None:
            attempt.empty = self.passed
        elif self.passed - attempt.empty >= BETWEEN_LISTINGS:
            self.happen([(attempt, "two_empty", "not_accepted")], self.now)


CODES = (None, "30003", "30008", "30005", "30003", "21610")


def code_of(sid: str, status: str) -> str | None:
    """The error code the provider tells with this status of this text: always the same one."""
    return CODES[(int(sid[2:]) + len(status)) % len(CODES)] if MEANS.get(status) == "undelivered" else None
