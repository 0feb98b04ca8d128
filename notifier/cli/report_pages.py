"""One report in each of its formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

__all__ = ["Pages"]


@dataclass(frozen=True, slots=True)
class Pages:
    """One report in each of its formats, made when it is asked for."""

    show: Callable[[Console], None]
    files: Mapping[str, Callable[[], bytes | str]]

    def content(self, written_as: str) -> bytes:
        """The whole file; a table is the terminal's page as text."""
        if written_as in self.files:
            made = self.files[written_as]()
            return made if isinstance(made, bytes) else f"{made}\n".encode()
        import io

        from rich.console import Console

        page = io.StringIO()
        self.show(Console(file=page, width=100, markup=False, highlight=False, emoji=False))
        return page.getvalue().encode()
