"""Every wording of the shop: which campaign sends it, in which languages, how it stands and what it last brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.wording import Hand, make_draft, starting_source
from notifier.jobs.wording_list import DAYS, CampaignWordings, WordingRow, overview
from notifier.locale import N_, _
from notifier.schedules import Campaign
from notifier.schedules.stage_words import stage_words
from notifier.templating.sources import front_of, with_front
from notifier.web.console.chrome import head
from notifier.web.console.confirming import asked_to_do
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console
from notifier.web.console.templates.editor import add_pages as add_editor
from notifier.web.console.templates.history import brought_words
from notifier.web.console.templates.sheet import shelf_of
from notifier.web.console.templates.words import KIND_TITLES, LANGUAGE_NAMES, language_name

__all__ = ["add_pages"]

MARKS = {
    "conflict": ("bad", N_("file and console differ")),
    "refused": ("bad", N_("file refused")),
    "behind": ("warn", N_("draft is behind")),
    "review": ("info", N_("waits for review")),
    "draft": ("info", N_("draft")),
    "new": ("warn", N_("never published")),
}
"""In the order they are shown: what needs somebody first."""


def add_pages(console: Console) -> None:
    """The list, and each wording's own page."""

    @console.page("/templates", title=N_("Templates"))
    async def templates(desk: Desk) -> None:
        problems = await desk.work(desk.parts.publish_templates)
        found = await desk.work(overview, shelf_of(desk), desk.schedules.campaigns, _today(desk), shop_id=desk.shop_id)
        page = ListPage(desk, found)
        page.draw([problem.in_console() for problem in problems])

    add_editor(console)


def _today(desk: Desk) -> date:
    return desk.now().astimezone(desk.zone).date()


def address(row_name: str, language: str) -> str:
    """Of the page of one wording."""
    return f"/templates/{quote(language, safe='')}/{quote(row_name, safe='')}"


class ListPage:
    """The list below a box to search in."""

    def __init__(self, desk: Desk, found: Sequence[CampaignWordings]) -> None:
        self.desk = desk
        self.found = found
        languages = {row.language for group in found for row in group.rows}
        self.languages = sorted(languages, key=lambda each: (each != desk.shop.language, each))

    def draw(self, problems: Sequence[str]) -> None:
        """The whole page. `problems`: what is wrong with files, each a sentence."""
        about = _("The words of every message, by the campaign that sends them; results of the last {days} days.")
        with head(_("Templates"), about.format(days=DAYS)):
            if self.desk.may(Permission.EDIT_TEMPLATES):
                ui.button(_("New template"), icon="add", on_click=self._ask_for_new).props(
                    "no-caps unelevated color=primary"
                )
        for problem in problems:
            ui.label(problem).classes("note bad wrap-any").props("role=alert")
        with ui.element("div").classes("row-of"):
            self._typed = ui.input(_("Search"), placeholder=_("title, name or campaign"), on_change=self._show)
            self._typed.props("outlined dense clearable stack-label debounce=150").classes("wording-search")
            options = {"": _("All languages")} | {each: language_name(each) for each in self.languages}
            self._language = ui.toggle(options, value="", on_change=self._show).props("no-caps dense unelevated")
            self._open = ui.switch(_("Only what needs somebody"), on_change=self._show)
        self._list = ui.element("div").classes("stack")
        self._show()

    def _show(self) -> None:
        self._list.clear()
        shown = 0
        with self._list:
            for group in self.found:
                rows = self._sorted([row for row in group.rows if self._fits(group, row)])
                shown += len(rows)
                if rows:
                    self._group(group, rows)
            if not shown:
                ui.label(_("No template fits.")).classes("empty")

    def _sorted(self, rows: Sequence[WordingRow]) -> list[WordingRow]:
        """By touch as they came, and of one text the shop's own language first."""
        names = list(dict.fromkeys(row.name for row in rows))
        return sorted(rows, key=lambda row: (names.index(row.name), self.languages.index(row.language)))

    def _fits(self, group: CampaignWordings, row: WordingRow) -> bool:
        typed = (self._typed.value or "").strip().casefold()
        words = f"{row.title} {row.name} {_group_title(group)}".casefold()
        is_language = self._language.value in ("", row.language)
        return typed in words and is_language and (bool(row.marks) or not self._open.value)

    def _group(self, group: CampaignWordings, rows: Sequence[WordingRow]) -> None:
        with ui.element("section").classes("card flush wording-group"):
            with ui.element("div").classes("wording-group-head"), ui.element("h2"):
                ui.label(_group_title(group))
            with ui.element("div").classes("wording-list"):
                for row in rows:
                    self._row(row, group.campaign)

    def _row(self, row: WordingRow, campaign: Campaign | None) -> None:
        with ui.link(target=address(row.name, row.language)).classes("wording-row-link"):
            with ui.element("div").classes("wording-name"):
                ui.label(row.title or row.name).classes("strong")
                about = _stages(row, campaign) or _(KIND_TITLES.get(row.kind, row.kind)) or row.name
                ui.label(about).classes("quiet small")
            ui.label(language_name(row.language)).classes("tag")
            with ui.element("div").classes("row-of wording-state"):
                if row.live_version is not None:
                    ui.label(_("version {number}").format(number=row.live_version)).classes("tag good")
                for mark, (kind, words) in MARKS.items():
                    if mark in row.marks:
                        ui.label(self._mark_words(mark, words, row)).classes(f"tag {kind}")
            result = " · ".join(brought_words(row.brought)) or _("no messages in the last 90 days")
            ui.label(result).classes("quiet small wording-result")

    def _mark_words(self, mark: str, words: str, row: WordingRow) -> str:
        if mark == "draft" and row.draft is not None:
            return _("draft by {name}").format(name=row.draft.edited_by)
        return _(words)

    async def _ask_for_new(self) -> None:
        names = sorted({row.name for group in self.found for row in group.rows})
        NewTemplate(self.desk, names, [*self.languages]).open()


