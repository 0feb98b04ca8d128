"""What the page Today shows: whether the daemon lives, the figures of the day and the month, and what needs a person.

Figures come from what was counted (store/day_figures.py), so that asking costs the same however many texts there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from notifier.errors import NotifierError
from notifier.reports.import_news import ImportNews, import_news, readers_of
from notifier.reports.run_words import LAPSED_TOLD
from notifier.reports.titles import Titles
from notifier.schedules import Schedules, ShopSettings
from notifier.store.beats import Liveness, liveness
from notifier.store.campaigns import paused_in
from notifier.store.day_figures import Day, Figures, days_between
from notifier.store.engine import Session, database_now
from notifier.store.lanes import LaneRow, lane_of
from notifier.store.overview import unknown_of
from notifier.store.pauses import PauseRow, pauses_in_force
from notifier.store.runs import RunRow, lapsed_runs, runs_in_review
from notifier.store.syncs import SyncFailure, last_failure

__all__ = ["DAYS", "UNKNOWN_COUNTED", "ComingRun", "Place", "Today", "today"]

DAYS = 30
NEXT_RUNS = 5
UNKNOWN_COUNTED = 1000
SYNC_FAILURE_TOLD = timedelta(days=2)
"""A failing sync fails again and again; one that has not for so long is read no more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose page it is: a shop (`shop_id` its row), schedules.yaml as it has it, and the gateway of its texts.

    `problems`: what is wrong with files staff edit, so that an older version of them runs.
    """

    shop_id: int
    schedules: Schedules
    gateway: str
    problems: Sequence[NotifierError] = ()

    @property
    def shop(self) -> ShopSettings:
        """As schedules.yaml tells it."""
        return self.schedules.shops[0]


@dataclass(frozen=True, slots=True)
class ComingRun:
    """When a campaign plans next. `is_reviewed`: a person must release what it plans."""

    campaign: str
    title: str
    due_at: datetime
    is_paused: bool
    is_reviewed: bool


@dataclass(frozen=True)
class Today:
    """Everything the page shows. `day`: the shop's; `days`: the thirty that end with it, in order, None = not counted.

    `clock`: the database's, to which the moments of beats, pauses and lane belong. `paused_campaigns`: their titles.
    `reviews` wait for a person, nobody reviewed the `lapsed` in time. `unknown`: texts nobody can tell of, counted up
    to `UNKNOWN_COUNTED`. `problems`: of files staff edit.
    """

    now: datetime
    clock: datetime
    day: date
    life: Liveness
    days: Sequence[tuple[date, Day | None]]
    records: Sequence[ImportNews]
    coming: Sequence[ComingRun]
    paused_campaigns: Sequence[str]
    lane: LaneRow
    pauses: Sequence[PauseRow]
    failed_sync: SyncFailure | None
    reviews: Sequence[RunRow]
    lapsed: Sequence[RunRow]
    unknown: int
    problems: Sequence[NotifierError]
    titles: Titles = field(default_factory=Titles)

    def in_business_time(self, moment: datetime) -> datetime:
        """A moment of the database's clock on the clock of `now`: they differ where the shop is a demo's."""
        return moment + (self.now - self.clock)

    @property
    def latest(self) -> Day | None:
        """Today as it was counted last; None where nobody has counted it yet."""
        return self.days[-1][1]

    @cached_property
    def month(self) -> Figures:
        """The thirty days together."""
        return sum((found.figures for _day, found in self.days if found), Figures())


def today(session: Session, place: Place, now: datetime) -> Today:
    """As things stand; `now` is business time. Every query goes by an index, or to a table of few rows."""
    shop_id, guards = place.shop_id, place.schedules.guards
    day, paused = now.astimezone(place.shop.zone).date(), paused_in(session, shop_id)
    return Today(
        now=now,
        clock=database_now(session),
        day=day,
        life=liveness(session),
        days=_days(session, shop_id, day),
        records=import_news(session, shop_id, now, guards.data_max_age, readers_of(place.schedules)),
        coming=_coming(place, paused, now),
        paused_campaigns=[each.title for each in place.schedules.campaigns if each.id in paused],
        lane=lane_of(session, place.gateway),
        pauses=[each for each in pauses_in_force(session) if each.holds(place.shop.key)],
        failed_sync=_failed_sync(session, shop_id, now),
        reviews=runs_in_review(session, shop_id),
        lapsed=[run for run in lapsed_runs(session, now - LAPSED_TOLD) if run.shop_id == shop_id],
        unknown=unknown_of(session, shop_id, UNKNOWN_COUNTED),
        problems=place.problems,
        titles=Titles(place.schedules.campaigns),
    )


def _days(session: Session, shop_id: int, day: date) -> list[tuple[date, Day | None]]:
    first = day - timedelta(days=DAYS - 1)
    known = {each.day: each for each in days_between(session, shop_id, first, day)}
    return [(each, known.get(each)) for each in (first + timedelta(days=number) for number in range(DAYS))]


def _coming(place: Place, paused: Collection[str], now: datetime) -> list[ComingRun]:
    runs = [
        ComingRun(campaign.key, campaign.title, due_at, campaign.id in paused, campaign.review)
        for campaign in place.schedules.campaigns
        for due_at in campaign.next_due(now, place.shop.zone)
    ]
    return sorted(runs, key=lambda run: (run.due_at, run.campaign))[:NEXT_RUNS]


def _failed_sync(session: Session, shop_id: int, now: datetime) -> SyncFailure | None:
    failure = last_failure(session, shop_id)
    return failure if failure is not None and now - failure.at <= SYNC_FAILURE_TOLD else None
