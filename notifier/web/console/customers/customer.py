"""One customer: who they are and what stands in the way, their cars, what was said, and why they get what they get."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from notifier.domain.phone import as_dialled, mask
from notifier.domain.roles import Permission
from notifier.errors import NotFound
from notifier.jobs.customer_corrections import reveal_phone
from notifier.jobs.customer_doing import Doing
from notifier.jobs.customer_page import Dossier, dossier
from notifier.jobs.customer_words import CONSENT_WORDS, reach_words, refused_words, stopped_words, word
from notifier.jobs.sayings import consent_words
from notifier.locale import N_, _, listed
from notifier.reports.numbers import day
from notifier.reports.titles import Titles, titles_of
from notifier.store.audit import Actor
from notifier.store.dossiers import PersonFacts
from notifier.store.histories import latest_stop
from notifier.web.console.chrome import head
from notifier.web.console.customers.call import ask_for_call
from notifier.web.console.customers.cars import show_cars
from notifier.web.console.customers.conversation import Conversation
from notifier.web.console.customers.edit import ask_for_corrections, ask_for_phone
from notifier.web.console.customers.history import show_history
from notifier.web.console.customers.stop import (
    ask_for_lift,
    ask_for_marketing_again,
    ask_for_settling,
    ask_for_stop,
    may_be_stopped,
)
from notifier.web.console.customers.why import show_why
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["CustomerPage", "add_pages"]


def add_pages(console: Console) -> None:
    """Each customer's page."""

    @console.page("/customers/{customer_id}", title=N_("Customer"))
    async def customer(desk: Desk, customer_id: int) -> None:
        await CustomerPage(desk, customer_id).draw()


