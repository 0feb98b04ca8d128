"""Member level: the day on which an import brought another level, and the level, name the cycle."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.store.audiences.base import CUSTOMER, Ask, Due, customers_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Customers whose level changed in the range to one they still have."""
    level = CUSTOMER.c.member_level
    return customers_due(session, ask, CUSTOMER.c.member_level_since, level.is_not(None), subject_key=level)
