"""What the pages about campaigns know only after some work: expected counts, a month's figures, what controls cost.

Made in a process of its own, one at a time, and kept for a while: no page waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from notifier.errors import NotifierError
from notifier.reports.campaign_figures import cost_of
from notifier.reports.control_cost import ControlCost
from notifier.schedules import ShopSettings
from notifier.web.parts import ConsoleParts

__all__ = ["Expected", "Foreseen", "Foresight"]

log = structlog.get_logger(__name__)

FRESH = timedelta(minutes=15)
KEPT_FOR = 20
"""So many times as long as it took is it kept at least: of a large shop it takes minutes."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A coming run. `texts` None where nobody can tell; `is_about`: estimated from a sample."""

    due_at: datetime
    goes_from: datetime
    texts: int | None
    cost_micros: int | None
    is_about: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of one shop; made anew when asked for after `until`. `figures`: campaign id → its last 30 days."""

    until: datetime
    fingerprint: str
    runs: Mapping[str, list[Expected]]
    figures: Mapping[str, Mapping[str, Any]]

    def expected(self, campaign: str, due_at: datetime) -> Expected | None:
        """The run of the campaign (its key) that is due then."""
        return next((run for run in self.runs.get(campaign, ()) if run.due_at == due_at), None)

    def late(self, campaign: str, now: datetime) -> Expected | None:
        """A run that was due before `now` and is still to be made."""
        return next((run for run in self.runs.get(campaign, ()) if run.due_at < now), None)

    def cost(self, campaign_id: str) -> ControlCost | None:
        """What its control costs this month, where the figures say so."""
        figures = self.figures.get(campaign_id)
        return cost_of(figures) if figures else None


@dataclass
class Foresight:
    """What was foreseen last, by shop."""

    parts: ConsoleParts
    _known: dict[str, Foreseen] = field(default_factory=dict)
    _under_way: dict[str, asyncio.Task[Foreseen | None]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def known(self, shop: ShopSettings) -> Foreseen | None:
        """What is known already, however old; nothing after schedules.yaml was changed."""
        found = self._known.get(shop.key)
        return found if found is not None and found.fingerprint == self.parts.schedules().fingerprint else None

    def is_fresh(self, shop: ShopSettings) -> bool:
        """Whether it need not be made anew."""
        found = self.known(shop)
        return found is not None and self.parts.clock() < found.until

    async def look(self, shop: ShopSettings) -> Foreseen | None:
        """What is foreseen now: kept, or made; None where it could not be made, which the log tells of."""
        if self.is_fresh(shop):
            return self.known(shop)
        task = self._under_way.get(shop.key)
        if task is None or task.done():
            task = self._under_way[shop.key] = asyncio.create_task(self._make(shop))
        return await asyncio.shield(task)

    async def _make(self, shop: ShopSettings) -> Foreseen | None:
        now, fingerprint = self.parts.clock(), self.parts.schedules().fingerprint
        try:
            async with self._turn:
                started = time.monotonic()
                document = await self.parts.foresee(shop.key, now)
        except NotifierError as refused:
            log.warning("foresight_refused", shop=shop.key, reason=str(refused))
            return None
        kept_for = max(FRESH, KEPT_FOR * timedelta(seconds=time.monotonic() - started))
        found = Foreseen(now + kept_for, fingerprint, _runs(document["forecast"]["runs"]), document["campaigns"])
        self._known[shop.key] = found
        return found


def _runs(documents: list[dict[str, Any]]) -> dict[str, list[Expected]]:
    runs: dict[str, list[Expected]] = {}
    for each in documents:
        due_at, goes_from = (datetime.fromisoformat(each[name]) for name in ("due_at", "goes_from"))
        found = Expected(due_at, goes_from, each["expected"], each["cost_micros"], each["about"])
        runs.setdefault(each["campaign"], []).append(found)
    return runs
