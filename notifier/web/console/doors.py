"""What can be done about what was said, and the way to the page that helps."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from nicegui import ui

from notifier.locale import N_, _
from notifier.locale.mends import Door, Mend

__all__ = ["page_of", "show_mend"]

DOORS: Mapping[Door, tuple[str, str]] = {
    "campaign": ("/campaigns/{campaign}", N_("Open the campaign")),
    "review": ("/reviews", N_("Open the reviews")),
    "templates": ("/templates", N_("Open the templates")),
    "today": ("/", N_("See what is known up to when")),
}
"""Page and words of the link."""


def page_of(mend: Mend) -> str:
    """The address of the page that helps; empty where none does."""
    if mend.door is None:
        return ""
    fields = {name: quote(str(value), safe="") for name, value in mend.fields.items()}
    return DOORS[mend.door][0].format(**fields)


def show_mend(mend: Mend | None) -> None:
    """Quietly below a sentence; nothing where nothing is to be done."""
    if mend is None:
        return
    with ui.element("div").classes("mend small"):
        ui.label(mend.in_console()).classes("quiet wrap-any")
        if mend.door is not None:
            ui.link(_(DOORS[mend.door][1]), page_of(mend))
