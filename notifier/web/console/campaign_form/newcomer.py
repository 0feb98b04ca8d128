"""A campaign that is not there yet: its rule and its name first, then the form that all campaigns have."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.domain.rules import RULES
from notifier.errors import Refused
from notifier.jobs.schedule_edits import Edited, Opened, Subject
from notifier.locale import N_, _
from notifier.reports.setting_words import About
from notifier.schedules.editing import Changes, Group, new_campaign
from notifier.schedules.field_problems import first_values
from notifier.schedules.trees import at
from notifier.web.console.campaign_form.controls import FIELD, heard
from notifier.web.console.campaign_form.naming import name_row, short_name_line
from notifier.web.console.campaign_form.page import FormPage, back_button
from notifier.web.console.campaign_form.panel import Panel
from notifier.web.console.campaign_form.sections import draw_campaign, section
from notifier.web.console.campaign_form.state import FormState, Wish
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk

__all__ = ["NewPage"]


class NewPage(FormPage):
    """A campaign that is not there yet: its rule and its name first, then the same form.

    `given`: the short name it has by itself, `key`: the one it shall have.
    """

    state: FormState
    short_name: ui.input

    def __init__(self, desk: Desk, rule: str) -> None:
        super().__init__(desk, "")
        self.rule = rule if rule in RULES else ""
        self.key, self.given, self.says_id = "", "", False

    async def draw(self) -> None:
        """The whole page."""
        if self.shop is not None:
            raise Refused(N_("A campaign is added for all shops of the group; ask somebody who may edit all of them."))
        opened, templates = await self.open()
        with ui.element("div").classes("stack form-page"):
            with head(_("New campaign"), _("It begins switched off: look at its dry run before you switch it on.")):
                back_button("/campaigns")
            if not self.rule:
                with section(_("What it is about")):
                    self._rule_box()
                return
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
        self.key = self.given = await self.desk.work(self.editing.free_key, opened, self.rule)
        self.says_id = await self.desk.work(self.editing.must_say_id, opened, self.rule)
        wish = Wish(Subject(self.key), self._changes)
        self.state = state = FormState(self.desk, self.editing, opened, wish, {}, templates)
        state.entry = {"name": "", **first_values(self.rule, alike)}
        desk = self.desk
        with ui.element("div").classes("form-columns"):
            with ui.element("div").classes("stack form-fields"):
                with section(_("What it is about")):
                    self._rule_box()
                    name_row(state)
                    self.short_name = short_name_line(state, self.key, self._named)
                draw_campaign(state, of_one_shop=False)
            saves = desk.does(lambda: self.save(state, self._saved), needs=Permission.EDIT_CAMPAIGNS)
            await Panel(state, saves, None, None).draw()
        await state.check()

    def _changes(self, opened: Opened, entry: Group) -> Changes:
        named: Group = {"id": self.key, **entry} if self.says_id else entry
        return new_campaign(opened.tree, self.key, named)

    def _named(self, key: str) -> None:
        self.key = key
        self.state.wish = Wish(Subject(self.key), self._changes)
        self.state.soon()

    async def write(self, opened: Opened, changes: Changes, subject: Subject, about: About) -> Edited | None:
        """As ever; but a short name nobody typed gives way where somebody else has taken it, so that both are kept."""
        now = await self.desk.work(self.editing.open)
        if self.key == self.given and at(now.tree, ("campaigns", self.key)) is not None:
            self.given = await self.desk.work(self.editing.free_key, now, self.rule)
            self.short_name.value = self.given
            changes, subject = self._changes(opened, self.state.entry), self.state.wish.subject
        return await super().write(opened, changes, subject, about)

    async def _saved(self, _edited: Edited) -> None:
        ui.navigate.to(f"/campaigns/{quote(self.key, safe='')}/edit")
