"""Who said that a customer wants no marketing: the customer or staff of the shop. The customer's word weighs more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["BY_DESK", "as_told_by_a_file", "is_by_desk", "is_news", "outweighs"]

BY_DESK = "desk "
"""Before the name of who wrote something down by hand, and their reason: no word of the customer's own."""


def is_by_desk(source: str | None) -> bool:
    """Whether staff stopped it by hand, which the shop may take back; all else is the customer's own word."""
    return source is not None and source.startswith(BY_DESK)


def outweighs(source: str | None, known: str | None) -> bool:
    """Whether a refusal from `source` takes the place of one from `known`, so that staff may not take it back."""
    return is_by_desk(known) and not is_by_desk(source)


def is_news(told: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether the history keeps it: another consent, or the same refusal that is now the customer's own word."""
    if told["consent"] != known["consent"]:
        return True
    return told["consent"] == "no" and outweighs(told["consent_source"], known["consent_source"])


def as_told_by_a_file(source: str | None) -> str | None:
    """A source from outside, written so that it never reads as what staff enter in the console."""
    return f"import: {source}" if is_by_desk(source) else source
