"""`notifier import folder [DIR]`: one round through the watched folder by hand, filed as the daemon files it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import choose_shop, open_house
from notifier.cli.options import At, Json, ShopKey, moment_or_now, path
from notifier.cli.terminal import say, show, show_json
from notifier.locale import N_, _, listed
from notifier.locale.records import records_word
from notifier.reports.tables import table

if TYPE_CHECKING:
    from notifier.dms.inbox import Sighting
    from notifier.jobs.inbox import Filed, InboxResult
    from notifier.jobs.inbox_choice import Choice
    from notifier.wiring import Inbox

__all__ = ["folder_command"]

RESTS = timedelta(seconds=2)
"""Somebody who asks for it has seen that the copy is over; this is to make sure."""

Folder = Annotated[
    Path | None, typer.Argument(metavar="DIR", parser=path, help=N_("the folder; left out: that of NOTIFIER_INBOX"))
]


def folder_command(folder: Folder = None, *, at: At = None, shop: ShopKey = None, as_json: Json = False) -> None:
    """Import what lies there now. Exit code 1 where a file was rejected or had to wait."""
    from notifier.wiring import Inbox

    with open_house() as house:
        choose_shop(house, shop)
        inbox = Inbox(house)
        chosen = inbox.folder(folder)
        sighting = _rested(chosen)
        choice = inbox.choose(chosen, sighting.ready)
        result = _round(inbox, chosen, sighting, choice, moment_or_now(at))
        if as_json:
            passed_over = [*sighting.passed_over, *choice.others]
            show_json(result.document() | {"settling": sighting.settling, "passed_over": passed_over})
        else:
            _show(result, sighting, choice)
    if sighting.settling or any(filed.state != "done" for filed in result.files):
        raise typer.Exit(1)


def _round(inbox: Inbox, folder: Path, sighting: Sighting, choice: Choice, now: datetime) -> InboxResult:
    """A folder of which nothing is taken stays as it is, without subfolders of ours."""
    from notifier.jobs.inbox import Filed, InboxResult

    has_work = bool(choice.taken) or sighting.left_behind
    result = inbox.import_folder(folder, choice.taken, now) if has_work else InboxResult()
    result.files.extend(Filed(name, "left", sentence=why) for name, why in choice.left.items())
    return result


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


WHERE: Mapping[str, str] = {
    "done": N_("{file} lies in {place} now, its report beside it."),
    "rejected": N_("{file} lies in {place} now, this reason beside it."),
    "left": N_("{file} was left where it lies."),
}


def _show(result: InboxResult, sighting: Sighting, choice: Choice) -> None:
    if result.files:
        made = table(_("File"), "", *_headings(), right=tuple(range(2, 2 + len(_headings()))))
        made.columns[1].no_wrap = True
        for filed in result.files:
            made.add_row(filed.file, *_figures(filed))
        show(made, "")
    for filed in result.files:
        if filed.sentence is not None:
            say(filed.sentence)
        if filed.state in WHERE:
            say(_(WHERE[filed.state]).format(file=filed.file, place=filed.filed))
    for name in choice.others:
        say(_("{file} is not called like a table ({endings}), and was left where it lies.").format(
            file=name, endings=_endings()))  # fmt: skip
    for name in sighting.settling:
        say(_("{file} is still being written, and was left.").format(file=name))
    for name in sighting.passed_over:
        say(_("{file} is no plain file, and was passed over.").format(file=name))
    if not result.files and not sighting.settling:
        say(_("Nothing lies there to be imported."))


def _endings() -> str:
    from notifier.dms.file_names import TABLE_ENDINGS

    return listed(TABLE_ENDINGS)


def _headings() -> tuple[str, ...]:
    """What was read, and the verdicts it is the sum of."""
    return _("Read"), _("New"), _("Changed"), _("Unchanged"), _("Merged"), _("Parked"), _("Rejected")


def _figures(filed: Filed) -> tuple[str, ...]:
    if filed.done is None:
        words: Mapping[str, str] = {"rejected": _("rejected"), "waiting": _("waits"), "left": _("left")}
        return (words[filed.state], *("" for _heading in _headings()))
    report = filed.done.report
    figures = (
        report.read, report.new, report.changed, report.unchanged, report.merged, report.parked,
        report.rejected.total(),
    )  # fmt: skip
    return (records_word(report.kind), *(f"{figure:,}" for figure in figures))
