"""First service (首保): the delivery names the cycle; its day, by time or distance, is stored with the car."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars that have not had their first service and whose day falls in the range."""
    delivered_on = VEHICLE.c.delivered_on
    is_first = VEHICLE.c.next_service_kind == "first"
    return vehicles_due(
        session, ask, VEHICLE.c.next_service_on, is_first, delivered_on.is_not(None), anchor_on=delivered_on
    )
