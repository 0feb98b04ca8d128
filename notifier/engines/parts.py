"""What an engine needs from the house: callables, already knowing settings, database and gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifier.errors import TemplateError
from notifier.jobs.reconcile import Reconciler
from notifier.jobs.send import Lane
from notifier.schedules import Change

__all__ = ["Edits", "EngineParts", "Errand"]

Errand = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Edits:
    """What staff have edited since the last look: the schedules' change, and templates that cannot be used."""

    schedules: Change | None
    templates: Sequence[TemplateError]


@dataclass(frozen=True, slots=True)
class EngineParts:
    """`clock`: business time. `take_up_edits`: of schedules and templates, where they are good.

    `plan` and `attribute` make an errand for a moment: a picklable callable that gives the job's JSON document.
    `lane` and `reconciler` make a new one each. `start_lane` lets a lane that stopped over our set-up try again.
    """

    clock: Callable[[], datetime]
    take_up_edits: Callable[[], Edits]
    plan: Callable[[datetime], Errand]
    attribute: Callable[[datetime], Errand]
    lane: Callable[[], Lane]
    reconciler: Callable[[], Reconciler]
    start_lane: Callable[[], None]
    reconcile_every: timedelta = timedelta(minutes=1)
