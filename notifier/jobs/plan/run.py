"""One run of one campaign of one shop: from its candidates to its messages, in chunks."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby

from notifier.domain.cycles import due_range
from notifier.domain.guards import Verdict
from notifier.jobs.plan.group import GroupPlanner
from notifier.jobs.plan.pace import Ledger, Pace
from notifier.jobs.plan.touch import Setting, Touch, complete, open_touch
from notifier.jobs.texts import TextMaker
from notifier.schedules import Guards
from notifier.store.audiences import AUDIENCES
from notifier.store.engine import Store
from notifier.store.outbox import PlannedChunk, close_deferred, record_chunk
from notifier.store.touches import ChunkFacts, counted_by_day, load_facts

CUSTOMERS_A_CHUNK = 250
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8


@dataclass(slots=True)
class Tally:
    """What a run decided: texts to send, texts withheld, touches kept out and put off by reason."""

    planned: int = 0
    withheld: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: PlannedChunk, touches: Iterable[Touch]) -> None:
        """Count what one chunk came to."""
        for text in chunk.texts:
            if text.values["state"] == "withheld":
                self.withheld += 1
            else:
                self.planned += 1
        for touch in touches:
            decision = touch.decision
            if decision is not None and decision.verdict is Verdict.EXCLUDED:
                self.excluded[decision.reason or ""] += 1
            elif decision is not None and decision.verdict is Verdict.DEFERRED:
                self.deferred[decision.reason or ""] += 1

    def merge(self, other: Tally) -> None:
        """Add another run's counts."""
        self.planned += other.planned
        self.withheld += other.withheld
        self.excluded += other.excluded
        self.deferred += other.deferred

    def document(self) -> dict[str, object]:
        """As JSON: {planned, withheld, excluded: {reason: n}, deferred: {reason: n}}."""
        return {
            "planned": self.planned,
            "withheld": self.withheld,
            "excluded": dict(sorted(self.excluded.items())),
            "deferred": dict(sorted(self.deferred.items())),
        }


@dataclass(frozen=True, slots=True)
class Work:
    """What a run works with. `ledger` is shared between campaigns only by a dry run, which stores nothing."""

    store: Store
    setting: Setting
    guards: Guards
    texts: TextMaker
    gateway: str
    ledger: Ledger | None = None


def plan_run(work: Work, run_id: int | None) -> Tally:
    """Plan everything open today for the run; with `run_id` None nothing is stored (a dry run)."""
    setting, store = work.setting, work.store
    tally = Tally()
    if run_id is not None:
        with store.write() as session:
            tally.excluded["window_closed"] += close_deferred(
                session, shop_id=setting.shop_id, campaign_id=setting.campaign.id, today=setting.today
            )
        tally.excluded += Counter()
    planner = GroupPlanner(setting, pace_of(work), work.texts, work.gateway, new_code)
    for groups in _chunks(_by_customer(_candidates(work))):
        facts = facts_of(work, groups)
        planner.chunk = PlannedChunk()
        decided = [
            touch
            for group in groups
            for touch in planner.plan([complete(touch, setting, facts) for touch in group], facts)
        ]
        tally.add(planner.chunk, decided)
        if run_id is not None:
            with store.write() as session:
                record_chunk(
                    session, planner.chunk, shop_id=setting.shop_id, run_id=run_id, campaign_id=setting.campaign.id
                )
    return tally


def new_code() -> str:
    """A coupon code nobody can guess, without letters that look like digits (32^8, about 10^12 codes)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def _candidates(work: Work) -> list[Touch]:
    """Open touches in order: the earliest opening first, then by a hash of the customer; never by arm."""
    setting = work.setting
    earliest, latest = due_range(setting.today, setting.campaign.stages, setting.campaign.late_days)
    with work.store.read() as session:
        rows = AUDIENCES[setting.campaign.rule](session, setting.ask(earliest, latest))
    touches = [touch for touch in (open_touch(due, setting) for due in rows) if touch is not None]
    salt = f"order:{setting.campaign.id}:{setting.today}:".encode()
    touches.sort(
        key=lambda t: (t.window.opens_on, sha256(salt + t.due.bucket_key.encode()).digest(), t.due.vehicle_id or 0)
    )
    return touches


def _by_customer(touches: Sequence[Touch]) -> list[list[Touch]]:
    """Touches of one customer together, customers in the order of their first touch."""
    groups: dict[int, list[Touch]] = {}
    for touch in touches:
        groups.setdefault(touch.due.customer_id, []).append(touch)
    return list(groups.values())


def _chunks(groups: Sequence[list[Touch]]) -> Iterator[Sequence[list[Touch]]]:
    for _, numbered in groupby(enumerate(groups), key=lambda item: item[0] // CUSTOMERS_A_CHUNK):
        yield [group for _, group in numbered]


def facts_of(work: Work, groups: Sequence[list[Touch]]) -> ChunkFacts:
    """What is known of the customers of these groups of touches (one group a customer)."""
    setting, cap = work.setting, work.guards.frequency_cap
    with work.store.read() as session:
        return load_facts(
            session,
            campaign_id=setting.campaign.id,
            period=setting.period,
            today=setting.today,
            customer_ids=[group[0].due.customer_id for group in groups],
            vehicle_ids=[t.due.vehicle_id for group in groups for t in group if t.due.vehicle_id is not None],
            cap_days=cap.days if cap else None,
        )


def pace_of(work: Work) -> Pace:
    """What the run may still place: quiet hours, caps, budget and spread as they stand."""
    setting, campaign = work.setting, work.setting.campaign
    with work.store.read() as session:
        ledger = work.ledger or Ledger(counted_by_day(session, setting.shop_id, setting.today))
        spread = counted_by_day(session, setting.shop_id, setting.today, campaign.id) if campaign.spread_per_day else {}
    is_limited = campaign.kind in ("marketing", "service")
    following = campaign.next_due(setting.now, setting.zone)
    return Pace(
        now=setting.now,
        zone=setting.zone,
        quiet=work.guards.quiet_hours if campaign.kind != "safety" else None,
        cap=work.guards.frequency_cap if is_limited else None,
        budget=work.guards.daily_budget if is_limited else None,
        ledger=ledger,
        spread_per_day=campaign.spread_per_day,
        spread_until=_local_day(following[0], setting) if following else None,
        spread_by_day={day: counted for day, (counted, _) in spread.items()},
    )


def _local_day(moment: datetime, setting: Setting) -> date:
    return moment.astimezone(setting.zone).date()
