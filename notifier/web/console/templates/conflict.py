"""Two texts where one was expected: both are shown side by side, and nothing is overwritten before somebody chooses."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from notifier.web.console.confirming import Choice, chosen
from notifier.web.console.templates.difference import difference_view

__all__ = ["ask_between", "beside"]


async def ask_between(
    title: str, sentence: str, sources: tuple[tuple[str, str], tuple[str, str]], choices: Sequence[Choice]
) -> str | None:
    """Show two titled sources and ask what shall be done. None where the dialog was closed: nothing happens then."""
    return await chosen(title, [sentence], choices, body=lambda: beside(*sources))


def beside(left: tuple[str, str], right: tuple[str, str]) -> None:
    """Two sources, each under its title, with what differs marked."""
    (left_title, before), (right_title, after) = left, right
    with ui.element("div").classes("scroll-x"):
        difference_view(before, after, before_title=left_title, after_title=right_title)
