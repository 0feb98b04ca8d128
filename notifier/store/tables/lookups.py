"""By what staff look people and cars up, and the indexes for it: few and narrow, since every import writes them.

A tail is the end of a word: the last four digits of a phone, the last six characters of a VIN. Whoever types more than
that narrows what the index has found.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index

from notifier.store.tables.people import Customer, Vehicle

__all__ = ["LOWER_NAME", "PHONE_TAIL", "PLATE_REST", "PLATE_TAIL", "TAIL", "VIN_TAIL", "VIN_TAIL_LENGTH"]

TAIL = 4
"""Characters of a phone's or a plate's tail."""
VIN_TAIL_LENGTH = 6
CUSTOMER: sa.Table = Customer.__table__  # type: ignore[attr-defined]
VEHICLE: sa.Table = Vehicle.__table__  # type: ignore[attr-defined]


def _tail(column: sa.Column[Any], length: int) -> sa.ColumnElement[str]:
    """The last characters. Its numbers are written out: an index is used for its very words, not for parameters."""
    return sa.func.substr(column, sa.func.length(column) - sa.literal_column(str(length - 1)), type_=sa.String())


LOWER_NAME: sa.ColumnElement[str] = sa.func.lower(CUSTOMER.c.name)
PHONE_TAIL = _tail(CUSTOMER.c.phone, TAIL)
PLATE_TAIL = _tail(VEHICLE.c.plate, TAIL)
VIN_TAIL = _tail(VEHICLE.c.vin, VIN_TAIL_LENGTH)
PLATE_REST: sa.ColumnElement[str] = sa.func.substr(VEHICLE.c.plate, sa.literal_column("2"), type_=sa.String())
"""A plate without its first character, which in China names the province and is the same for most of a shop's cars."""

# PostgreSQL compares by the rules of a language; a beginning is looked up byte by byte.
_BY_BYTES = "text_pattern_ops"

Index("ix_customer_name", CUSTOMER.c.shop_id, LOWER_NAME.label("lowered"), postgresql_ops={"lowered": _BY_BYTES})
Index("ix_customer_phone_tail", PHONE_TAIL)
Index("ix_vehicle_plate_tail", PLATE_TAIL)
Index("ix_vehicle_plate_rest", VEHICLE.c.shop_id, PLATE_REST.label("rest"), postgresql_ops={"rest": _BY_BYTES})
Index("ix_vehicle_vin_tail", VIN_TAIL)
