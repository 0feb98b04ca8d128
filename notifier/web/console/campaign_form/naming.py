"""What a campaign is called: by people on every screen, and by its short name in files and commands."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from notifier.locale import _
from notifier.schedules.values import MAX_CAMPAIGN_NAME
from notifier.web.console.campaign_form.controls import FIELD, heard
from notifier.web.console.campaign_form.state import FormState

__all__ = ["name_row", "short_name_line"]

MOST_UNITS = 2 * MAX_CAMPAIGN_NAME
"""Browsers count an emoji or a rare character as two; what is too long beyond that is said at the field."""


def name_row(state: FormState, *, usual: str = "", key: str = "", is_fixed: bool = False) -> None:
    """The name people read. `usual`: what it is called without one, where it may have none; `key`: its short name."""
    label = _("Name of the campaign")
    about = _("What screens and reports call it. Customers never see it.")

    def named(words: str) -> None:
        state.set("name", words if words or not usual else None)

    with state.row("name", label, about):
        box = ui.input(value=state.text("name"), placeholder=usual or None, on_change=heard(named))
        box.props(f"{FIELD} maxlength={MOST_UNITS}").classes("form-wide").props["aria-label"] = label
        if is_fixed:
            box.disable()
        if key:
            said = _("In files and commands: {key}. That never changes.").format(key=key)
            ui.label(said).classes("quiet small wrap-any")


def short_name_line(state: FormState, key: str, changed: Callable[[str], None]) -> ui.input:
    """The short name of a new campaign, folded away: it is given by itself, and few ever need another one.

    Another value of the box it returns is heard as if it were typed.
    """
    label = _("Short name")
    with ui.expansion(_folded(key)).props("dense").classes("yaml-folded") as fold:
        about = _("Files and the command line call it so. Letters, digits and _; it cannot be changed later.")
        ui.label(about).classes("quiet small")

        def typed(name: str) -> None:
            fold.text = _folded(name)
            changed(name)

        box = ui.input(value=key, on_change=heard(typed))
        box.props(FIELD).classes("form-wide mono").props["aria-label"] = label
    state.line_for("id", label)
    return box


def _folded(key: str) -> str:
    return _("Advanced: {key} in files and commands").format(key=key)
