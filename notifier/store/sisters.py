"""The same car and the same person as the other shops of a group know them: by VIN, and by phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import Customer, Shop, Vehicle

__all__ = ["and_at_the_sisters"]

CUSTOMER, SHOP, VEHICLE = (table_of(model) for model in (Customer, Shop, Vehicle))

Subject = tuple[str, int]
"""What a reminder is about: ("vehicle" or "customer", id)."""


def and_at_the_sisters(session: Session, days: Mapping[Subject, date]) -> dict[Subject, date]:
    """(vehicle or customer, id) → day, and the same day for the same car or person as the other shops know them.

    Who came to one shop, or renewed there, needs no reminder of another. A single shop is asked no more than whether it
    is alone.
    """
    connection = session.connection()
    shops = list(connection.execute(sa.select(SHOP.c.id)).scalars()) if days else []
    if len(shops) < 2:
        return dict(days)
    found = dict(days)
    for subject_type, table, known_by in (("vehicle", VEHICLE, "vin"), ("customer", CUSTOMER, "phone_key")):
        sister = table.alias("sister")
        statement = (
            sa.select(table.c.id, sister.c.id)
            .select_from(table.join(sister, sister.c[known_by] == table.c[known_by]))
            .where(
                among(connection, table.c.id, [key for kind, key in days if kind == subject_type]),
                sister.c.shop_id.in_(shops),  # so that the unique key (shop, VIN) finds the car
                sister.c.shop_id != table.c.shop_id,
            )
        )
        for key, other in connection.execute(statement):
            day = days[subject_type, key]
            found[subject_type, other] = max(found.get((subject_type, other), day), day)
    return found
