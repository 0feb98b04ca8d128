"""What can be done about what was said: in a terminal a command, in the console a page, a button, or whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from notifier.locale import _

__all__ = ["Door", "Mend", "with_mend"]

Door = Literal["campaign", "review", "templates", "today"]


@dataclass(frozen=True, slots=True)
class Mend:
    """`command`: a sentence for a terminal; `here`: the same for the console's readers, who see buttons and ask people.

    Both are English sentences marked with ``N_``, with the same `fields`. `door`: the console's page that helps.
    """

    command: str
    here: str
    door: Door | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def about(self, **fields: Any) -> Mend:
        """The same, with these fields."""
        return replace(self, fields={**fields, **self.fields})

    def in_terminal(self) -> str:
        """With the command, in the reader's language."""
        return _(self.command).format(**self.fields)

    def in_console(self) -> str:
        """Without any, in the reader's language."""
        return _(self.here).format(**self.fields)


def with_mend(said: str, mend: str) -> str:
    """A sentence and what to do about it, one after the other."""
    return _("{said} {mend}").format(said=said, mend=mend) if mend else said
