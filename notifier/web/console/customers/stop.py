"""Texts stopped by hand and allowed again, and complaints settled: each asks why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.customer_stops import lift_stop, settle_complaint, stop_texts
from notifier.locale import _, ngettext
from notifier.web.console.customers.dialogs import ask, field

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["ask_for_lift", "ask_for_settling", "ask_for_stop"]


def ask_for_stop(page: CustomerPage) -> None:
    """No text of any kind, from now on."""

    async def stop() -> bool:
        cancelled = await page.desk.write(stop_texts, page.doing(), why.value or "")
        words = ngettext(
            "Stopped; {count} planned text is cancelled.", "Stopped; {count} planned texts are cancelled.", cancelled
        )
        page.desk.tell(words.format(count=cancelled))
        await page.show()
        return True

    with ask(page.desk, _("Stop all texts to this customer"), _("Stop texts"), stop, is_dangerous=True):
        words = _("No text of any kind goes to this phone any more, and what is planned is cancelled now.")
        ui.label(words)
        why = field(_("Your reason"), hint=_("who asked for it, and how"))


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
