"""Words put one after the other, as people say them."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.locale import _, listed

__all__ = ["all_of", "any_of"]


def all_of(words: Sequence[str]) -> str:
    """``60, 30 and 7``."""
    if len(words) < 2:
        return "".join(words)
    return _("{first} and {last}").format(first=listed(words[:-1]), last=words[-1])


def any_of(words: Sequence[str]) -> str:
    """``red, green or blue``."""
    if len(words) < 2:
        return "".join(words)
    return _("{first} or {last}").format(first=listed(words[:-1]), last=words[-1])
