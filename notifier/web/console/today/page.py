"""Today: is everything alive, what did the day and the month bring, what needs somebody. One screen, always fresh."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime

import structlog
from nicegui import ui
from nicegui.element import Element

from notifier.errors import NotifierError
from notifier.jobs.access import is_still_open
from notifier.locale import N_, _
from notifier.reports import numbers
from notifier.reports.attention import Notice, notices
from notifier.reports.life_words import life_words
from notifier.reports.today import Place, Today, today
from notifier.store.day_figures import Figures
from notifier.templating import TemplateFolder
from notifier.web.console.chrome import head
from notifier.web.console.confirming import answered, dialog_called
from notifier.web.console.desk import SIGN_IN, Desk
from notifier.web.console.frame import Console
from notifier.web.console.today.chart import chart_options, chart_words, table_of_days
from notifier.web.console.today.lists import age_of, draw_coming, draw_records

__all__ = ["add_pages"]

log = structlog.get_logger(__name__)

EVERY = 30.0  # seconds
NOT_DRAWN = object()
ICONS = {"bad": "error", "warn": "warning", "info": "info"}
DOORS = {
    "review": ("/reviews", N_("Review")),
    "file": ("/templates", N_("Templates")),
    "paused_campaigns": ("/campaigns", N_("Campaigns")),
    "pause": ("/campaigns", N_("Campaigns")),
}
"""Where a notice leads: its topic → page and the words of the link."""


def add_pages(console: Console) -> None:
    """The page everybody sees first."""

    @console.page("/", title=N_("Today"))
    async def today_page(desk: Desk) -> None:
        page = TodayPage(desk)
        page.draw(await page.look())
        ui.timer(EVERY, page.refresh, immediate=False)


class TodayPage:
    """One open page. What has not changed since it was drawn is not drawn again, so that nothing flickers."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client = ui.context.client
        self._parts: dict[str, tuple[Element, Hashable]] = {}
        self._chart: ui.echart | None = None
        self._drawn: object = None

    async def look(self) -> Today:
        """As things stand now."""
        place = await self.desk.work(_place_of, self.desk)
        return await self.desk.read(today, place, self.desk.now())

    async def refresh(self) -> None:
        """Show what is new. A page that is left open alone keeps nobody signed in."""
        if not self.client.has_socket_connection:
            return
        try:
            if not await self.desk.read(is_still_open, self.desk.person, self.desk.now()):
                ui.navigate.to(SIGN_IN)
                return
            found = await self.look()
        except Exception:
            log.exception("today_not_refreshed", alert=True)
            self._draw("moment", "stale", _draw_stale)
            return
        self.fill(found)

    def draw(self, found: Today) -> None:
        """The page for the first time."""
        with head(_("Today"), numbers.long_day(found.day)):
            self._place("life", "row-of today-life")
            self._place("moment", "small quiet")
        with ui.element("div").classes("today"):
            self._place("tiles", "today-tiles", tag="dl")
            self._draw_chart_card(found)
            with _card(_("Needs attention"), "today-attention") as card:
                card.props("aria-live=polite")
                self._place("notices", "today-scroll")
            with _card(_("Next runs"), "today-coming"):
                self._place("coming", "today-scroll")
            with _card(_("Records known up to"), "today-records"):
                self._place("records", "today-scroll")
        self.fill(found)

    def fill(self, found: Today) -> None:
        """Every part that is other than before."""
        zone = self.desk.zone
        is_counted = found.latest is not None
        figures, month = found.latest.figures if found.latest else Figures(), found.month
        listed = tuple(notices(found, zone))
        self._draw("life", found.life, lambda: _draw_life(found, self.desk))
        self._draw("moment", _clock(found.now, self.desk), lambda: _draw_moment(found, self.desk))
        self._draw("tiles", (figures, month, is_counted), lambda: self._draw_tiles(figures, month, is_counted))
        self._draw("notices", listed, lambda: _draw_notices(listed))
        self._draw("coming", tuple(found.coming), lambda: draw_coming(found, self.desk))
        ages = tuple((news.kind, age_of(news, found.now), news.waits) for news in found.records)
        self._draw("records", ages, lambda: draw_records(found, self.desk))
        self._fill_chart(found)

    def _place(self, name: str, classes: str, *, tag: str = "div") -> None:
        """An empty element, to be drawn in."""
        self._parts[name] = (ui.element(tag).classes(classes), NOT_DRAWN)

    def _draw(self, name: str, content: Hashable, draw: Callable[[], object]) -> None:
        """Unless the same content stands there."""
        element, before = self._parts[name]
        if content == before:
            return
        element.clear()
        with element:
            draw()
        self._parts[name] = (element, content)

    def _draw_chart_card(self, found: Today) -> None:
        with ui.element("section").classes("card today-chart"):
            with ui.element("div").classes("row-of"):
                with ui.element("h2"):
                    ui.label(_("Last 30 days"))
                ui.element("div").classes("grow")
                button = ui.button(_("As a table"), icon="table_rows", on_click=self._show_table)
                button.props("flat dense no-caps")
            self._place("chart", "today-chart-place")
        self._found = found

    def _fill_chart(self, found: Today) -> None:
        """A chart that stands there gets the new figures in place."""
        self._found = found
        figures = [(day, counted and counted.figures) for day, counted in found.days]
        if not any(counted and counted != Figures() for _day, counted in figures):
            words = _("No texts in the last 30 days: what is sent from now on shows here.")
            self._draw("chart", None, lambda: ui.label(words).classes("empty"))
        elif self._chart is None:
            self._draw("chart", "chart", self._draw_chart)
        elif figures != self._drawn:
            self._chart.options.update(chart_options(found.days))
            self._chart.update()
        self._drawn = figures

    def _draw_chart(self) -> None:
        self._chart = ui.echart(chart_options(self._found.days), renderer="svg").classes("today-echart")
        self._chart.props["role"] = "img"
        self._chart.props["aria-label"] = chart_words(self._found.month)

    async def _show_table(self) -> None:
        with dialog_called(_("Last 30 days"), is_wide=True) as dialog:
            with ui.element("div").classes("scroll-x today-rows").props("tabindex=0"):
                table_of_days(self._found.days)
            await answered(dialog, None, no=_("Close"))

    def _draw_tiles(self, figures: Figures, month: Figures, is_counted: bool) -> None:
        def number(value: int) -> str:
            return numbers.count(value) if is_counted else "–"

        total = _("30 days: {count}")
        delivered = [total.format(count=numbers.count(month.delivered))]
        if month.sent:
            delivered.append(_("{share} of those sent").format(share=numbers.share(month.delivered / month.sent)))
        came = [total.format(count=numbers.count(month.came))]
        if month.came_minor:
            came.append(numbers.money(month.came_minor, self.desk.shop.currency))
        _tile(_("Planned for today"), number(figures.planned), total.format(count=numbers.count(month.planned)),
              _("control, no text: {count}").format(count=numbers.count(month.withheld)))  # fmt: skip
        _tile(_("Sent"), number(figures.sent), total.format(count=numbers.count(month.sent)),
              _("failed: {count}").format(count=numbers.count(month.failed)))  # fmt: skip
        _tile(_("Delivered"), number(figures.delivered), *delivered)
        _tile(_("Replied"), number(figures.replied), total.format(count=numbers.count(month.replied)),
              _("opted out: {count}").format(count=numbers.count(month.stopped)))  # fmt: skip
        _tile(_("Came back"), number(figures.came), *came)


