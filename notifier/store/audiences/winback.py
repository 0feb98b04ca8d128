"""Win-back: months since the customer's latest counted visit of any car, else since the delivery."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import CUSTOMER, Ask, Due, belongs_here, fetch, is_lost_to_all


def due(session: Session, ask: Ask) -> list[Due]:
    """Customers last seen in the range."""
    seen_on = CUSTOMER.c.last_visit_on
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, sa.null(), seen_on, seen_on).where(
        CUSTOMER.c.shop_id == ask.shop_id, seen_on.is_not(None), ask.wants_person(), belongs_here(ask),
        is_lost_to_all(ask),
    )  # fmt: skip
    if ask.customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == ask.customer_id))
    return fetch(session, statement.where(seen_on.between(ask.earliest, ask.latest)))
