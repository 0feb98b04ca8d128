"""What the house needs from an SMS provider: one narrow protocol, its outcomes, and what a gateway can do.

A gateway only talks. It keeps no state of ours, decides nothing about retries, and never raises for what a
provider answers: every answer becomes an :class:`Answer` whose `kind` says what is proven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self

from notifier.domain.states import AttemptEvent


class Policy(StrEnum):
    """What to do about a provider's code."""

    RETRY = "retry"  # proven not processed: wait and try again
    AMBIGUOUS = "ambiguous"  # may have been accepted: unknown, reconcile, never resend blindly
    REPEAT_ONCE = "repeat_once"  # accepted, surely not delivered: once more, hours later
    FAIL = "fail"  # refused or undelivered for good
    BLOCKED = "blocked"  # as FAIL, and a person has to look at the wording or the sender
    MARK_NUMBER = "mark_number"  # as FAIL, and the number is no use
    SUPPRESS = "suppress"  # as FAIL, and the person has opted out
    STOP_LANE = "stop_lane"  # our set-up is wrong: nothing more is posted until a person mends it


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a gateway can do, and what shops must therefore say differently.

    `two_way`: hears replies; without it the way out is the shop's phone and no text may ask for a reply.
    `links`: links reach the phone. `signature`: "ours" = the renderer writes 【signature】, "provider" = it adds it.
    `units_per_second`: the pace it takes; `unit` = what it counts. `price_micros`: per segment, millionths of the
    currency. `pulls`: statuses and replies can be fetched without a public URL. `keeps_business_time`: its own clock is
    the business time it is told (the simulator), not the real one.
    """

    two_way: bool
    links: bool
    signature: str = "ours"
    units_per_second: float = 10.0
    unit: str = "segment"
    price_micros: int = 0
    pulls: bool = True
    keeps_business_time: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One POST: the attempt it belongs to, the phone (E.164), the whole text and how long it is worth delivering."""

    message_id: int
    attempt_n: int
    to: str
    body: str
    validity_seconds: int


class AnswerKind(StrEnum):
    """What an answer proves."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FREE = "free"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one POST. `retry_after` in seconds, where the provider names it."""

    kind: AnswerKind
    sid: str | None = None
    code: str | None = None
    text: str | None = None
    policy: Policy | None = None
    retry_after: float | None = None

    @property
    def event(self) -> AttemptEvent:
        """The attempt event this answer is."""
        return AttemptEvent(self.kind.value)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One status of one accepted text, pushed or fetched.

    `event` is None for a status we do not know (kept, changes nothing). `occurred_at`: business time where the
    provider's own clock is ours (the simulator); None = computed from its arrival.
    """

    gateway: str
    sid: str
    status: str
    event: AttemptEvent | None
    error_code: str | None = None
    policy: Policy | None = None
    message_id: int | None = None
    attempt_n: int | None = None
    occurred_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundText:
    """One text from a customer. `opted_out`: the provider itself took it as a stop; `opted_in` as a start."""

    gateway: str
    provider_id: str
    sender: str
    text: str
    to: str | None = None
    opted_out: bool = False
    opted_in: bool = False
    occurred_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedText:
    """One row of a provider's listing of texts sent to a phone."""

    sid: str
    to: str
    body: str
    created_at: datetime
    sender: str | None
    status: str
    event: AttemptEvent | None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought; `complete` False where a page failed, so the same span must be pulled again."""

    statuses: Sequence[StatusReport] = ()
    replies: Sequence[InboundText] = ()
    complete: bool = True


class Gateway(Protocol):
    """An SMS provider. Opened inside a running event loop, closed by the same."""

    name: str
    capabilities: Capabilities

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *error: object) -> None: ...

    async def post(self, text: Outgoing, *, timeout: float, now: datetime) -> Answer:
        """Hand over one text within `timeout` seconds. Never raises for an answer, a time-out or a broken line."""
        ...

    async def list_sent(self, to: str, since: datetime, until: datetime) -> list[ListedText] | None:
        """Every text of ours to this phone created in [since, until], or None where the listing is not complete.

        Rows of other senders of the same account are left out.
        """
        ...

    async def pull(self, since: datetime, now: datetime) -> Pulled:
        """Statuses and replies that arrived after `since`, for shops without a public URL."""
        ...

    async def check(self) -> list[tuple[bool, str]]:
        """Is it set up? One (ok, sentence with its mend) a line, for `doctor`. Asks the provider where it can."""
        ...
