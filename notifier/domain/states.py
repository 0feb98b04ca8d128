"""States of an attempt and of a message: the two tables of the design, as data and two pure functions.

Events change attempts; a message's state follows from its attempts alone. Proof of acceptance beats every
"not accepted", and a message goes back to planned only with proof that its latest attempt reached no phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class AttemptState(StrEnum):
    """Where one POST stands."""

    POSTING = "posting"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    FREE = "free"


class AttemptEvent(StrEnum):
    """What can happen to one POST."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    FREE = "free"
    AMBIGUOUS = "ambiguous"
    EMPTY_LISTINGS = "empty_listings"
    OPERATOR_SENT = "operator_sent"
    OPERATOR_NOT_SENT = "operator_not_sent"


class MessageState(StrEnum):
    """Where one text to one customer stands."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    WITHHELD = "withheld"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNKNOWN = "unknown"


A = AttemptState
M = MessageState

PROVEN_ACCEPTED = frozenset({A.ACCEPTED, A.SENT, A.DELIVERED, A.UNDELIVERED})
NOT_REACHED = frozenset({A.REFUSED, A.FREE})

ATTEMPT_TRANSITIONS: Mapping[AttemptEvent, Mapping[AttemptState, AttemptState]] = {
    AttemptEvent.ACCEPTED: dict.fromkeys((A.POSTING, A.UNKNOWN, A.REFUSED, A.FREE), A.ACCEPTED),
    AttemptEvent.SENT: dict.fromkeys((A.POSTING, A.UNKNOWN, A.ACCEPTED, A.REFUSED, A.FREE), A.SENT),
    AttemptEvent.DELIVERED: dict.fromkeys(
        (A.POSTING, A.UNKNOWN, A.ACCEPTED, A.SENT, A.UNDELIVERED, A.REFUSED, A.FREE), A.DELIVERED
    ),
    AttemptEvent.UNDELIVERED: dict.fromkeys(
        (A.POSTING, A.UNKNOWN, A.ACCEPTED, A.SENT, A.REFUSED, A.FREE), A.UNDELIVERED
    ),
    AttemptEvent.REFUSED: dict.fromkeys((A.POSTING, A.UNKNOWN), A.REFUSED),
    AttemptEvent.FREE: dict.fromkeys((A.POSTING, A.UNKNOWN), A.FREE),
    AttemptEvent.AMBIGUOUS: {A.POSTING: A.UNKNOWN},
    AttemptEvent.EMPTY_LISTINGS: {A.UNKNOWN: A.FREE},
    AttemptEvent.OPERATOR_SENT: {A.UNKNOWN: A.ACCEPTED},
    AttemptEvent.OPERATOR_NOT_SENT: {A.UNKNOWN: A.FREE},
}

REPEAT_ONCE_CODES = frozenset({"30003", "30009", "30500"})
REPEAT_AFTER = timedelta(hours=4)


def next_attempt_state(state: AttemptState, event: AttemptEvent) -> AttemptState | None:
    """The state `event` moves an attempt to, or None where the attempt stays as it is."""
    return ATTEMPT_TRANSITIONS[event].get(state)


@dataclass(frozen=True, slots=True)
class AttemptView:
    """What a message's state needs to know of one attempt. `business_at` = business time of its claim."""

    n: int
    state: AttemptState
    business_at: datetime
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    """What a message's state needs to know of the message itself. `is_erased`: there is no phone left to text."""

    state: MessageState
    not_before: datetime
    valid_until: datetime
    repeated: bool
    reason: str | None = None
    is_erased: bool = False


@dataclass(frozen=True, slots=True)
class MessageOutcome:
    """Where a message stands after its attempts changed. `sent_at` = claim of the attempt that decided."""

    state: MessageState
    sent_at: datetime | None
    not_before: datetime
    repeated: bool
    reason: str | None


_RANK = (A.POSTING, A.DELIVERED, A.SENT, A.ACCEPTED, A.UNKNOWN)
_STATE_OF = {
    A.POSTING: M.SENDING,
    A.DELIVERED: M.DELIVERED,
    A.SENT: M.SENT,
    A.ACCEPTED: M.ACCEPTED,
    A.UNKNOWN: M.UNKNOWN,
}


def message_outcome(message: MessageView, attempts: Sequence[AttemptView], now: datetime) -> MessageOutcome:
    """The message's state over all its `attempts` (at least one) at business time `now`.

    The first that fits: any posting; delivered; sent; accepted; unknown; else the latest attempt decides.
    A withheld message never moves; a cancelled one only by proof of acceptance.
    """
    if message.state is M.WITHHELD:
        return _unchanged(message)
    for state in _RANK:
        deciding = max((a for a in attempts if a.state is state), key=lambda a: a.n, default=None)
        if deciding is not None:
            return _decided(message, deciding)
    return _by_latest(message, max(attempts, key=lambda a: a.n), now)


def _decided(message: MessageView, deciding: AttemptView) -> MessageOutcome:
    if message.state is M.CANCELLED and deciding.state not in PROVEN_ACCEPTED:
        return _unchanged(message)
    return MessageOutcome(_STATE_OF[deciding.state], deciding.business_at, message.not_before, message.repeated, None)


def _by_latest(message: MessageView, latest: AttemptView, now: datetime) -> MessageOutcome:
    if latest.state is A.UNDELIVERED and not _waits_for_its_repetition(message):
        return _after_undelivered(message, latest, now)
    if message.state is M.CANCELLED:
        return _unchanged(message)
    if latest.state is A.REFUSED:
        return MessageOutcome(
            M.FAILED, latest.business_at, message.not_before, message.repeated, latest.error_code or "refused"
        )
    return _back_to_planned(message, now, message.not_before, message.repeated)


def _after_undelivered(message: MessageView, latest: AttemptView, now: datetime) -> MessageOutcome:
    may_repeat = latest.error_code in REPEAT_ONCE_CODES and not message.repeated and not message.is_erased
    if may_repeat and message.state is not M.CANCELLED:
        later = max(now, latest.business_at) + REPEAT_AFTER
        if later < message.valid_until:
            return _back_to_planned(message, now, later, repeated=True)
    return MessageOutcome(M.UNDELIVERED, latest.business_at, message.not_before, message.repeated, latest.error_code)


def _waits_for_its_repetition(message: MessageView) -> bool:
    """Planned although its latest attempt was not delivered: news of an older attempt must not take that back."""
    return message.state is M.PLANNED and message.repeated


def _back_to_planned(message: MessageView, now: datetime, not_before: datetime, repeated: bool) -> MessageOutcome:
    if message.is_erased:
        return MessageOutcome(M.CANCELLED, None, not_before, repeated, "erased")
    if max(now, not_before) >= message.valid_until:
        return MessageOutcome(M.CANCELLED, None, not_before, repeated, "validity_over")
    return MessageOutcome(M.PLANNED, None, not_before, repeated, None)


def _unchanged(message: MessageView) -> MessageOutcome:
    return MessageOutcome(message.state, None, message.not_before, message.repeated, message.reason)
