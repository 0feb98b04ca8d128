"""Short links of messages, and every time one is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.engine import database_now
from notifier.store.tables import Attempt, Click, Link, Message, Shop

ATTEMPT = table_of(Attempt)
LINK = table_of(Link)
MESSAGE = table_of(Message)
SHOP = table_of(Shop)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link, where its shop lives, and how the business time of its message maps to the database clock.

    `sent_at` and `claimed_at` are None where the message has no claimed attempt.
    """

    id: int
    url: str
    timezone: str
    sent_at: datetime | None
    claimed_at: datetime | None


def link_of(session: Session, code: str) -> LinkRow | None:
    """The link with this code."""
    attempt = sa.and_(ATTEMPT.c.message_id == MESSAGE.c.id, ATTEMPT.c.n == MESSAGE.c.attempts)
    statement = (
        sa.select(LINK.c.id, LINK.c.url, SHOP.c.timezone, MESSAGE.c.sent_at, ATTEMPT.c.claimed_at)
        .join(MESSAGE, MESSAGE.c.id == LINK.c.message_id)
        .join(SHOP, SHOP.c.id == MESSAGE.c.shop_id)
        .outerjoin(ATTEMPT, attempt)
        .where(LINK.c.code == code)
    )
    row = session.connection().execute(statement).first()
    return LinkRow(*row) if row else None


def keep_click(session: Session, link_id: int, *, business_at: datetime, clicked_on: date) -> None:
    """One more opening of the link; every one counts."""
    row = {"link_id": link_id, "business_at": business_at, "clicked_on": clicked_on,
           "received_at": database_now(session)}  # fmt: skip
    insert_rows(session, Click, [row])
