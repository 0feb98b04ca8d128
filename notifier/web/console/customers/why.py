"""Why, or why not: one sentence a campaign, the same as `notifier explain` says, and what a clerk can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from notifier.jobs.explain import Explained, explain_customer
from notifier.jobs.explain_words import rows
from notifier.locale import _
from notifier.reports.titles import Titles
from notifier.web.console.doors import page_of, show_mend

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["show_why"]

TONES = {
    "gets": "good", "waiting": "info", "texted": "good", "deferred": "warn", "excluded": "bad", "withheld": "",
    "cancelled": "", "failed": "bad", "unknown": "warn", "off": "",
}  # fmt: skip


def show_why(page: CustomerPage) -> None:
    """The card; its sentences come after the rest of the page, for the planner's own steps take a moment."""
    with ui.element("section").classes("card why-card"):
        with ui.element("h2"):
            ui.label(_("Why they get a text, or do not"))
        place = ui.element("div").props("aria-live=polite aria-busy=true").classes("stack")
        with place:
            ui.label(_("Going through the campaigns …")).classes("quiet")

    async def load() -> None:
        found = await page.desk.work(_explained, page)
        place.clear()
        place.props("aria-busy=false")
        with place:
            _show(found, Titles(page.desk.schedules.campaigns))

    ui.timer(0.05, page.desk.does(load), once=True)


def _explained(page: CustomerPage) -> Explained:
    desk = page.desk
    return explain_customer(desk.parts.planner(), desk.shop.key, page.customer_id, desk.now())


def _show(found: Explained, titles: Titles) -> None:
    """What ends several rows at once is said below the first of them."""
    told: set[tuple[str, str]] = set()
    with ui.element("dl").classes("why"):
        for row in rows(found, titles.of_key):
            with ui.element("dt"):
                ui.label(row.title).classes("strong")
                if row.car:
                    ui.label(row.car).classes("quiet small")
            with ui.element("dd").classes(f"tone {TONES.get(row.status, '')}"):
                ui.label(row.sentence).classes("wrap-any why-said")
                if row.mend is not None and (way := (row.mend.in_console(), page_of(row.mend))) not in told:
                    told.add(way)
                    show_mend(row.mend)
