"""Campaigns and guards by form: filled in without knowing YAML, seen as words and as lines of the file, then saved."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.domain.rules import rule_title
from notifier.errors import NotFound
from notifier.jobs.schedule_edits import GUARDS, Subject
from notifier.locale import N_, _
from notifier.schedules import Campaign
from notifier.schedules.editing import campaign_changes, entry_of, guard_changes, guards_of, removal
from notifier.web.console.campaign_form.guards import draw_guards
from notifier.web.console.campaign_form.naming import name_row
from notifier.web.console.campaign_form.newcomer import NewPage
from notifier.web.console.campaign_form.page import OpenPage, back_button
from notifier.web.console.campaign_form.saving import ask_to_save
from notifier.web.console.campaign_form.sections import draw_campaign, section
from notifier.web.console.campaign_form.state import FormState, Wish
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]


def add_pages(console: Console) -> None:
    """To be declared before the page of one campaign, whose path would swallow these."""

    @console.page("/campaigns/guards", title=N_("Guards"), needs=Permission.EDIT_CAMPAIGNS)
    async def guards(desk: Desk, scope: str = "") -> None:
        await GuardsPage(desk, scope).draw()

    @console.page("/campaigns/new", title=N_("New campaign"), needs=Permission.EDIT_CAMPAIGNS)
    async def new(desk: Desk, rule: str = "") -> None:
        await NewPage(desk, rule).draw()

    @console.page("/campaigns/{key}/edit", title=N_("Edit the campaign"), needs=Permission.EDIT_CAMPAIGNS)
    async def edit(desk: Desk, key: str, scope: str = "") -> None:
        await CampaignPage(desk, key, scope).draw()


class CampaignPage(OpenPage):
    """One campaign that is there."""

    def __init__(self, desk: Desk, key: str, scope: str) -> None:
        super().__init__(desk, scope)
        self.key = self.title = key

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
            rule, self.title = rule_title(found.rule), found.title
            with head(self.title, rule if rule != self.title else ""):
                back_button(f"/campaigns/{self.key}")
            self.say_scope(f"/campaigns/{self.key}/edit")
            await self._form(state, found)

    async def _form(self, state: FormState, found: Campaign) -> None:
        is_of_one_shop = self.shop is not None
        with ui.element("div").classes("form-columns"):
            with ui.element("div").classes("stack form-fields"):
                with section(_("What it is called")):
                    usual = replace(found, name=None).title
                    name_row(state, usual=usual, key=self.key, is_fixed=is_of_one_shop)
                draw_campaign(state, of_one_shop=is_of_one_shop)
                if not is_of_one_shop:
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
        words = _("Remove {name}?").format(name=self.title)
        if not await ask_to_save(words, (), draft.lines, draft.consequences, _("Remove")):
            return
        if await self.write(state.opened, changes, subject, state.about) is not None:
            ui.navigate.to("/campaigns")


class GuardsPage(OpenPage):
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
                back_button("/campaigns")
            self.say_scope("/campaigns/guards")
            with ui.element("div").classes("form-columns"):
                with ui.element("div").classes("stack form-fields"):
                    draw_guards(state)
                await self.show_panel(state)
            await state.check()
