"""A dialog about a customer: its heading, its fields, and the button that does it; a refusal leaves it open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import date

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.errors import BadInput
from notifier.locale import N_, _
from notifier.web.console.confirming import asked_to_do
from notifier.web.console.desk import Desk

__all__ = ["ask", "choice", "day_field", "day_in", "field", "from_dms"]


def ask(
    desk: Desk,
    title: str,
    yes: str,
    doing: Callable[[], Awaitable[bool]],
    *,
    needs: Permission = Permission.EDIT_CUSTOMERS,
    is_dangerous: bool = False,
) -> AbstractContextManager[None]:
    """Fields are made inside the `with`. `doing` says whether the dialog is done with."""
    return asked_to_do(desk, title, yes, doing, needs=needs, is_dangerous=is_dangerous)


def field(label: str, value: str = "", *, hint: str = "", longest: int = 100) -> ui.input:
    """A line of text."""
    made = ui.input(label, value=value).props(f"outlined dense stack-label maxlength={longest} autocomplete=off")
    if hint:
        made.props["hint"] = hint
    return made.classes("full")


def day_field(label: str, value: date | None = None) -> ui.input:
    """A day, picked or typed."""
    made = ui.input(label, value=value.isoformat() if value else "")
    return made.props("outlined dense stack-label type=date").classes("full")


def day_in(entry: ui.input) -> date | None:
    """The day of a field, None where it is empty. Raises BadInput."""
    text = str(entry.value or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(N_("“{typed}” is no day; write it like 2026-03-05."), typed=text) from None


def choice(label: str, options: dict[str, str], value: str = "") -> ui.select:
    """One of a few."""
    made = ui.select(options, label=label, value=value).props("outlined dense stack-label options-dense")
    return made.classes("full")


def from_dms() -> None:
    """What becomes of a correction."""
    words = _("The DMS stays the source: its next file overwrites this, unless it is put right there too.")
    ui.label(words).classes("quiet small")
