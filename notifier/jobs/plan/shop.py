"""Planning of one shop: which campaigns are due, on data that can be trusted, one after the other by priority."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime

from notifier.domain.filters import Filter
from notifier.domain.freshness import Stale, freshness_of, makes_planning_wait
from notifier.domain.rules import RULES
from notifier.errors import NotifierError, Refused, TemplateError
from notifier.gateways.base import Capabilities
from notifier.jobs.plan.lists import ListFile, ListUnreadable, UnknownRow, read_list_file, unknown_people
from notifier.jobs.plan.pace import Ledger
from notifier.jobs.plan.reach import Reach, reach_of
from notifier.jobs.plan.run import Seen, Tally, Work, plan_run
from notifier.jobs.plan.touch import Setting
from notifier.jobs.reasons import REASONS
from notifier.jobs.texts import TextMaker, load_live
from notifier.locale import N_
from notifier.schedules import Campaign, Schedules, ShopSettings
from notifier.store import campaigns, runs
from notifier.store.campaigns import UNIVERSAL, KnownCampaign
from notifier.store.engine import Store
from notifier.store.imports import freshness, unfinished_kinds
from notifier.store.messages import sweep_validity
from notifier.store.shops import shop_keys
from notifier.store.touches import counted_by_day


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning works with: the schedules as they are now, and the gateway's abilities and price.

    `secret`: the key of phone keys, by which the phones of a list are found. `seen`: is shown every touch decided.
    """

    store: Store
    schedules: Schedules
    gateway: str
    capabilities: Capabilities
    price_micros: int
    secret: bytes = b""
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run as reported. `run_id` and `state` None for a dry run, which alone says what the filter leaves.

    `unknown`: rows of the campaign's list that name nobody we know.
    """

    shop: str
    campaign: str
    due_at: datetime | None
    run_id: int | None
    state: str | None
    tally: Tally
    unknown: Sequence[UnknownRow] = ()
    reach: Reach | None = None

    def document(self) -> dict[str, object]:
        """As JSON, with the run's own counts."""
        return {
            "shop": self.shop,
            "campaign": self.campaign,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "run": self.run_id,
            "state": self.state,
            **self.tally.document(),
            "unknown": [row.document() for row in self.unknown],
            "audience": self.reach and self.reach.document(),
        }


DueCampaign = tuple[Campaign, datetime | None]
"""A campaign, and when it fell due; None where a person has named it."""


