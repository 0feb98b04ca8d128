"""Planning: who should hear what today. Set-based, in chunks, and twice without harm.

    due campaigns → run (planning) → candidates → guards → enrolment and arm → place → text → run (ready or review)

A crash leaves a run in planning: the next planner completes it, and the unique touch of each cycle keeps what was
written from being written again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from notifier.errors import NotifierError, Refused
from notifier.jobs.plan.run import Tally
from notifier.jobs.plan.shop import PlannedRun, Planner, ShopPlanner
from notifier.locale import N_
from notifier.schedules import ShopSettings, raise_if_campaign_was_renamed
from notifier.store import campaigns
from notifier.store.shops import find_shop, keep_shop, planner_lock

__all__ = ["PlanResult", "PlannedRun", "Planner", "plan"]


@dataclass(slots=True)
class PlanResult:
    """What one call planned. `waiting`: campaigns that are due but wait, with the reason; `problems` tells more of it.

    `expired`: runs made void because nobody reviewed them in time.
    """

    total: Tally = field(default_factory=Tally)
    runs: list[PlannedRun] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    expired: list[int] = field(default_factory=list)
    problems: list[NotifierError] = field(default_factory=list)

    def add(self, shop: ShopPlanner) -> None:
        """Take over what was planned for one shop."""
        self.runs += shop.runs
        self.waiting |= shop.waiting
        self.expired += shop.expired
        self.problems += shop.problems
        for run in shop.runs:
            self.total.merge(run.tally)

    def document(self) -> dict[str, object]:
        """As JSON: totals, and one entry a run."""
        deferred = Counter(self.total.deferred) + Counter(self.waiting.values())
        return self.total.document() | {
            "deferred": dict(sorted(deferred.items())),
            "runs": [run.document() for run in self.runs],
            "waiting": dict(sorted(self.waiting.items())),
        }


def plan(planner: Planner, now: datetime, *, campaign: str | None = None, dry_run: bool = False) -> PlanResult:
    """Plan every campaign whose last due time is within its grace and not yet run, or the one named, due or not.

    Raises Refused where another planner is at work, ScheduleError where a campaign seems to have been renamed.
    """
    result = PlanResult()
    with planner.store.read() as session:
        known = campaigns.known_campaigns(session)
    raise_if_campaign_was_renamed(planner.schedules, known)
    for shop in planner.schedules.shops:
        if dry_run:
            at_shop = ShopPlanner(planner, shop, _known_shop(planner, shop), now, campaign)
            at_shop.dry_run()
        else:
            with planner.store.write() as session:
                shop_id = keep_shop(session, shop)
            at_shop = ShopPlanner(planner, shop, shop_id, now, campaign)
            with planner_lock(planner.store, shop_id):
                at_shop.plan()
        result.add(at_shop)
    return result


def _known_shop(planner: Planner, shop: ShopSettings) -> int:
    with planner.store.read() as session:
        shop_id = find_shop(session, shop.key)
    if shop_id is None:
        raise Refused(
            N_("The shop {shop} has no data yet. Import its customers first: notifier import customers FILE."),
            shop=shop.key,
        )
    return shop_id
