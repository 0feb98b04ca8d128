"""Foresight: which runs come in the next days, and how many texts each will about be. Nothing is stored.

Who will be due is asked of the planner's own audiences once for all days, each stage counted with the first run that
meets it open. Whether they are texted is the planner's own steps (guards, arms, wording) with each run's day as today;
where many are due, for a sample of them. Frequency cap and daily budget depend on what else is sent until then and are
left out; `spread` is followed from run to run.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from notifier.domain.cycles import Window, due_range, stage_windows, valid_until
from notifier.domain.guards import Decision
from notifier.errors import TemplateError
from notifier.jobs.coming import ComingRun, Forecast, Total
from notifier.jobs.plan.group import PLACEHOLDER_CODE, GroupPlanner
from notifier.jobs.plan.lists import ListUnreadable
from notifier.jobs.plan.pace import Ledger
from notifier.jobs.plan.run import CUSTOMERS_A_CHUNK, Work, facts_of, pace_of
from notifier.jobs.plan.shop import Planner, ShopPlanner
from notifier.jobs.plan.touch import Touch, complete, subject_of
from notifier.schedules import Campaign, ShopSettings
from notifier.store import campaigns
from notifier.store.audiences import AUDIENCES, Due
from notifier.store.outbox import PlannedChunk
from notifier.store.runs import has_scheduled_run
from notifier.store.shops import find_shop
from notifier.store.touches import Cycles, counted_by_day, cycles_of

__all__ = ["ComingRun", "Forecast", "Total", "forecast"]

LOOKED_AT = 200
"""Customers a run whose steps are walked; of more, a sample of as many (a standard error of 3.5 % at most)."""
ASKED_AT_ONCE = timedelta(days=180)
"""An audience that recurs each year answers for at most a year at a time."""
NOBODY = 0


def forecast(planner: Planner, now: datetime, days: int) -> Forecast:
    """Every run in the `days` days from `now` on, with how many texts it will about be.

    First what is due already and not planned yet: a daemon that was down, or is started for the first time.
    """
    found = Forecast(is_group=planner.schedules.is_group)
    for shop in planner.schedules.shops:
        own = replace(planner, schedules=planner.schedules.of_shop(shop.key))
        with planner.store.read() as session:
            shop_id = find_shop(session, shop.key)
        for campaign in own.schedules.campaigns:
            due = campaign.runs_between(now, now + timedelta(days=days), shop.zone) if campaign.enabled else []
            late = _due_and_not_made(planner, shop, shop_id, campaign, now)
            if due or late:
                found.runs += _Foreseen(own, shop, shop_id, campaign, due=[*late, *due], found=found, now=now).runs()
    found.runs.sort(key=lambda run: (run.due_at, run.shop, run.campaign))
    return found


def _due_and_not_made(
    planner: Planner, shop: ShopSettings, shop_id: int | None, campaign: Campaign, now: datetime
) -> list[datetime]:
    """When the run fell due that the next planning makes up for, since nobody has planned it yet; at most one."""
    due_at = campaign.due_at(now, shop.zone)
    if shop_id is None or due_at is None or due_at == now:
        return []
    with planner.store.read() as session:
        return [] if has_scheduled_run(session, shop_id, campaign.id, due_at) else [due_at]


class _Foreseen:
    """The runs of one campaign of one shop; `shop_id` None: nothing was imported yet."""

    def __init__(
        self,
        planner: Planner,
        shop: ShopSettings,
        shop_id: int | None,
        campaign: Campaign,
        *,
        due: Sequence[datetime],
        found: Forecast,
        now: datetime,
    ) -> None:
        self.planner, self.shop, self.shop_id, self.campaign = planner, shop, shop_id, campaign
        self.due, self.found = due, found
        self.moments = [max(now, due_at) for due_at in due]  # what is late is planned at once
        self.days = [moment.astimezone(shop.zone).date() for moment in self.moments]

    def runs(self) -> list[ComingRun]:
        """In order of time."""
        if self.shop_id is None:
            return [self._run(index, moment, None) for index, moment in enumerate(self.moments)]
        # The first run sets how far back a new campaign reaches, so it is its day that counts.
        at_shop = ShopPlanner(self.planner, self.shop, self.shop_id, self.moments[0], None)
        try:
            work = at_shop.rehearse(self.campaign)
        except (TemplateError, ListUnreadable) as error:
            self._waits("cannot_be_sent" if isinstance(error, TemplateError) else "list_unreadable")
            self.found.problems.append(error)
            return [self._run(index, moment, None) for index, moment in enumerate(self.moments)]
        work = _unpaced(work)
        if self._is_paused():
            self._waits("paused")
            estimates = [_Estimate() for _ in self.moments]
        else:
            estimates = self._estimates(work)
        totals = self._spread([estimate.total for estimate in estimates], estimates)
        return [
            self._run(index, moment, total, estimates[index].is_about, _first_moment(_on(work, moment)))
            for index, (moment, total) in enumerate(zip(self.moments, totals, strict=True))
        ]

    def _run(
        self,
        index: int,
        moment: datetime,
        total: Total | None,
        is_about: bool = False,
        goes_from: datetime | None = None,
    ) -> ComingRun:
        shop = self.shop
        return ComingRun(
            shop.key, self.campaign.key, shop.currency, self.due[index], self.days[index], goes_from or moment, total,
            is_about,
        )  # fmt: skip

    def _waits(self, reason: str) -> None:
        self.found.waits[self.shop.key, self.campaign.key] = reason

    def _is_paused(self) -> bool:
        with self.planner.store.read() as session:
            return campaigns.is_paused(session, self.shop_id or NOBODY, self.campaign.id)

    def _estimates(self, work: Work) -> list[_Estimate]:
        """Each run's own arrivals: the touches it is the first to meet open."""
        arrivals: list[dict[int, list[Touch]]] = [{} for _ in self.moments]
        windows: dict[date, tuple[Window, ...]] = {}
        for due in self._dues(work):
            known = windows.get(due.due_on)
            if known is None:
                known = windows[due.due_on] = stage_windows(due.due_on, self.campaign.stages, self.campaign.late_days)
            for window in known:
                index = bisect_left(self.days, window.opens_on)
                if index < len(self.days) and self.days[index] <= window.closes_on:
                    arrivals[index].setdefault(due.customer_id, []).append(Touch(due, known, window))
        return [
            self._estimate(_on(work, moment), groups) for moment, groups in zip(self.moments, arrivals, strict=True)
        ]

    def _dues(self, work: Work) -> Iterator[Due]:
        stages, late = self.campaign.stages, self.campaign.late_days
        earliest, latest = due_range(self.days[0], stages, late)[0], due_range(self.days[-1], stages, late)[1]
        step = ASKED_AT_ONCE if work.setting.rule.recurs else latest - earliest + timedelta(days=1)
        while earliest <= latest:
            until = min(latest, earliest + step - timedelta(days=1))
            with work.store.read() as session:
                yield from AUDIENCES[self.campaign.rule](session, work.setting.ask(earliest, until))
            earliest = until + timedelta(days=1)

    def _estimate(self, work: Work, arrivals: Mapping[int, list[Touch]]) -> _Estimate:
        chosen = groups = _not_made_yet(work, list(arrivals.values()))
        if len(chosen) > LOOKED_AT:
            salt = f"forecast:{self.campaign.id}:".encode()
            chosen = heapq.nsmallest(
                LOOKED_AT, chosen, key=lambda g: sha256(salt + g[0].due.bucket_key.encode()).digest()
            )
        if not chosen:
            return _Estimate()
        total = _walked(work, chosen)
        closing = [max(touch.window.closes_on for touch in group) for group in chosen]
        return _Estimate(total.times(len(groups) / len(chosen)), len(groups) > len(chosen), closing)

    def _spread(self, totals: Sequence[Total], estimates: Sequence[_Estimate]) -> list[Total]:
        """A run takes its share of the days until the next; what it leaves waits for the next while it is open."""
        per_day = self.campaign.spread_per_day
        if per_day is None:
            return list(totals)
        with self.planner.store.read() as session:
            counted = counted_by_day(session, self.shop_id or NOBODY, self.days[0], self.campaign.id)
        queue: list[tuple[date, Total]] = []
        placed: list[Total] = []
        for index, day in enumerate(self.days):
            queue = [item for item in queue if item[0] >= day] + estimates[index].shares()
            following = self._next_day(index)
            taken = sum(counted.get(day + timedelta(days=n), (0, 0))[0] for n in range((following - day).days))
            today = sum(placed[other].texts for other in range(index) if self.days[other] == day)
            room = float(per_day * (following - day).days - taken - today)
            placed.append(Total())
            left: list[tuple[date, Total]] = []
            for closes_on, part in queue:
                share = min(1.0, max(0.0, room) / part.texts) if part.texts else 1.0
                placed[-1] += part.times(share)
                room -= part.texts * share
                if share < 1.0:
                    left.append((closes_on, part.times(1.0 - share)))
            queue = left
        return placed

    def _next_day(self, index: int) -> date:
        if index + 1 < len(self.days):
            return max(self.days[index + 1], self.days[index] + timedelta(days=1))
        following = self.campaign.next_due(self.moments[index], self.shop.zone)
        today = self.days[index] + timedelta(days=1)
        return max(today, following[0].astimezone(self.shop.zone).date()) if following else today


