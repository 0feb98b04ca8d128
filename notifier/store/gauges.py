"""What a monitor wants to know at a glance: how many texts stand where, and whether the lane moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.lanes import lane_of
from notifier.store.overview import standing
from notifier.store.pauses import pauses_in_force
from notifier.store.tables import Message

MESSAGE = table_of(Message)


@dataclass(frozen=True, slots=True)
class Gauges:
    """`messages`: by state. `waiting`: planned texts of runs that may be sent.

    `oldest_waiting_seconds`: how long the first of those that may leave now (as `overview.standing` tells it, so none
    that is paused or held back) has been allowed to; 0 where none waits. `lane_stopped`: the provider's code because of
    which nothing is posted until a person mends it. `pauses`: how many are in force.
    """

    messages: Mapping[str, int]
    waiting: int
    oldest_waiting_seconds: float
    lane_stopped: str | None
    pauses: int

    @property
    def unknown(self) -> int:
        """Texts of which nobody can tell yet whether they were sent."""
        return self.messages.get("unknown", 0)


def read_gauges(session: Session, gateway: str, now: datetime) -> Gauges:
    """The figures as they stand; `now` is business time."""
    connection = session.connection()
    by_state = connection.execute(sa.select(MESSAGE.c.state, sa.func.count()).group_by(MESSAGE.c.state))
    stands = standing(session, now)
    first = stands.oldest_waiting
    return Gauges(
        messages=dict(by_state.all()),
        waiting=stands.waiting,
        oldest_waiting_seconds=(now - first).total_seconds() if first is not None else 0.0,
        lane_stopped=lane_of(session, gateway).stopped,
        pauses=len(pauses_in_force(session)),
    )
