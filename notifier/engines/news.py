"""What an engine says in the log: only what is new, alerts marked as such, and never a person's data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog

from notifier.dms.inbox import Sighting
from notifier.engines.errand import ErrandFailed
from notifier.engines.parts import Edits
from notifier.jobs.reconcile import ReconcileResult
from notifier.jobs.send import SendResult
from notifier.store.trouble import is_database_away, trouble_words

__all__ = ["News"]

log = structlog.get_logger(__name__)

NAMED = 10
PATIENCE = 600.0  # seconds of trouble with the provider that are nobody's business but the lane's
ECHO = 30.0  # seconds in which what began while the database was away may still fail, after it is back
COUNTS = ("read", "new", "changed", "unchanged", "merged", "parked")


class News:
    """Remembers what was said last, so that a trouble of hours is one line and its end another."""

    def __init__(self) -> None:
        self._templates: tuple[str, ...] = ()
        self._waiting: dict[str, str] = {}
        self._stopped: str | None = None
        self._paused: tuple[str, ...] = ()
        self._unknown = 0
        self._passed_over: tuple[str, ...] = ()
        self._stuck: str | None = None
        self._refused: str | None = None
        self._sync_trouble: str | None = None
        self._contradicted: tuple[str, ...] = ()
        self._waiting_files: dict[str, str] = {}
        self._is_away, self._back_at = False, -ECHO
        self._queue_troubled_since: float | None = None
        self._queue_is_told = False
        self._troubled_since: float | None = None
        self._provider_is_away = False

    def database_is_away(self, error: BaseException) -> bool:
        """Is that what `error` says? Then it is told here, once, whichever part of the engine meets it first."""
        if not (is_database_away(error) or (isinstance(error, ErrandFailed) and error.is_over_the_database)):
            return False
        if not self._is_away and time.monotonic() - self._back_at < ECHO:
            return True
        if not self._is_away:
            reason = str(error) if isinstance(error, ErrandFailed) else trouble_words(error)
            log.error("database_away", alert=True, reason=reason)
        self._is_away = True
        return True

    def database_answers(self) -> None:
        """It took what was written."""
        if self._is_away:
            log.info("database_is_back")
            self._back_at = time.monotonic()
        self._is_away = False

    def queue_failed(self, error: BaseException | None = None) -> None:
        """A worker cannot take part in the queue, or not write down how a job ended: told once, until it works again.

        A database that is away is told as that, and so is what comes of it until `ECHO` seconds after its return: what
        was written down as the line was cut is not found when it is written again. Here it is told only where the queue
        alone cannot reach the database, for as long, and whatever else is wrong.
        """
        now = time.monotonic()
        if self._queue_is_told or self._is_away or now - self._back_at < ECHO:
            return
        is_new = self._queue_troubled_since is None
        since = self._queue_troubled_since = now if self._queue_troubled_since is None else self._queue_troubled_since
        is_over_the_database = error is not None and is_database_away(error)
        if (error is None and not is_new) or (is_over_the_database and now - since < ECHO):
            return
        reason = "it ended by itself" if error is None else trouble_words(error.__cause__ or error)
        log.error("queue_failed", alert=True, reason=reason, exc_info=None if is_over_the_database else error)
        self._queue_is_told = True

    def queue_works(self) -> None:
        """Jobs are made, taken and written down."""
        if self._queue_is_told:
            log.info("queue_works_again")
        self._queue_troubled_since, self._queue_is_told = None, False

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

    def planned(self, document: Mapping[str, Any]) -> dict[str, str]:
        """A tick has planned; campaigns that wait for data are told once. Those that wait no more, though this tick has
        not made their run, with the reason they waited for: unless another worker made it, they have missed it.
        """
        runs = document["runs"]
        for run in runs:
            log.info("planned", shop=run["shop"], campaign=run["campaign"], run=run["run"], state=run["state"],
                     planned=run["planned"], withheld=run["withheld"])  # fmt: skip
        for run_id in document["expired"]:
            log.error("review_expired", alert=True, run=run_id)
        waiting: dict[str, str] = dict(document["waiting"])
        for campaign, reason in waiting.items():
            if self._waiting.get(campaign) != reason:
                log.warning("plan_waits", campaign=campaign, reason=reason)
        made = {run["campaign"] for run in runs} | {f"{run['shop']}/{run['campaign']}" for run in runs}
        missing = {name: reason for name, reason in self._waiting.items() if name not in made | waiting.keys()}
        self._waiting = waiting
        return missing

    def run_missed(self, campaign: str, reason: str) -> None:
        """It waited until its time was over."""
        log.error("run_missed", alert=True, campaign=campaign, reason=reason)

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
        self._of_the_provider(result)
        paused = tuple(pause.shop or "*" for pause in result.pauses)
        if paused != self._paused:
            log.warning("sending_paused", scopes=paused) if paused else log.info("sending_resumed")
        self._paused = paused

    def _of_the_provider(self, result: SendResult) -> None:
        """A lane that finds nobody to take its texts is told once it has lasted, and so is its end."""
        if result.trouble is None:
            if self._provider_is_away:
                log.info("provider_is_back")
            self._troubled_since, self._provider_is_away = None, False
            return
        now = time.monotonic()
        self._troubled_since = now if self._troubled_since is None else self._troubled_since
        if not self._provider_is_away and now - self._troubled_since >= PATIENCE:
            log.error("provider_away", alert=True, reason=result.trouble, waiting=result.waiting)
            self._provider_is_away = True

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

    def sync_failed(self, code: str, reason: str) -> None:
        """The DMS's database could not be read, or not all of it; told once as long as the reason is the same."""
        if reason != self._sync_trouble:
            log.error("sync_failed", alert=True, code=code, reason=reason)
        self._sync_trouble = reason

    def synced(self, document: Mapping[str, Any]) -> None:
        """The DMS's database was read to its end; kinds that brought nothing are not named."""
        if self._sync_trouble is not None:
            log.info("sync_goes_on")
        self._sync_trouble = None
        contradicted = tuple(kind for kind, done in document.items() if not done["news"] and not done["read"])
        if contradicted and contradicted != self._contradicted:
            log.error("sync_empty", alert=True, kinds=contradicted)
        self._contradicted = contradicted
        for kind, done in document.items():
            if done["unchanged"] < done["read"]:
                counts = {name: done[name] for name in COUNTS}
                rejected = sum(done["rejected"].values())
                log.info("synced", kind=kind, whole=done["whole"], **counts, rejected=rejected)

    def inbox_seen(self, sighting: Sighting) -> None:
        """The folder can be read; what is no plain file in it is named once."""
        if sighting.passed_over and sighting.passed_over != self._passed_over:
            log.error(
                "inbox_passed_over", alert=True, names=sighting.passed_over[:NAMED], number=len(sighting.passed_over)
            )
        self._passed_over = sighting.passed_over
        if not sighting.ready and not sighting.left_behind:
            self._inbox_goes_on()

    def inbox_stuck(self, reason: str) -> None:
        """Nothing can be taken from the folder, for whatever reason."""
        if reason != self._stuck:
            log.error("inbox_stuck", alert=True, reason=reason)
        self._stuck = reason

    def inbox_refused(self, reason: str) -> None:
        """Another process works through the folder: told once, until a round of ours has come to its end."""
        if reason != self._refused:
            log.info("inbox_refused", reason=reason)
        self._refused = reason

    def _inbox_goes_on(self) -> None:
        if self._stuck is not None:
            log.info("inbox_goes_on")
        self._stuck = None

    def inbox_taken_in(self, document: Mapping[str, Any]) -> None:
        """A round is over; a file that waits is told once a reason."""
        self._refused = None
        waiting = {}
        for filed in document["files"]:
            done = filed["import"]
            if filed["state"] == "waiting":
                waiting[filed["file"]] = filed["sentence"]
                if self._waiting_files.get(filed["file"]) != filed["sentence"]:
                    log.warning("file_waits", file=filed["file"], reason=filed["sentence"])
            elif filed["state"] == "rejected":
                log.error("file_rejected", alert=True, file=filed["file"], reason=filed["sentence"])
            else:
                counts = {name: done[name] for name in COUNTS}
                log.info("file_imported", file=done["file"], kind=done["kind"], as_of=done["as_of"], **counts,
                         rejected=sum(done["rejected"].values()))  # fmt: skip
        self._waiting_files = waiting
        if document["trouble"] is not None:
            self.inbox_stuck(document["trouble"])
        else:
            self._inbox_goes_on()