@dataclass(frozen=True, slots=True)
class _Estimate:
    """What a run's own arrivals come to. `closing`: the last days of those that were looked at."""

    total: Total = field(default_factory=Total)
    is_about: bool = False
    closing: Sequence[date] = ()

    def shares(self) -> list[tuple[date, Total]]:
        """The total by the last day on which it may still go."""
        counts: dict[date, int] = defaultdict(int)
        for day in self.closing:
            counts[day] += 1
        return [(day, self.total.times(number / len(self.closing))) for day, number in counts.items()]


def _unpaced(work: Work) -> Work:
    """Without what other texts decide about: cap, budget, and the campaign's own spread."""
    campaign = replace(work.setting.campaign, spread_per_day=None)
    return replace(
        work,
        setting=replace(work.setting, campaign=campaign),
        guards=replace(work.guards, frequency_cap=None, daily_budget=None),
        ledger=Ledger({}),
    )


def _on(work: Work, moment: datetime) -> Work:
    """The same on another day."""
    setting = work.setting
    is_list = setting.campaign.options.listed is not None
    period = setting.period if is_list else str(moment.astimezone(setting.zone).year)
    return replace(work, setting=replace(setting, now=moment, period=period), ledger=Ledger({}))


def _not_made_yet(work: Work, groups: Sequence[list[Touch]]) -> list[list[Touch]]:
    """Without the touches that have their message: of a win-back's thousands that is nearly everybody."""
    if len(groups) <= LOOKED_AT:
        return list(groups)
    left: list[list[Touch]] = []
    for start in range(0, len(groups), CUSTOMERS_A_CHUNK):
        part = groups[start : start + CUSTOMERS_A_CHUNK]
        dues = [touch.due for group in part for touch in group]
        with work.store.read() as session:
            vehicles = [due.vehicle_id for due in dues if due.vehicle_id is not None]
            cycles = cycles_of(session, work.setting.campaign.id, [due.customer_id for due in dues], vehicles)
        left += [fresh for group in part if (fresh := [touch for touch in group if not _is_made(touch, cycles)])]
    return left


