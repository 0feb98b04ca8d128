"""A run in words: its campaign, its state, and on which days its texts leave; for terminal and console alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from notifier.locale import _, ngettext
from notifier.reports.titles import state_word

if TYPE_CHECKING:
    from notifier.store.reviews import Departure
    from notifier.store.runs import RunRow

__all__ = ["LAPSED_TOLD", "Leaving", "departure_sentences", "key_of", "local", "reviewed_sentence", "run_state"]

LAPSED_TOLD = timedelta(days=7)
"""How long a run nobody reviewed is spoken of, unless a later one made it good."""
DAYS_NAMED = 7


class Leaving(Protocol):
    """What approving a run does: the days its texts go on, how many got another day, how many none."""

    @property
    def departures(self) -> Sequence[Departure]: ...
    @property
    def moved(self) -> int: ...
    @property
    def cancelled(self) -> int: ...


def key_of(run: RunRow) -> str:
    """The campaign's name in schedules.yaml when the run was planned."""
    return str(run.settings.get("key", run.campaign_id))


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the shop's clock."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def run_state(run: RunRow, zone: ZoneInfo) -> str:
    """Its state; of one in review until when, of a void one whether anybody had looked."""
    if run.state == "review" and run.review_until is not None:
        return _("review until {moment}").format(moment=f"{run.review_until.astimezone(zone):%m-%d %H:%M}")
    if run.state == "void" and run.reviewed_by == "expired":
        return _("void, not reviewed")
    return state_word(run.state)


def reviewed_sentence(run: RunRow, zone: ZoneInfo) -> str | None:
    """Who decided, and when, as far as that is known; None where nobody has."""
    review = run.counts.get("review")
    if not review or review["verdict"] == "expired":
        return None
    if not review["at"]:
        undated = {"approved": _("Approved by {name}."), "void": _("Rejected by {name}.")}
        return undated[review["verdict"]].format(name=review["by"])
    sentences = {"approved": _("Approved by {name} on {moment}."), "void": _("Rejected by {name} on {moment}.")}
    moment = local(datetime.fromisoformat(review["at"]), zone)
    return sentences[review["verdict"]].format(name=review["by"], moment=moment)


def departure_sentences(found: Leaving, zone: ZoneInfo, not_before: datetime | None = None) -> Iterator[str]:
    """On which days the texts go, and what became of those whose day is over. `not_before`: when the first could go."""
    for each in found.departures[:DAYS_NAMED]:
        yield ngettext("{count} text goes out from {moment}", "{count} texts go out from {moment}", each.texts).format(
            count=each.texts, moment=local(each.first, zone)
        )
    if more := found.departures[DAYS_NAMED:]:
        texts = sum(each.texts for each in more)
        yield ngettext(
            "and {count} on {days} more day, {day}", "and {count} on {days} more days, the last on {day}", len(more)
        ).format(count=texts, days=len(more), day=more[-1].day)
    if not found.departures:
        yield _("No text goes out.")
    elif not_before is not None and found.departures[0].first > not_before:
        yield _(
            "The first may not go before {moment}: quiet hours, closed days, or the day's share is given out."
        ).format(moment=local(found.departures[0].first, zone))
    if found.moved:
        yield ngettext(
            "{count} of them gets another day, for the one planned is over.",
            "{count} of them get another day, for the one planned is over.",
            found.moved,
        ).format(count=found.moved)
    if found.cancelled:
        yield ngettext(
            "{count} finds no place before its last day is over: it is cancelled.",
            "{count} find no place before their last day is over: they are cancelled.",
            found.cancelled,
        ).format(count=found.cancelled)
