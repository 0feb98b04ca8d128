"""Repair orders as the DMS has them; parked while nobody knows their car."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.rows import update_rows
from notifier.store.tables import Coupon, RepairOrder, Visit

__all__ = [
    "ORDER_COLUMNS", "Redemption", "earliest_redemptions", "insert_orders", "order_numbers_of_others", "orders_of",
    "redeem_coupons", "update_orders",
]  # fmt: skip

ORDER, COUPON, VISIT = table_of(RepairOrder), table_of(Coupon), table_of(Visit)

ORDER_COLUMNS = (
    "id",
    "order_no",
    "vin",
    "date_in",
    "arrived_at",
    "category",
    "odometer",
    "amount_minor",
    "advisor",
    "coupon_code",
    "vehicle_id",
    "visit_id",
    "odometer_kept",
)


def order_numbers_of_others(
    session: Session, shop_id: int, numbers: Collection[str], import_ids: Collection[int]
) -> set[str]:
    """Which of these order numbers are stored, last written by none of these imports."""
    stored = sa.select(ORDER.c.order_no).where(ORDER.c.shop_id == shop_id, ORDER.c.order_no.in_(numbers))
    return set(session.execute(stored.where(sa.func.coalesce(ORDER.c.import_id, 0).not_in(import_ids))).scalars())


def orders_of(session: Session, shop_id: int, vins: Collection[str], vehicle_ids: Collection[int]) -> list[Any]:
    """Every stored order of these cars, those that wait for one of them included, in the columns of ORDER_COLUMNS."""
    columns = sa.select(*(ORDER.c[name] for name in ORDER_COLUMNS))
    waiting = columns.where(ORDER.c.shop_id == shop_id, ORDER.c.vin.in_(vins), ORDER.c.vehicle_id.is_(None))
    theirs = columns.where(ORDER.c.vehicle_id.in_(vehicle_ids))
    return [*session.execute(waiting), *session.execute(theirs)]


def insert_orders(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add orders; a known number raises."""
    insert_rows(session, RepairOrder, rows)


def update_orders(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite orders by id."""
    update_rows(session, RepairOrder, rows)


class Redemption(NamedTuple):
    """An order names a coupon: on which day, of which car, and its visit."""

    code: str
    day: date
    vin: str
    visit_id: int


def earliest_redemptions(named: Iterable[Redemption]) -> dict[str, Redemption]:
    """Code → its first redemption: by day, then by VIN, so that the order of rows and files never matters."""
    first: dict[str, Redemption] = {}
    for each in named:
        first[each.code] = min(first.get(each.code, each), each)
    return first


def redeem_coupons(session: Session, shop_id: int, redemptions: Mapping[str, Redemption]) -> None:
    """The first redemption of a code stands, whichever was imported first."""
    if not redemptions:
        return
    known = session.execute(
        sa.select(COUPON.c.id, COUPON.c.code, COUPON.c.redeemed_on, COUPON.c.visit_id, VISIT.c.vin)
        .outerjoin(VISIT, VISIT.c.id == COUPON.c.visit_id)
        .where(COUPON.c.shop_id == shop_id, COUPON.c.code.in_(redemptions))
    )
    rows: list[dict[str, Any]] = []
    concerned: set[int] = set()
    for coupon_id, code, redeemed_on, known_visit_id, known_vin in known:
        first = redemptions[code]
        if redeemed_on is None or (first.day, first.vin) < (redeemed_on, known_vin or ""):
            rows.append({"id": coupon_id, "redeemed_on": first.day, "visit_id": first.visit_id})
            concerned |= {first.visit_id, known_visit_id} - {None}
    update_rows(session, Coupon, rows)
    # A coupon is the strongest evidence: both visits are credited anew.
    update_rows(session, Visit, [{"id": visit_id, "attributed_at": None} for visit_id in sorted(concerned)])
