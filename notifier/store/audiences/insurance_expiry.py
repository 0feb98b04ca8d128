"""Insurance: the policy's end names the cycle, with a tolerance that takes a corrected date along."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars whose policy ends in the range."""
    return vehicles_due(session, ask, VEHICLE.c.insurance_ends_on)
