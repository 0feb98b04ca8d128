"""What an engine needs from the house: callables, already knowing settings, database and gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifier.dms.inbox import Mark, Sighting
from notifier.errors import TemplateError
from notifier.jobs.reconcile import Reconciler
from notifier.jobs.send import Lane
from notifier.schedules import Change

__all__ = ["Edits", "EngineParts", "Errand", "InboxParts", "SyncParts"]

Errand = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Edits:
    """What staff have edited since the last look: the schedules' change, and templates that cannot be used."""

    schedules: Change | None
    templates: Sequence[TemplateError]


@dataclass(frozen=True, slots=True)
class InboxParts:
    """The watched folder. `look`: what lies in it now. `take_in` makes the errand that imports what was seen ready.

    `every`: how often to look.
    """

    look: Callable[[datetime], Sighting]
    take_in: Callable[[datetime, Mapping[str, Mark]], Errand]
    every: timedelta


@dataclass(frozen=True, slots=True)
class SyncParts:
    """The DMS's own database. `read` makes the errand that brings what has changed in it; `every`: how often.

    `tried_at`: when anybody read it last, or tried to (business time).
    """

    read: Callable[[datetime], Errand]
    every: timedelta
    tried_at: Callable[[], datetime | None]


@dataclass(frozen=True, slots=True)
class EngineParts:
    """`clock`: business time. `take_up_edits`: of schedules and templates, where they are good.

    `plan` and `attribute` make an errand for a moment: a picklable callable that gives the job's JSON document.
    `is_run_made`: has anybody planned this campaign (as the plan's document names it) since then?
    `lane` and `reconciler` make a new one each. `start_lane` lets a lane that stopped over our set-up try again.
    `tally` counts the days the page Today shows. `beat` says that the engine of this name lives; the flag: since its
    start. `plan_every`: how often to look which campaigns are due. `inbox`: None where no folder is watched; `sync`:
    None where no DMS database is read.
    """

    clock: Callable[[], datetime]
    take_up_edits: Callable[[], Edits]
    plan: Callable[[datetime], Errand]
    is_run_made: Callable[[str, datetime], bool]
    attribute: Callable[[datetime], Errand]
    lane: Callable[[], Lane]
    reconciler: Callable[[], Reconciler]
    start_lane: Callable[[], None]
    tally: Callable[[datetime], int]
    beat: Callable[[str, bool], None]
    plan_every: timedelta = timedelta(minutes=1)
    reconcile_every: timedelta = timedelta(minutes=1)
    attribute_every: timedelta = timedelta(minutes=5)
    tally_every: timedelta = timedelta(minutes=1)
    inbox: InboxParts | None = None
    sync: SyncParts | None = None
