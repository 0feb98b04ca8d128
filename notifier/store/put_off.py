"""Planned touches given back to the planner: whatever never left is looked at again by a later run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.messages import OpenTouch, close_touches
from notifier.store.tables import Coupon, Decision, Message, MessageCycle

__all__ = ["GIVEN_BACK", "put_off"]

COUPON, DECISION, MESSAGE, MESSAGE_CYCLE = (table_of(model) for model in (Coupon, Decision, Message, MessageCycle))
GIVEN_BACK = ("contacted", "changed")
"""Why a text is cancelled whose touch is planned anew: where it never left, nothing counts it."""


def put_off(session: Session, touches: Sequence[OpenTouch], reason: str) -> int:
    """Take these touches out of their planned texts and defer them for `reason`, one of `GIVEN_BACK`.

    What was handed over once and is to be tried again is cancelled for good: its reader may have it. Returns how many
    texts were cancelled.
    """
    if not touches:
        return 0
    cancelled = close_touches(session, touches, reason)
    never_left = (
        sa.select(MESSAGE_CYCLE.c.id, MESSAGE_CYCLE.c.cycle_id, MESSAGE_CYCLE.c.stage, MESSAGE_CYCLE.c.message_id)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(MESSAGE_CYCLE.c.id.in_([touch.touch_id for touch in touches]), MESSAGE_CYCLE.c.closed == reason,
               MESSAGE.c.attempts == 0)
    )  # fmt: skip
    _free(session, session.connection().execute(never_left).all(), reason)
    return cancelled


def _free(session: Session, freed: Sequence[Any], reason: str) -> None:
    """Free these touches (id, cycle, stage, message) for a later run; a coupon nobody was told of is taken back."""
    if not freed:
        return
    connection = session.connection()
    decided = sa.update(DECISION).where(
        DECISION.c.cycle_id == sa.bindparam("b_cycle"), DECISION.c.stage == sa.bindparam("b_stage")
    )
    pairs = [{"b_cycle": cycle_id, "b_stage": stage} for _id, cycle_id, stage, _message in freed]
    connection.execute(decided.values(verdict="deferred", reason=reason), pairs)
    connection.execute(sa.delete(MESSAGE_CYCLE).where(MESSAGE_CYCLE.c.id.in_([row[0] for row in freed])))
    untold = sa.select(MESSAGE.c.id).where(MESSAGE.c.id.in_([row[3] for row in freed]), MESSAGE.c.state == "cancelled")
    connection.execute(sa.delete(COUPON).where(COUPON.c.message_id.in_(untold)))
