"""The editor of a wording: its fields stand as chips inside the text, or as code for those who want it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import nicegui.elements.codemirror  # noqa: F401 - puts nicegui-codemirror into the page's import map
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from notifier.web.console.templates.field_words import chip_fields, chip_words

__all__ = ["ChipEditor", "Mark"]

LONGEST = 20_000
"""Characters taken from a browser at most; the editor itself stops at a fifth of them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to say about the characters from `start` to `end` (indices into the text).

    `kind`: error, warning, dear (makes the text dear) or note.
    """

    start: int
    end: int
    kind: Literal["error", "warning", "dear", "note"]
    message: str


class ChipEditor(Element, component="chip_editor.js"):
    """Edits one text, whose exact source is `text`; chips are only how the browser shows it.

    What the browser sends always belongs to the text the server put there last: an edit of an older one is dropped,
    so that neither undoes the other.
    """

    def __init__(
        self, text: str, *, label: str, hint: str = "", on_edit: Callable[[str], Any], readonly: bool = False
    ) -> None:
        """`label` names the editor to screen readers; `hint` stands in it while it is empty."""
        super().__init__()
        self._orders = 0
        self._props["doc"] = {"n": 0, "text": text}
        self._props["marks"] = {"text": text, "items": []}
        self._props["order"] = {"n": 0}
        self._props["fields"] = chip_fields()
        self._props["words"] = chip_words()
        self._props["chips"] = True
        self._props["readonly"] = readonly
        self._props["label"] = label
        self._props["hint"] = hint
        self._on_edit = on_edit
        self.on("edit", self._edited)

    @property
    def text(self) -> str:
        """The source as it is now."""
        return str(self._props["doc"]["text"])

    def put_text(self, text: str) -> None:
        """Another text in place of the present one; one step back brings the present one again."""
        if text != self.text:
            self._props["doc"] = {"n": self._props["doc"]["n"] + 1, "text": text}

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Underline these in the present text, and no others."""
        items = [{"from": mark.start, "to": mark.end, **asdict(mark)} for mark in marks]
        self._props["marks"] = {"text": self.text, "items": items}

    def show_chips(self, chips: bool) -> None:
        """As chips, or as code."""
        self._props["chips"] = chips

    def make_readonly(self, readonly: bool) -> None:
        """Nobody types into what waits for a second person."""
        self._props["readonly"] = readonly

    def guard(self, is_unsaved: bool) -> None:
        """While something is unsaved the browser asks before it leaves the page."""
        if self._props.get("unsaved", False) != is_unsaved:
            self._props["unsaved"] = is_unsaved

    def insert(self, text: str, *, choose: tuple[int, int] | None = None) -> None:
        """At the caret, instead of what is chosen; `choose`: indices into `text` of what is chosen afterwards."""
        start, end = choose or (None, None)
        self._order("insert", text=text, **({} if start is None else {"from": start, "to": end}))

    def replace(self, start: int, end: int, text: str) -> None:
        """These characters by others, unless they have changed by the time the browser hears of it."""
        self._order("replace", **{"from": start, "to": end, "was": self.text[start:end], "text": text})

    def choose(self, start: int, end: int) -> None:
        """Put the selection there, and the eyes too."""
        self._order("show", **{"from": start, "to": end})

    def _order(self, what: str, **details: Any) -> None:
        self._orders += 1
        self._props["order"] = {"n": self._orders, "do": what, **details}

    def _edited(self, event: GenericEventArguments) -> None:
        told = event.args
        if told["n"] != self._props["doc"]["n"] or len(told["text"]) > LONGEST:
            return
        with self._props.suspend_updates():
            self._props["doc"] = {"n": told["n"], "text": str(told["text"])}
        self._on_edit(self.text)
