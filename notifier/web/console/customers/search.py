"""Looking a customer up: one box for name, plate, phone and VIN; before anything is typed, who was here last."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import app, ui

from notifier.domain.phone import mask
from notifier.jobs.customer_search import SHOWN, SearchResult, recent, search
from notifier.jobs.customer_words import CAR_STATE_WORDS, word
from notifier.locale import N_, _
from notifier.reports.numbers import day
from notifier.store.search import FoundCar, FoundCustomer
from notifier.web.console.chrome import head
from notifier.web.console.customers.customer import add_pages as add_customer
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]

KEPT = "customers"
"""In this process, for the tab and the session: neither in an address, which ends up in logs and histories, nor in the
browser, whose next user would find it."""


def add_pages(console: Console) -> None:
    """The search, and each customer's own page."""

    @console.page("/customers", title=N_("Find customers"))
    async def customers(desk: Desk) -> None:
        page = SearchPage(desk)
        page.draw()
        await page.show_recent()

    add_customer(console)


class SearchPage:
    """The box, what it was taken for, and whom it found."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def draw(self) -> None:
        """Everything but the rows."""
        with head(_("Find customers"), _("Type a name, a plate, a phone or a VIN; the end of it is often enough.")):
            pass
        self._typed = ui.input(_("Name, plate, phone or VIN"), on_change=self.desk.does(self._search))
        self._typed.props("outlined clearable stack-label debounce=250 autofocus maxlength=80 autocomplete=off")
        self._typed.props("inputmode=search").classes("customer-search")
        self._said = ui.label().classes("quiet").props("aria-live=polite")
        self._list = ui.element("div").classes("card flush")
        ui.timer(0.05, self._take_up, once=True)

    async def _take_up(self) -> None:
        """What they typed last in this tab: whoever comes back from a customer goes on where they were."""
        if not self._typed.client.has_socket_connection:
            return  # closed again at once: there is no tab
        session_id, typed = app.storage.tab.get(KEPT, (None, ""))
        if session_id != self.desk.person.session_id:
            app.storage.tab.pop(KEPT, None)
        elif typed and not self._typed.value:
            self._typed.set_value(typed)

    async def show_recent(self) -> None:
        """Before anything is typed."""
        rows = await self.desk.read(recent, self.desk.shop_id)
        if (self._typed.value or "").strip():
            return  # typed meanwhile; its answer may be there already
        self._said.set_text(_("Here last:") if rows else "")
        self._show(rows, _("No customer of this shop has a visit or a delivery on record yet. Import them first."))

    async def _search(self) -> None:
        typed = (self._typed.value or "").strip()
        app.storage.tab[KEPT] = (self.desk.person.session_id, typed)
        if not typed:
            await self.show_recent()
            return
        desk = self.desk
        found = await desk.read(search, desk.shop_id, typed, secret=desk.parts.secret, region=desk.shop.region)
        if typed == (self._typed.value or "").strip():  # else another answer is on its way
            self._said.set_text(_words(found))
            self._show(found.rows, _("Nobody found."))

    def _show(self, rows: Sequence[FoundCustomer], nobody: str) -> None:
        self._list.clear()
        with self._list:
            if not rows:
                ui.label(nobody).classes("empty")
                return
            with ui.element("ul").classes("plain"):
                for row in rows:
                    with ui.element("li"), ui.link(target=f"/customers/{row.id}").classes("customer-row"):
                        _row(row)


def _words(found: SearchResult) -> str:
    if found.is_cut:
        return f"{found.words} {_('More than {count}: type more.').format(count=SHOWN)}"
    return found.words


def _row(row: FoundCustomer) -> None:
    with ui.element("div").classes("customer-who"):
        name = _("data erased on request") if row.is_erased else row.name or _("without a name")
        ui.label(name).classes("strong wrap-any")
        ui.label(mask(row.phone) if row.phone else _("no phone")).classes("quiet small")
    with ui.element("div").classes("customer-cars"):
        for car in row.cars[:3]:
            ui.label(_car_words(car)).classes("wrap-any")
        if len(row.cars) > 3:
            ui.label(_("and {count} more").format(count=len(row.cars) - 3)).classes("quiet small")
    with ui.element("div").classes("row-of customer-marks"):
        if row.is_stopped:
            ui.label(_("gets no texts")).classes("tag bad")
        elif row.phone and row.unreachable:
            ui.label(_("out of reach")).classes("tag warn")
        if row.consent == "no":
            ui.label(_("refused marketing")).classes("tag warn")
    ui.label(_("here last on {day}").format(day=day(row.last_visit_on)) if row.last_visit_on else "").classes(
        "quiet small customer-last"
    )


def _car_words(car: FoundCar) -> str:
    words = " · ".join(filter(None, (car.plate or car.vin, car.model)))
    return words if car.state == "in_use" else f"{words} ({word(CAR_STATE_WORDS, car.state)})"
