"""A customer opens a short link: where it leads, and the click."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.store.engine import Session, database_now
from notifier.store.links import keep_click, link_of

__all__ = ["receive_click", "target_of"]

LONGEST_CODE = 64


def target_of(session: Session, code: str) -> str | None:
    """The address a short link leads to; None where there is no such link, or it does not lead to a web page."""
    link = link_of(session, code) if len(code) <= LONGEST_CODE else None
    return link.url if link is not None and link.url.startswith(("https://", "http://")) else None


def receive_click(session: Session, code: str, *, now: datetime) -> None:
    """Keep one opening of a link, in the caller's transaction.

    Its business time is as long after the text as the database's clock says; `now` where the text has not left.
    """
    link = link_of(session, code)
    if link is None:
        return
    at = now
    if link.sent_at is not None and link.claimed_at is not None:
        at = link.sent_at + (database_now(session) - link.claimed_at)
    keep_click(session, link.id, business_at=at, clicked_on=at.astimezone(ZoneInfo(link.timezone)).date())
