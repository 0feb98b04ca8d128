"""Which message gets the credit for a visit: at most one; the others that could have are "assisted".

Bookkeeping, not cause: what a campaign caused is read from its control group (domain/lift). Source: facts/statistics.md
"Credit for a visit"; rules.md "Credit" for the states that earn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

__all__ = ["Credit", "Evidence", "Outcome", "Touch", "credit"]

Evidence = Literal["coupon", "booking", "reply", "sent"]

_STRENGTH: dict[Evidence, int] = {"coupon": 4, "booking": 3, "reply": 2, "sent": 1}
_REACHED = frozenset({"accepted", "sent", "delivered"})
_PERHAPS_REACHED = frozenset({"sending", "unknown"})
"""We cannot tell yet; but who answers, books or brings the coupon has read the text."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One message, or one phone call by staff (`is_contact`), to the customer of the outcome.

    Days are dates in the shop's zone. `answered_on` is the latest reply or click not after the outcome; `booked_on` the
    day on which a booking for this very visit, naming this message, was made; `coupon_redeemed` says that its unique
    coupon was redeemed at this outcome. A call's state does not matter; its day is `sent_on`.
    """

    message_id: int
    campaign_id: str
    sent_at: datetime | None
    sent_on: date
    state: str
    answered_on: date | None = None
    booked_on: date | None = None
    coupon_redeemed: bool = False
    is_contact: bool = False
    reply_window_days: int = 14
    sent_window_days: int = 7


@dataclass(frozen=True, slots=True)
class Outcome:
    """A visit or a renewal: its shop day and, where the DMS tells it, the moment of arrival.

    `booked_on` is the day the visit was booked without naming any message (at the desk, by phone).
    """

    day: date
    arrived_at: datetime | None = None
    booked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """The credited message with its evidence, or None and None; `assisted` are the others that would have qualified
    alone, by ascending id."""

    message_id: int | None
    evidence: Evidence | None
    assisted: tuple[int, ...]


def credit(outcome: Outcome, touches: Iterable[Touch]) -> Credit:
    """The credit for `outcome` among the `touches` of its customer, in whatever order they come.

    Strongest evidence first (coupon, booking, reply or click or call, plain send), then the latest touch, then the
    lowest id. Nothing sent after the visit, or after it was booked, earns.
    """
    candidates = list(touches)
    booked_on = _day_of_booking(outcome, candidates)
    earned = [(t, e) for t in candidates if (e := _evidence(outcome, t, booked_on)) is not None]
    if not earned:
        return Credit(None, None, ())
    earned.sort(key=lambda pair: _rank(*pair))
    (best, evidence), others = earned[0], earned[1:]
    return Credit(best.message_id, evidence, tuple(sorted(touch.message_id for touch, _ in others)))


def _day_of_booking(outcome: Outcome, touches: Iterable[Touch]) -> date | None:
    days = [outcome.booked_on, *(t.booked_on for t in touches)]
    return min((d for d in days if d is not None and d <= outcome.day), default=None)


def _evidence(outcome: Outcome, touch: Touch, booked_on: date | None) -> Evidence | None:
    """What this touch alone could earn the outcome with, or None."""
    if _came_after(outcome, touch) or (booked_on is not None and touch.sent_on > booked_on):
        return None
    if touch.is_contact:
        return "reply" if _is_before(outcome, touch, touch.reply_window_days) else None
    if touch.state in _REACHED | _PERHAPS_REACHED and (answer := _answer(outcome, touch)):
        return answer
    if touch.state in _REACHED and _is_before(outcome, touch, touch.sent_window_days):
        return "sent"
    return None


def _answer(outcome: Outcome, touch: Touch) -> Evidence | None:
    """What the customer did that shows the text was read, strongest first."""
    if touch.coupon_redeemed:
        return "coupon"
    if touch.booked_on is not None and touch.booked_on <= outcome.day:
        return "booking"
    return "reply" if _answered_in_time(outcome, touch) else None


def _came_after(outcome: Outcome, touch: Touch) -> bool:
    if touch.sent_on == outcome.day and outcome.arrived_at is not None and touch.sent_at is not None:
        return touch.sent_at >= outcome.arrived_at
    return touch.sent_on > outcome.day


def _is_before(outcome: Outcome, touch: Touch, window_days: int) -> bool:
    """Was it sent in the window before the visit? On the day itself only two known moments can show it."""
    if touch.sent_on == outcome.day:
        return outcome.arrived_at is not None and touch.sent_at is not None
    return outcome.day - timedelta(days=window_days) <= touch.sent_on


def _answered_in_time(outcome: Outcome, touch: Touch) -> bool:
    if touch.answered_on is None:
        return False
    opens = max(touch.sent_on, outcome.day - timedelta(days=touch.reply_window_days))
    return opens <= touch.answered_on <= outcome.day


def _rank(touch: Touch, evidence: Evidence) -> tuple[int, int, float, int]:
    moment = touch.sent_at.timestamp() if touch.sent_at else -math.inf
    return -_STRENGTH[evidence], -touch.sent_on.toordinal(), -moment, touch.message_id
