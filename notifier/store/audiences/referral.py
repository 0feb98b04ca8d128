"""Referral thanks (荐者有份): the delivery of the car that was recommended, and its VIN, name the cycle."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audiences.base import CUSTOMER, VEHICLE, Ask, Due, fetch
from notifier.store.bulk import table_of
from notifier.store.tables import CustomerNumber

NUMBER = table_of(CustomerNumber)


def due(session: Session, ask: Ask) -> list[Due]:
    """Who recommended a car delivered in the range, found by number or phone; the buyer does not thank themselves."""
    by_number = sa.and_(NUMBER.c.shop_id == VEHICLE.c.shop_id, NUMBER.c.number == VEHICLE.c.referrer_number)
    is_named = CUSTOMER.c.id == NUMBER.c.customer_id
    has_phone = sa.and_(CUSTOMER.c.shop_id == VEHICLE.c.shop_id, CUSTOMER.c.phone_key == VEHICLE.c.referrer_phone_key)
    named = _referred(ask).join(NUMBER, by_number).join(CUSTOMER, is_named)
    phoned = _referred(ask).where(~sa.exists().where(by_number)).join(CUSTOMER, has_phone)
    statements = [statement.where(_is_somebody_else(ask)) for statement in (named, phoned)]
    return [found for statement in statements for found in fetch(session, statement)]


def _referred(ask: Ask) -> sa.Select[tuple[int, str, None, object, object, str]]:
    delivered_on = VEHICLE.c.delivered_on
    columns = (CUSTOMER.c.id, CUSTOMER.c.bucket_key, sa.null(), delivered_on, delivered_on, VEHICLE.c.vin)
    statement = sa.select(*columns).select_from(VEHICLE).where(VEHICLE.c.shop_id == ask.shop_id)
    if ask.customer_id is not None:
        return statement.where(CUSTOMER.c.id == ask.customer_id, delivered_on.is_not(None))
    return statement.where(delivered_on.between(ask.earliest, ask.latest))


def _is_somebody_else(ask: Ask) -> sa.ColumnElement[bool]:
    return sa.and_(
        CUSTOMER.c.shop_id == ask.shop_id,
        ask.wants_person(),
        sa.or_(VEHICLE.c.customer_id.is_(None), VEHICLE.c.customer_id != CUSTOMER.c.id),
    )
