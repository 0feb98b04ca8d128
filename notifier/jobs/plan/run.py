"""One run of one campaign of one shop: from its candidates to its messages, in chunks."""

from __future__ import annotations

import gc
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Protocol

from notifier.domain.cycles import due_range
from notifier.domain.guards import Verdict
from notifier.jobs.plan.group import GroupPlanner
from notifier.jobs.plan.pace import Ledger, Pace
from notifier.jobs.plan.touch import Setting, Touch, complete, open_touch, subject_of
from notifier.jobs.texts import TextMaker
from notifier.schedules import Guards
from notifier.store.audiences import AUDIENCES, Ask, Due, in_portions
from notifier.store.behind import WriteBehind
from notifier.store.broadcasts import told_of_lists
from notifier.store.contacts import calls_about
from notifier.store.engine import Session, Store
from notifier.store.facts_of_group import add_facts_of_group
from notifier.store.outbox import PlannedChunk, close_deferred, record_chunk
from notifier.store.touches import ChunkFacts, Cycles, counted_by_day, cycles_of, load_facts

CUSTOMERS_A_CHUNK = 4_000
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


class Seen(Protocol):
    """Somebody who wants to see every touch as it was decided, chunk by chunk."""

    def __call__(self, work: Work, touches: Sequence[Touch], facts: ChunkFacts, chunk: PlannedChunk) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """What a run works with. `ledger` is shared between campaigns only by a dry run, which stores nothing."""

    store: Store
    setting: Setting
    guards: Guards
    texts: TextMaker
    gateway: str
    ledger: Ledger | None = None
    seen: Seen | None = None


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
    for ask in _questions(work):
        _plan_candidates(work, run_id, planner, _candidates(work, ask), tally)
    return tally


def _plan_candidates(
    work: Work, run_id: int | None, planner: GroupPlanner, candidates: Sequence[list[Due]], tally: Tally
) -> None:
    """Chunks have no customer in common, so one may be decided while the one before is still being written."""
    with _candidates_kept(candidates), WriteBehind(work.store, "plan.chunk") as behind:
        for dues in _chunks(candidates):
            chunk = _plan_chunk(work, planner, dues, tally)
            if run_id is not None and chunk is not None:
                behind.write(_recording(chunk, work.setting, run_id))


@contextmanager
def _candidates_kept(candidates: Sequence[list[Due]]) -> Iterator[None]:
    """What is alive now stays alive to the end: without it the collector has a tenth of the work.

    Not for a few: freezing sets the collector back, and a process that plans little and often would never collect.
    """
    if len(candidates) <= CUSTOMERS_A_CHUNK:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _plan_chunk(work: Work, planner: GroupPlanner, dues: Sequence[list[Due]], tally: Tally) -> PlannedChunk | None:
    """What these customers come to; None where everything was planned before."""
    groups, cycles = _open_groups(work, dues)
    if not groups:
        return None
    facts = facts_of(work, groups, cycles)
    planner.chunk = PlannedChunk()
    decided = [
        touch
        for group in groups
        for touch in planner.plan([complete(touch, work.setting, facts) for touch in group], facts)
    ]
    tally.add(planner.chunk, decided)
    if work.seen is not None:
        work.seen(work, decided, facts, planner.chunk)
    return planner.chunk


def _recording(chunk: PlannedChunk, setting: Setting, run_id: int) -> Callable[[Session], None]:
    def record(session: Session) -> None:
        record_chunk(session, chunk, shop_id=setting.shop_id, run_id=run_id, campaign_id=setting.campaign.id)

    return record


