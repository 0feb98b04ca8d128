"""The runs of a campaign so far, the newest first, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from nicegui import ui

from notifier.jobs.reasons import short_words
from notifier.locale import _
from notifier.reports import numbers
from notifier.reports.run_words import local, run_state
from notifier.store.engine import Session
from notifier.store.runs import RunRow, runs_of_campaign, texts_by_state
from notifier.web.console.desk import Desk

__all__ = ["RunHistory", "reasons_of"]

A_PAGE = 10
HANDED_OVER = ("accepted", "sent", "delivered", "undelivered")


class RunHistory:
    """A table that grows downwards."""

    def __init__(self, desk: Desk, campaign_id: str) -> None:
        self.desk, self.campaign_id = desk, campaign_id
        self._oldest: int | None = None

    async def draw(self) -> None:
        """The newest runs, and a button for older ones."""
        with ui.element("section").classes("card flush"):
            with ui.element("div").classes("card-head"), ui.element("h2"):
                ui.label(_("Runs so far"))
            with ui.element("div").classes("scroll-x"), ui.element("table").classes("list stacked") as table:
                _headings()
                self._body = ui.element("tbody")
            self._more = ui.element("div").classes("card-foot")
        await self._older()
        if self._oldest is None:
            table.set_visibility(False)
            with self._more:
                ui.label(_("It has never run.")).classes("quiet")

    async def _older(self) -> None:
        runs, states = await self.desk.read(_page, self.desk.shop_id, self.campaign_id, self._oldest)
        with self._body:
            for run in runs[:A_PAGE]:
                _row(self.desk, run, states.get(run.id, {}))
                self._oldest = run.id
        self._more.clear()
        if len(runs) > A_PAGE:
            with self._more:
                ui.button(_("Older runs"), on_click=self.desk.does(self._older)).props("no-caps flat color=primary")


def _page(
    session: Session, shop_id: int, campaign_id: str, before_id: int | None
) -> tuple[Sequence[RunRow], Mapping[int, Mapping[str, int]]]:
    runs = runs_of_campaign(session, shop_id, campaign_id, A_PAGE + 1, before_id=before_id)
    return runs, texts_by_state(session, [run.id for run in runs[:A_PAGE]])


def _headings() -> None:
    titles = (_("Run"), _("Planned for"), _("State"), _("Texts"), _("Handed over"), _("Delivered"), _("Failed"),
              _("Withheld"), _("Left out"), _("Put off"))  # fmt: skip
    with ui.element("thead"), ui.element("tr"):
        for place, title in enumerate(titles):
            with ui.element("th").classes("number" if place > 2 else ""):
                ui.label(title)


def _row(desk: Desk, run: RunRow, states: Mapping[str, int]) -> None:
    counts = run.counts
    excluded, deferred = counts.get("excluded", {}), counts.get("deferred", {})
    cells = (
        (_("Texts"), counts.get("planned")),
        (_("Handed over"), sum(states.get(state, 0) for state in HANDED_OVER)),
        (_("Delivered"), states.get("delivered", 0)),
        (_("Failed"), states.get("failed", 0) + states.get("undelivered", 0)),
        (_("Withheld"), counts.get("withheld")),
    )
    with ui.element("tr"):
        with ui.element("td") as cell:
            cell.props["data-title"] = _("Run")
            ui.link(f"{run.id}", f"/reviews/{run.id}")
        _cell(_("Planned for"), local(run.planned_for, desk.zone), "nowrap")
        _cell(_("State"), run_state(run, desk.zone))
        for title, number in cells:
            _cell(title, "–" if number is None else numbers.count(number), "number")
        for title, reasons in ((_("Left out"), excluded), (_("Put off"), deferred)):
            with _cell(title, numbers.count(sum(reasons.values())), "number"):
                if reasons:
                    ui.tooltip(reasons_of(reasons))


def _cell(title: str, words: str, look: str = "") -> ui.element:
    with ui.element("td").classes(look) as cell:
        cell.props["data-title"] = title
        ui.label(words)
    return cell


def reasons_of(reasons: Mapping[str, int]) -> str:
    """``said stop 3 · came already 2``, the commonest first."""
    return " · ".join(f"{short_words(reason)} {numbers.count(count)}" for reason, count in
                      Counter(reasons).most_common())  # fmt: skip
