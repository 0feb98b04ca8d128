"""Writing a call down: whom it was about, what came of it, and why not; it teaches what a call of a list would."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from nicegui import ui

from notifier.dms.cleaning import clean_odometer
from notifier.domain.contacts import REASON_CODES, RESULTS
from notifier.domain.rules import RULES
from notifier.errors import BadInput
from notifier.jobs.customer_calls import Call, record_call
from notifier.jobs.customer_page import Dossier
from notifier.jobs.customer_words import doubt_words
from notifier.locale import N_, _
from notifier.locale.contact_words import reason_code_word, result_word
from notifier.web.console.customers.dialogs import ask, choice, day_field, day_in, field

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["ask_for_call"]

TEACHES = {
    "booked": N_("Keeps the appointment and cancels reminders it answers."),
    "already_done": N_("Cancels what is planned about this."),
    "sold": N_("Marks the car as sold and cancels what is planned about it."),
    "wrong_number": N_("No text goes to this phone until it changes."),
    "refused": N_("Withdraws the consent to marketing: service reminders only."),
    "do_not_text": N_("Puts the phone on the stop list: no text at all, and nobody here can lift that."),
}
"""What follows from a result, where something does."""


def ask_for_call(page: CustomerPage, found: Dossier) -> None:
    """The dialog."""
    CallForm(page, found).open()


class CallForm:
    """Its fields."""

    def __init__(self, page: CustomerPage, found: Dossier) -> None:
        self.page = page
        self.name = uuid4().hex
        self.cars = [car for car in found.cars if car.state == "in_use"]

    def open(self) -> None:
        """Show it."""
        today = self.page.doing().today
        with ask(self.page.desk, _("Record a call"), _("Save the call"), self._save):
            with ui.element("div").classes("fields"):
                self._result = choice(_("What came of it"), {"": "–"} | {each: result_word(each) for each in RESULTS})
                self._day = day_field(_("Day of the call"), today)
                self._purpose = choice(
                    _("What it was about"),
                    {"": _("nothing in particular")} | {name: _(rule.title) for name, rule in RULES.items()},
                )
                cars = {str(car.id): car.plate or car.vin for car in self.cars}
                only = next(iter(cars)) if len(cars) == 1 else ""
                self._car = choice(_("Car"), {"": _("no car in particular")} | cars, only)
                self._reason = choice(
                    _("Why they stay away"), {"": "–"} | {each: reason_code_word(each) for each in REASON_CODES}
                )
                self._booked_for = day_field(_("Appointment on"))
                self._again_on = day_field(_("Call again on"))
                self._odometer = field(_("Kilometres told"), longest=12)
            self._note = (
                ui.textarea(_("Note")).props("outlined dense stack-label autogrow maxlength=2000").classes("full")
            )
            self._said = ui.label().classes("note").props("aria-live=polite")
            self._said.set_visibility(False)
            self._result.on_value_change(self._tell)

    def _tell(self) -> None:
        teaches = TEACHES.get(self._result.value or "")
        self._said.set_text(_(teaches) if teaches else "")
        self._said.set_visibility(teaches is not None)

    def _call(self) -> Call:
        told = str(self._odometer.value or "").strip()
        km, doubt = clean_odometer(told) if told else (None, None)
        if doubt is not None:
            raise BadInput(N_("“{typed}” is no number of kilometres; write it like 53200."), typed=told)
        return Call(
            result=self._result.value or "",
            day=day_in(self._day) or self.page.doing().today,
            purpose=self._purpose.value or "",
            vehicle_id=int(self._car.value) if self._car.value else None,
            reason_code=self._reason.value or None,
            note=str(self._note.value or ""),
            next_contact_on=day_in(self._again_on),
            booked_for=day_in(self._booked_for),
            odometer=km,
            form=self.name,
        )

    async def _save(self) -> bool:
        page, desk = self.page, self.page.desk
        hold_days = desk.schedules.guards.contact_hold_days
        doubts = await desk.write(record_call, page.doing(), self._call(), hold_days=hold_days)
        desk.tell(_("The call is kept."))
        if doubts:
            desk.warn(_("The call is kept, but: {why}.").format(why=doubt_words(doubts)))
        await page.show()
        return True
