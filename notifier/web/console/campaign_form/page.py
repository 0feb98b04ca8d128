"""What every form about schedules.yaml shares: the file as it was opened, the panel beside it, and how it is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.schedule_edits import ChangedMeanwhile, Edited, Opened, ScheduleDesk, Subject
from notifier.jobs.texts import load_live
from notifier.locale import _
from notifier.reports.setting_words import About
from notifier.schedules.editing import Changes
from notifier.web.console.campaign_form.panel import Panel
from notifier.web.console.campaign_form.saving import ask_to_save, settle
from notifier.web.console.campaign_form.state import FormState
from notifier.web.console.desk import Desk

__all__ = ["FormPage", "OpenPage", "back_button"]

EVERYWHERE, HERE = "all", "shop"


class FormPage:
    """What the three pages share: the file as it was opened, the form beside its panel, and how it is saved."""

    def __init__(self, desk: Desk, scope: str) -> None:
        self.desk = desk
        parts = desk.parts
        self.editing = ScheduleDesk(
            parts.store, parts.schedules_file, str(parts.templates_folder), {desk.shop.key: desk.shop_id}
        )
        self.is_group = parts.schedules().is_group
        is_here = scope == HERE or desk.person.shop_id is not None
        self.shop = desk.shop.key if self.is_group and is_here else None

    async def open(self) -> tuple[Opened, Mapping[str, str]]:
        """The file, and the wordings there are: name → as people see them."""
        self.desk.parts.schedules()
        opened = await self.desk.work(self.editing.open)
        live = await self.desk.work(load_live, self.desk.parts.store)
        titles = {name: live.choose(name, None, self.desk.shop.language)[1].title for name in sorted(live.names())}
        return opened, _told_apart(titles)

    def say_scope(self, path: str) -> None:
        """Of a group: for all shops, or for this one."""
        if not self.is_group:
            return
        here = _("Only {shop}").format(shop=self.desk.shop.name)
        with ui.element("div").classes("row-of"):
            ui.label(_("Holds for")).classes("quiet")
            if self.desk.person.shop_id is not None:
                ui.label(here).classes("tag info")
                return
            options = {EVERYWHERE: _("All shops"), HERE: here}
            chosen = HERE if self.shop is not None else EVERYWHERE
            toggle = ui.toggle(
                options, value=chosen, on_change=lambda event: ui.navigate.to(f"{path}?scope={event.value}")
            )
            toggle.props("no-caps dense unelevated toggle-color=primary").classes("form-toggle")

    async def save(self, state: FormState, done: Callable[[Edited], Awaitable[None]]) -> None:
        """Show what changes, ask, and write it; where somebody else was faster, show both."""
        await state.check()
        draft = state.draft
        if draft is None:
            self.desk.warn(state.refusal or state.trouble or _("First mend what is marked in red."))
            return
        changes = state.setting_changes
        if not await ask_to_save(_("Save this?"), changes, draft.lines, state.consequences, _("Save")):
            return
        saved = await self.write(state.opened, state.changes, state.wish.subject, state.about)
        if saved is not None:
            await done(saved)

    async def write(self, opened: Opened, changes: Changes, subject: Subject, about: About) -> Edited | None:
        """Write the changes; None where the person chose to go on editing."""
        desk = self.desk

        async def over(conflict: ChangedMeanwhile) -> Edited | None:
            return await self.write(conflict.now, changes, subject, about)

        try:
            return await desk.work(self.editing.save, opened, changes, subject, desk.person.actor, desk.now())
        except ChangedMeanwhile as conflict:
            return await settle(conflict, about, partial(over, conflict))


class OpenPage(FormPage):
    """What is in the file already: filled in anew after each save and each way back."""

    state: FormState | None = None

    async def draw(self) -> None:
        """The whole page."""
        self.box = ui.element("div").classes("stack form-page")
        await self.fill()

    async def fill(self) -> None:
        """The form, of the file as it is now."""
        raise NotImplementedError

    async def show_panel(self, state: FormState) -> None:
        """Beside the fields: what changes, and the buttons."""
        saves = self.desk.does(lambda: self.save(state, self._saved), needs=Permission.EDIT_CAMPAIGNS)
        await Panel(state, saves, self._undo, self.desk.does(self.fill)).draw()

    async def _saved(self, _edited: Edited) -> None:
        self.desk.tell(_("Saved. The daemon takes it up within a minute."))
        await self.fill()

    async def _undo(self, entry_id: int) -> None:
        desk = self.desk
        await desk.work(self.editing.undo, entry_id, desk.person.actor, desk.now())
        desk.tell(_("Undone: the lines are as they were before."))
        await self.fill()


def back_button(address: str) -> None:
    """To where one came from; nothing is saved."""
    ui.button(_("Back"), icon="arrow_back", on_click=lambda: ui.navigate.to(address)).props("no-caps flat")


def _told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Template → its title; with its name where two are called the same."""
    alike = Counter(titles.values())
    return {name: f"{title} ({name})" if alike[title] > 1 else title or name for name, title in titles.items()}
