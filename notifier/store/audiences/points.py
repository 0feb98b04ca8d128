"""Points expiring (积分到期): the day on which they end names the cycle."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import CUSTOMER, Ask, Due, customers_due


def due(session: Session, ask: Ask) -> list[Due]:
    """Customers whose points end in the range, and who have any."""
    return customers_due(session, ask, CUSTOMER.c.points_end_on, CUSTOMER.c.points > sa.literal(0))
