"""The form above the words: title, kind, what a reply means, the provider's codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from notifier.locale import _
from notifier.templating import KINDS, REPLY_MEANINGS
from notifier.templating.parsing import ODOMETER_KEY
from notifier.templating.sources import FrontMatter
from notifier.web.console.templates.sheet import Sheet
from notifier.web.console.templates.words import KIND_TITLES

__all__ = ["FrontForm"]

PROVIDERS = ("twilio", "alibaba", "tencent")


class FrontForm:
    """Each change is put into the sheet at once; a sheet that changes elsewhere is shown anew."""

    def __init__(self, sheet: Sheet, *, on_edit: Callable[[], Any]) -> None:
        self.sheet = sheet
        self._on_edit = on_edit
        self._shown: tuple[FrontMatter, bool] | None = None
        self._replies: list[list[str]] = []
        self._codes: list[list[str]] = []
        with ui.element("section").classes("card wording-front"):
            with ui.element("h2"):
                ui.label(_("About this text"))
            self._place = ui.element("div").classes("stack")
        sheet.listeners.append(self._take_sheet)
        self._take_sheet()

    def _take_sheet(self) -> None:
        now = (self.sheet.front, self.sheet.is_readonly)
        if now != self._shown:
            self._shown = now
            self._replies = [list(each) for each in self.sheet.front.replies.items()]
            self._codes = [list(each) for each in self.sheet.front.provider.items()]
            self._draw()

    def _draw(self) -> None:
        self._place.clear()
        front, lock = self.sheet.front, self.sheet.is_readonly
        with self._place:
            self._title = ui.input(_("Title, as colleagues see it"), value=front.title, on_change=self._changed)
            kinds = {key: _(title) for key, title in KIND_TITLES.items()}
            if front.kind not in kinds:
                kinds[front.kind] = front.kind or _("choose")
            self._kind = ui.select(kinds, label=_("Kind"), value=front.kind, on_change=self._changed)
            about = _(KINDS[front.kind]) if front.kind in KINDS else ""
            self._about = ui.label(about).classes("quiet small")
            self._draw_rows(_("What a reply means"), self._replies, self._reply_row, _("Add a reply"), ["", "booking"])
            self._draw_rows(
                _("Codes of the provider"), self._codes, self._code_row, _("Add a code"), [PROVIDERS[1], ""]
            )
            self._note = ui.input(_("Note for colleagues"), value=front.note, on_change=self._changed)
            for each in (self._title, self._kind, self._note):
                each.props("outlined dense stack-label").set_enabled(not lock)

    def _draw_rows(
        self, title: str, rows: list[list[str]], draw: Callable[[list[str]], Any], add: str, fresh: list[str]
    ) -> None:
        with ui.element("fieldset").classes("wording-rows"):
            with ui.element("legend").classes("strong small"):
                ui.label(title)
            for row in rows:
                with ui.element("div").classes("wording-row"):
                    draw(row)
                    if not self.sheet.is_readonly:
                        self._remover(rows, row)
            if not self.sheet.is_readonly:
                button = ui.button(add, icon="add", on_click=lambda: self._add(rows, list(fresh)))
                button.props("flat dense no-caps color=primary")

    def _remover(self, rows: list[list[str]], row: list[str]) -> None:
        button = ui.button(icon="close", on_click=lambda: self._remove(rows, row)).props("flat dense round")
        button.props["aria-label"] = _("Remove")
        button.tooltip(_("Remove"))

    def _reply_row(self, row: list[str]) -> None:
        digits = [str(digit) for digit in range(1, 10)] + ["0", ODOMETER_KEY]
        options = {digit: digit for digit in ["", *digits, row[0]]} | {ODOMETER_KEY: _("km")}
        meanings = {key: _(meaning) for key, meaning in REPLY_MEANINGS.items()}
        if row[1] not in meanings:
            meanings[row[1]] = row[1]
        self._choice(options, _("Digit"), row, 0, "wording-digit")
        self._choice(meanings, _("means"), row, 1, "grow")

    def _code_row(self, row: list[str]) -> None:
        self._choice({name: name for name in [*PROVIDERS, row[0]]}, _("Provider"), row, 0, "wording-provider")
        code = ui.input(_("Code"), value=row[1], on_change=lambda event: self._set(row, 1, event.value))
        code.props("outlined dense stack-label").classes("grow").set_enabled(not self.sheet.is_readonly)

    def _choice(self, options: dict[str, str], label: str, row: list[str], at: int, classes: str) -> None:
        choice = ui.select(options, label=label, value=row[at], on_change=lambda event: self._set(row, at, event.value))
        choice.props("outlined dense stack-label options-dense").classes(classes).set_enabled(
            not self.sheet.is_readonly
        )

    def _set(self, row: list[str], at: int, value: str) -> None:
        row[at] = value
        if at == 0 and value == ODOMETER_KEY:
            row[1] = "odometer"
        self._changed()

    def _add(self, rows: list[list[str]], fresh: list[str]) -> None:
        if rows is self._replies:
            taken = {digit for digit, _meaning in rows}
            fresh[0] = next(digit for digit in "1234567890" if digit not in taken or digit == "0")
        rows.append(fresh)
        self._changed()
        self._draw()

    def _remove(self, rows: list[list[str]], row: list[str]) -> None:
        rows.remove(row)
        self._changed()
        self._draw()

    def _changed(self) -> None:
        front = FrontMatter(
            title=self._title.value.strip(),
            kind=self._kind.value or "",
            replies={digit: meaning for digit, meaning in self._replies if digit},
            provider={name: code.strip() for name, code in self._codes if code.strip()},
            note=self._note.value.strip(),
        )
        self._about.set_text(_(KINDS[front.kind]) if front.kind in KINDS else "")
        self._shown = (front, self.sheet.is_readonly)
        self.sheet.put_front(front)
        self._on_edit()
