"""What `schedules next` answers with: the coming runs, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from notifier.errors import NotifierError

__all__ = ["ComingRun", "Forecast", "Total"]


@dataclass(frozen=True, slots=True)
class Total:
    """Texts, their segments, and what they cost (millionths of the currency)."""

    texts: float = 0.0
    segments: float = 0.0
    cost_micros: float = 0.0

    def __add__(self, other: Total) -> Total:
        return Total(self.texts + other.texts, self.segments + other.segments, self.cost_micros + other.cost_micros)

    def times(self, factor: float) -> Total:
        """So many times as much."""
        return Total(self.texts * factor, self.segments * factor, self.cost_micros * factor)

    def document(self) -> dict[str, int]:
        """As JSON, in whole numbers."""
        return {
            "expected": round(self.texts), "segments": round(self.segments), "cost_micros": round(self.cost_micros)
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComingRun:
    """One run to come. `goes_from`: when its first text may leave; `total` None where nobody can tell.

    `is_about`: estimated from a sample.
    """

    shop: str
    campaign: str
    currency: str
    due_at: datetime
    day: date
    goes_from: datetime
    total: Total | None
    is_about: bool = False

    def document(self) -> dict[str, object]:
        """As JSON; the counts null where nobody can tell."""
        counts = self.total.document() if self.total else dict.fromkeys(Total().document())
        return {
            "shop": self.shop,
            "campaign": self.campaign,
            "due_at": self.due_at.isoformat(),
            "goes_from": self.goes_from.isoformat(),
            **counts,
            "currency": self.currency,
            "about": self.is_about,
        }


@dataclass(slots=True)
class Forecast:
    """Runs in order of time. `waits`: (shop, campaign) whose runs bring nothing as things are, with the reason."""

    runs: list[ComingRun] = field(default_factory=list)
    waits: dict[tuple[str, str], str] = field(default_factory=dict)
    problems: list[NotifierError] = field(default_factory=list)
    is_group: bool = False

    @property
    def waiting(self) -> dict[str, str]:
        """Campaign → why its runs bring nothing; of a group, ``shop/campaign``."""
        return {f"{shop}/{key}" if self.is_group else key: reason for (shop, key), reason in self.waits.items()}

    def by_campaign(self) -> dict[tuple[str, str, str], Total]:
        """(shop, campaign, currency) → its total, in order of their first run."""
        return self._totals(lambda run: run.campaign)

    def by_week(self) -> dict[tuple[str, str, str], Total]:
        """(shop, the week's Monday as ISO day, currency) → its total."""
        return self._totals(lambda run: (run.day - timedelta(days=run.day.weekday())).isoformat())

    def _totals(self, key: Callable[[ComingRun], str]) -> dict[tuple[str, str, str], Total]:
        totals: dict[tuple[str, str, str], Total] = {}
        for run in self.runs:
            place = (run.shop, key(run), run.currency)
            totals[place] = totals.get(place, Total()) + (run.total or Total())
        return totals

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "runs": [run.document() for run in self.runs],
            "campaigns": [_named("campaign", key, total) for key, total in self.by_campaign().items()],
            "weeks": [_named("week", key, total) for key, total in self.by_week().items()],
            "waiting": dict(sorted(self.waiting.items())),
        }


def _named(name: str, key: tuple[str, str, str], total: Total) -> dict[str, object]:
    return {"shop": key[0], name: key[1], **total.document(), "currency": key[2]}