@dataclass(slots=True)
class ShopPlanner:
    """One shop at one moment. `only`: plan this campaign now, due or not, instead of those that are due.

    `schedules`: those of this shop.
    """

    planner: Planner
    shop: ShopSettings
    shop_id: int
    now: datetime
    only: str | None
    runs: list[PlannedRun] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    expired: list[int] = field(default_factory=list)
    problems: list[NotifierError] = field(default_factory=list)
    schedules: Schedules = field(init=False)

    def __post_init__(self) -> None:
        self.schedules = self.planner.schedules.of_shop(self.shop.key)

    @property
    def store(self) -> Store:
        """The database."""
        return self.planner.store

    @property
    def today(self) -> date:
        """The shop's day."""
        return self.now.astimezone(self.shop.zone).date()

    def begin(self) -> list[DueCampaign]:
        """Complete what a dead planner left; what is to be planned now. The caller holds the shop's planner lock."""
        self._sweep()
        self._complete_unfinished()
        return self.due()

    def plan(self, campaign: Campaign, due_at: datetime | None) -> None:
        """Plan one campaign that is due."""
        with self._without_stopping_others(campaign):
            self.runs.append(self._plan_campaign(campaign, due_at))

    def end(self) -> None:
        """Remember which campaigns do not run."""
        switched_on = [campaign.id for campaign in self.schedules.campaigns if campaign.enabled]
        with self.store.write() as session:
            campaigns.note_switched_off(session, self.shop_id, switched_on, self.today)

    def ledger(self) -> Ledger:
        """What the shop has counted already."""
        with self.store.read() as session:
            return Ledger(counted_by_day(session, self.shop_id, self.today))

    def dry_run(self, campaign: Campaign, due_at: datetime | None, ledger: Ledger) -> None:
        """Count what `plan` would do, storing nothing; `ledger` tells what earlier campaigns would have placed."""
        with self._without_stopping_others(campaign):
            work = self._work(campaign, self._shares(campaign), ledger)
            tally = plan_run(work, None)
            unknown = self._count_unknown(work, tally)
            reach = reach_of(work)
            self.runs.append(PlannedRun(self.shop.key, campaign.key, due_at, None, None, tally, unknown, reach))

    def _count_unknown(self, work: Work, tally: Tally) -> Sequence[UnknownRow]:
        """The rows of the campaign's list that name nobody, counted beside those who are left out."""
        listing = work.setting.listing
        unknown = unknown_people(self.store, listing) if listing is not None else []
        if unknown:
            tally.excluded["unknown_person"] += len(unknown)
        return unknown

    @contextmanager
    def _without_stopping_others(self, campaign: Campaign) -> Iterator[None]:
        """A campaign whose wording or list cannot be used waits, and says why; one asked for by name is refused."""
        try:
            yield
        except (TemplateError, ListUnreadable) as error:
            if self.only is not None:
                raise
            self.waiting[campaign.key] = "cannot_be_sent" if isinstance(error, TemplateError) else "list_unreadable"
            self.problems.append(error)

    def _sweep(self) -> None:
        with self.store.write() as session:
            sweep_validity(session, self.now)
            expired = [run.id for run in runs.expired_reviews(session, self.now) if run.shop_id == self.shop_id]
        for run_id in expired:
            # A clerk may approve or reject it at this very moment; theirs stands.
            with suppress(Refused), self.store.write() as session:
                runs.void(session, run_id, by=runs.EXPIRED, at=self.now)
                self.expired.append(run_id)

    def _complete_unfinished(self) -> None:
        """Runs whose planner died: the lock is ours, so nobody else is at them."""
        with self.store.read() as session:
            unfinished = runs.unfinished_runs(session, self.shop_id)
        by_id = {campaign.id: campaign for campaign in self.schedules.campaigns}
        for run in unfinished:
            campaign = by_id.get(run.campaign_id)
            if campaign is None or not (campaign.enabled or run.due_at is None):
                with self.store.write() as session:
                    runs.void(session, run.id, by=runs.CAMPAIGN_GONE, at=self.now)
            elif reason := self.why_data_not_usable(campaign):
                self.waiting[campaign.key] = reason
            else:
                with self._without_stopping_others(campaign):
                    work = self._work(campaign, self._keep_shares(campaign))
                    with self.store.read() as session:
                        written = Tally(*runs.texts_of_run(session, run.id))
                    self.runs.append(self._finish(work, run.due_at, run.id, written))

    def due(self) -> list[DueCampaign]:
        """What is to be planned now, by priority; campaigns whose data is too old are noted as waiting."""
        chosen: list[DueCampaign] = []
        for campaign, due_at in self._due_by_clock():
            with self.store.read() as session:
                if campaigns.is_paused(session, self.shop_id, campaign.id):
                    self._raise_if_asked_for(campaign)
                    continue
                if due_at is not None and runs.has_scheduled_run(session, self.shop_id, campaign.id, due_at):
                    continue
            reason = self.why_data_not_usable(campaign)
            if reason is None:
                chosen.append((campaign, due_at))
            else:
                self.waiting[campaign.key] = reason
        return chosen

    def _raise_if_asked_for(self, campaign: Campaign) -> None:
        """A paused campaign is passed over in silence, unless a person has named it."""
        if self.only is not None:
            raise Refused(N_("The campaign is paused."), mend=REASONS["paused"].mend, campaign=campaign.key)

    def _due_by_clock(self) -> Iterable[DueCampaign]:
        schedules = self.schedules
        if self.only is not None:
            return [(schedules.campaign(self.only), None)]
        due = [(campaign, campaign.due_at(self.now, self.shop.zone)) for campaign in schedules.campaigns]
        return sorted([item for item in due if item[1] is not None], key=lambda item: item[0].priority)

    def why_data_not_usable(self, campaign: Campaign) -> str | None:
        """Why the shop's records cannot be trusted for this rule: an import under way, too old, or never made."""
        stale = self.stale_records(campaign)
        return stale.reason if stale else None

    def stale_records(self, campaign: Campaign) -> Stale | None:
        """The first of the records this rule reads that cannot be trusted; None where all can."""
        return self.first_stale(RULES[campaign.rule].reads)

    def first_stale(self, kinds: Iterable[str]) -> Stale | None:
        """The first of these kinds of imports that makes planning wait."""
        with self.store.read() as session:
            fresh = freshness(session, self.shop_id)
            unfinished = unfinished_kinds(session, self.shop_id)
        for kind in kinds:
            limit = self.schedules.guards.data_max_age.get(kind)
            found = freshness_of(fresh.get(kind), limit, self.now, is_unfinished=kind in unfinished)
            if makes_planning_wait(found, limit):
                return Stale(kind, found, fresh.get(kind), limit)
        return None

    def _plan_campaign(self, campaign: Campaign, due_at: datetime | None) -> PlannedRun:
        work = self._work(campaign, self._keep_shares(campaign))
        setting = work.setting
        with self.store.write("plan.open_run") as session:
            campaigns.mark_seen(session, self.shop_id, _known(campaign), floor_on=setting.floor_on)
            run_id = runs.open_run(
                session, shop_id=self.shop_id, campaign_id=campaign.id, due_at=due_at, now=self.now,
                priority=campaign.priority, settings=self._settings_document(setting),
            )  # fmt: skip
        return self._finish(work, due_at, run_id, Tally())

    def _finish(self, work: Work, due_at: datetime | None, run_id: int, written: Tally) -> PlannedRun:
        """Plan what is left of an open run. `written`: what a planner that died had written already."""
        campaign = work.setting.campaign
        tally = plan_run(work, run_id)
        tally.merge(written)
        unknown = self._count_unknown(work, tally)
        with self.store.write("plan.finish") as session:
            state = runs.finish_planning(
                session, run_id, counts=tally.document(), review_from=self.now if campaign.review else None
            )
        return PlannedRun(self.shop.key, campaign.key, due_at, run_id, state, tally, unknown)

    def rehearse(self, campaign: Campaign) -> Work:
        """What a run of `campaign` would work with now; nothing is stored.

        TemplateError where it cannot be sent, ListUnreadable where nobody can tell to whom.
        """
        return self._work(campaign, self._shares(campaign))

    def _work(self, campaign: Campaign, shares: Mapping[str, int], ledger: Ledger | None = None) -> Work:
        planner = self.planner
        texts = TextMaker(self.shop, load_live(self.store), planner.capabilities, planner.price_micros)
        texts.raise_if_campaign_cannot_be_sent(campaign)
        setting = self.setting(campaign, shares)
        return Work(self.store, setting, self.schedules.guards, texts, planner.gateway, ledger, planner.seen)

    def setting(self, campaign: Campaign, shares: Mapping[str, int]) -> Setting:
        """The values that stay the same for one run of `campaign`."""
        with self.store.read() as session:
            floor = campaigns.first_run_floor(
                session, self.shop_id, _known(campaign), self.today, catch_up=campaign.catch_up
            )
        sisters = self._sisters()
        return Setting(
            campaign=campaign, shop_id=self.shop_id, zone=self.shop.zone, now=self.now,
            period=self._period(campaign.id, campaign),
            control_bp=shares[campaign.id], universal_bp=shares[UNIVERSAL], floor_on=floor,
            first_services=self._first_services(),
            elsewhere=tuple(sisters),
            also_at=tuple(key for key, running in sisters.items() if campaign.id in running),
            listing=self._listing(campaign),
        )  # fmt: skip

    def _listing(self, campaign: Campaign) -> ListFile | None:
        planner = self.planner
        return read_list_file(campaign, planner.schedules, secret=planner.secret, region=self.shop.region)

    def _period(self, key: str, campaign: Campaign) -> str:
        """The enrolment period that the share of `key` (the campaign's id, or universal) belongs to."""
        listed = campaign.options.listed
        return listed.period if listed is not None and key == campaign.id else str(self.today.year)

    def _sisters(self) -> Mapping[int, frozenset[str]]:
        """The other shops of the group, as far as they have ever been planned for or told anything.

        Each with the ids of the campaigns switched on there.
        """
        sisters = self.schedules.sisters
        if not sisters:
            return {}
        with self.store.read() as session:
            return {key: sisters[name] for key, name in shop_keys(session).items() if name in sisters}

    def _first_services(self) -> tuple[Filter | None, ...]:
        campaigns = self.schedules.campaigns
        return tuple(each.audience for each in campaigns if each.enabled and each.rule == "first_service")

    def _shares(self, campaign: Campaign) -> Mapping[str, int]:
        """The shares the period began with, else those of the schedules."""
        wanted = self._wanted_shares(campaign)
        with self.store.read() as session:
            kept = {
                key: campaigns.share_of_period(session, self.shop_id, key, self._period(key, campaign))
                for key in wanted
            }
        return wanted | {key: bp for key, bp in kept.items() if bp is not None}

    def _keep_shares(self, campaign: Campaign) -> Mapping[str, int]:
        """As `_shares`; a period that had none begins now."""
        wanted = self._wanted_shares(campaign)
        with self.store.write() as session:
            return {
                key: campaigns.keep_share(session, self.shop_id, key, self._period(key, campaign), bp)
                for key, bp in wanted.items()
            }

    def _wanted_shares(self, campaign: Campaign) -> dict[str, int]:
        return {campaign.id: campaign.control_bp, UNIVERSAL: self.schedules.guards.universal_control_bp}

    def _settings_document(self, setting: Setting) -> dict[str, object]:
        """What the run ran with: the campaign's settings and those of the shop that bore on it."""
        guards = self.schedules.guards
        cap, budget = guards.frequency_cap, guards.daily_budget
        return setting.campaign.settings_document() | {
            "control_bp": setting.control_bp,
            "universal_bp": setting.universal_bp,
            "frequency_cap": cap and [cap.messages, cap.days],
            "cap_spans_group": cap is not None and cap.spans_group,
            "daily_budget": budget and [budget.messages, budget.amount_micros],
            "schedules": self.schedules.fingerprint,
        }


def _known(campaign: Campaign) -> KnownCampaign:
    return KnownCampaign(campaign.id, campaign.key, campaign.rule)
