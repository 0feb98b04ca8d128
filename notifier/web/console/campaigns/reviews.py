"""The review queue: runs that wait for a person, with what would go out, when and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.errors import NotFound, NotifierError
from notifier.jobs import review
from notifier.jobs.campaigns import template_titles
from notifier.jobs.review import Outlook
from notifier.locale import N_, _, ngettext
from notifier.reports import numbers
from notifier.reports.campaign_words import campaign_line
from notifier.reports.run_words import departure_sentences, key_of, local, reviewed_sentence, run_state
from notifier.reports.titles import Titles
from notifier.schedules import Campaign
from notifier.schedules.stage_words import touch_in_settings
from notifier.store.engine import Session
from notifier.store.reviews import SampleText, StageTotal, run_totals, sample_texts
from notifier.store.runs import EXPIRED, RunRow, reviewed_runs, run_of, runs_in_review
from notifier.web.console.campaigns.parts import moment_words, planned_words
from notifier.web.console.campaigns.run_history import reasons_of
from notifier.web.console.chrome import head
from notifier.web.console.confirming import confirmed
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console
from notifier.web.console.templates.words import language_name

__all__ = ["add_pages"]

SAMPLES_A_KIND = 2
DECIDED = 10
NEEDS = Permission.REVIEW_RUNS


def add_pages(console: Console) -> None:
    """The queue, and one run of it."""

    @console.page("/reviews", title=N_("Review"))
    async def reviews(desk: Desk) -> None:
        await ReviewsPage(desk).draw()

    @console.page("/reviews/{run}", title=N_("Review"))
    async def one_review(desk: Desk, run: int) -> None:
        found = await desk.read(run_of, run)
        if found.shop_id != desk.shop_id:
            raise NotFound(N_("There is no run {run} in this shop."), run=run)
        with ui.element("div").classes("crumbs"):
            ui.link(_("Review"), "/reviews")
        await ReviewsPage(desk, only=run).draw()


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a run: rows by stage and state, samples, and what approving it now would do."""

    totals: list[StageTotal]
    samples: list[SampleText]
    outlook: Outlook | None
    titles: Mapping[str, str]


class ReviewsPage:
    """Runs that wait, then those that were decided lately."""

    def __init__(self, desk: Desk, *, only: int | None = None) -> None:
        """`only`: show this run alone, wherever it stands."""
        self.desk, self.only = desk, only

    async def draw(self) -> None:
        """The whole page; what is in each run comes in when it has been read."""
        if self.only is None:
            head_of = head(_("Review"), _("Runs that wait for a person before anything leaves."))
        else:
            head_of = head(_("Run {run}").format(run=self.only))
        with head_of:
            pass
        self._place = ui.element("div").classes("stack")
        await self.show()

    async def show(self) -> None:
        """What waits now."""
        desk = self.desk
        if self.only is not None:
            run = await desk.read(run_of, self.only)
            self._place.clear()
            with self._place:
                RunCard(desk, run, self).draw()
            return
        waiting = await desk.read(runs_in_review, desk.shop_id)
        decided = await desk.read(reviewed_runs, desk.shop_id, DECIDED)
        self._place.clear()
        with self._place:
            for run in waiting:
                RunCard(desk, run, self).draw()
            if not waiting:
                ui.label(_("Nothing waits for a review.")).classes("card empty")
            if decided:
                _decided(desk, decided)


