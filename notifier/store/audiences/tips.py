"""Car-care tips: each year's day of a topic names a cycle of every customer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from notifier.store.audiences.base import Ask, Due, everybody


def due(session: Session, ask: Ask) -> list[Due]:
    """All customers of the shop, once for each topic whose day falls in the range."""
    days = [ask.earliest + timedelta(days=step) for step in range((ask.latest - ask.earliest).days + 1)]
    occasions = [
        (topic, day) for topic, wanted in ask.options.topics.items() for day in days if (day.month, day.day) == wanted
    ]
    return everybody(session, ask, occasions)
