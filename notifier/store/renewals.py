"""Renewals: policies the shop has written; parked while nobody knows their car."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.rows import update_rows
from notifier.store.tables import Renewal

__all__ = [
    "RenewalRef",
    "insert_renewals",
    "latest_policy_ends",
    "parked_renewals",
    "policies_of_others",
    "renewals_by_policy",
    "update_renewals",
]

RENEWAL = table_of(Renewal)


class RenewalRef(NamedTuple):
    """A car whose insurance now ends later: by a policy of ours, or renewed elsewhere as the customer file tells."""

    vehicle_id: int
    ends_on: date


def renewals_by_policy(session: Session, shop_id: int, policies: Collection[str]) -> dict[str, dict[str, Any]]:
    """Policy number → all columns of the stored renewal."""
    rows = session.execute(
        sa.select(RENEWAL).where(RENEWAL.c.shop_id == shop_id, RENEWAL.c.policy_no.in_(policies))
    ).mappings()
    return {row["policy_no"]: dict(row) for row in rows}


def policies_of_others(
    session: Session, shop_id: int, policies: Collection[str], import_ids: Collection[int]
) -> set[str]:
    """Which of these policy numbers are stored, last written by none of these imports."""
    stored = sa.select(RENEWAL.c.policy_no).where(RENEWAL.c.shop_id == shop_id, RENEWAL.c.policy_no.in_(policies))
    return set(session.execute(stored.where(sa.func.coalesce(RENEWAL.c.import_id, 0).not_in(import_ids))).scalars())


def parked_renewals(session: Session, shop_id: int, vins: Collection[str]) -> Sequence[Any]:
    """Renewals that wait for one of these cars: id, VIN, ends_on."""
    columns = sa.select(RENEWAL.c.id, RENEWAL.c.vin, RENEWAL.c.ends_on)
    waiting = (RENEWAL.c.shop_id == shop_id, RENEWAL.c.vehicle_id.is_(None), RENEWAL.c.vin.in_(vins))
    return session.execute(columns.where(*waiting)).all()


def latest_policy_ends(session: Session, vehicle_ids: Collection[int]) -> dict[int, date]:
    """Car → the latest end of the policies written for it; without any, no key."""
    rows = session.execute(
        sa.select(RENEWAL.c.vehicle_id, sa.func.max(RENEWAL.c.ends_on, type_=sa.Date))
        .where(RENEWAL.c.vehicle_id.in_(vehicle_ids))
        .group_by(RENEWAL.c.vehicle_id)
    )
    return dict(rows.all())


def insert_renewals(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add renewals; a known policy number raises."""
    insert_rows(session, Renewal, rows)


def update_renewals(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite renewals by id."""
    update_rows(session, Renewal, rows)
