"""Beside a form: the campaign in words as it will be, what follows, its next runs; saving, and what was saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.schedule_edits import saved_changes
from notifier.locale import _, ngettext
from notifier.reports.campaign_words import clauses_of
from notifier.reports.setting_changes import change_line, changes_of_paths, comes_or_goes
from notifier.schedules import Campaign, Schedules
from notifier.store.audit import Entry
from notifier.web.console.campaign_form.saving import changes_list, notes
from notifier.web.console.campaign_form.state import FormState

__all__ = ["Panel"]

NEXT_RUNS = 3


class Panel:
    """Draws itself anew after each check of the form."""

    def __init__(
        self, state: FormState, saves: Callable[..., Any], undoes: Callable[[int], Awaitable[None]] | None,
        starts_again: Callable[..., Any] | None,
    ) -> None:  # fmt: skip
        self.state = state
        self.saves = saves
        self.undoes = undoes
        self.starts_again = starts_again

    async def draw(self) -> None:
        """The panel with its buttons; the history below."""
        with ui.element("aside").classes("form-panel stack"):
            with ui.element("div").classes("card"):
                with ui.element("h2"):
                    ui.label(_("Changes") if self.state.wish.subject.is_guards else _("As it will be"))
                self.words = ui.element("div").classes("stack")
                self.status = ui.label().classes("quiet small").props("role=status")
                with ui.element("div").classes("row-of"):
                    self.button = ui.button(_("Check and save"), icon="save", on_click=self.saves)
                    self.button.props("no-caps unelevated color=primary")
                    if self.starts_again is not None:
                        self.back = ui.button(_("Discard"), on_click=self.starts_again).props("no-caps flat")
            if self.undoes is not None:
                await self._history()
        self.state.shows.append(self.show)

    def show(self) -> None:
        """What the values say now."""
        state = self.state
        self.words.clear()
        with self.words:
            self._said()
        if not state.is_changed:
            self.status.text = _("Nothing is changed yet.")
        elif state.draft is None:
            self.status.text = _("First mend what is marked in red.")
        else:
            count = len(state.setting_changes)
            said = ngettext("{count} setting changes.", "{count} settings change.", count)
            self.status.text = said.format(count=count)
        self.button.set_enabled(state.is_changed)
        if self.starts_again is not None:
            self.back.set_enabled(state.is_changed)

    def _said(self) -> None:
        state = self.state
        for sentence in (state.trouble, state.refusal):
            if sentence:
                ui.label(sentence).classes("note bad wrap-any").props("role=alert")
        if isinstance(state.made, Campaign):
            self._clauses(state.made)
        if state.draft is not None:
            if state.original or state.wish.subject.is_guards:  # of a new campaign every setting is new
                changes_list(state.setting_changes)
            notes(state.consequences)

    def _clauses(self, campaign: Campaign) -> None:
        schedules: Schedules = self.state.desk.schedules
        with ui.element("dl").classes("form-words"):
            for clause in clauses_of(campaign, schedules):
                if not clause.is_guard:
                    with ui.element("dt"):
                        ui.label(clause.title)
                    with ui.element("dd"):
                        ui.label(clause.words)
            with ui.element("dt"):
                ui.label(_("Next runs"))
            with ui.element("dd"):
                ui.label(self._next_runs(campaign))

    def _next_runs(self, campaign: Campaign) -> str:
        desk = self.state.desk
        due = campaign.next_due(desk.now(), desk.zone, NEXT_RUNS)
        if not due:
            return _("none: it is switched off")
        return ", ".join(f"{each.astimezone(desk.zone):%m-%d %H:%M}" for each in due)

    async def _history(self) -> None:
        state = self.state
        saved = await state.desk.work(state.editing.history, state.wish.subject.name)
        if state.desk.person.shop_id is not None:  # what was changed for all shops is not theirs to undo
            saved = [entry for entry in saved if (entry.after or {}).get("shop") == state.wish.subject.shop]
        if not saved:
            return
        with ui.element("div").classes("card"):
            with ui.element("h2"):
                ui.label(_("Saved here before"))
            with ui.element("ul").classes("plain stack"):
                for number, entry in enumerate(saved[:5]):
                    self._saved(entry, is_newest=number == 0)

    def _saved(self, entry: Entry, *, is_newest: bool) -> None:
        desk = self.state.desk
        with ui.element("li").classes("row-of"):
            with ui.element("div").classes("stack-tight grow"):
                when = f"{entry.at.astimezone(desk.zone):%Y-%m-%d %H:%M}"
                shop = (entry.after or {}).get("shop")
                ui.label(" · ".join([when, entry.who, *([shop] if shop else [])])).classes("small strong")
                ui.label(self._said_of(entry)).classes("quiet small wrap-any")
            if is_newest and self.undoes is not None:
                undoes = self.undoes
                doing = desk.does(lambda: undoes(entry.id), needs=Permission.EDIT_CAMPAIGNS)
                ui.button(_("Undo"), icon="undo", on_click=doing).props("no-caps flat dense color=primary")

    def _said_of(self, entry: Entry) -> str:
        """Which settings: as they were, and as they became."""
        about = replace(self.state.about, touches=tuple(self.state.touches))
        changes = saved_changes(entry)
        if comes_or_goes(changes):
            return _("the campaign as a whole")
        said = "; ".join(change_line(each) for each in changes_of_paths(changes, about))
        return said or _("only how it is written")