def new_code() -> str:
    """A coupon code nobody can guess, without letters that look like digits (32^8, about 10^12 codes)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def _questions(work: Work) -> list[Ask]:
    """Who is open today, asked at once where some will not find room, so that all of them are in the draw."""
    setting = work.setting
    ask = setting.ask(*due_range(setting.today, setting.campaign.stages, setting.campaign.late_days))
    if _is_short(work):
        return [ask]
    with work.store.read() as session:
        return list(in_portions(session, setting.campaign.rule, ask))


def _is_short(work: Work) -> bool:
    return work.guards.daily_budget is not None or work.setting.campaign.spread_per_day is not None


def _candidates(work: Work, ask: Ask) -> list[list[Due]]:
    """What is open today, a list a customer: the earliest opening first, then in one order; never by arm.

    Where all find room the order is the customers' own, in which their rows lie in the database. Where a budget or a
    pace leaves some for another day a hash of customer and day draws who, so that it is not always the same people.
    """
    setting, is_short = work.setting, _is_short(work)
    with work.store.read() as session:
        rows = AUDIENCES[setting.campaign.rule](session, ask)
    salt = f"order:{setting.campaign.id}:{setting.today}:".encode()
    keyed = []
    for due in rows:
        _, window = setting.windows_of(due.due_on)
        if window is not None:
            drawn = sha256(salt + due.bucket_key.encode()).digest() if is_short else b""
            keyed.append((window.opens_on, drawn, due.customer_id, due.vehicle_id or 0, due.subject_key, due))
    keyed.sort(key=itemgetter(0, 1, 2, 3, 4))
    groups: dict[int, list[Due]] = {}
    for *_order, due in keyed:
        groups.setdefault(due.customer_id, []).append(due)
    return list(groups.values())


def _chunks(groups: Sequence[list[Due]]) -> Iterator[Sequence[list[Due]]]:
    for start in range(0, len(groups), CUSTOMERS_A_CHUNK):
        yield groups[start : start + CUSTOMERS_A_CHUNK]


def _open_groups(work: Work, dues: Sequence[list[Due]]) -> tuple[list[list[Touch]], Cycles]:
    """The touches of these customers that have no message yet, a list a customer, and the cycles they stand in.

    Who was planned by an earlier run and stands as they did is left out before anything else is looked up: of a
    win-back's thousands that is nearly everybody.
    """
    setting = work.setting
    with work.store.read() as session:
        cycles = cycles_of(
            session,
            setting.campaign.id,
            [group[0].customer_id for group in dues],
            _vehicles(due for group in dues for due in group),
        )
    touches = [[open_touch(due, setting) for due in group if not _is_settled(due, setting, cycles)] for group in dues]
    groups = [[touch for touch in group if touch is not None] for group in touches]
    return [group for group in groups if group], cycles


def _is_settled(due: Due, setting: Setting, cycles: Cycles) -> bool:
    _, window = setting.windows_of(due.due_on)
    return window is not None and any(
        window.stage in cycle.touches and cycle.anchor_on == due.anchor_on and cycle.customer_id == due.customer_id
        for cycle in cycles.get((*subject_of(due), due.subject_key), ())
    )


def _vehicles(dues: Iterable[Due]) -> list[int]:
    return [due.vehicle_id for due in dues if due.vehicle_id is not None]


def facts_of(work: Work, groups: Sequence[list[Touch]], cycles: Cycles | None = None) -> ChunkFacts:
    """What is known of the customers of these groups of touches (one group a customer). `cycles`: theirs, if known."""
    setting, cap = work.setting, work.guards.frequency_cap
    vehicle_ids = _vehicles(touch.due for group in groups for touch in group)
    with work.store.read() as session:
        facts = load_facts(
            session,
            campaign_id=setting.campaign.id,
            period=setting.period,
            today=setting.today,
            customer_ids=[group[0].due.customer_id for group in groups],
            vehicle_ids=vehicle_ids,
            cycles=cycles,
            cap_days=cap.days if cap else None,
        )
        facts.calls = calls_about(
            session, setting.campaign.rule, list(facts.customers), setting.today, work.guards.contact_hold_days
        )
        if setting.rule.subject == "either":
            facts.told_of_lists = told_of_lists(session, setting.campaign.id, list(facts.customers), setting.elsewhere)
        if setting.elsewhere:
            add_facts_of_group(
                session, facts, campaign_id=setting.campaign.id, period=setting.period, elsewhere=setting.elsewhere,
                today=setting.today, cap_days=cap.days if cap and cap.spans_group else None,
            )  # fmt: skip
    return facts


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
        hours=work.guards.hours(setting.zone) if campaign.kind != "safety" else None,
        cap=work.guards.frequency_cap if is_limited else None,
        budget=work.guards.daily_budget if is_limited else None,
        ledger=ledger,
        spread_per_day=campaign.spread_per_day,
        spread_until=_local_day(following[0], setting) if following else None,
        spread_by_day={day: counted for day, (counted, _) in spread.items()},
    )


def _local_day(moment: datetime, setting: Setting) -> date:
    return moment.astimezone(setting.zone).date()
