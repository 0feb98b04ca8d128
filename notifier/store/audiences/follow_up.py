"""After-visit follow-up (回访): the car's latest counted visit names the cycle."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import CUSTOMER, VEHICLE, VISIT, Ask, Due, fetch, is_ours


def due(session: Session, ask: Ask) -> list[Due]:
    """Cars that were here in the range and not since, with the owner of that visit: nobody is asked about another's.

    Through the customers' stored latest visit, so that the whole history of the shop is never looked through.
    """
    latest = sa.func.max(VISIT.c.day, type_=sa.Date)
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id, latest, latest)
        .join(VEHICLE, VEHICLE.c.customer_id == CUSTOMER.c.id)
        .join(VISIT, sa.and_(VISIT.c.vehicle_id == VEHICLE.c.id, VISIT.c.customer_id == CUSTOMER.c.id))
        .where(CUSTOMER.c.shop_id == ask.shop_id, VISIT.c.counted, ask.wants_car(), is_ours(ask))
        .group_by(CUSTOMER.c.id, CUSTOMER.c.bucket_key, VEHICLE.c.id)
    )
    if ask.customer_id is not None:
        return fetch(session, statement.where(CUSTOMER.c.id == ask.customer_id))
    recent = statement.where(CUSTOMER.c.last_visit_on >= ask.earliest, VISIT.c.day >= ask.earliest)
    return fetch(session, recent.having(latest <= ask.latest))
