"""A test send: the text as it stands, to one's own phone, outside every campaign and every figure."""

from __future__ import annotations

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.errors import Refused
from notifier.jobs.trial_send import TrialPost, send_test
from notifier.locale import N_, _
from notifier.locale.gateway_words import gateway_words
from notifier.web.console.confirming import asked_to_do
from notifier.web.console.templates.sheet import Sheet

__all__ = ["ask_for_test"]


async def ask_for_test(sheet: Sheet) -> None:
    """Ask for the phone, and send."""
    desk = sheet.desk

    async def send() -> bool:
        await _send(sheet, phone.value or "")
        return True

    with asked_to_do(desk, _("Test send"), _("Send"), send, needs=Permission.EDIT_TEMPLATES):
        ui.label(
            _("One real message with example values, as it stands in the editor. It counts in no report.")
        ).classes("quiet")
        phone = ui.input(_("Your own mobile number")).props("outlined dense stack-label type=tel autocomplete=tel")


async def _send(sheet: Sheet, phone: str) -> None:
    desk, parts = sheet.desk, sheet.desk.parts
    await sheet.check_now()
    template = sheet.check.template if sheet.check else None
    if template is None:
        raise Refused(N_("This text cannot be sent as it stands: mend what is said below it first."))
    post = TrialPost(parts.store, parts.secret, parts.makes_gateway, parts.post_timeout, desk.shop.region)
    sent = await send_test(post, template, phone, sheet.bench, who=desk.person.actor, now=desk.now())
    said = _("{gateway} took the text for {phone}.")
    desk.tell(said.format(gateway=gateway_words(sent.gateway), phone=sent.phone))
