"""The plain table of the terminal: no lines, figures to the right, nothing cut off."""

from __future__ import annotations

from rich.table import Table

__all__ = ["table"]


def table(*headings: str, right: tuple[int, ...] = ()) -> Table:
    """An empty table; columns in `right` (from 0) hold figures."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(headings))
    for index, heading in enumerate(headings):
        if index in right:
            made.add_column(heading, justify="right", no_wrap=True)
        else:
            made.add_column(heading, overflow="fold")
    return made
