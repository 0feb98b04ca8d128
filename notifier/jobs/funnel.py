"""A dry run of one campaign as a funnel: which guard stops how many, and who they are.

The counts are those of `plan --dry-run`, whose document comes along whole; of each reason the first people are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from notifier.domain.guards import Verdict
from notifier.domain.phone import mask
from notifier.jobs.plan import Planner, PlanResult, plan
from notifier.jobs.plan.run import Work
from notifier.jobs.plan.shop import ShopPlanner
from notifier.jobs.plan.touch import Touch
from notifier.jobs.reasons import stale_words
from notifier.jobs.rehearsed import RehearsedTouch, rehearsed
from notifier.store.outbox import PlannedChunk
from notifier.store.shops import find_shop
from notifier.store.touches import ChunkFacts

__all__ = ["GUARD_OF", "SHOWN_PEOPLE", "STEPS", "Funnel", "rehearse"]

SHOWN_PEOPLE = 200
"""People shown behind each reason; the others are counted."""

GUARD_OF: Mapping[str, str] = {
    "unknown_person": "list",
    "before_first_run": "first_run",
    "other_shop": "stage", "already_told": "stage",
    "no_phone": "contactable", "unreachable": "contactable",
    "consent_refused": "consent", "consent_unknown": "consent",
    "suppressed": "suppression",
    "vehicle_sold": "vehicle", "vehicle_scrapped": "vehicle", "vehicle_pdi": "vehicle",
    "vehicle_test_drive": "vehicle", "vehicle_stock": "vehicle", "vehicle_missing": "vehicle",
    "came": "outcome", "booked": "outcome", "renewed": "outcome", "already_done": "outcome", "sold": "outcome",
    "complaint_open": "hold", "in_workshop": "hold", "accident_repair": "hold", "contacted": "hold",
    "universal_control": "universal_control", "campaign_control": "campaign_control",
    "missing_value": "wording",
    "frequency_cap": "frequency_cap", "budget": "budget", "spread": "spread", "window_closed": "quiet_hours",
}  # fmt: skip
"""Reason → the guard that gives it. `window_closed` is the stage's where a later stage was texted already."""
STEPS = (
    "list", "first_run", "stage", "contactable", "consent", "suppression", "vehicle", "outcome", "hold",
    "universal_control", "campaign_control", "wording", "frequency_cap", "budget", "spread", "quiet_hours",
)  # fmt: skip
"""The guards in the order in which planning asks them."""


@dataclass(slots=True)
class _Behind:
    """Those whom one guard stopped for one reason."""

    verdict: str
    count: int = 0
    people: list[dict[str, Any]] = field(default_factory=list)

    def add(self, person: dict[str, Any] | None) -> None:
        self.count += 1
        if person is not None and len(self.people) < SHOWN_PEOPLE:
            self.people.append(person)

    def document(self, reason: str) -> dict[str, Any]:
        return {"reason": reason, "verdict": self.verdict, "count": self.count, "people": self.people}


@dataclass(slots=True)
class Funnel:
    """Is shown every touch a dry run decides. `kept`: the touches that become texts."""

    stopped: dict[tuple[str, str], _Behind] = field(default_factory=dict)
    kept: _Behind = field(default_factory=lambda: _Behind("planned"))
    segments: int = 0
    cost_micros: int = 0

    def __call__(self, work: Work, touches: Sequence[Touch], facts: ChunkFacts, chunk: PlannedChunk) -> None:
        """One chunk of decisions."""
        for text in chunk.texts:
            if text.values["state"] == "planned":
                self.segments += text.values["segments"]
                self.cost_micros += text.values["cost_micros"]
        for row in rehearsed(work, touches, facts, chunk, {}):
            if row.verdict is Verdict.PLANNED:
                self.kept.add(_person(row))
            else:
                self._behind(_guard_of(row), row.reason or "", str(row.verdict)).add(_person(row))

    def add_unknown(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of the campaign's list that name nobody we know."""
        for row in rows:
            self._behind("list", "unknown_person", str(Verdict.EXCLUDED)).add({"line": row["line"],
                         "value": row["value"], "detail": row["why"]})  # fmt: skip

    def _behind(self, guard: str, reason: str, verdict: str) -> _Behind:
        return self.stopped.setdefault((guard, reason), _Behind(verdict))

    def steps(self) -> list[dict[str, Any]]:
        """One entry a guard that stopped anybody, in order, its commonest reason first."""
        counts = Counter[str]()
        for (guard, _reason), behind in self.stopped.items():
            counts[guard] += behind.count
        left, steps = self.touches, []
        for guard in STEPS:
            if not counts[guard]:
                continue
            left -= counts[guard]
            found = [(reason, each) for (of, reason), each in self.stopped.items() if of == guard]
            found.sort(key=lambda item: -item[1].count)
            reasons = [behind.document(reason) for reason, behind in found]
            steps.append({"guard": guard, "count": counts[guard], "left": left, "reasons": reasons})
        return steps

    @property
    def touches(self) -> int:
        """How many were looked at."""
        return self.kept.count + sum(behind.count for behind in self.stopped.values())


def rehearse(planner: Planner, campaign: str, shop: str, now: datetime) -> dict[str, Any]:
    """What a run of the campaign would do at `now`, in one shop, as JSON; nothing is stored.

    `plan` is the document of the same dry run. Steps count touches (a car or customer at one stage), `texts` what
    leaves: two cars of one owner share one.
    Raises Refused where it is paused, TemplateError or ListUnreadable where it cannot be sent.
    """
    funnel = Funnel()
    result = plan(replace(planner, seen=funnel), now, campaign=campaign, shop=shop, dry_run=True)
    return _document(funnel, result, now) | {"waits_for": _waits_for(planner, result, now)}


def _waits_for(planner: Planner, result: PlanResult, now: datetime) -> str | None:
    """Which records the run would wait for, and how old they are, in words."""
    if not result.waits:
        return None
    shop, campaign = next(iter(result.waits))
    here = planner.schedules.of_shop(shop)
    with planner.store.read() as session:
        shop_id = find_shop(session, shop)
    if shop_id is None:
        return None
    stale = ShopPlanner(planner, here.shops[0], shop_id, now, None).stale_records(here.campaign(campaign))
    return stale_words(stale, now, here.shops[0].zone) if stale else None


def _document(funnel: Funnel, result: PlanResult, now: datetime) -> dict[str, Any]:
    found = result.document()
    for run in result.runs:
        funnel.add_unknown([row.document() for row in run.unknown])
    reach = next((run.reach for run in result.runs if run.reach is not None), None)
    return {
        "at": now.isoformat(),
        "waits": next(iter(result.waits.values()), None),
        "audience": reach and reach.document(),
        "touches": funnel.touches,
        "steps": funnel.steps(),
        "kept": funnel.kept.document("planned"),
        "texts": result.total.planned,
        "withheld": result.total.withheld,
        "segments": funnel.segments,
        "cost_micros": funnel.cost_micros,
        "plan": found,
    }


def _guard_of(row: RehearsedTouch) -> str:
    if row.reason == "window_closed" and row.is_overtaken:
        return "stage"
    return GUARD_OF.get(row.reason or "", "quiet_hours")


def _person(row: RehearsedTouch) -> dict[str, Any]:
    return {
        "customer": row.customer_id,
        "name": row.name,
        "phone": mask(row.phone) if row.phone else None,
        "plate": row.plate,
        "stage": row.stage,
        "due_on": row.due_on.isoformat(),
        "detail": row.detail,
        "goes_from": row.goes_from.isoformat() if row.goes_from else None,
        "segments": row.segments,
        "text": row.text,
    }
