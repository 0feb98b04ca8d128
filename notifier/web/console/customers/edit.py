"""Putting a record right: the person, the phone, a car."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from notifier.jobs.customer_corrections import (
    CAR_STATES,
    PhoneTaken,
    correct_car,
    correct_person,
    correct_phone,
    tell_odometer,
)
from notifier.jobs.customer_words import CAR_STATE_WORDS, word
from notifier.locale import LANGUAGES, _
from notifier.store.dossiers import CarFacts, PersonFacts
from notifier.web.console.confirming import confirmed
from notifier.web.console.customers.dialogs import ask, choice, day_field, field, from_dms
from notifier.web.console.templates.words import language_name

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["ask_for_car", "ask_for_corrections", "ask_for_phone"]


def ask_for_corrections(page: CustomerPage, person: PersonFacts) -> None:
    """Name, sex, language, birthday."""

    async def save() -> bool:
        told = {"name": name.value or "", "sex": sex.value or "", "language": language.value or ""}
        told["birthday"] = birthday.value or ""
        changed = await page.desk.write(correct_person, page.doing(), told)
        await _done(page, is_changed=bool(changed))
        return True

    with ask(page.desk, _("Correct the record"), _("Save"), save):
        with ui.element("div").classes("fields"):
            name = field(_("Name"), person.name or "", longest=80)
            sex = choice(_("Form of address"), {"": "–", "f": _("Ms"), "m": _("Mr")}, person.sex or "")
            languages = {"": _("as the shop writes")} | {each: language_name(each) for each in LANGUAGES}
            language = choice(_("Language of texts"), languages, person.language or "")
            birthday = field(_("Date of birth"), _birthday(person), hint=_("1990-05-09, 5月9日, 农历八月初八"))
        from_dms()


def _birthday(person: PersonFacts) -> str:
    """As it may be typed."""
    if person.birth_mmdd is None:
        return ""
    if person.birth_calendar == "lunar":
        return f"农历{int(person.birth_mmdd[:2])}月{int(person.birth_mmdd[2:])}"
    return person.birth_on.isoformat() if person.birth_on else f"{person.birth_mmdd[:2]}-{person.birth_mmdd[2:]}"


def ask_for_phone(page: CustomerPage) -> None:
    """Another phone; where somebody else has it, whether the two are one."""
    desk = page.desk

    async def save() -> bool:
        return await change(may_unite=False)

    async def change(*, may_unite: bool) -> bool:
        try:
            survivor = await desk.write(
                correct_phone, page.doing(), str(phone.value or ""), secret=desk.parts.secret, region=desk.shop.region,
                may_unite=may_unite,
            )  # fmt: skip
        except PhoneTaken as taken:
            asked, said, yes = _("Are they one person?"), taken.in_console(), _("Yes, they are one")
            if not await confirmed(asked, [said], yes, is_dangerous=True):
                return False
            return await change(may_unite=True)
        if survivor != page.customer_id:
            ui.navigate.to(f"/customers/{survivor}")
            return True
        await _done(page, is_changed=True)
        return True

    with ask(desk, _("Change the phone number"), _("Save"), save):
        phone = field(_("Mobile number"), longest=40)
        words = _("What is planned goes to the new phone. If this customer has said stop, that holds for it too.")
        ui.label(words).classes("quiet small")
        from_dms()


def ask_for_car(page: CustomerPage, car: CarFacts) -> None:
    """Plate, model, state, days, kilometres."""

    async def save() -> bool:
        desk, typed = page.desk, str(odometer.value or "").strip()
        told = {
            "plate": plate.value or "", "model": model.value or "", "state": state.value or "",
            "insurance_ends_on": insurance.value or "", "inspection_ends_on": inspection.value or "",
        }  # fmt: skip
        if typed:
            await desk.write(tell_odometer, page.doing(), car.id, typed)
        changed = await desk.write(correct_car, page.doing(), car.id, told, region=desk.shop.region)
        await _done(page, is_changed=bool(changed or typed))
        return True

    with ask(page.desk, _("Correct the car"), _("Save"), save):
        with ui.element("div").classes("fields"):
            plate = field(_("Plate"), car.plate or "", longest=16)
            model = field(_("Model"), car.model or "")
            state = choice(_("State"), {each: word(CAR_STATE_WORDS, each) for each in CAR_STATES}, car.state)
            odometer = field(_("Kilometres today"), longest=12, hint=_("the next service is predicted with them"))
            insurance = day_field(_("Insurance ends"), car.insurance_ends_on)
            inspection = day_field(_("Inspection ends"), car.inspection_ends_on)
        ui.label(_("A car sold or scrapped cancels what is planned about it, and stays so against a file.")).classes(
            "quiet small"
        )
        from_dms()


async def _done(page: CustomerPage, *, is_changed: bool) -> None:
    if is_changed:
        page.desk.tell(_("Saved. Texts that are planned follow."))
        await page.show()
    else:
        page.desk.tell(_("Nothing was changed."))
