"""What an engine says in the log: only what is new, alerts marked as such, and never a person's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from notifier.engines.parts import Edits
from notifier.jobs.reconcile import ReconcileResult
from notifier.jobs.send import SendResult

__all__ = ["News"]

log = structlog.get_logger(__name__)


class News:
    """Remembers what was said last, so that a trouble of hours is one line and its end another."""

    def __init__(self) -> None:
        self._templates: tuple[str, ...] = ()
        self._waiting: dict[str, str] = {}
        self._stopped: str | None = None
        self._unknown = 0

    def edits(self, edits: Edits) -> None:
        """Schedules or templates were edited, for good or ill."""
        change = edits.schedules
        if change is not None and change.problem is not None:
            log.error("schedules_broken", alert=True, problem=str(change.problem), running="the last good version")
        elif change is not None:
            log.info("schedules_taken_up", campaigns=[campaign.key for campaign in change.schedules.campaigns])
        problems = tuple(str(error) for error in edits.templates)
        for problem in problems:
            if problem not in self._templates:
                log.error("template_broken", alert=True, problem=problem, running="the last good version")
        self._templates = problems

    def planned(self, document: Mapping[str, Any]) -> None:
        """A tick has planned; campaigns that wait for data are told once, and again when they have missed a run."""
        runs = document["runs"]
        for run in runs:
            log.info("planned", shop=run["shop"], campaign=run["campaign"], run=run["run"], state=run["state"],
                     planned=run["planned"], withheld=run["withheld"])  # fmt: skip
        waiting: dict[str, str] = dict(document["waiting"])
        for campaign, reason in waiting.items():
            if self._waiting.get(campaign) != reason:
                log.warning("plan_waits", campaign=campaign, reason=reason)
        made = {run["campaign"] for run in runs}
        for campaign, reason in self._waiting.items():
            if campaign not in waiting and campaign not in made:
                log.error("run_missed", alert=True, campaign=campaign, reason=reason)
        self._waiting = waiting

    def sent(self, result: SendResult) -> None:
        """A drain has ended."""
        counts = {name: number for name, number in result.document().items() if name != "waiting"}
        if any(counts.values()):
            log.info("sent", **counts, waiting=result.waiting)
        if result.stopped != self._stopped and result.stopped is not None:
            log.error("lane_stopped", alert=True, code=result.stopped)
        elif result.stopped != self._stopped:
            log.info("lane_runs_again")
        self._stopped = result.stopped

    def reconciled(self, result: ReconcileResult) -> None:
        """A pass over what nobody could tell has ended."""
        document = result.document()
        if document["settled_accepted"] or document["settled_not_accepted"] or self._unknown != result.still_unknown:
            log.info("reconciled", **document)
        self._unknown = result.still_unknown

    def attributed(self, document: Mapping[str, Any]) -> None:
        """Visits and renewals were credited."""
        if document["outcomes"]:
            log.info("attributed", **document)
