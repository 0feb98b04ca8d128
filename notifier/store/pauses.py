"""Pauses: what a person has halted, one shop or everything; what is planned stays planned and waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notifier.store import lanes
from notifier.store.bulk import insert_missing, table_of
from notifier.store.engine import Store, database_now
from notifier.store.tables import Pause, Shop
from notifier.store.trouble import is_still_held

__all__ = ["EVERYTHING", "PauseRow", "claims_are_over", "halted_shops", "pause", "pauses_in_force", "resume"]

PAUSE = table_of(Pause)
SHOP = table_of(Shop)
EVERYTHING = "*"
PATIENCE = 10.0
"""Seconds a claim may take before whoever pauses is told of it; one takes some hundredths."""


@dataclass(frozen=True, slots=True)
class PauseRow:
    """A pause in force: of the shop with this key, None = of everything. `since`: by the database's clock."""

    shop: str | None
    since: datetime
    by: str | None

    def holds(self, shop: str) -> bool:
        """Whether it halts the texts of that shop."""
        return self.shop in (None, shop)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"shop": self.shop, "since": self.since.isoformat(), "by": self.by}


def pause(session: Session, shop: str | None, *, by: str) -> bool:
    """Halt every text of a shop, by its key, or (None) of everybody; False where that is so already.

    Whatever is claimed after the commit sees it; `claims_are_over` waits for what is being claimed at that moment.
    """
    shop_id = sa.select(SHOP.c.id).where(SHOP.c.key == shop)
    row = {
        "scope": EVERYTHING if shop is None else shop, "since": database_now(session), "by": by,
        "shop_id": session.connection().execute(shop_id).scalar_one_or_none(),
    }  # fmt: skip
    return insert_missing(session, Pause, [row], ["scope"]) > 0


def claims_are_over(store: Store, gateway: str, seconds: float = PATIENCE) -> bool:
    """Wait until no claim is under way that began before a pause was committed; what was claimed is on its way.

    False where one holds its lane for longer: its process or its machine may be frozen. The pause was committed before,
    so that it counts in any case. `gateway`: one whose lane counts even if nothing was sent by it yet.
    """
    if store.is_sqlite:  # one writer: none was under way when the pause was written
        return True
    try:
        with store.write() as session:
            lanes.lock_all(session, gateway, seconds)
    except OperationalError as error:
        if not is_still_held(error):
            raise
        return False
    return True


def resume(session: Session, shop: str | None) -> bool:
    """End the pause of a shop, or (None) that of everything, which leaves those of single shops in force.

    False where there was none.
    """
    scope = EVERYTHING if shop is None else shop
    return session.connection().execute(sa.delete(PAUSE).where(PAUSE.c.scope == scope)).rowcount > 0


def pauses_in_force(session: Session) -> list[PauseRow]:
    """Every pause, that of everything first."""
    statement = sa.select(PAUSE.c.scope, PAUSE.c.since, PAUSE.c.by).order_by(PAUSE.c.scope != EVERYTHING, PAUSE.c.scope)
    return [
        PauseRow(None if scope == EVERYTHING else scope, since, by)
        for scope, since, by in session.connection().execute(statement)
    ]


def halted_shops() -> sa.Select[int]:
    """The ids of the shops a pause halts. By their key: a shop may be paused before it has a row."""
    return sa.select(SHOP.c.id).where(sa.exists().where(PAUSE.c.scope.in_((EVERYTHING, SHOP.c.key))))
