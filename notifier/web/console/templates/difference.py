"""Two wordings beside each other, with what was taken out and what was put in."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from notifier.jobs.wording_list import Change, Piece, difference
from notifier.locale import _
from notifier.web.console.templates.words import words_of_source

__all__ = ["difference_view"]


def difference_view(before: str, after: str, *, before_title: str, after_title: str) -> None:
    """Both sources in words; lines that are the same stand on both sides."""
    pairs = zip(words_of_source(before), words_of_source(after), strict=True)
    with ui.element("div").classes("difference"):
        for title in (before_title, after_title):
            ui.label(title).classes("difference-title strong small")
        for old, new in pairs:
            for number, change in enumerate(difference(old, new)):
                _line(change, is_first=number == 0)


def _line(change: Change, *, is_first: bool) -> None:
    classes = "is-first" if is_first else ""
    if change.kind == "same":
        _side(change.before, "", "", f"{classes} is-same")
        _side(change.after, "", "", f"{classes} is-same")
        return
    _side(change.before, "is-removed", _("taken out"), classes)
    _side(change.after, "is-added", _("put in"), classes)


def _side(pieces: Sequence[Piece], mark: str, told: str, classes: str) -> None:
    with ui.element("div").classes(f"difference-line {classes} {mark if pieces else 'is-nothing'}"):
        for piece in pieces:
            if not mark or not piece.is_changed:
                ui.label(piece.text)
                continue
            with ui.element("del" if mark == "is-removed" else "ins") as changed:
                changed.props["aria-label"] = f"{told}: {piece.text}"
                ui.label(piece.text)
