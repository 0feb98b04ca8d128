"""Regular maintenance: due by time or distance, whichever comes first; its day is stored with the car."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import VEHICLE, Ask, Due, vehicles_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars whose next service falls in the range; the last maintenance visit, else the delivery, names the cycle.

    First services are left to a campaign of their own, those of them that its filter is for.
    """
    anchor = VEHICLE.c.service_anchor_on
    ours = ~ask.has_first_service_of_its_own()
    return vehicles_due(session, ask, VEHICLE.c.next_service_on, anchor.is_not(None), ours, anchor_on=anchor)
