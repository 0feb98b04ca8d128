"""Insurance: the policy's end names the cycle, with a tolerance that takes a corrected date along."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import Due, fetch, is_ours
from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Vehicle

CUSTOMER = table_of(Customer)
VEHICLE = table_of(Vehicle)


def due(session: Session, shop_id: int, earliest: date, latest: date, customer_id: int | None = None) -> list[Due]:
    """Cars whose policy ends in the range."""
    ends_on = VEHICLE.c.insurance_ends_on
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id, ends_on, ends_on)
        .join(VEHICLE, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .where(VEHICLE.c.shop_id == shop_id, ends_on.is_not(None), is_ours())
    )
    if customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == customer_id))
    return fetch(session, statement.where(ends_on.between(earliest, latest)))
