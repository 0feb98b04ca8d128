"""The same car and the same person as the other shops of a group know them: by VIN, and by phone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import Customer, Shop, Vehicle

__all__ = ["and_at_the_sisters", "sisters_of"]

CUSTOMER, SHOP, VEHICLE = (table_of(model) for model in (Customer, Shop, Vehicle))

Subject = tuple[str, int]
"""What a reminder is about: ("vehicle" or "customer", id)."""
_KNOWN_BY = {"vehicle": (VEHICLE, "vin"), "customer": (CUSTOMER, "phone_key")}


def sisters_of(
    connection: sa.Connection, subject_type: str, ids: Sequence[int], shops: Collection[int]
) -> list[tuple[int, int]]:
    """(id, id of the same car or person at another shop), of the shops `shops`."""
    if not ids:
        return []
    table, known_by = _KNOWN_BY[subject_type]
    sister = table.alias("sister")
    statement = (
        sa.select(table.c.id, sister.c.id)
        .select_from(table.join(sister, sister.c[known_by] == table.c[known_by]))
        .where(
            among(connection, table.c.id, ids),
            sister.c.shop_id.in_(shops),  # so that the unique key (shop, VIN) finds the car
            sister.c.shop_id != table.c.shop_id,
        )
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


def and_at_the_sisters(session: Session, days: Mapping[Subject, date]) -> dict[Subject, date]:
    """(vehicle or customer, id) → day, and the same day for the same car or person as the other shops know them.

    Who came to one shop, booked or renewed there, needs no reminder of another. A single shop is asked no more than
    whether it is alone.
    """
    connection = session.connection()
    shops = list(connection.execute(sa.select(SHOP.c.id)).scalars()) if days else []
    if len(shops) < 2:
        return dict(days)
    found = dict(days)
    for subject_type in _KNOWN_BY:
        ours = [key for kind, key in days if kind == subject_type]
        for key, other in sisters_of(connection, subject_type, ours, shops):
            day = days[subject_type, key]
            found[subject_type, other] = max(found.get((subject_type, other), day), day)
    return found
