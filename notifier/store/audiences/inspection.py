"""Annual inspection (年审): the day on which the present one ends names the cycle."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars whose inspection ends in the range."""
    return vehicles_due(session, ask, VEHICLE.c.inspection_ends_on)
