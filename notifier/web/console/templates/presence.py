"""Who has which wording open right now, so that two people learn of each other before one of them loses anything.

Kept in the web process only: what is lost with it is a courtesy. That nobody overwrites another's words is seen to by
the revision of the draft.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Presence", "Present"]

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Present:
    """One open page. `tell`: called when somebody else comes or goes."""

    person_id: int
    name: str
    since: datetime
    tell: Callable[[], Any]


class Presence:
    """The open pages, by name and language of the wording."""

    def __init__(self) -> None:
        self._open: dict[Key, dict[str, Present]] = defaultdict(dict)

    def enter(self, key: Key, page: str, present: Present) -> None:
        """Somebody opened it. `page`: what tells this page from others."""
        self._open[key][page] = present
        self._tell(key, page)

    def leave(self, key: Key, page: str) -> None:
        """The page was closed, or has lost its connection."""
        if self._open[key].pop(page, None):
            self._tell(key, page)
        if not self._open[key]:
            del self._open[key]

    def others(self, key: Key, person_id: int) -> list[Present]:
        """Everybody else who has it open, by when they came; each once."""
        first: dict[int, Present] = {}
        for present in sorted(self._open.get(key, {}).values(), key=lambda each: each.since):
            if present.person_id != person_id:
                first.setdefault(present.person_id, present)
        return list(first.values())

    def _tell(self, key: Key, page: str) -> None:
        for other, present in list(self._open[key].items()):
            if other != page:
                present.tell()
