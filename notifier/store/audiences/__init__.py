"""Who is due: one module a rule, one query each. Work grows with those who are due, not with the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.rules import RULES
from notifier.store.audiences.base import CUSTOMER, Ask, Audience, Due

__all__ = ["AUDIENCES", "PORTION", "Ask", "Audience", "Due", "in_portions"]

AUDIENCES: Mapping[str, Audience] = {name: import_module(f"{__name__}.{name}").due for name in RULES}
"""The query of every rule: ``due`` of the module with the rule's name."""

PORTION = 100_000
"""Customer ids that a question about everybody is asked of at a time."""


def in_portions(session: Session, rule: str, ask: Ask) -> Iterator[Ask]:
    """`ask` itself, or, where the rule speaks to everybody, one question after the other about some of them.

    No customer is in two portions, and each is whole. Nobody's million of customers need then be held in memory.
    """
    speaks_to_everybody = rule in ("festival", "tips") or (rule == "list" and ask.members is None)
    if not speaks_to_everybody:
        yield ask
        return
    bounds = sa.select(sa.func.min(CUSTOMER.c.id), sa.func.max(CUSTOMER.c.id)).where(CUSTOMER.c.shop_id == ask.shop_id)
    first, last = session.connection().execute(bounds).one()
    if first is not None:
        for start in range(first, last + 1, PORTION):
            yield replace(ask, ids=(start, start + PORTION - 1))