def _group_title(group: CampaignWordings) -> str:
    return group.campaign.title if group.campaign else _("Used by no campaign")


def _stages(row: WordingRow, campaign: Campaign | None) -> str:
    """When it is sent: 14 and 3 days before service is due."""
    return stage_words(campaign, row.stages) if campaign is not None else ""


class NewTemplate:
    """Asks for the name and language of a wording that does not exist yet."""

    def __init__(self, desk: Desk, names: Sequence[str], languages: Sequence[str]) -> None:
        self.desk = desk
        self._names = names
        known = list(dict.fromkeys([*languages, desk.shop.language, *LANGUAGE_NAMES]))
        self._options = {each: language_name(each) for each in known if each != "zh"}

    def open(self) -> None:
        """A dialog."""
        with asked_to_do(self.desk, _("New template"), _("Begin"), self._begin, needs=Permission.EDIT_TEMPLATES):
            ui.label(
                _("Campaigns know a template by its name. Choose a known name to write it in another language.")
            ).classes("quiet")
            self._title = ui.input(_("Title, as colleagues see it")).props("outlined dense stack-label autofocus")
            self._name = ui.input(_("Name of the template"), placeholder="winter_check", autocomplete=list(self._names))
            self._name.props("outlined dense stack-label hint='a–z 0–9 _'")
            self._language = ui.select(self._options, label=_("Language"), value=self.desk.shop.language)
            self._language.props("outlined dense stack-label")

    async def _begin(self) -> bool:
        desk, name, language = self.desk, (self._name.value or "").strip(), self._language.value
        shelf = shelf_of(desk)
        source = await desk.work(starting_source, shelf, name, language)
        source = with_front(source, replace(front_of(source), title=(self._title.value or name).strip()))
        await desk.work(make_draft, Hand(shelf, name, language, desk.person, desk.now()), source)
        ui.navigate.to(address(name, language))
        return True
