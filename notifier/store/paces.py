"""The pace of shops that have one of their own, whatever gateway their texts take: one row a shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.pace import Pace
from notifier.store.bulk import insert_missing, table_of
from notifier.store.tables import ShopPace

__all__ = ["paces_of_shops", "reserve_for_shops"]

SHOP_PACE = table_of(ShopPace)


def paces_of_shops(session: Session, units_per_second: Mapping[int, float], clock: datetime) -> dict[int, Pace]:
    """Shop → where its pace stands, for the shops named; their rows are locked for the transaction."""
    if not units_per_second:
        return {}
    shops = sorted(units_per_second)
    insert_missing(session, ShopPace, [{"shop_id": key} for key in shops], ["shop_id"])
    statement = sa.select(SHOP_PACE.c.shop_id, SHOP_PACE.c.arrival_at).where(SHOP_PACE.c.shop_id.in_(shops))
    rows = session.connection().execute(statement.order_by(SHOP_PACE.c.shop_id).with_for_update())
    return {key: Pace.at(clock, arrival_at, units_per_second[key]) for key, arrival_at in rows}


def reserve_for_shops(session: Session, paces: Mapping[int, Pace], units: Mapping[int, float]) -> None:
    """Move the arrival times of these shops on by the units just claimed."""
    later = [{"b_shop": key, "arrival_at": pace.after(units[key])} for key, pace in paces.items() if units.get(key)]
    if later:
        session.connection().execute(sa.update(SHOP_PACE).where(SHOP_PACE.c.shop_id == sa.bindparam("b_shop")), later)
