"""How the simulated network and its customers behave: shares and delays as data, or a behaviour of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Protocol

from notifier.gateways.base import Outgoing


@dataclass(frozen=True, slots=True)
class Reaction:
    """What becomes of one accepted text.

    `sent_after` counts from the POST, `receipt_after` from there, replies (how long after, words) from the receipt.
    `receipt`: delivered, undelivered (with `error_code`), or None where the carrier gives none.
    """

    sent_after: timedelta = timedelta(seconds=2)
    receipt: str | None = "delivered"
    receipt_after: timedelta = timedelta(seconds=4)
    error_code: str | None = None
    replies: tuple[tuple[timedelta, str], ...] = ()


class Behaviour(Protocol):
    """Decides how the customer at `text.to` reacts. Any chance must come from `draw`, or a run cannot be repeated."""

    def __call__(self, text: Outgoing, now: datetime, draw: Random, /) -> Reaction: ...


def _undelivered_shares() -> Mapping[str, float]:
    return MappingProxyType({"30003": 0.015, "30005": 0.01, "30008": 0.01})


def _reply_shares() -> Mapping[str, float]:
    return MappingProxyType({"1": 0.03, "谢谢": 0.01, "R": 0.005})


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """Shares between 0 and 1. With the defaults some 96 % are delivered.

    `dead_numbers`: phones refused for good. `lost_answers`: accepted, but the answer never arrives. `no_receipt`:
    sent is the last that is heard. `undelivered` by code; `replies` by words, of those delivered.
    """

    dead_numbers: float = 0.004
    lost_answers: float = 0.0
    no_receipt: float = 0.005
    undelivered: Mapping[str, float] = field(default_factory=_undelivered_shares)
    replies: Mapping[str, float] = field(default_factory=_reply_shares)


def ordinary_customers(profile: NetworkProfile) -> Behaviour:
    """Customers who react by the profile's shares: most read, few answer, within some hours."""

    def react(text: Outgoing, now: datetime, draw: Random) -> Reaction:  # noqa: ARG001
        sent_after = timedelta(seconds=round(draw.uniform(0.5, 5), 3))
        receipt_after = timedelta(seconds=round(draw.uniform(1, 60), 3))
        fate = draw.random()
        if fate < profile.no_receipt:
            return Reaction(sent_after, None, receipt_after)
        code = _drawn(profile.undelivered, fate - profile.no_receipt)
        if code is not None:
            return Reaction(sent_after, "undelivered", receipt_after, code)
        words = _drawn(profile.replies, draw.random())
        after = timedelta(minutes=round(draw.uniform(1, 240), 1))
        return Reaction(sent_after, "delivered", receipt_after, replies=((after, words),) if words else ())

    return react


def _drawn(shares: Mapping[str, float], draw: float) -> str | None:
    for name, share in shares.items():
        if draw < share:
            return name
        draw -= share
    return None
