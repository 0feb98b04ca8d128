"""Delivery thank-you: the delivery names the cycle; a car delivered once more begins anew with its new owner."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, took_delivery, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars delivered in the range to whom they belong; nobody is thanked for a delivery to another."""
    return vehicles_due(session, ask, VEHICLE.c.delivered_on, took_delivery())
