"""Loan end (按揭到期): the day of the last instalment names the cycle."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars whose loan ends in the range."""
    return vehicles_due(session, ask, VEHICLE.c.loan_ends_on)