def _is_made(touch: Touch, cycles: Cycles) -> bool:
    due = touch.due
    return any(
        touch.stage in cycle.touches and cycle.anchor_on == due.anchor_on and cycle.customer_id == due.customer_id
        for cycle in cycles.get((*subject_of(due), due.subject_key), ())
    )


def _walked(work: Work, groups: Sequence[list[Touch]]) -> Total:
    """The planner's own steps for these customers, nothing stored."""
    setting, facts = work.setting, facts_of(work, groups)
    planner = GroupPlanner(setting, pace_of(work), work.texts, work.gateway, lambda: PLACEHOLDER_CODE)
    planner.chunk = PlannedChunk()
    for group in groups:
        planner.plan([complete(touch, setting, facts) for touch in group], facts)
    total = Total()
    for text in planner.chunk.texts:
        if text.values["state"] == "planned":
            total += Total(1, text.values["segments"], text.values["cost_micros"])
    return total


def _first_moment(work: Work) -> datetime:
    """When a text of this run may leave: after quiet hours and closed days."""
    setting = work.setting
    far = valid_until(setting.today + timedelta(days=60), setting.zone)
    slot = pace_of(work).place(NOBODY, counted=0, cost_micros=0, valid_until=far)
    return setting.now if isinstance(slot, Decision) else slot.not_before