def _place_of(desk: Desk) -> Place:
    """The shop, and what is wrong with its files now."""
    parts, schedules = desk.parts, desk.schedules
    problem = parts.schedules_problem()
    wrong: tuple[NotifierError, ...] = () if problem is None else (problem,)
    wrong += TemplateFolder(parts.templates_folder).load_all().problems
    return Place(desk.shop_id, schedules, parts.gateway, wrong)


def _card(title: str, classes: str) -> Element:
    with ui.element("section").classes(f"card {classes}") as card, ui.element("h2"):
        ui.label(title)
    return card


def _tile(title: str, figure: str, *below: str) -> None:
    with ui.element("div").classes("card tile"):
        with ui.element("dt"):
            ui.label(title)
        with ui.element("dd").classes("tile-figure"):
            ui.label(figure)
        with ui.element("dd").classes("small quiet tile-below"):
            for words in below:
                ui.label(words)


def _draw_life(found: Today, desk: Desk) -> None:
    is_alive = found.life.state == "alive"
    with ui.element("span").classes(f"tag {'good' if is_alive else 'bad'}"):
        ui.icon("check_circle" if is_alive else "error").props("aria-hidden=true")
        since = found.life.since and desk.in_business_time(found.life.since)
        ui.label(life_words(replace(found.life, since=since), desk.zone))


def _clock(moment: datetime, desk: Desk) -> str:
    return f"{moment.astimezone(desk.zone):%H:%M:%S}"


def _draw_moment(found: Today, desk: Desk) -> None:
    if found.latest is None:
        ui.label(_("Today has not been counted yet"))
        return
    ago = found.clock - found.latest.counted_at
    ui.label(_("Counted at {moment}").format(moment=_clock(found.now - ago, desk)))


def _draw_stale() -> None:
    ui.label(_("Could not be refreshed; tried again every half minute")).classes("error")


def _draw_notices(listed: tuple[Notice, ...]) -> None:
    if not listed:
        with ui.element("div").classes("today-well"):
            ui.icon("task_alt").props("aria-hidden=true")
            ui.label(_("All is well: nothing waits for you."))
        return
    with ui.element("ul").classes("plain today-list"):
        for notice in listed:
            with ui.element("li").classes(f"today-notice {notice.severity}"):
                ui.icon(ICONS[notice.severity]).props("aria-hidden=true")
                with ui.element("div").classes("stack"):
                    ui.label(notice.sentence).classes("wrap-any")
                    if notice.mend:
                        ui.label(notice.mend).classes("small quiet wrap-any")
                    if notice.topic in DOORS:
                        target, words = DOORS[notice.topic]
                        ui.link(_(words), target).classes("small")
