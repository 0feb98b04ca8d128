"""A run in words: its state, and that nobody reviewed it in time. Shared by runs, status, doctor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from notifier.cli.titles import campaign_title, state_word
from notifier.locale import _

if TYPE_CHECKING:
    from notifier.store.runs import RunRow

__all__ = ["LAPSED_TOLD", "key_of", "lapsed_sentence", "local", "review_sentence", "run_state"]

LAPSED_TOLD = timedelta(days=7)
"""How long a run nobody reviewed is spoken of, unless a later one made it good."""


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


def review_sentence(run: RunRow, texts: int, now: datetime, zone: ZoneInfo) -> str:
    """A run that waits for a person, with the command."""
    assert run.review_until is not None  # it waits for review
    until = local(run.review_until, zone)
    if run.review_until < now:
        said = _(
            "Run {run} of {campaign} ({count} texts) was to be reviewed by {moment}; the next plan makes it void and "
            "plans its customers again: notifier plan --campaign {key}"
        )
    else:
        said = _(
            "Run {run} of {campaign} ({count} texts) waits for a person and is void after {moment}: "
            "notifier runs show {run}"
        )
    title = campaign_title(key_of(run))
    return said.format(run=run.id, campaign=title, count=texts, moment=until, key=key_of(run))


def lapsed_sentence(run: RunRow, zone: ZoneInfo) -> str:
    """A run nobody reviewed in time, with the mend."""
    assert run.review_until is not None  # it waited for review
    return _(
        "Run {run} of {campaign} is void: nobody reviewed its {count} texts by {moment}. Nothing is lost: the next "
        "run plans these customers again, at once with notifier plan --campaign {key}"
    ).format(
        run=run.id, campaign=campaign_title(key_of(run)), count=run.counts.get("planned", "–"),
        moment=local(run.review_until, zone), key=key_of(run),
    )  # fmt: skip
