"""Pausing and resuming: a campaign in this shop, or the whole shop; asked first, written down, and told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.campaigns import CampaignLook, Standing
from notifier.locale import _, ngettext
from notifier.reports import numbers
from notifier.reports.pause_words import still_claiming_sentence
from notifier.schedules import Campaign
from notifier.store import campaigns, pauses
from notifier.store.engine import Session
from notifier.store.overview import sending_of
from notifier.web.console.confirming import confirmed
from notifier.web.console.desk import Desk

__all__ = ["campaign_pause_button", "shop_pause_button"]

Refresh = Callable[[], Awaitable[None]]
NEEDS = Permission.PAUSE_CAMPAIGNS


def campaign_pause_button(desk: Desk, look: CampaignLook, refresh: Refresh) -> None:
    """Pause, or resume, where the person may and there is something to pause."""
    if not desk.may(NEEDS) or look.standing is Standing.OFF:
        return
    is_paused = look.standing is Standing.PAUSED

    async def doing() -> None:
        if await (_resume if is_paused else _pause)(desk, look.campaign):
            await refresh()

    label, icon = (_("Resume"), "play_arrow") if is_paused else (_("Pause"), "pause")
    button = ui.button(label, icon=icon, on_click=desk.does(doing, needs=NEEDS)).props("no-caps outline color=primary")
    if not look.was_planned:
        button.disable()
        with button:
            ui.tooltip(_("Nothing of it has been planned yet; switch it off instead."))


def shop_pause_button(desk: Desk, *, is_paused: bool, refresh: Refresh) -> None:
    """Halt every text of the shop, or let them go again."""
    if not desk.may(NEEDS):
        return

    async def doing() -> None:
        if await (_resume_shop if is_paused else _pause_shop)(desk):
            await refresh()

    label, icon = (_("Resume the shop"), "play_arrow") if is_paused else (_("Pause the shop"), "pause_circle")
    ui.button(label, icon=icon, on_click=desk.does(doing, needs=NEEDS)).props("no-caps outline color=primary")


async def _pause(desk: Desk, campaign: Campaign) -> bool:
    """Whether the person meant it."""
    title = campaign.title
    sentences = [
        _("Nothing of it is planned or sent from now on, until somebody resumes it."),
        _("What is planned waits; a text whose last day passes meanwhile is cancelled."),
    ]
    if not await confirmed(_("Pause “{campaign}”?").format(campaign=title), sentences, _("Pause")):
        return False

    def change(session: Session) -> None:
        _set_paused(session, desk, campaign, paused=True)

    await desk.write(change)
    await _tell_when_settled(desk, _("“{campaign}” is paused.").format(campaign=title), campaign.id)
    return True


async def _resume(desk: Desk, campaign: Campaign) -> bool:
    def change(session: Session) -> None:
        _set_paused(session, desk, campaign, paused=False)

    await desk.write(change)
    desk.tell(_("“{campaign}” goes on.").format(campaign=campaign.title))
    return True


def _set_paused(session: Session, desk: Desk, campaign: Campaign, *, paused: bool) -> None:
    was_paused = campaigns.is_paused(session, desk.shop_id, campaign.id)
    campaigns.pause(session, campaign.id, paused=paused, shop_id=desk.shop_id)
    if was_paused != paused:
        action = "campaign.pause" if paused else "campaign.resume"
        desk.audit(session, action, "campaign", campaign.id, before={"paused": was_paused}, after={"paused": paused})


async def _pause_shop(desk: Desk) -> bool:
    """Whether the person meant it."""
    sentences = [
        _("No text of {shop} leaves any more, of any kind, until somebody resumes it.").format(shop=desk.shop.name),
        _("Planning goes on and what is planned waits; a text whose last day passes meanwhile is cancelled."),
    ]
    if not await confirmed(_("Pause the whole shop?"), sentences, _("Pause the shop"), is_dangerous=True):
        return False

    def change(session: Session) -> None:
        if pauses.pause(session, desk.shop.key, by=desk.person.name):
            desk.audit(session, "shop.pause", "shop", desk.shop.key, after={"paused": True})

    await desk.write(change)
    await _tell_when_settled(desk, _("{shop} is paused.").format(shop=desk.shop.name))
    return True


async def _resume_shop(desk: Desk) -> bool:
    def change(session: Session) -> None:
        if pauses.resume(session, desk.shop.key):
            desk.audit(session, "shop.resume", "shop", desk.shop.key, before={"paused": True})

    await desk.write(change)
    desk.tell(_("The pause of {shop} is over.").format(shop=desk.shop.name))
    return True


async def _tell_when_settled(desk: Desk, sentence: str, campaign_id: str | None = None) -> None:
    """What was claimed before the pause, of the shop or of one campaign, is on its way, and cannot be called back."""
    is_settled = await desk.work(pauses.claims_are_over, desk.parts.store, desk.parts.gateway)
    sending = await desk.read(sending_of, desk.shop_id, campaign_id)
    if sending:
        said = ngettext(
            "{count} text was being handed over at this very moment and cannot be called back.",
            "{count} texts were being handed over at this very moment and cannot be called back.",
            sending,
        )
        sentence = f"{sentence} {said.format(count=numbers.count(sending))}"
    desk.tell(sentence)
    if not is_settled:
        desk.warn(still_claiming_sentence())
