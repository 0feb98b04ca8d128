"""The card in which somebody writes: the editor, what it costs, and what a careful colleague would say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from notifier.jobs.wording_check import Finding, SourceCheck
from notifier.locale import _, ngettext
from notifier.locale.money import money_micros
from notifier.web.console.templates.chip_editor import ChipEditor, Mark
from notifier.web.console.templates.sheet import Sheet
from notifier.web.console.templates.words import mend_words, plain_sentence

__all__ = ["TextCard", "segment_words"]

MOST_OF = 0.8
"""A finding about so much of the text is about all of it: underlining that would tell nothing."""
ICONS = {"error": "error", "warning": "warning", "note": "info"}


def segment_words(count: int) -> str:
    """So many texts are billed."""
    return ngettext("billed as {count} text", "billed as {count} texts", count).format(count=count)


class TextCard:
    """The editor and all that is said below it."""

    def __init__(self, sheet: Sheet, *, on_edit: Callable[[], Any]) -> None:
        """`on_edit`: called at each keystroke, after the sheet has the new words."""
        self.sheet = sheet
        self._on_edit = on_edit
        with ui.element("section").classes("card wording-text"):
            with ui.element("div").classes("row-of"):
                with ui.element("h2"):
                    ui.label(_("Text"))
                ui.element("div").classes("grow")
                self._view = ui.toggle({True: _("Words view"), False: _("Code view")}, value=True)
                self._view.props("no-caps dense unelevated").classes("view-toggle")
                self._view.on_value_change(self._change_view)
            self.editor = ChipEditor(
                sheet.body, label=_("Text of the message"), hint=_("Write the text; click a field to insert it."),
                on_edit=self._edited, readonly=sheet.is_readonly,
            )  # fmt: skip
            self._meter = ui.element("div").classes("wording-meter")
            self._said = ui.element("ul").classes("plain wording-findings").props("aria-live=polite")
        sheet.listeners.append(self._take_sheet)

    def show(self) -> None:
        """What the latest look at the source found."""
        check = self.sheet.check
        if check is None:
            return
        self.editor.show_marks([*self._marks(check)])
        self._meter.clear()
        with self._meter:
            self._show_meter(check)
        self._said.clear()
        with self._said:
            for finding in check.findings:
                self._show_finding(finding)
            self._show_limits(check)

    def _change_view(self, event: ValueChangeEventArguments[bool]) -> None:
        self.editor.show_chips(event.value)
        self.show()

    def _edited(self, body: str) -> None:
        self.sheet.put_body(body)
        self._on_edit()

    def _take_sheet(self) -> None:
        self.editor.put_text(self.sheet.body)
        self.editor.make_readonly(self.sheet.is_readonly)

    def _in_body(self, start: int, end: int) -> tuple[int, int] | None:
        """A stretch of the source as one of the words; None where it lies in the head."""
        at, size = self.sheet.body_at, len(self.sheet.body)
        if end <= at:
            return None
        return max(0, start - at), min(size, max(end, start + 1) - at)

    def _points_at(self, finding: Finding) -> tuple[int, int] | None:
        """Where to look; None for what is about the text as a whole."""
        place = self._in_body(finding.start, finding.end)
        is_all = place is not None and place[1] - place[0] > MOST_OF * len(self.sheet.body)
        return None if is_all or finding.severity == "note" else place

    def _marks(self, check: SourceCheck) -> Iterator[Mark]:
        dear = {each.start for each in check.dear}
        for finding in check.findings:
            place = self._points_at(finding)
            if place:
                kind = "dear" if finding.start in dear else finding.severity
                yield Mark(*place, kind, self._words(finding))
        for limit in check.limits:
            place = self._in_body(limit.start, limit.start + 1) if limit.start is not None else None
            if place:
                yield Mark(*place, "dear", self._limit_sentence(limit.segment))

    def _words(self, finding: Finding) -> str:
        """The sentence; without code for those who have not asked for it."""
        if finding.end <= self.sheet.body_at and not self.sheet.front.title:
            return _("Give this text a title under “About this text”.")
        return plain_sentence(finding.sentence, self.sheet.bench.campaigns) if self._view.value else finding.sentence

    def _show_meter(self, check: SourceCheck) -> None:
        seen, long = check.segments, check.long
        if seen is None:
            return
        with ui.element("div").classes("row-of"):
            room = seen.per_segment * seen.count
            ui.label(_("{units} of {room} characters").format(units=seen.units, room=room)).classes("strong")
            ui.label(segment_words(seen.count)).classes(f"tag {'warn' if seen.count > 1 else 'good'}")
            if check.cost_micros:
                ui.label(money_micros(check.cost_micros, self.sheet.bench.currency)).classes("quiet")
        color = "warning" if seen.count > 1 else "positive"
        bar = ui.linear_progress(min(1.0, seen.units / room), show_value=False, size="6px", color=color)
        bar.props("rounded aria-hidden=true")
        if long is not None:
            said = _("With the longest names: {units} characters, {billed}")
            ui.label(said.format(units=long.units, billed=segment_words(long.count))).classes("quiet small")

    def _show_finding(self, finding: Finding) -> None:
        place = self._points_at(finding)
        with ui.element("li").classes(f"wording-finding is-{finding.severity}"):
            ui.icon(ICONS[finding.severity]).props("aria-hidden=true")
            ui.label(self._words(finding)).classes("wrap-any")
            with ui.element("div").classes("row-of"):
                if finding.mend is not None and place and not self.sheet.is_readonly:
                    ui.button(
                        _("Change to {words}").format(words=mend_words(finding.mend)),
                        on_click=lambda: self.editor.replace(*place, finding.mend),
                    ).props("flat dense no-caps color=primary")
                if place:
                    ui.button(_("Show"), on_click=lambda: self.editor.choose(*place)).props("flat dense no-caps")

    def _show_limits(self, check: SourceCheck) -> None:
        for limit in check.limits:
            if limit.start is not None:
                self._show_remark(self._limit_sentence(limit.segment), limit.start)

    def _show_remark(self, sentence: str, start: int) -> None:
        place = self._in_body(start, start + 1)
        with ui.element("li").classes("wording-finding is-dear"):
            ui.icon("paid").props("aria-hidden=true")
            ui.label(sentence).classes("wrap-any")
            if place:
                ui.button(_("Show"), on_click=lambda: self.editor.choose(*place)).props("flat dense no-caps")

    def _limit_sentence(self, segment: int) -> str:
        return _("From here on the message is billed as {count} texts.").format(count=segment)
