"""Who is due: one module a rule, one query each. Work grows with those who are due, not with the base."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from notifier.domain.rules import RULES
from notifier.store.audiences.base import Ask, Audience, Due

__all__ = ["AUDIENCES", "Ask", "Audience", "Due"]

AUDIENCES: Mapping[str, Audience] = {name: import_module(f"{__name__}.{name}").due for name in RULES}
"""The query of every rule: ``due`` of the module with the rule's name."""
