"""The text as it will stand on a phone: of an example, of one customer, or of the ten it is hardest for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from nicegui import ui

from notifier.errors import NotFound
from notifier.jobs.customer_search import search
from notifier.jobs.wording_people import WHY_WORDS, PersonPreview, preview_customer, preview_hardest
from notifier.locale import _, listed
from notifier.locale.money import money_micros
from notifier.web.console.templates.sheet import Sheet
from notifier.web.console.templates.text import segment_words
from notifier.web.console.templates.words import language_name

__all__ = ["PhoneCard"]

MOST_FOUND = 6
LEAST_TYPED = 2


class PhoneCard:
    """Shows the sheet's text for whoever was chosen, anew after each change."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._customer: PersonPreview | None = None
        self._hardest: Sequence[PersonPreview] = ()
        with ui.element("section").classes("card wording-phone"):
            with ui.element("h2"):
                ui.label(_("On the customer's phone"))
            self._phone = ui.element("div").classes("phone")
            self._under = ui.element("div").classes("stack")
            self._choices()

    def _choices(self) -> None:
        desk = self.sheet.desk
        with ui.element("div").classes("stack"):
            self._find = ui.input(_("Look at a customer"), placeholder=_("name, plate, phone or VIN"))
            self._find.props("outlined dense clearable stack-label debounce=250").on_value_change(
                desk.does(self._search)
            )
            self._found = ui.element("div").classes("wording-people")
            with ui.element("div").classes("row-of"):
                ui.button(_("The hardest ten"), icon="fitness_center", on_click=desk.does(self._show_hardest)).props(
                    "outline dense no-caps color=primary"
                )
                self._back = ui.button(_("Example values"), on_click=desk.does(self._forget))
                self._back.props("flat dense no-caps")
                self._back.set_visibility(False)
            self._ten = ui.element("div").classes("wording-people")

    async def show(self) -> None:
        """The present text for whoever is chosen."""
        if self._customer is not None:
            await self._render_customer(self._customer)
        else:
            self._draw_example()
        if self._hardest:
            await self._render_hardest()

    async def _render_customer(self, chosen: PersonPreview) -> None:
        source = self.sheet.source
        try:
            seen = await self._customer_seen(chosen.customer_id)
        except NotFound:  # erased or merged while the text was being written
            self._forget()
            return
        if source == self.sheet.source and seen is not None:
            self._customer = seen
            self._draw_person(seen)

    async def _render_hardest(self) -> None:
        sheet, source = self.sheet, self.sheet.source
        template = sheet.check.template if sheet.check else None
        if template is None:
            return
        desk = sheet.desk
        seen = await asyncio.to_thread(
            preview_hardest, desk.parts.store, desk.shop_id, template, sheet.bench, self._today(),
            region=desk.shop.region,
        )  # fmt: skip
        if source == sheet.source:
            self._hardest = seen
            self._draw_hardest()

    async def _customer_seen(self, customer_id: int) -> PersonPreview | None:
        """None where the text cannot be rendered at all: what is wrong stands below the editor."""
        sheet = self.sheet
        template = sheet.check.template if sheet.check else None
        if template is None:
            return None
        return await asyncio.to_thread(
            preview_customer, sheet.desk.parts.store, customer_id, template, sheet.bench, self._today()
        )

    def _today(self) -> date:
        return self.sheet.desk.now().astimezone(self.sheet.desk.zone).date()

    def _draw_example(self) -> None:
        check = self.sheet.check
        if check is None:
            return
        self._draw_bubble(check.text, _("Example values"))
        self._under.clear()

    def _draw_person(self, seen: PersonPreview) -> None:
        self._draw_bubble(seen.text, seen.name or _("no name"), seen.skipped)
        self._under.clear()
        with self._under, ui.element("div").classes("row-of"):
            ui.label(segment_words(seen.segments)).classes("tag warn" if seen.segments > 1 else "tag good")
            if seen.cost_micros:
                ui.label(money_micros(seen.cost_micros, self.sheet.bench.currency)).classes("quiet")
            theirs = seen.language or self.sheet.desk.shop.language
            if theirs != self.sheet.language:
                ui.label(_("gets the text in {language}").format(language=language_name(theirs))).classes("tag")

    def _draw_bubble(self, text: str, whose: str, skipped: str | None = None) -> None:
        self._phone.clear()
        with self._phone:
            with ui.element("div").classes("phone-head"):
                ui.icon("storefront").props("aria-hidden=true")
                ui.label(self.sheet.desk.shop.name).classes("ellipsis")
            ui.label(whose).classes("phone-whose small")
            if skipped:
                ui.label(skipped).classes("note warn small")
            elif text:
                self._bubble(text)
            else:
                ui.label(_("Nothing can be shown until what stands below the text is mended.")).classes("quiet small")

    def _bubble(self, text: str) -> None:
        """What the gateway adds stands out from what was written."""
        check = self.sheet.check
        before = check.before if check and text.startswith(check.before) else ""
        after = check.after if check and check.after and text.endswith(check.after) else ""
        own = text[len(before) : len(text) - len(after)]
        with ui.element("div").classes("phone-bubble"):
            for part, classes in ((before, "is-added"), (own, ""), (after, "is-added")):
                if part:
                    ui.label(part).classes(classes)
        ui.label(_("Grey: added when it is sent")).classes("quiet small")

    async def _search(self) -> None:
        desk, typed = self.sheet.desk, (self._find.value or "").strip()
        self._found.clear()
        if len(typed) < LEAST_TYPED:
            return
        found = await desk.read(search, desk.shop_id, typed, secret=desk.parts.secret, region=desk.shop.region)
        self._found.clear()
        with self._found:
            for row in found.rows[:MOST_FOUND]:
                self._person_button(row.name or _("no name"), "", partial(self._choose, row.id))
            if not found.rows:
                ui.label(found.words).classes("quiet small")

    async def _choose(self, customer_id: int) -> None:
        self._found.clear()
        seen = await self._customer_seen(customer_id)
        if seen is not None:
            self._customer = seen
            self._draw_person(seen)
            self._back.set_visibility(True)

    def _forget(self) -> None:
        self._customer, self._hardest = None, ()
        self._back.set_visibility(False)
        self._ten.clear()
        self._found.clear()
        self._find.set_value("")
        self._draw_example()

    async def _show_hardest(self) -> None:
        self._back.set_visibility(True)
        await self._render_hardest()
        if not self._hardest:
            self._ten.clear()
            with self._ten:
                ui.label(_("There are no customers yet, or the text cannot be shown as it is.")).classes("quiet small")

    def _draw_hardest(self) -> None:
        self._ten.clear()
        with self._ten:
            for seen in self._hardest:
                why = listed(_(WHY_WORDS.get(each, each)) for each in seen.why)
                self._person_button(seen.name or _("no name"), why, partial(self._pick, seen), seen)

    def _pick(self, seen: PersonPreview) -> None:
        self._customer = seen
        self._draw_person(seen)

    def _person_button(
        self, name: str, why: str, on_click: Callable[[], Any], seen: PersonPreview | None = None
    ) -> None:
        with ui.element("button").classes("wording-person").props('type="button"') as button:
            with ui.element("span").classes("stack"):
                ui.label(name).classes("strong ellipsis")
                if why:
                    ui.label(why).classes("quiet small")
            if seen is not None:
                tag = _("left out") if seen.skipped else segment_words(seen.segments)
                ui.label(tag).classes("tag warn" if seen.skipped or seen.segments > 1 else "tag")
        button.on("click", self.sheet.desk.does(on_click))
