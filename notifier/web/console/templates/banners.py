"""What somebody must know before they go on writing: colleagues at the same text, newer versions, a changed file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs import wording_publish as publishing
from notifier.jobs.wording import Wording
from notifier.locale import N_, _
from notifier.web.console.confirming import Choice
from notifier.web.console.templates.conflict import ask_between
from notifier.web.console.templates.presence import Presence
from notifier.web.console.templates.sheet import Sheet

__all__ = ["Banners"]

FILE_SENTENCES = {
    "edited": N_("The file of this text was changed on the disk and has not been taken over yet."),
    "refused": N_("The file of this text on the disk cannot be used; the last good version stays live."),
    "stale": N_("The file of this text on the disk holds words of an earlier version."),
}


class Banners:
    """Below the head of the page."""

    def __init__(self, sheet: Sheet, presence: Presence, *, refresh: Callable[[], Awaitable[None]]) -> None:
        self.sheet = sheet
        self._presence = presence
        self._refresh = refresh
        self._news: Wording | None = None
        self._place = ui.element("div").classes("stack").props("aria-live=polite")

    def show(self, news: Wording | None = None) -> None:
        """`news`: what was stored by others since this page last looked, while something here is unsaved."""
        self._news = news
        self._place.clear()
        with self._place:
            self._colleagues()
            self._stored_meanwhile()
            self._draft()
            self._file()

    def _colleagues(self) -> None:
        desk = self.sheet.desk
        for other in self._presence.others(self.sheet.key, desk.person.id):
            sentence = _(
                "{name} has had this text open since {time}. Agree who goes first; nothing will be overwritten."
            )
            self._banner("warn", sentence.format(name=other.name, time=self._time(other.since)))

    def _stored_meanwhile(self) -> None:
        news, wording = self._news, self.sheet.wording
        if news is None:
            return
        draft, live = news.draft, news.live
        if draft and (wording.draft is None or draft.revision != wording.draft.revision):
            sentence = _("{name} saved this text at {time}. When you save, you will be shown both.")
            self._banner("warn", sentence.format(name=draft.edited_by, time=self._time(draft.changed_at)))
        if live and (wording.live is None or live.version != wording.live.version):
            sentence = _("Version {number} went live while you write. When you publish, you will be shown both.")
            self._banner("warn", sentence.format(number=live.version))

    def _draft(self) -> None:
        sheet, draft = self.sheet, self.sheet.draft
        if draft is None:
            return
        if sheet.in_review:
            sentence = _("{name} submitted this text. It goes live when a second person publishes it.")
            self._banner("info", sentence.format(name=draft.submitted_by or draft.edited_by))
        elif draft.edited_by != sheet.desk.person.name:
            sentence = _("This draft was saved by {name} on {day} at {time}; you go on from there.")
            at = draft.changed_at.astimezone(sheet.desk.zone)
            self._banner("info", sentence.format(name=draft.edited_by, day=f"{at:%Y-%m-%d}", time=f"{at:%H:%M}"))
        if sheet.wording.is_behind:
            self._banner("warn", _("A newer version went live after this draft was begun; publishing will show both."))

    def _file(self) -> None:
        file = (self._news or self.sheet.wording).file
        if not file.is_conflict:
            return
        said = _(FILE_SENTENCES[file.state])
        if file.problem is not None:
            said = f"{said} {file.problem.in_console()}"
        self._banner("bad", said, (_("Look and choose"), self._choose_file))

    def _banner(self, kind: str, said: str, doing: tuple[str, Callable[[], Any]] | None = None) -> None:
        with ui.element("div").classes(f"note {kind} row-of"):
            ui.label(said).classes("grow wrap-any")
            if doing and self.sheet.desk.may(Permission.EDIT_TEMPLATES):
                label, handler = doing
                button = ui.button(label, on_click=self.sheet.desk.does(handler, needs=Permission.PUBLISH_TEMPLATES))
                button.props("outline dense no-caps color=primary")

    async def _choose_file(self) -> None:
        """The file or what is live: one becomes the truth."""
        sheet, desk = self.sheet, self.sheet.desk
        file = (self._news or sheet.wording).file
        choices = [Choice("live", _("Keep what is live"), _("it is written into the file"))]
        if file.state != "refused":
            choices.insert(0, Choice("file", _("Take the file"), _("it becomes the next version")))
        answer = await ask_between(
            _("File and console differ"),
            _("One of them becomes the truth; the other stays in the list of versions only if it ever was live."),
            ((_("In the file"), file.source or ""), (_("Live now"), sheet.live_source or "")),
            choices,
        )
        if answer == "file":
            await desk.work(publishing.take_up_file, sheet.hand(), file)
        elif answer == "live":
            await desk.work(publishing.write_live_to_file, sheet.hand(), file)
        if answer:
            if not sheet.is_unsaved:
                await sheet.take_stored()
            await self._refresh()

    def _time(self, at: datetime) -> str:
        return f"{at.astimezone(self.sheet.desk.zone):%H:%M}"
