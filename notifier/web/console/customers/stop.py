"""Texts stopped by hand, marketing alone or all of them, and allowed again; complaints settled: each asks why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.errors import BadInput
from notifier.jobs.customer_page import Dossier
from notifier.jobs.customer_stops import (
    allow_marketing,
    lift_stop,
    settle_complaint,
    stop_marketing,
    stop_texts,
)
from notifier.locale import N_, _, listed, ngettext
from notifier.schedules.campaigns import Kind
from notifier.web.console.customers.dialogs import ask, field
from notifier.web.console.desk import Desk

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["ask_for_lift", "ask_for_marketing_again", "ask_for_settling", "ask_for_stop", "may_be_stopped"]


def may_be_stopped(found: Dossier) -> bool:
    """Whether there is anything left to stop."""
    return found.person.consent != "no" or (found.stop is None and found.person.phone_key is not None)


def ask_for_stop(page: CustomerPage, found: Dossier) -> None:
    """Marketing alone, or every text; nothing is chosen beforehand, for each would be wrong for somebody."""

    async def stop() -> bool:
        if way.value is None:
            raise BadInput(N_("Choose what is to stop."))
        stopping = stop_marketing if way.value == "marketing" else stop_texts
        cancelled = await page.desk.write(stopping, page.doing(), why.value or "")
        page.desk.tell(_stopped(str(way.value), cancelled, found))
        await page.show()
        return True

    ways = {}
    if found.person.consent != "no":
        ways["marketing"] = _way(_("Marketing only"), *_of_marketing(page.desk, found))
    if found.stop is None and found.person.phone_key is not None:
        about = _("Nothing goes to this phone any more, no reminder and no warning either; recalls are told by phone.")
        ways["every"] = _way(_("Every text"), about)
    with ask(page.desk, _("Stop texts to this customer"), _("Stop texts"), stop, is_dangerous=True):
        way = ui.radio(ways).props("dense").classes("stop-ways")
        way.props["aria-label"] = _("What is to stop")
        ui.label(_("What is planned of it is cancelled now.")).classes("quiet small")
        why = field(_("Your reason"), hint=_("who asked for it, and how"))


def _way(name: str, *about: str) -> str:
    """The first line stands out (console.css)."""
    return "\n".join((name, *about))


def _of_marketing(desk: Desk, found: Dossier) -> list[str]:
    """What ends with it and what goes on, by the campaigns that run here; with every text stopped nothing does."""
    if found.stop is not None:
        return [_("Every text is stopped already. This stays when texts are allowed again.")]
    running = [each for each in desk.schedules.campaigns if each.enabled]
    ends = listed(each.title for each in running if each.kind is Kind.MARKETING)
    stays = listed(each.title for each in running if each.kind is not Kind.MARKETING)
    told = [_("Offers and greetings end; texts about their own car, answers and safety warnings still come.")]
    if ends:
        told.append(_("Ends: {campaigns}").format(campaigns=ends))
    if stays:
        told.append(_("Still comes: {campaigns}").format(campaigns=stays))
    return told


def _stopped(way: str, cancelled: int, before: Dossier) -> str:
    if before.stop is not None:
        return _("Marketing is stopped too, and stays so when texts are allowed again.")
    if way == "marketing":
        words = ngettext(
            "Marketing is stopped; {count} planned text is cancelled. Service goes on.",
            "Marketing is stopped; {count} planned texts are cancelled. Service goes on.", cancelled,
        )  # fmt: skip
    else:
        words = ngettext(
            "Stopped; {count} planned text is cancelled.", "Stopped; {count} planned texts are cancelled.", cancelled
        )
    return words.format(count=cancelled)


def ask_for_marketing_again(page: CustomerPage, consent: str) -> None:
    """Only where a person stopped it. `consent`: which one stands again then."""

    async def allow() -> bool:
        await page.desk.write(allow_marketing, page.doing(), why.value or "")
        page.desk.tell(_("The stop of marketing is taken back. What was cancelled stays so."))
        await page.show()
        return True

    with ask(page.desk, _("Allow marketing again"), _("Allow marketing"), allow, needs=Permission.LIFT_STOPS):
        ui.label(_("A person of the shop stopped it. If the customer did not agree, leave it as it is.")).classes(
            "wrap-any"
        )
        if consent != "yes":
            words = _("Nobody knew whether they agreed to marketing, so none goes out until a consent is on record.")
            ui.label(words).classes("note warn")
        why = field(_("Your reason"))


def ask_for_lift(page: CustomerPage) -> None:
    """Only where a person stopped them."""

    async def lift() -> bool:
        await page.desk.write(lift_stop, page.doing(), why.value or "")
        page.desk.tell(_("Texts go to this phone again. What was cancelled stays so."))
        await page.show()
        return True

    with ask(page.desk, _("Allow texts again"), _("Allow texts"), lift, needs=Permission.LIFT_STOPS):
        ui.label(_("A person of the shop stopped them. If the customer did not agree, leave it as it is."))
        why = field(_("Your reason"))


def ask_for_settling(page: CustomerPage, complaint_id: int) -> None:
    """What was done about a complaint."""

    async def settle() -> bool:
        await page.desk.write(settle_complaint, page.doing(), complaint_id, note.value or "")
        page.desk.tell(_("The complaint is settled; what it held back may go out again."))
        await page.show()
        return True

    with ask(page.desk, _("Settle the complaint"), _("It is settled"), settle):
        note = field(_("What was done about it"), longest=500)
