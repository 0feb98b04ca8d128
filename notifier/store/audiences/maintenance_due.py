"""Regular maintenance: due by time or distance, whichever comes first; its day is stored with the car."""

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
    """Cars whose next service falls in the range; the last maintenance visit, else the delivery, names the cycle."""
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id, VEHICLE.c.service_anchor_on,
                  VEHICLE.c.next_service_on)
        .join(VEHICLE, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .where(VEHICLE.c.shop_id == shop_id, VEHICLE.c.service_anchor_on.is_not(None),
               VEHICLE.c.next_service_on.is_not(None),
               is_ours())
    )  # fmt: skip
    if customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == customer_id))
    return fetch(session, statement.where(VEHICLE.c.next_service_on.between(earliest, latest)))
