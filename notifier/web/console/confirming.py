"""Asking before something is done that has consequences: what will happen, in sentences, and a button that says so."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from notifier.locale import _

__all__ = ["confirmed"]


async def confirmed(title: str, sentences: Sequence[str], yes: str, *, is_dangerous: bool = False) -> bool:
    """Whether the person says yes. `sentences`: what happens then, one paragraph each."""
    with ui.dialog() as dialog, ui.card().classes("dialog-card"):
        dialog.props("role=dialog aria-modal=true")
        with ui.element("h2"):
            ui.label(title)
        for sentence in sentences:
            ui.label(sentence).classes("wrap-any")
        with ui.element("div").classes("row-of dialog-doings"):
            colour = "negative" if is_dangerous else "primary"
            ui.button(yes, on_click=lambda: dialog.submit(True)).props(f"no-caps unelevated color={colour}")
            ui.button(_("Cancel"), on_click=lambda: dialog.submit(False)).props("no-caps flat autofocus")
    try:
        return bool(await dialog)
    finally:
        dialog.clear()
        if not dialog.is_deleted:  # the browser may have gone meanwhile, and its page with it
            dialog.delete()
