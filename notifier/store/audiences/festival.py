"""Festivals: each day of a festival names a cycle of every customer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notifier.domain.festivals import days_of
from notifier.store.audiences.base import Ask, Due, everybody


def due(session: Session, ask: Ask) -> list[Due]:
    """All customers of the shop, once for each of the campaign's festivals that falls in the range."""
    occasions = [(name, day) for name in ask.options.festivals for day in days_of(name, ask.earliest, ask.latest)]
    return everybody(session, ask, sorted(occasions, key=lambda occasion: occasion[1]))
