"""What a run that waits or waited for a person needs, with the command. Shared by runs, plan, status, doctor."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from notifier.locale import _
from notifier.reports.run_words import key_of, local

if TYPE_CHECKING:
    from notifier.reports.titles import Titles
    from notifier.store.runs import RunRow

__all__ = ["lapsed_sentence", "review_sentence"]


def review_sentence(run: RunRow, titles: Titles, now: datetime, zone: ZoneInfo) -> str:
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
    title, texts = titles.of_run(run), run.counts.get("planned", 0)
    return said.format(run=run.id, campaign=title, count=texts, moment=until, key=key_of(run))


def lapsed_sentence(run: RunRow, titles: Titles, zone: ZoneInfo) -> str:
    """A run nobody reviewed in time, with the mend."""
    assert run.review_until is not None  # it waited for review
    return _(
        "Run {run} of {campaign} is void: nobody reviewed its {count} texts by {moment}. Nothing is lost: the next "
        "run plans these customers again, at once with notifier plan --campaign {key}"
    ).format(
        run=run.id, campaign=titles.of_run(run), count=run.counts.get("planned", "–"),
        moment=local(run.review_until, zone), key=key_of(run),
    )  # fmt: skip
