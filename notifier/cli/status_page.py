"""What `notifier status` shows: a page of 80 columns, a line, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from notifier.cli.run_words import lapsed_sentence, review_sentence
from notifier.cli.sync_words import failure_sentence
from notifier.locale import _
from notifier.locale.spans import span_words
from notifier.reports.life_words import life_words
from notifier.reports.numbers import count
from notifier.reports.run_words import key_of, local
from notifier.reports.tables import table
from notifier.reports.titles import Titles
from notifier.store.beats import Liveness

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.store.lanes import LaneRow
    from notifier.store.overview import LaneState, Standing
    from notifier.store.pauses import PauseRow
    from notifier.store.runs import RunRow
    from notifier.store.syncs import SyncFailure

__all__ = ["Picture"]

NEVER_STARTED = Liveness("never")
ANONYMOUS = Titles()


@dataclass(frozen=True, slots=True)
class Picture:
    """How the house stands at `now` (business time). `pause_words`: the pauses as sentences."""

    now: datetime
    zone: ZoneInfo
    standing: Standing
    lane: LaneRow
    lane_state: LaneState
    pauses: Sequence[PauseRow]
    pause_words: Sequence[str]
    paused_campaigns: Sequence[str]
    reviews: Sequence[RunRow]
    lapsed: Sequence[RunRow]
    quiet_until: datetime | None
    failed_sync: SyncFailure | None
    life: Liveness = NEVER_STARTED
    titles: Titles = ANONYMOUS

    def document(self) -> dict[str, Any]:
        """As JSON (docs/json.md)."""
        now, lane = self.standing, self.lane
        return {
            "at": _iso(now.at),
            "waiting": now.waiting,
            "may_go": now.may_go,
            "later": now.later,
            "paused": now.paused,
            "in_review": now.in_review,
            "reviews": [_run_document(run) for run in self.reviews],
            "expired": [_run_document(run) for run in self.lapsed],
            "sending": now.sending,
            "unknown": now.unknown,
            "rate": now.rate,
            "oldest_waiting": _iso(now.oldest_waiting),
            "quiet_until": _iso(self.quiet_until),
            "pauses": [pause.document() for pause in self.pauses],
            "paused_campaigns": list(self.paused_campaigns),
            "gateway": lane.gateway,
            "lane": self.lane_state,
            "retry_at": _iso(lane.retry_at) if self.lane_state == "backing_off" else None,
            "stopped": lane.stopped,
            "stopped_at": _iso(lane.stopped_at),
            "last_error": lane.last_error,
            "last_error_at": _iso(lane.last_error_at),
            "failed_sync": self._failed_sync(),
            "service": {
                "state": self.life.state, "since": _iso(self.life.since), "engines": self.life.engines,
                "versions": list(self.life.versions),
            },
        }  # fmt: skip

    def _failed_sync(self) -> dict[str, Any] | None:
        failure = self.failed_sync
        if failure is None:
            return None
        since, at = _iso(failure.since), _iso(failure.at)
        return {"kind": failure.kind, "since": since, "at": at, "code": failure.code, "sentence": str(failure)}

    def table(self) -> Table:
        """The figures, each on a line of its own."""
        made = table("", "")
        for label, value in self._rows():
            made.add_row(label, value)
        return made

    def line(self) -> str:
        """The figures in one line, behind the moment."""
        figures = " · ".join(f"{label.strip()} {value}" for label, value in self._rows())
        return f"{_clock(self.standing.at, self.zone)}  {figures}"

    def _rows(self) -> Iterator[tuple[str, str]]:
        now = self.standing
        yield _("Waiting"), count(now.waiting)
        yield f"  {_('may go now')}", count(now.may_go)
        yield f"  {_('for later')}", count(now.later)
        if now.paused:
            yield f"  {_('paused')}", count(now.paused)
        yield _("Waiting for review"), count(now.in_review)
        yield _("Being sent"), count(now.sending)
        yield _("Unknown"), count(now.unknown)
        yield _("Texts a second, last minute"), f"{now.rate:g}"
        yield _("May go since"), self._oldest()
        yield _("Gateway"), self.lane.gateway
        yield _("Lane"), self._lane()
        yield _("Last provider error"), self._last_error()
        yield _("Service"), life_words(self.life, self.zone)

    def _oldest(self) -> str:
        since = self.standing.oldest_waiting
        return "–" if since is None else f"{_clock(since, self.zone)} ({span_words(self.now - since)})"

    def _lane(self) -> str:
        state, error = self.lane_state, self.lane.last_error or "–"
        if state == "backing_off" and self.lane.retry_at is not None:
            until = f"{self.lane.retry_at.astimezone(self.zone):%H:%M:%S}"
            return _("waits until {moment}, because of {error}").format(moment=until, error=error)
        if state == "probing":
            return _("tries one text at a time, after {error}").format(error=error)
        if state == "stopped":
            return _("stopped, code {code}").format(code=self.lane.stopped)
        if self._is_everything_paused():
            return _("paused")
        return _("running") if state == "running" else _("free")

    def _is_everything_paused(self) -> bool:
        return any(pause.shop is None for pause in self.pauses)

    def _last_error(self) -> str:
        at = self.lane.last_error_at
        return "–" if at is None else f"{_clock(at, self.zone)} {self.lane.last_error or '–'}"

    def sentences(self) -> Iterator[str]:
        """What holds texts back or wants a person, with the mend."""
        yield from self._held_back()
        for run in self.reviews:
            yield review_sentence(run, self.titles, self.now, self.zone)
        for run in self.lapsed:
            yield lapsed_sentence(run, self.titles, self.zone)
        if self.failed_sync is not None:
            yield failure_sentence(self.failed_sync, self.zone)

    def _held_back(self) -> Iterator[str]:
        yield from self.pause_words
        for key in self.paused_campaigns:
            yield _(
                "{campaign} is paused: nothing of it is planned or sent. notifier campaigns resume {key} ends that."
            ).format(campaign=self.titles.of_key(key), key=key)
        if self.lane.stopped is not None:
            yield _("The lane stands still since {moment} (code {code}). notifier doctor says what to mend.").format(
                moment=_clock(self.lane.stopped_at or self.standing.at, self.zone), code=self.lane.stopped
            )
        elif self._is_everything_paused():
            return
        elif self.quiet_until is not None:
            yield _(
                "Quiet hours or a closed day: reminders go from {moment}, safety texts and answers at once."
            ).format(moment=local(self.quiet_until, self.zone))
        elif self.standing.may_go and self.lane_state == "idle":
            yield _(
                "Nothing was posted in the last minute although texts may go: is notifier run running, or on a cluster "
                "notifier worker?"
            )


def _run_document(run: RunRow) -> dict[str, Any]:
    return {"run": run.id, "campaign": key_of(run), "until": _iso(run.review_until)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
