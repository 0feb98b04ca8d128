"""Planning: who should hear what today. Set-based, in chunks, and twice without harm.

    due campaigns → run (planning) → candidates → guards → enrolment and arm → place → text → run (ready or review)

A crash leaves a run in planning: the next planner completes it, and the unique touch of each cycle keeps what was
written from being written again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notifier.errors import NotifierError, Refused
from notifier.jobs.plan.run import Tally
from notifier.jobs.plan.shop import PlannedRun, Planner, ShopPlanner
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.schedules import Campaign, Schedules, ShopSettings, raise_if_campaign_was_renamed
from notifier.store import campaigns
from notifier.store.shops import keep_shop, planner_lock, shop_keys

__all__ = ["PlanResult", "PlannedRun", "Planner", "plan"]


@dataclass(slots=True)
class PlanResult:
    """What one call planned. `waits`: (shop, campaign) that is due but waits, with the reason; `problems` tells more.

    `expired`: runs made void because nobody reviewed them in time.
    """

    total: Tally = field(default_factory=Tally)
    runs: list[PlannedRun] = field(default_factory=list)
    waits: dict[tuple[str, str], str] = field(default_factory=dict)
    expired: list[int] = field(default_factory=list)
    problems: list[NotifierError] = field(default_factory=list)
    is_group: bool = False

    @property
    def waiting(self) -> dict[str, str]:
        """Campaign → why it waits; of a group, ``shop/campaign``."""
        return {f"{shop}/{key}" if self.is_group else key: reason for (shop, key), reason in self.waits.items()}

    def add(self, shop: ShopPlanner) -> None:
        """Take over what was planned for one shop."""
        self.runs += shop.runs
        self.waits |= {(shop.shop.key, campaign): reason for campaign, reason in shop.waiting.items()}
        self.expired += shop.expired
        self.problems += shop.problems
        for run in shop.runs:
            self.total.merge(run.tally)

    def document(self) -> dict[str, object]:
        """As JSON: totals, and one entry a run."""
        deferred = Counter(self.total.deferred) + Counter(self.waits.values())
        return self.total.document() | {
            "deferred": dict(sorted(deferred.items())),
            "runs": [run.document() for run in self.runs],
            "waiting": dict(sorted(self.waiting.items())),
            "expired": sorted(self.expired),
        }


def plan(
    planner: Planner, now: datetime, *, campaign: str | None = None, shop: str | None = None, dry_run: bool = False
) -> PlanResult:
    """Plan every campaign whose last due time is within its grace and not yet run, or the one named, due or not.

    `shop`: the key of one shop of a group; None = of all. Raises Refused where another planner is at work, NotFound for
    an unknown shop, ScheduleError where a campaign seems to have been renamed.
    """
    schedules = planner.schedules
    with planner.store.read() as session:
        known = campaigns.known_campaigns(session)
    raise_if_campaign_was_renamed(schedules, known)
    chosen = _chosen(schedules, shop, campaign)
    if dry_run:
        desks = _rehearsal(planner, chosen, now, campaign)
        _rehearse(desks)
    else:
        with planner.store.write() as session:
            ids = {each.key: keep_shop(session, each) for each in schedules.shops}
        desks = [ShopPlanner(planner, each, ids[each.key], now, campaign) for each in chosen]
        # Where caps count across the group, another shop's planner would count what this one is about to write.
        held = ids.values() if schedules.caps_span_group else [desk.shop_id for desk in desks]
        with planner_lock(planner.store, *held):
            _plan(desks)
    result = PlanResult(is_group=schedules.is_group)
    for desk in desks:
        result.add(desk)
    return result


def _chosen(schedules: Schedules, shop: str | None, campaign: str | None) -> Sequence[ShopSettings]:
    """The shop asked for, else all; of a campaign asked for those where it is switched on, if it is anywhere."""
    if shop is not None:
        return [schedules.shop(shop)]
    if campaign is None:
        return schedules.shops
    on = [each for each in schedules.shops if schedules.of_shop(each.key).campaign(campaign).enabled]
    return on or schedules.shops


def _plan(desks: Sequence[ShopPlanner]) -> None:
    due = [(desk, *each) for desk in desks for each in desk.begin()]
    for desk, campaign, due_at in _by_priority(due):
        desk.plan(campaign, due_at)
    for desk in desks:
        desk.end()


def _rehearse(desks: Sequence[ShopPlanner]) -> None:
    ledgers = {desk.shop.key: desk.ledger() for desk in desks}
    of_people = next(iter(ledgers.values())).by_person
    for ledger in ledgers.values():
        ledger.by_person = of_people  # customers have ids of their own, people of several shops their phone
    due = [(desk, *each) for desk in desks for each in desk.due()]
    for desk, campaign, due_at in _by_priority(due):
        desk.dry_run(campaign, due_at, ledgers[desk.shop.key])


def _by_priority(
    due: Iterable[tuple[ShopPlanner, Campaign, datetime | None]],
) -> list[tuple[ShopPlanner, Campaign, datetime | None]]:
    """Across the shops: where caps span the group, what matters more goes first, whichever shop it is of."""
    return sorted(due, key=lambda item: item[1].priority)


def _rehearsal(
    planner: Planner, shops: Sequence[ShopSettings], now: datetime, campaign: str | None
) -> list[ShopPlanner]:
    """The shops that have been told anything; `Refused` where none has."""
    with planner.store.read() as session:
        ids = {key: shop_id for shop_id, key in shop_keys(session).items()}
    known = [ShopPlanner(planner, shop, ids[shop.key], now, campaign) for shop in shops if shop.key in ids]
    if not known:
        raise Refused(
            N_("The shop {shop} has no data yet."),
            mend=Mend(
                N_("Import its customers first: notifier import customers FILE."),
                N_("Ask the owner to import its customers first."),
            ),
            shop=shops[0].key,
        )
    return known
