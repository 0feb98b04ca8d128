"""Delivery thank-you: the delivery names the cycle; a car that changes hands begins anew with its new owner."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars delivered in the range."""
    return vehicles_due(session, ask, VEHICLE.c.delivered_on)