class CustomerPage:
    """The page; after each doing it is drawn anew from what is stored."""

    def __init__(self, desk: Desk, customer_id: int) -> None:
        self.desk = desk
        self.customer_id = customer_id
        self._titles = Titles()

    def doing(self) -> Doing:
        """This person, about this customer, now."""
        desk = self.desk
        return Doing(desk.shop_id, self.customer_id, Actor(desk.person.name, desk.person.id), desk.now(), desk.zone)

    @property
    def may_edit(self) -> bool:
        """May this person write anything about customers?"""
        return self.desk.may(Permission.EDIT_CUSTOMERS)

    def campaign(self, campaign_id: str) -> str:
        """The title of a campaign, by its id."""
        return self._titles.of_id(campaign_id)

    async def draw(self) -> None:
        """All of it."""
        self._place = ui.element("div").classes("stack customer-page")
        await self.show()

    async def show(self) -> None:
        """As the records are now. Raises NotFound where the shop has no such customer."""
        found = await self.desk.read(dossier, self.doing())
        if found is None:
            raise NotFound(N_("There is no such customer at this shop; perhaps two records became one. Search again."))
        self._titles = await self.desk.read(titles_of, self.desk.schedules)
        said_on = None
        if found.stop is not None and found.person.phone_key:
            said_on = await self.desk.read(latest_stop, found.person.phone_key)
        self._place.clear()
        with self._place:
            if found.person.erased_at is not None:
                self._erased(found)
                return
            self._head(found)
            self._notes(found, stopped_words(found.stop, said_on, self.desk.zone) if found.stop else None)
            with ui.element("div").classes("customer-columns"):
                with ui.element("div").classes("stack customer-main"):
                    show_cars(self, found)
                    show_why(self)
                    show_history(self, found)
                with ui.element("div").classes("customer-side"):
                    self._conversation = Conversation(self)
                    await self._conversation.draw()

    def _head(self, found: Dossier) -> None:
        person = found.person
        with ui.element("nav").classes("crumbs small"):
            ui.link(_("Find customers"), "/customers")
        with head(person.name or _("without a name"), _about(person)):
            if self.may_edit:
                self._doings(found)
        with ui.element("div").classes("row-of"):
            self._phone(person)
            tag = {"yes": "good", "no": "warn"}.get(person.consent, "")
            ui.label(word(CONSENT_WORDS, person.consent)).classes(f"tag {tag}")
            if person.consent == "yes":
                ui.label(consent_words(person.consent_source, person.consent_since)).classes("quiet small")

    def _doings(self, found: Dossier) -> None:
        def button(label: str, icon: str, doing: object, *, look: str = "outline") -> None:
            made = ui.button(label, icon=icon, on_click=self.desk.does(doing, needs=Permission.EDIT_CUSTOMERS))  # type: ignore[arg-type]
            made.props(f"no-caps {look} color=primary")

        button(_("Record a call"), "call", lambda: ask_for_call(self, found), look="unelevated")
        button(_("Correct"), "edit", lambda: ask_for_corrections(self, found.person))
        if may_be_stopped(found):
            button(_("Stop texts"), "block", lambda: ask_for_stop(self, found))

    def _phone(self, person: PersonFacts) -> None:
        """Masked; whoever has to dial it asks for it, and that is written down."""
        ui.icon("phone").classes("quiet").props("aria-hidden=true")
        shown = ui.label(mask(person.phone) if person.phone else _("no phone")).classes("strong customer-phone")
        if person.phone and self.desk.may(Permission.REVEAL_PHONES):

            async def reveal() -> None:
                phone = await self.desk.write(reveal_phone, self.doing())
                shown.set_text(as_dialled(phone) if phone else _("no phone"))
                asked.set_visibility(False)

            asked = ui.button(_("Show number"), on_click=self.desk.does(reveal, needs=Permission.REVEAL_PHONES))
            asked.props("no-caps flat dense color=primary")
            asked.props["aria-label"] = _("Show number (that is written down)")
        if self.may_edit:
            change = ui.button(
                _("Change number"),
                on_click=self.desk.does(lambda: ask_for_phone(self), needs=Permission.EDIT_CUSTOMERS),
            )
            change.props("no-caps flat dense color=primary")

    def _notes(self, found: Dossier, stopped: str | None) -> None:
        """What holds texts back, each with its mend."""
        if stopped is not None:
            with ui.element("div").classes("note bad row-of"):
                ui.label(stopped).classes("wrap-any grow")
                if found.may_lift:
                    self._back(_("Allow texts again"), lambda: ask_for_lift(self))
        unreachable = reach_words(found.person)
        if unreachable is not None:
            ui.label(unreachable).classes("note warn")
        self._refusal(found, gets_none=stopped is not None or unreachable is not None)
        for complaint in found.open_complaints:
            with ui.element("div").classes("note warn row-of"):
                words = _("A complaint is open since {day}: {words}. Until it is settled nothing else is sent.")
                ui.label(words.format(day=day(complaint.opened_on), words=complaint.words or "–")).classes(
                    "wrap-any grow"
                )
                if self.may_edit:
                    settle = ui.button(
                        _("Settle"),
                        on_click=self.desk.does(
                            lambda key=complaint.id: ask_for_settling(self, key), needs=Permission.EDIT_CUSTOMERS
                        ),
                    )
                    settle.props("no-caps outline dense color=primary")

    def _refusal(self, found: Dossier, *, gets_none: bool) -> None:
        """That no marketing goes to them, since when and by whom."""
        refused = refused_words(found.person, elsewhere=found.is_refused_elsewhere, gets_none=gets_none)
        if refused is None:
            return
        with ui.element("div").classes("note warn row-of"):
            ui.label(refused).classes("wrap-any grow")
            if (consent := found.marketing_again) is not None:
                self._back(_("Allow marketing again"), lambda: ask_for_marketing_again(self, consent))

    def _back(self, label: str, doing: Callable[[], None]) -> None:
        """The way back, for whoever may open it."""
        needs = Permission.LIFT_STOPS
        if self.desk.may(needs):
            ui.button(label, on_click=self.desk.does(doing, needs=needs)).props("no-caps outline dense color=primary")

    def _erased(self, found: Dossier) -> None:
        """Nothing personal is left, and nothing can be done."""
        with head(_("Data erased on request")):
            pass
        assert found.person.erased_at is not None
        words = _(
            "The personal data of this customer was erased on {day}. Figures stay, people do not: nothing is shown."
        )
        ui.label(words.format(day=day(found.person.erased_at.astimezone(self.desk.zone).date()))).classes("note")


def _about(person: PersonFacts) -> str:
    words = [{"f": _("Ms"), "m": _("Mr")}.get(person.sex or "", ""), _birthday(person), person.member_level or ""]
    if person.points:
        words.append(_("{points} points").format(points=f"{person.points:,}"))
    if person.numbers:
        words.append(_("DMS number {numbers}").format(numbers=listed(person.numbers)))
    if person.last_visit_on:
        words.append(_("here last on {day}").format(day=day(person.last_visit_on)))
    return " · ".join(filter(None, words))


def _birthday(person: PersonFacts) -> str:
    if person.birth_mmdd is None:
        return ""
    told = f"{person.birth_mmdd[:2]}-{person.birth_mmdd[2:]}"
    if person.birth_calendar == "lunar":
        return _("birthday {day} (lunar)").format(day=told)
    return _("birthday {day}").format(day=told)
