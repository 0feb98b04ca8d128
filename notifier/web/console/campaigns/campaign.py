"""One campaign: in words, its touches on a line of time, its coming runs, what it did, and its runs so far."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.campaigns import CampaignLook, Standing, look_at_campaigns, template_titles
from notifier.jobs.schedule_edits import ScheduleDesk, set_enabled
from notifier.locale import N_, _
from notifier.reports.campaign_words import kind_word
from notifier.web.console.campaigns.foresight import Foresight
from notifier.web.console.campaigns.parts import pause_words, standing_note, standing_tag
from notifier.web.console.campaigns.pausing import campaign_pause_button
from notifier.web.console.campaigns.run_history import RunHistory
from notifier.web.console.campaigns.sheet import figures_card, next_runs_card, touches_card, words_card
from notifier.web.console.chrome import head
from notifier.web.console.confirming import confirmed
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]


def add_pages(console: Console, foresight: Foresight) -> None:
    """A campaign's own page, by its key in schedules.yaml."""

    @console.page("/campaigns/{key}", title=N_("Campaign"))
    async def campaign(desk: Desk, key: str) -> None:
        page = CampaignPage(desk, foresight, key)
        await page.draw()


class CampaignPage:
    """The page of one campaign; what takes longer comes in when it is there."""

    def __init__(self, desk: Desk, foresight: Foresight, key: str) -> None:
        self.desk, self.foresight, self.key = desk, foresight, key

    async def draw(self) -> None:
        """The whole page."""
        desk = self.desk
        with ui.element("div").classes("crumbs"):
            ui.link(_("Campaigns"), "/campaigns")
        self._top = ui.element("div").classes("stack")
        self._middle = ui.element("div").classes("campaign-page")
        await self.show()
        await RunHistory(desk, self._look.campaign.id).draw()
        if not self.foresight.is_fresh(desk.shop):
            self._middle.props("aria-busy=true")
        ui.timer(0.1, self._foresee, once=True)

    async def show(self) -> None:
        """What is so now."""
        desk = self.desk
        found = await desk.work(
            look_at_campaigns, desk.parts.planner(), desk.shop, desk.shop_id, desk.now(), only=self.key
        )
        self._look, self._pauses = found.campaigns[0], found.pauses
        self._titles = await desk.work(template_titles, desk.parts.store, desk.shop.language)
        self._top.clear()
        with self._top:
            self._show_top()
        self._fill()

    def _show_top(self) -> None:
        desk, look = self.desk, self._look
        with head(look.campaign.title):
            self._show_doings(look)
        with ui.element("div").classes("row-of"):
            standing_tag(look.standing)
            ui.label(kind_word(look.campaign.kind.value)).classes("tag")
        for pause in self._pauses:
            ui.label(pause_words(pause, desk)).classes("note warn").props("role=status")
        standing_note(look, desk)

    def _show_doings(self, look: CampaignLook) -> None:
        desk, here = self.desk, f"/campaigns/{quote(self.key, safe='')}"
        button = ui.button(_("Dry run"), icon="filter_alt", on_click=lambda: ui.navigate.to(f"{here}/dry-run"))
        button.props("no-caps outline color=primary")
        campaign_pause_button(desk, look, self.show)
        if not desk.may(Permission.EDIT_CAMPAIGNS):
            return
        label = _("Switch on") if look.standing is Standing.OFF else _("Switch off")
        switch = ui.button(label, on_click=desk.does(self._switch, needs=Permission.EDIT_CAMPAIGNS))
        switch.props("no-caps outline color=primary")
        edit = ui.button(_("Edit"), icon="edit", on_click=lambda: ui.navigate.to(f"{here}/edit"))
        edit.props("no-caps unelevated color=primary")

    async def _switch(self) -> None:
        desk, campaign = self.desk, self._look.campaign
        turns_on, title = self._look.standing is Standing.OFF, self._look.campaign.title
        if turns_on:
            question, yes = _("Switch “{campaign}” on?").format(campaign=title), _("Switch on")
            follows = [_("It is planned from its next run on. A dry run shows beforehand whom it would reach.")]
        else:
            question, yes = _("Switch “{campaign}” off?").format(campaign=title), _("Switch off")
            follows = [
                _("It is not planned any more. What is planned already is still sent; to hold that too, pause it."),
                _("Off for more than a week, it begins anew: reminders that opened meanwhile are not made up for."),
            ]
        kept = _("The change is kept in the settings of the campaigns (schedules.yaml).")
        if not await confirmed(question, [*follows, kept], yes):
            return
        parts = desk.parts
        file = ScheduleDesk(
            parts.store, parts.schedules_file, str(parts.templates_folder), {desk.shop.key: desk.shop_id}
        )
        shop = desk.shop.key if parts.schedules().is_group else None
        await desk.work(
            set_enabled, file, campaign.key, enabled=turns_on, by=desk.person.actor, now=desk.now(), shop=shop
        )  # fmt: skip
        desk.tell(_("“{campaign}” is on.").format(campaign=title) if turns_on else
                  _("“{campaign}” is off.").format(campaign=title))  # fmt: skip
        await self.show()
        await self._foresee()

    def _fill(self) -> None:
        desk, look = self.desk, self._look
        known = self.foresight.known(desk.shop)
        self._middle.clear()
        with self._middle:
            with ui.element("div").classes("stack"):
                touches_card(desk, look.campaign, self._titles)
                words_card(desk, look.campaign, known)
            with ui.element("div").classes("stack"):
                if look.standing is not Standing.OFF:
                    next_runs_card(desk, look, known)
                figures_card(desk, look.campaign, known)

    async def _foresee(self) -> None:
        """Unless it is known already what is to come."""
        if self.foresight.is_fresh(self.desk.shop):
            self._middle.props(remove="aria-busy")
            return
        self._middle.props("aria-busy=true")
        found = await self.foresight.look(self.desk.shop)
        self._middle.props(remove="aria-busy")
        if found is not None:
            self._fill()
