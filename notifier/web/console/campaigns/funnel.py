"""A dry run of one campaign: the guards as a funnel, with the people behind each step. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from urllib.parse import quote

from nicegui import background_tasks, ui

from notifier.errors import BadInput, NotifierError
from notifier.locale import N_, _, ngettext
from notifier.reports import numbers
from notifier.web.console.campaigns.funnel_view import show_funnel
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]


AT_ONCE = 2
"""Dry runs of all persons together: each is a process that has a processor to itself, and pages need some too."""


@dataclass
class UnderWay:
    """The dry runs there are: at most one a person (by their id), and the turns they take."""

    of_person: dict[int, asyncio.Task[Any]] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


def add_pages(console: Console) -> None:
    """The dry run of a campaign, by its key."""
    under_way = UnderWay()

    @console.page("/campaigns/{key}/dry-run", title=N_("Dry run"))
    async def dry_run(desk: Desk, key: str) -> None:
        DryRunPage(desk, key, under_way).draw()


class DryRunPage:
    """Asks for a moment, works it out beside, and shows what would happen."""

    def __init__(self, desk: Desk, key: str, under_way: UnderWay) -> None:
        self.desk, self.campaign, self._under_way = desk, desk.schedules.campaign(key), under_way
        self._task: asyncio.Task[Mapping[str, Any]] | None = None
        self._has_its_turn = False

    def draw(self) -> None:
        """The question; the answer comes below it."""
        campaign, here = self.campaign, f"/campaigns/{quote(self.campaign.key, safe='')}"
        with ui.element("div").classes("crumbs row-of"):
            ui.link(_("Campaigns"), "/campaigns")
            ui.label("›").props("aria-hidden=true")
            ui.link(campaign.title, here)
        about = _("What a run would do: whom each guard stops, and who gets a text. Nothing is stored or sent.")
        with head(_("Dry run of “{campaign}”").format(campaign=campaign.title), about):
            pass
        with ui.element("div").classes("card"), ui.element("div").classes("row-of"):
            self._ask()
        self._answer = ui.element("div").classes("stack")
        self._answer.props("aria-live=polite")
        ui.context.client.on_delete(self._leave)

    def _ask(self) -> None:
        now = self.desk.now().astimezone(self.desk.zone)
        self._day = ui.input(_("Day"), value=now.date().isoformat()).classes("funnel-day")
        self._day.props('outlined dense stack-label mask="####-##-##"')
        self._clock = ui.input(_("Time"), value=f"{now:%H:%M}").classes("funnel-clock")
        self._clock.props('outlined dense stack-label mask="##:##"')
        self._start = ui.button(_("Start the dry run"), icon="filter_alt", on_click=self.desk.does(self._run))
        self._start.props("no-caps unelevated color=primary")
        self._cancel = ui.button(_("Cancel"), on_click=self._stop).props("no-caps flat color=primary")
        self._cancel.set_visibility(False)

    def _moment(self) -> datetime:
        """What is typed, on the shop's clock; now where it is today's very minute."""
        now = self.desk.now()
        local = now.astimezone(self.desk.zone)
        if (self._day.value, self._clock.value) == (local.date().isoformat(), f"{local:%H:%M}"):
            return now
        try:
            day, clock = datetime.fromisoformat(self._day.value), time.fromisoformat(self._clock.value)
        except (TypeError, ValueError) as error:
            raise BadInput(N_("Choose a day and a time of day.")) from error
        return datetime.combine(day.date(), clock, self.desk.zone)

    async def _run(self) -> None:
        moment = self._moment()
        other = self._under_way.of_person.get(self.desk.person.id)
        if other is not None:
            other.cancel()  # one at a time a person; whoever starts another has no more use for it
        self._task = background_tasks.create(self._asked(moment), name="dry run", handle_exceptions=False)
        self._under_way.of_person[self.desk.person.id] = self._task
        self._begin()
        try:
            document = await self._task
        except asyncio.CancelledError:
            self._end(_("The dry run was cancelled."))
        except NotifierError as refused:
            self._end(refused.in_console(), is_bad=True)
        else:
            self._end(None)
            with self._answer:
                show_funnel(self.desk, self.campaign, document)

    async def _asked(self, moment: datetime) -> Mapping[str, Any]:
        self._has_its_turn = False
        if self._under_way.turns.locked():
            self._waited.text = _("Others are making dry runs; this one begins when one of theirs ends.")
        async with self._under_way.turns:
            self._has_its_turn = True
            return await self.desk.parts.rehearse(self.desk.shop.key, self.campaign.key, moment)

    def _begin(self) -> None:
        self._start.disable()
        self._cancel.set_visibility(True)
        self._answer.clear()
        self._answer.props("aria-busy=true")
        self._seconds = 0
        with self._answer, ui.element("div").classes("card funnel-wait"):
            ui.linear_progress(show_value=False).props("indeterminate")
            self._waited = ui.label(_("Asking the guards …")).classes("quiet")
            self._ticks = ui.timer(1.0, self._tick)

    def _tick(self) -> None:
        if not self._has_its_turn:
            return
        self._seconds += 1
        said = ngettext(
            "Asking the guards for everybody who is due … {count} second",
            "Asking the guards for everybody who is due … {count} seconds",
            self._seconds,
        )
        self._waited.text = said.format(count=numbers.count(self._seconds))

    def _end(self, sentence: str | None, *, is_bad: bool = False) -> None:
        self._ticks.deactivate()
        self._start.enable()
        self._cancel.set_visibility(False)
        self._answer.clear()
        self._answer.props(remove="aria-busy")
        if sentence:
            with self._answer:
                ui.label(sentence).classes(f"note wrap-any {'bad' if is_bad else ''}").props("role=alert")

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _leave(self) -> None:
        """Whoever closes the page waits for nothing any more."""
        self._stop()
        if self._under_way.of_person.get(self.desk.person.id) is self._task:
            self._under_way.of_person.pop(self.desk.person.id, None)
