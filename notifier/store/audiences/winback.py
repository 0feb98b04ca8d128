"""Win-back: months since the customer's latest counted visit of any car, else since the delivery."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import Due, fetch
from notifier.store.bulk import table_of
from notifier.store.tables import Customer

CUSTOMER = table_of(Customer)


def due(session: Session, shop_id: int, earliest: date, latest: date, customer_id: int | None = None) -> list[Due]:
    """Customers last seen in the range."""
    seen_on = CUSTOMER.c.last_visit_on
    statement = sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, sa.null(), seen_on, seen_on).where(
        CUSTOMER.c.shop_id == shop_id, seen_on.is_not(None)
    )
    if customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == customer_id))
    return fetch(session, statement.where(seen_on.between(earliest, latest)))
