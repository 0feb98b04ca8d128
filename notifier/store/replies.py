"""Texts from customers, the bookings and answers they are, and who sent them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import Row, insert_missing, table_of
from notifier.store.engine import database_now
from notifier.store.tables import Booking, Customer, Reply, Shop, Vehicle

BOOKING = table_of(Booking)
CUSTOMER = table_of(Customer)
REPLY = table_of(Reply)
SHOP = table_of(Shop)
VEHICLE = table_of(Vehicle)


@dataclass(frozen=True, slots=True)
class Sender:
    """The customer a phone belongs to, with the zone their shop lives in."""

    customer_id: int
    shop_id: int
    timezone: str


def sender_of(session: Session, phone_key: str, customer_id: int | None = None) -> Sender | None:
    """Who sent a text: the customer of the answered message, else the first customer with that phone."""
    statement = (
        sa.select(CUSTOMER.c.id, CUSTOMER.c.shop_id, SHOP.c.timezone)
        .join(SHOP, SHOP.c.id == CUSTOMER.c.shop_id)
        .order_by(CUSTOMER.c.id)
    )
    chosen = CUSTOMER.c.id == customer_id if customer_id is not None else CUSTOMER.c.phone_key == phone_key
    row = session.connection().execute(statement.where(chosen)).first()
    return Sender(*row) if row else None


def keep_reply(session: Session, row: Row) -> int | None:
    """Keep one reply and return its id; None where the provider handed it over before."""
    if not insert_missing(session, Reply, [row], ["gateway", "provider_id"]):
        return None
    statement = sa.select(REPLY.c.id).where(
        REPLY.c.gateway == row["gateway"], REPLY.c.provider_id == row["provider_id"]
    )
    reply_id: int = session.execute(statement).scalar_one()
    return reply_id


def keep_booking(
    session: Session,
    *,
    shop_id: int,
    customer_id: int,
    vehicle_id: int | None,
    message_id: int | None,
    reply_id: int,
    booked_on: date,
) -> None:
    """An appointment asked for by reply; once a reply."""
    row = {
        "shop_id": shop_id, "customer_id": customer_id, "vehicle_id": vehicle_id, "message_id": message_id,
        "reply_id": reply_id, "booked_on": booked_on, "state": "asked", "created_at": database_now(session),
    }  # fmt: skip
    insert_missing(session, Booking, [row], ["reply_id"])


def mark_sold(session: Session, vehicle_ids: list[int]) -> None:
    """The owner says these cars are no longer theirs."""
    session.connection().execute(
        sa.update(VEHICLE)
        .where(VEHICLE.c.id.in_(vehicle_ids), VEHICLE.c.state == "in_use")
        .values(state="sold", updated_at=database_now(session))
    )
