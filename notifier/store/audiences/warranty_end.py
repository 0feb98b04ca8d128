"""Warranty end (质保到期): its last day names the cycle."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars whose warranty ends in the range."""
    return vehicles_due(session, ask, VEHICLE.c.warranty_ends_on)
