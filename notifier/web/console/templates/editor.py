"""The page on which a wording is written, tried on real customers, and published."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import background_tasks, context, ui

from notifier.errors import NotFound
from notifier.jobs import wording as jobs
from notifier.jobs.access import is_still_open
from notifier.jobs.wording import Wording
from notifier.jobs.wording_check import bench_for
from notifier.locale import N_, _, listed
from notifier.templating.sources import parts_of
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console
from notifier.web.console.templates.banners import Banners
from notifier.web.console.templates.doings import Doings
from notifier.web.console.templates.front import FrontForm
from notifier.web.console.templates.history import History
from notifier.web.console.templates.palette import palette
from notifier.web.console.templates.phone import PhoneCard
from notifier.web.console.templates.presence import Presence, Present
from notifier.web.console.templates.sheet import Sheet, open_sheet, shelf_of
from notifier.web.console.templates.text import TextCard
from notifier.web.console.templates.words import in_words, language_name

__all__ = ["add_pages"]

QUIET_FOR = 0.2  # seconds without a keystroke before the text is looked at
LOOKS_EVERY = 3.0  # seconds between looks at what colleagues have stored meanwhile


def add_pages(console: Console) -> None:
    """One wording in one language."""
    presence = Presence()

    @console.page("/templates/{language}/{name}", title=N_("Template"))
    async def template(desk: Desk, language: str, name: str) -> None:
        await desk.work(desk.parts.publish_templates)
        shelf = shelf_of(desk)
        campaigns = [each for each in desk.schedules.campaigns if name in each.every_template]
        bench = bench_for(desk.shop, desk.parts.planner().capabilities, desk.parts.price_micros, campaigns)
        sheet = await open_sheet(desk, shelf, bench, name, language)
        page = EditorPage(sheet, presence)
        await page.start()


class EditorPage:
    """The parts of the page, and what makes them look again."""

    def __init__(self, sheet: Sheet, presence: Presence) -> None:
        self.sheet = sheet
        self._presence = presence
        self._looking: asyncio.Task[Any] | None = None
        self._page = context.client.id
        with ui.element("nav").classes("crumbs small"):
            ui.link(_("Templates"), "/templates")
        with head(sheet.front.title or sheet.name, self._about()):
            self._doings = Doings(sheet, refresh=self._stored_again, keep_theirs=self._keep_theirs)
        self._tags = ui.element("div").classes("row-of")
        self._banners = Banners(sheet, presence, refresh=self._stored_again)
        with ui.element("div").classes("wording-page"):
            with ui.element("div").classes("wording-left"):
                self._text = TextCard(sheet, on_edit=self._edited)
                self._theirs = ui.element("div").classes("wording-theirs")
                palette(sheet, self._text.editor)
                self._front = FrontForm(sheet, on_edit=self._edited)
            with ui.element("div").classes("wording-right"):
                self._phone = PhoneCard(sheet)
        self._history = History(sheet)
        sheet.listeners.append(self._edited)

    def _about(self) -> str:
        """Where it is used, in words."""
        sheet = self.sheet
        titles = [campaign.title for campaign in sheet.bench.campaigns]
        used = _("used by {campaigns}").format(campaigns=listed(titles)) if titles else _("used by no campaign")
        return f"{language_name(sheet.language)} · {used}"

    async def start(self) -> None:
        """Fill the page, and stay awake to what colleagues do."""
        sheet, client = self.sheet, context.client
        present = Present(sheet.desk.person.id, sheet.desk.person.name, sheet.desk.now(), self._banners.show)
        client.on_connect(lambda: self._presence.enter(sheet.key, self._page, present))
        client.on_disconnect(lambda: self._presence.leave(sheet.key, self._page))
        client.on_delete(lambda: self._presence.leave(sheet.key, self._page))
        await self._look()
        await self._history.show()
        self._banners.show()
        ui.timer(LOOKS_EVERY, self._look_at_colleagues)

    def _edited(self) -> None:
        """At each keystroke: guard what is unsaved, and look at the text once the hands rest."""
        self._text.editor.guard(self.sheet.is_unsaved)
        if self._looking is not None and not self._looking.done():
            self._looking.cancel()
        self._looking = background_tasks.create(self._look_soon(), name="template_look")

    async def _look_soon(self) -> None:
        await asyncio.sleep(QUIET_FOR)
        await self._look()

    async def _look(self) -> None:
        if await self.sheet.check_now():
            self._text.show()
            self._doings.show()
            self._show_tags()
            await self._phone.show()

    async def _stored_again(self) -> None:
        """After something was stored: tags, buttons, banners and versions say so."""
        await self.sheet.look_again()
        self.sheet.changed()
        self._banners.show()
        await self._history.show()

    async def _look_at_colleagues(self) -> None:
        """A colleague's save or a changed file is told while one writes, not only when one saves.

        Where nothing would be lost it is shown at once.
        """
        sheet = self.sheet
        if not await sheet.desk.read(is_still_open, sheet.desk.person, sheet.desk.now()):
            return  # nothing new is shown to who was signed out; what they have typed stays
        try:
            seen = await sheet.desk.work(jobs.look, sheet.shelf, sheet.name, sheet.language)
        except NotFound:  # a colleague dropped the only draft: what stands here can still be saved as a new one
            return
        if _stamp(seen) == _stamp(sheet.wording):
            return
        if sheet.is_unsaved:
            self._banners.show(news=seen)
            return
        await sheet.take_stored()
        await self._stored_again()

    def _show_tags(self) -> None:
        sheet = self.sheet
        self._tags.clear()
        with self._tags:
            if sheet.wording.live:
                ui.label(_("Version {number} is live").format(number=sheet.wording.live.version)).classes("tag good")
            else:
                ui.label(_("not live yet")).classes("tag warn")
            if sheet.in_review:
                ui.label(_("waits for review")).classes("tag info")
            elif sheet.draft is not None:
                ui.label(_("draft by {name}").format(name=sheet.draft.edited_by)).classes("tag info")
            if sheet.is_unsaved:
                ui.label(_("not saved yet")).classes("tag warn")

    def _keep_theirs(self, title: str, source: str) -> None:
        """A colleague's words beside one's own, until they are put away."""
        self._theirs.clear()
        with self._theirs, ui.element("section").classes("card"):
            with ui.element("div").classes("row-of"):
                with ui.element("h2"):
                    ui.label(title)
                ui.element("div").classes("grow")
                ui.button(_("Put away"), icon="close", on_click=self._theirs.clear).props("flat dense no-caps")
            ui.label(in_words(parts_of(source).body)).classes("wrap-any selectable")
            ui.button(
                _("Put it into the editor"), on_click=lambda: self.sheet.put_body_and_tell(parts_of(source).body)
            ).props("outline dense no-caps color=primary")


def _stamp(wording: Wording) -> tuple[object, ...]:
    """What changes when somebody stores something."""
    draft, live = wording.draft, wording.live
    return (
        (draft.id, draft.revision, draft.state) if draft else None,
        live.version if live else None,
        wording.file.state,
        wording.file.source if wording.file.is_conflict else None,
    )
