"""Two texts where one was expected: both are shown side by side, and nothing is overwritten before somebody chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from notifier.locale import _
from notifier.web.console.templates.difference import difference_view

__all__ = ["Choice", "ask_between", "confirm"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of the dialog: `key` is what is answered, `about` says what happens then."""

    key: str
    label: str
    about: str = ""


async def ask_between(
    title: str, sentence: str, sources: tuple[tuple[str, str], tuple[str, str]], choices: Sequence[Choice]
) -> str | None:
    """Show two titled sources and ask what shall be done. None where the dialog was closed: nothing happens then."""
    (left, before), (right, after) = sources
    with ui.dialog() as dialog, ui.card().classes("wording-dialog"):
        _heading(title)
        ui.label(sentence)
        with ui.element("div").classes("scroll-x"):
            difference_view(before, after, before_title=left, after_title=right)
        with ui.element("div").classes("dialog-choices"):
            for choice in choices:
                if choice.about:
                    ui.label(f"{choice.label} — {choice.about}").classes("quiet small")
        with ui.element("div").classes("row-of dialog-doings"):
            for choice in choices:
                button = ui.button(choice.label, on_click=lambda _event, key=choice.key: dialog.submit(key))
                button.props("no-caps outline color=primary")
            ui.button(_("Do nothing yet"), on_click=lambda: dialog.submit(None)).props("no-caps flat")
    answer = await _answer(dialog)
    return None if answer is None else str(answer)


async def confirm(title: str, sentence: str, yes: str, *, sources: tuple[str, str] | None = None) -> bool:
    """Ask before what cannot be taken back. `sources`: what is live, and what shall be."""
    with ui.dialog() as dialog, ui.card().classes("wording-dialog"):
        _heading(title)
        ui.label(sentence)
        if sources is not None:
            with ui.element("div").classes("scroll-x"):
                difference_view(*sources, before_title=_("Live now"), after_title=_("After publishing"))
        with ui.element("div").classes("row-of dialog-doings"):
            ui.button(yes, on_click=lambda: dialog.submit(True)).props("no-caps unelevated color=primary")
            ui.button(_("Cancel"), on_click=lambda: dialog.submit(False)).props("no-caps flat")
    return bool(await _answer(dialog))


def _heading(title: str) -> None:
    with ui.element("h2"):
        ui.label(title)


async def _answer(dialog: ui.dialog) -> Any:
    try:
        return await dialog
    finally:
        dialog.clear()
        if not dialog.is_deleted:  # the browser may have gone meanwhile, and its page with it
            dialog.delete()