class RunCard:
    """One run that waits."""

    def __init__(self, desk: Desk, run: RunRow, page: ReviewsPage) -> None:
        self.desk, self.run, self.page = desk, run, page
        self.waits = run.state == "review"
        self.is_over = self.waits and run.review_until is not None and run.review_until < desk.now()

    def draw(self) -> None:
        """What its counts say at once; texts, cost and days as soon as they are read."""
        desk, run = self.desk, self.run
        with ui.element("section").classes("card review") as card:
            card.props["data-run"] = run.id
            with ui.element("div").classes("row-of"):
                with ui.element("h2"):
                    ui.label(_title(desk, run))
                ui.label(_("run {run}").format(run=run.id)).classes("quiet small")
                if not self.waits:
                    ui.label(run_state(run, desk.zone)).classes("tag")
                ui.element("div").classes("grow")
                self._show_buttons()
            if campaign := _campaign(desk, run):
                ui.label(campaign_line(campaign, desk.schedules)).classes("quiet small")
            ui.label(self._words())
            for title, key in ((_("Left out"), "excluded"), (_("Put off"), "deferred")):
                if reasons := run.counts.get(key):
                    words = _("{title}: {words}").format(title=title, words=reasons_of(reasons))
                    ui.label(words).classes("quiet small")
            self._contents = ui.element("div").classes("stack").props("aria-busy=true")
            with self._contents:
                ui.label(_("Reading the texts …")).classes("quiet small")
        ui.timer(0.05, self._fill, once=True)

    def _words(self) -> str:
        run, zone = self.run, self.desk.zone
        until = moment_words(run.review_until, zone) if run.review_until else "–"
        planned = _("{texts}, planned for {moment}.").format(
            texts=planned_words(run), moment=local(run.planned_for, zone)
        )
        ends = _("If nobody releases it by {until}, it is void.")
        over = _("Nobody released it by {until}; the next run plans them again.")
        if not self.waits:
            return f"{planned} {_decision(self.desk, run)}" if run.reviewed_by else planned
        return f"{planned} {(over if self.is_over else ends).format(until=until)}"

    def _show_buttons(self) -> None:
        if not self.desk.may(NEEDS) or self.is_over or not self.waits:
            return
        does = self.desk.does
        ui.button(_("Reject"), on_click=does(self._reject, needs=NEEDS)).props("no-caps outline color=negative")
        ui.button(_("Release"), on_click=does(self._approve, needs=NEEDS)).props("no-caps unelevated color=primary")

    async def _fill(self) -> None:
        found = await self.desk.work(self._read)
        self._contents.clear()
        self._contents.props(remove="aria-busy")
        with self._contents:
            if found.outlook is not None:
                _departures(self.desk, self.run, found.outlook)
            _totals(self.desk, found.totals)
            _samples(self.run, found)

    def _read(self) -> Contents:
        planner = self.desk.parts.planner()
        with planner.store.read() as session:
            totals = run_totals(session, self.run.id)
            samples = sample_texts(session, self.run.id, SAMPLES_A_KIND)
        found = None if self.is_over or not self.waits else review.outlook(planner, self.run.id, self.desk.now())
        return Contents(totals, samples, found, template_titles(planner.store, self.desk.shop.language))

    async def _approve(self) -> None:
        desk, run = self.desk, self.run
        found = await desk.work(review.outlook, desk.parts.planner(), run.id, desk.now())
        follows = [
            *departure_sentences(found, desk.zone, max(desk.now(), run.planned_for)),
            _("What has left cannot be called back. Your name is kept with the run."),
        ]
        question = _("Release “{campaign}”?").format(campaign=_title(desk, run))
        if await confirmed(question, follows, _("Release")):
            await self._decide("run.approve")

    async def _reject(self) -> None:
        follows = [
            _("None of its texts leaves. Its customers are looked at again by the campaign's next run."),
            _("Your name is kept with the run."),
        ]
        question = _("Reject “{campaign}”?").format(campaign=_title(self.desk, self.run))
        if await confirmed(question, follows, _("Reject"), is_dangerous=True):
            await self._decide("run.reject")

    async def _decide(self, action: str) -> None:
        """Whoever comes second is told who was first, and sees the queue as it is."""
        desk, run = self.desk, self.run

        def noted(session: Session) -> None:
            state = "ready" if action == "run.approve" else "void"
            desk.audit(session, action, "run", str(run.id), before={"state": "review"},
                       after={"state": state, "campaign": key_of(run), "texts": run.counts.get("planned")})  # fmt: skip

        planner, by = desk.parts.planner(), desk.person.name
        try:
            if action == "run.approve":
                await desk.work(review.approve, planner, run.id, desk.now(), by=by, noted=noted)
                desk.tell(_("Released: its texts go out from their time on."))
            else:
                await desk.work(review.reject, planner, run.id, desk.now(), by=by, noted=noted, only_waiting=True)
                desk.tell(_("Rejected: none of its texts leaves."))
        except NotifierError as refused:
            desk.warn(refused.in_console())  # before the card it was asked from is gone
        await self.page.show()


def _title(desk: Desk, run: RunRow) -> str:
    return Titles(desk.schedules.campaigns).of_run(run)


def _campaign(desk: Desk, run: RunRow) -> Campaign | None:
    """As schedules.yaml has it now, if it still does."""
    return next((each for each in desk.schedules.campaigns if each.id == run.campaign_id), None)


def _departures(desk: Desk, run: RunRow, found: Outlook) -> None:
    with ui.element("h3"):
        ui.label(_("Released now"))
    for sentence in departure_sentences(found, desk.zone, max(desk.now(), run.planned_for)):
        ui.label(sentence)


def _totals(desk: Desk, totals: list[StageTotal]) -> None:
    sent = [row for row in totals if row.state not in ("withheld", "cancelled")]
    segments, cost = sum(row.segments for row in sent), sum(row.cost_micros for row in sent)
    said = ngettext("{count} segment, {cost} in all.", "{count} segments, {cost} in all.", segments)
    ui.label(said.format(count=numbers.count(segments), cost=numbers.money_micros(cost, desk.shop.currency)))


def _samples(run: RunRow, found: Contents) -> None:
    if not found.samples:
        return
    with ui.element("h3"):
        ui.label(_("Samples, the longest first"))
    kind = None
    for sample in found.samples:
        named = (
            touch_in_settings(run.settings, sample.stage), found.titles.get(sample.template, sample.template),
            sample.variant, language_name(sample.language),
        )  # fmt: skip
        if named != kind:
            said = ngettext("{kind}: {count} text", "{kind}: {count} texts", sample.texts)
            words = said.format(kind=" · ".join(filter(None, named)), count=sample.texts)
            ui.label(words).classes("quiet small")
        kind = named
        with ui.element("div").classes("sample"):
            ui.label(sample.text).classes("wrap-any")
            said = ngettext("{count} segment", "{count} segments", sample.segments)
            ui.label(said.format(count=sample.segments)).classes("quiet small")


def _decided(desk: Desk, runs: list[RunRow]) -> None:
    with ui.element("section").classes("card"):
        with ui.element("h2"):
            ui.label(_("Decided lately"))
        with ui.element("ul").classes("plain decided"):
            for run in runs:
                with ui.element("li").classes("row-of"):
                    ui.label(_title(desk, run)).classes("strong")
                    ui.link(_("run {run}").format(run=run.id), f"/reviews/{run.id}").classes("small")
                    ui.label(planned_words(run)).classes("quiet")
                    ui.label(_decision(desk, run))


def _decision(desk: Desk, run: RunRow) -> str:
    if run.reviewed_by == EXPIRED:
        return _("Nobody reviewed it in time.")
    return reviewed_sentence(run, desk.zone) or _("Reviewed by {name}.").format(name=run.reviewed_by)
