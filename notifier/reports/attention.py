"""What needs a person today, each in a plain sentence and with its mend; most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from notifier.locale import _, listed, ngettext
from notifier.locale.records import records_word
from notifier.reports import numbers
from notifier.reports.import_news import freshness_sentence, unfinished_sentence
from notifier.reports.lane_words import lane_mend
from notifier.reports.today import UNKNOWN_COUNTED

if TYPE_CHECKING:
    from notifier.reports.today import Today
    from notifier.store.runs import RunRow

__all__ = ["Notice", "Severity", "Topic", "notices"]

Severity = Literal["bad", "warn", "info"]
SEVERITIES: tuple[Severity, ...] = ("bad", "warn", "info")
Topic = Literal["daemon", "lane", "pause", "records", "sync", "review", "lapsed", "unknown", "file", "paused_campaigns"]
TROUBLES_TOLD = 3
"""Refusals by the provider in a row from which on they are worth a word: one or two pass by themselves."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at. `mend`: what the console's readers can do about it, or whom to ask; empty where nothing is
    to be done. `run`: it is about."""

    topic: Topic
    severity: Severity
    sentence: str
    mend: str = ""
    run: int | None = None


def notices(today: Today, zone: ZoneInfo) -> list[Notice]:
    """All of them, moments on the clock of the shop's `zone`; empty when all is well."""
    found = [
        *_of_the_daemon(today, zone),
        *_of_the_lane(today, zone),
        *_of_pauses(today, zone),
        *_of_records(today, zone),
        *_of_reviews(today, zone),
        *(Notice("file", "warn", problem.in_console(), _("Until it is mended, the last good version runs."))
          for problem in today.problems),
        *_of_unknowns(today),
        *_of_paused_campaigns(today),
    ]  # fmt: skip
    return sorted(found, key=lambda notice: SEVERITIES.index(notice.severity))


def _of_the_daemon(today: Today, zone: ZoneInfo) -> Iterator[Notice]:
    mend = _("Ask whoever looks after the server to start it.")
    if today.life.state == "never":
        yield Notice("daemon", "bad", _("Notifier's service was never started: nothing is planned or sent."), mend)
    elif today.life.state == "silent" and today.life.since is not None:
        said = _("Notifier's service has been silent since {moment}: nothing is planned or sent meanwhile.")
        yield Notice("daemon", "bad", said.format(moment=numbers.day_and_time(today.life.since, zone)), mend)


def _of_the_lane(today: Today, zone: ZoneInfo) -> Iterator[Notice]:
    lane = today.lane
    if lane.stopped is not None:
        said = _("No text leaves since {moment}: the SMS provider refused our set-up (code {code}). Nothing is lost.")
        moment = numbers.day_and_time(lane.stopped_at or today.clock, zone)
        mend = lane_mend(lane.gateway, lane.stopped)
        yield Notice("lane", "bad", said.format(moment=moment, code=lane.stopped), mend)
    elif lane.troubles >= TROUBLES_TOLD:
        said = _("The SMS provider has refused {count} tries in a row (last: {error}). Texts wait; nothing is lost.")
        mend = _next_try(lane.retry_at, today, zone)
        yield Notice("lane", "warn", said.format(count=lane.troubles, error=lane.last_error or "–"), mend)


def _next_try(retry_at: datetime | None, today: Today, zone: ZoneInfo) -> str:
    if retry_at is None or retry_at <= today.clock:
        return _("The next try follows by itself.")
    return _("The next try follows by itself at {moment}.").format(moment=f"{retry_at.astimezone(zone):%H:%M:%S}")


def _of_pauses(today: Today, zone: ZoneInfo) -> Iterator[Notice]:
    for pause in today.pauses:
        said = _("This shop is paused since {moment}, by {by}: no text of it leaves, of any kind.")
        moment = numbers.day_and_time(today.in_business_time(pause.since), zone)
        mend = _("It goes on once somebody clicks “Resume the shop” on the page “Campaigns”.")
        if pause.shop is None:
            said = _("Sending is paused everywhere since {moment}, by {by}: no text leaves, of any kind.")
            mend = _("It was paused on the server, for all shops; ask whoever looks after the server to let it go on.")
        yield Notice("pause", "warn", said.format(moment=moment, by=pause.by or "–"), mend)


def _of_records(today: Today, zone: ZoneInfo) -> Iterator[Notice]:
    """Imports that never ended, and records too old for the campaigns that read them; what synced last in vain."""
    if (failure := today.failed_sync) is not None:
        said = _("The DMS database could not be read, last on {moment}, at the {records}: {why}")
        moment = numbers.day_and_time(failure.at, zone)
        yield Notice("sync", "bad", said.format(moment=moment, records=records_word(failure.kind), why=failure),
                     _("Ask whoever looks after the server."))  # fmt: skip
    for news in today.records:
        kind = records_word(news.kind)
        for made in news.unfinished:
            mend = _("Ask whoever exports from the DMS to bring the same file of {records} once more.")
            yield Notice("records", "bad", unfinished_sentence(news, made, zone), mend.format(records=kind))
        if news.waits and news.readers and not news.unfinished:
            mend = _("Ask whoever exports from the DMS for a newer file of {records}; it goes into the watched folder.")
            mend = mend.format(records=kind)
            yield Notice("records", "bad", freshness_sentence(news, today.now, zone), mend)


def _of_reviews(today: Today, zone: ZoneInfo) -> Iterator[Notice]:
    for run in today.reviews:
        texts = run.counts.get("planned", 0)
        said = ngettext(
            "{count} text of {campaign} waits for your approval until {moment}.",
            "{count} texts of {campaign} wait for your approval until {moment}.", texts,
        )  # fmt: skip
        is_late = run.review_until is not None and run.review_until < today.now
        yield Notice("review", "bad" if is_late else "warn", _of_run(said, run, today, zone), run=run.id)
    for run in today.lapsed:
        said = _("{count} texts of {campaign} were not approved by {moment}; the next run plans these customers again.")
        yield Notice("lapsed", "info", _of_run(said, run, today, zone), run=run.id)


def _of_run(said: str, run: RunRow, today: Today, zone: ZoneInfo) -> str:
    until = numbers.day_and_time(run.review_until, zone) if run.review_until is not None else "–"
    texts = numbers.count(run.counts.get("planned", 0))
    return said.format(count=texts, campaign=today.titles.of_run(run), moment=until)


def _of_unknowns(today: Today) -> Iterator[Notice]:
    if not today.unknown:
        return
    if today.unknown >= UNKNOWN_COUNTED:
        said = _("Of {count} texts or more nobody can tell yet whether they went out.").format(
            count=numbers.count(today.unknown)
        )
    else:
        said = ngettext(
            "Of {count} text nobody can tell yet whether it went out.",
            "Of {count} texts nobody can tell yet whether they went out.", today.unknown,
        ).format(count=numbers.count(today.unknown))  # fmt: skip
    yield Notice("unknown", "info", said, _("Notifier asks the SMS provider by itself, and sends none of them twice."))


def _of_paused_campaigns(today: Today) -> Iterator[Notice]:
    if today.paused_campaigns:
        said = _("Paused: {campaigns}.").format(campaigns=listed(today.paused_campaigns))
        yield Notice("paused_campaigns", "info", said)
