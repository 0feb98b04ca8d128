"""`notifier import folder [DIR]`: one round through the watched folder by hand, filed as the daemon files it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, Json, moment_or_now, path
from notifier.cli.terminal import say, show, show_json, table
from notifier.locale import N_, _
from notifier.locale.records import records_word

if TYPE_CHECKING:
    from notifier.dms.inbox import Sighting
    from notifier.jobs.inbox import Filed, InboxResult

__all__ = ["folder_command"]

RESTS = timedelta(seconds=2)
"""Somebody who asks for it has seen that the copy is over; this is to make sure."""

Folder = Annotated[
    Path | None, typer.Argument(metavar="DIR", parser=path, help=N_("the folder; left out: that of NOTIFIER_INBOX"))
]


def folder_command(folder: Folder = None, *, at: At = None, as_json: Json = False) -> None:
    """Import what lies there now. Exit code 1 where a file was rejected or had to wait."""
    with open_house() as house:
        chosen = house.inbox(folder)
        sighting = _rested(chosen)
        result = house.import_folder(chosen, sighting.ready, moment_or_now(at))
        if as_json:
            show_json(result.document() | {"settling": sighting.settling, "passed_over": sighting.passed_over})
        else:
            _show(result, sighting)
    if sighting.settling or any(filed.state != "done" for filed in result.files):
        raise typer.Exit(1)


def _rested(folder: Path) -> Sighting:
    """Two looks: a file that changes between them is still being written."""
    from notifier.dms.inbox import FolderWatch

    watch = FolderWatch(folder, RESTS)
    first = watch.look(_clock())
    if not first.settling:
        return first
    time.sleep(RESTS.total_seconds() + 0.1)
    return watch.look(_clock())


def _clock() -> datetime:
    return datetime.now(UTC)


def _show(result: InboxResult, sighting: Sighting) -> None:
    if result.files:
        listed = table(_("File"), "", *_headings(), right=tuple(range(2, 2 + len(_headings()))))
        listed.columns[1].no_wrap = True
        for filed in result.files:
            listed.add_row(filed.file, *_figures(filed))
        show(listed, "")
    for filed in result.files:
        if filed.sentence is not None:
            say(filed.sentence)
        if filed.state == "done":
            say(_("{file} lies in {place} now, its report beside it.").format(file=filed.file, place=filed.filed))
        if filed.state == "rejected":
            say(_("{file} lies in {place} now, this reason beside it.").format(file=filed.file, place=filed.filed))
    for name in sighting.settling:
        say(_("{file} is still being written, and was left.").format(file=name))
    for name in sighting.passed_over:
        say(_("{file} is no plain file, and was passed over.").format(file=name))
    if not result.files and not sighting.settling:
        say(_("Nothing lies there to be imported."))


def _headings() -> tuple[str, ...]:
    """What was read, and the verdicts it is the sum of."""
    return _("Read"), _("New"), _("Changed"), _("Unchanged"), _("Merged"), _("Parked"), _("Rejected")


def _figures(filed: Filed) -> tuple[str, ...]:
    if filed.done is None:
        words: Mapping[str, str] = {"rejected": _("rejected"), "waiting": _("waits")}
        return (words[filed.state], *("" for _heading in _headings()))
    report = filed.done.report
    figures = (
        report.read, report.new, report.changed, report.unchanged, report.merged, report.parked,
        report.rejected.total(),
    )  # fmt: skip
    return (records_word(report.kind), *(f"{figure:,}" for figure in figures))
