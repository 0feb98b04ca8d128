"""All campaigns of the shop: each in words, how it stands, what it did last and when it runs next."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.campaigns import CampaignLook, ShopLook, Standing, look_at_campaigns
from notifier.locale import N_, _
from notifier.reports import numbers
from notifier.reports.campaign_words import campaign_line, kind_word
from notifier.reports.run_words import local, run_state
from notifier.web.console.campaigns import campaign, funnel
from notifier.web.console.campaigns.foresight import Foreseen, Foresight
from notifier.web.console.campaigns.parts import (
    expected_words,
    moment_words,
    pause_words,
    planned_words,
    standing_note,
    standing_tag,
)
from notifier.web.console.campaigns.pausing import shop_pause_button
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]


def add_pages(console: Console) -> None:
    """The list, each campaign's own page, and its dry run."""
    foresight = Foresight(console.parts)

    @console.page("/campaigns", title=N_("Campaigns"))
    async def campaigns(desk: Desk) -> None:
        page = ListPage(desk, foresight)
        await page.draw()

    campaign.add_pages(console, foresight)
    funnel.add_pages(console)


class ListPage:
    """The list; what takes longer comes in when it is there."""

    def __init__(self, desk: Desk, foresight: Foresight) -> None:
        self.desk, self.foresight = desk, foresight

    async def draw(self) -> None:
        """The whole page."""
        self._place = ui.element("div").classes("stack campaigns")
        await self.show()
        if not self.foresight.is_fresh(self.desk.shop):
            self._place.props("aria-busy=true")
            ui.timer(0.1, self._foresee, once=True)

    async def show(self) -> None:
        """What is so now."""
        desk = self.desk
        self._look: ShopLook = await desk.work(
            look_at_campaigns, desk.parts.planner(), desk.shop, desk.shop_id, desk.now()
        )
        self._fill()

    def _fill(self) -> None:
        self._place.clear()
        known = self.foresight.known(self.desk.shop)
        with self._place:
            self._show_head()
            self._show_troubles()
            on = [each for each in self._look.campaigns if each.standing is not Standing.OFF]
            for look in on:
                _card(self.desk, look, known)
            if off := [each for each in self._look.campaigns if each.standing is Standing.OFF]:
                _switched_off(self.desk, off)

    def _show_head(self) -> None:
        desk = self.desk
        with head(_("Campaigns"), _("What goes out by itself, when, and to whom.")):
            own = any(pause.shop is not None for pause in self._look.pauses)
            shop_pause_button(desk, is_paused=own, refresh=self.show)
            if desk.may(Permission.EDIT_CAMPAIGNS):
                guards = ui.button(_("Guards of the shop"), on_click=lambda: ui.navigate.to("/campaigns/guards"))
                guards.props("no-caps outline color=primary")
                button = ui.button(_("New campaign"), icon="add", on_click=lambda: ui.navigate.to("/campaigns/new"))
                button.props("no-caps unelevated color=primary")

    def _show_troubles(self) -> None:
        desk = self.desk
        for pause in self._look.pauses:
            ui.label(pause_words(pause, desk)).classes("note warn").props("role=status")
        problem = desk.parts.schedules_problem()
        if problem is not None:
            with ui.element("div").classes("note bad stack").props("role=alert"):
                ui.label(_("schedules.yaml was changed and cannot be read; the last good version goes on running."))
                ui.label(problem.in_console()).classes("wrap-any small")

    async def _foresee(self) -> None:
        found = await self.foresight.look(self.desk.shop)
        self._place.props(remove="aria-busy")
        if found is not None:
            self._fill()


def _card(desk: Desk, look: CampaignLook, known: Foreseen | None) -> None:
    is_cost_known = known is not None and look.campaign.id in known.figures
    cost = known.cost(look.campaign.id) if known else None
    line = campaign_line(look.campaign, desk.schedules, cost, is_cost_known=is_cost_known)
    with ui.element("section").classes("card campaign-card") as card:
        card.props["data-campaign"] = look.campaign.key
        _title(look)
        ui.label(line).classes("campaign-line")
        standing_note(look, desk, "small")
        with ui.element("dl").classes("campaign-facts"):
            _last_run(desk, look)
            _next_run(desk, look, known)
            _month(look, known, desk.shop.currency)


def _title(look: CampaignLook) -> None:
    with ui.element("div").classes("row-of"):
        with ui.element("h2"):
            ui.link(look.campaign.title, f"/campaigns/{quote(look.campaign.key, safe='')}")
        standing_tag(look.standing)
        ui.label(kind_word(look.campaign.kind.value)).classes("tag")


def _fact(title: str, words: str, aside: str = "") -> None:
    with ui.element("div"):
        with ui.element("dt"):
            ui.label(title)
        with ui.element("dd"):
            ui.label(words)
            if aside:
                ui.label(aside).classes("quiet small")


def _last_run(desk: Desk, look: CampaignLook) -> None:
    run = look.last_run
    if run is None:
        _fact(_("Last run"), _("none yet"))
    else:
        state = run_state(run, desk.zone)
        _fact(_("Last run"), f"{local(run.planned_for, desk.zone)} · {state}", planned_words(run))


def _next_run(desk: Desk, look: CampaignLook, known: Foreseen | None) -> None:
    if not look.next_runs:
        return
    due_at = look.next_runs[0]
    expected = known.expected(look.campaign.key, due_at) if known else None
    _fact(_("Next run"), moment_words(due_at, desk.zone), expected_words(expected))


def _month(look: CampaignLook, known: Foreseen | None, currency: str) -> None:
    figures = known.figures.get(look.campaign.id) if known else None
    if figures is None:
        return
    words = _("{sent} sent · {replied} replied · {came} came").format(
        sent=numbers.count(figures["sent"]), replied=numbers.count(figures["replied"]),
        came=numbers.count(figures["came"]),
    )  # fmt: skip
    money = numbers.money(figures["came_minor"], currency) if figures["came_minor"] else ""
    _fact(_("Last 30 days"), words, money)


def _switched_off(desk: Desk, looks: list[CampaignLook]) -> None:
    with ui.element("section").classes("card flush"):
        with ui.element("div").classes("campaigns-off-head"), ui.element("h2"):
            ui.label(_("Switched off"))
        for look in looks:
            with ui.link(target=f"/campaigns/{quote(look.campaign.key, safe='')}").classes("campaign-off") as link:
                link.props["data-campaign"] = look.campaign.key
                ui.label(look.campaign.title).classes("strong")
                ui.label(campaign_line(look.campaign, desk.schedules)).classes("quiet small")
