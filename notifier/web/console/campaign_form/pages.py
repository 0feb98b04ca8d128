"""Campaigns and guards by form: filled in without knowing YAML, seen as words and as lines of the file, then saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.domain.rules import RULES
from notifier.errors import NotFound, Refused
from notifier.jobs.schedule_edits import GUARDS, ChangedMeanwhile, Edited, Opened, ScheduleDesk, Subject
from notifier.jobs.texts import load_live
from notifier.locale import N_, _
from notifier.reports.titles import campaign_title, title_of
from notifier.schedules import Campaign
from notifier.schedules.editing import (
    Changes,
    Group,
    campaign_changes,
    entry_of,
    guard_changes,
    guards_of,
    new_campaign,
    removal,
)
from notifier.schedules.field_problems import first_values
from notifier.web.console.campaign_form.controls import FIELD, heard
from notifier.web.console.campaign_form.guards import draw_guards
from notifier.web.console.campaign_form.panel import Panel
from notifier.web.console.campaign_form.saving import ask_to_save, settle
from notifier.web.console.campaign_form.sections import draw_campaign, section
from notifier.web.console.campaign_form.state import FormState, Wish
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]

EVERYWHERE, HERE = "all", "shop"


def add_pages(console: Console) -> None:
    """To be declared before the page of one campaign, whose path would swallow these."""

    @console.page("/campaigns/guards", title=N_("Guards"), needs=Permission.EDIT_CAMPAIGNS)
    async def guards(desk: Desk, scope: str = "") -> None:
        await _GuardsPage(desk, scope).draw()

    @console.page("/campaigns/new", title=N_("New campaign"), needs=Permission.EDIT_CAMPAIGNS)
    async def new(desk: Desk, rule: str = "") -> None:
        await _NewPage(desk, rule).draw()

    @console.page("/campaigns/{key}/edit", title=N_("Edit the campaign"), needs=Permission.EDIT_CAMPAIGNS)
    async def edit(desk: Desk, key: str, scope: str = "") -> None:
        await _CampaignPage(desk, key, scope).draw()


class _Page:
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
        return opened, {name: f"{title} ({name})" if title else name for name, title in titles.items()}

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
        if not await ask_to_save(_("Save this?"), draft.lines, draft.consequences, _("Save")):
            return
        saved = await self.write(state.opened, state.changes, state.wish.subject)
        if saved is not None:
            await done(saved)

    async def write(self, opened: Opened, changes: Changes, subject: Subject) -> Edited | None:
        """Write the changes; None where the person chose to go on editing."""
        desk = self.desk

        async def over(conflict: ChangedMeanwhile) -> Edited | None:
            return await self.write(conflict.now, changes, subject)

        try:
            return await desk.work(self.editing.save, opened, changes, subject, desk.person.actor, desk.now())
        except ChangedMeanwhile as conflict:
            return await settle(conflict, partial(over, conflict))


class _OpenPage(_Page):
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

    async def _saved(self, _saved: Edited) -> None:
        self.desk.tell(_("Saved. The daemon takes it up within a minute."))
        await self.fill()

    async def _undo(self, entry_id: int) -> None:
        desk = self.desk
        await desk.work(self.editing.undo, entry_id, desk.person.actor, desk.now())
        desk.tell(_("Undone: the lines are as they were before."))
        await self.fill()


class _CampaignPage(_OpenPage):
    """One campaign that is there."""

    def __init__(self, desk: Desk, key: str, scope: str) -> None:
        super().__init__(desk, scope)
        self.key = key

    async def fill(self) -> None:
        """The form, of the file as it is now."""
        opened, templates = await self.open()
        found = next((each for each in opened.schedules.campaigns if each.key == self.key), None)
        if found is None:
            raise NotFound(N_("There is no campaign {name} in the file any more."), name=self.key)
        wish = Wish(
            Subject(self.key, self.shop),
            lambda opened, entry: campaign_changes(opened.tree, self.key, entry, self.shop),
        )
        state = FormState(
            self.desk, self.editing, opened, wish, entry_of(opened.tree, self.key, self.shop), templates
        )  # fmt: skip
        self.state = self.state.replaced_by(state) if self.state is not None else state
        self.box.clear()
        with self.box:
            rule = campaign_title(found.rule)
            with head(title_of(found), _("{rule} · {key} in schedules.yaml").format(rule=rule, key=self.key)):
                ui.button(
                    _("Back"), icon="arrow_back", on_click=lambda: ui.navigate.to(f"/campaigns/{self.key}")
                ).props("no-caps flat")
            self.say_scope(f"/campaigns/{self.key}/edit")
            await self._form(state)

    async def _form(self, state: FormState) -> None:
        with ui.element("div").classes("form-columns"):
            with ui.element("div").classes("stack form-fields"):
                draw_campaign(state, of_one_shop=self.shop is not None)
                if self.shop is None:
                    self._removal(state)
            await self.show_panel(state)
        await state.check()

    def _removal(self, state: FormState) -> None:
        with section(_("Remove it")), ui.element("div").classes("stack form-last"):
            ui.label(_("To stop it for a while, switch it off or pause it. Removing takes its lines out of the file; "
                       "what was sent stays in the reports.")).classes("quiet")  # fmt: skip
            button = ui.button(_("Remove this campaign"), icon="delete_outline", color=None, on_click=self.desk.does(
                partial(self._remove, state), needs=Permission.EDIT_CAMPAIGNS))  # fmt: skip
            button.props("no-caps outline").classes("form-add error")

    async def _remove(self, state: FormState) -> None:
        subject, changes = Subject(self.key), removal(state.opened.tree, self.key)
        draft = await self.desk.work(self.editing.look, state.opened, changes, subject, self.desk.now())
        words = _("Remove {name}?").format(name=self.key)
        if not await ask_to_save(words, draft.lines, draft.consequences, _("Remove")):
            return
        if await self.write(state.opened, changes, subject) is not None:
            ui.navigate.to("/campaigns")


class _GuardsPage(_OpenPage):
    """The guards of the shop, or of all shops of a group."""

    async def fill(self) -> None:
        """The form, of the file as it is now."""
        opened, templates = await self.open()
        wish = Wish(
            Subject(GUARDS, self.shop), lambda opened, entry: guard_changes(opened.tree, entry, self.shop)
        )  # fmt: skip
        state = FormState(self.desk, self.editing, opened, wish, guards_of(opened.tree, self.shop), templates)
        self.state = self.state.replaced_by(state) if self.state is not None else state
        self.box.clear()
        with self.box:
            with head(_("Guards"), _("What holds texts back, for all campaigns.")):
                ui.button(_("Back"), icon="arrow_back", on_click=lambda: ui.navigate.to("/campaigns")).props(
                    "no-caps flat"
                )
            self.say_scope("/campaigns/guards")
            with ui.element("div").classes("form-columns"):
                with ui.element("div").classes("stack form-fields"):
                    draw_guards(state)
                await self.show_panel(state)
            await state.check()


class _NewPage(_Page):
    """A campaign that is not there yet: its rule and its name first, then the same form."""

    def __init__(self, desk: Desk, rule: str) -> None:
        super().__init__(desk, "")
        self.rule = rule if rule in RULES else ""
        self.key, self.says_id = "", False

    async def draw(self) -> None:
        """The whole page."""
        if self.shop is not None:
            raise Refused(N_("A campaign is added for all shops of the group; ask somebody who may edit all of them."))
        opened, templates = await self.open()
        with ui.element("div").classes("stack form-page"):
            with head(_("New campaign"), _("It begins switched off: look at its dry run before you switch it on.")):
                ui.button(_("Back"), icon="arrow_back", on_click=lambda: ui.navigate.to("/campaigns")).props(
                    "no-caps flat"
                )
            with section(_("What it is about")):
                self._rule_box()
            if self.rule:
                await self._form(opened, templates)

    def _rule_box(self) -> None:
        with ui.element("div").classes("form-row"):
            with ui.element("div").classes("form-about"):
                ui.label(_("Rule")).classes("strong")
                ui.label(_("Who is due, and counted from what. It cannot be changed later.")).classes("quiet small")
            with ui.element("div").classes("form-control"):
                options = {name: _(rule.title) for name, rule in RULES.items()}
                chosen = heard(lambda rule: ui.navigate.to(f"/campaigns/new?rule={rule}"))
                box = ui.select(options, value=self.rule or None, on_change=chosen)
                box.props(f"{FIELD} options-dense").classes("form-wide").props["aria-label"] = _("Rule")

    async def _form(self, opened: Opened, templates: Mapping[str, str]) -> None:
        alike = next((each for each in opened.schedules.campaigns if each.rule == self.rule), None)
        self.key = _free_name(self.rule, opened.schedules.campaigns)
        self.says_id = await self.desk.work(self.editing.must_say_id, opened, self.rule)
        wish = Wish(Subject(self.key), self._changes)
        state = FormState(self.desk, self.editing, opened, wish, {}, templates)
        state.entry = first_values(self.rule, alike)
        desk = self.desk
        with ui.element("div").classes("form-columns"):
            with ui.element("div").classes("stack form-fields"):
                with section(_("Its name")):
                    about = _(
                        "Letters, digits and _: its name in schedules.yaml and in reports. It cannot be changed later."
                    )
                    with state.row("id", _("Name of the campaign"), about):
                        box = ui.input(value=self.key, on_change=lambda event: self._name(state, event.value or ""))
                        box.props(FIELD).classes("form-wide mono").props["aria-label"] = _("Name of the campaign")
                draw_campaign(state, of_one_shop=False)
            saves = desk.does(lambda: self.save(state, self._saved), needs=Permission.EDIT_CAMPAIGNS)
            await Panel(state, saves, None, None).draw()
        await state.check()

    def _changes(self, opened: Opened, entry: Group) -> Changes:
        named: Group = {"id": self.key, **entry} if self.says_id else entry
        return new_campaign(opened.tree, self.key, named)

    def _name(self, state: FormState, name: str) -> None:
        self.key = name.strip()
        state.wish = Wish(Subject(self.key), self._changes)
        state.soon()

    async def _saved(self, _saved: Edited) -> None:
        ui.navigate.to(f"/campaigns/{self.key}/edit")


def _free_name(rule: str, campaigns: tuple[Campaign, ...]) -> str:
    taken = {each.key for each in campaigns} | {each.id for each in campaigns}
    names = (rule, *(f"{rule}_{number}" for number in range(2, 99)))
    return next(name for name in names if name not in taken)
