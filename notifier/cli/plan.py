"""`notifier plan`: what was planned, what was left out and why, and what waits for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import At, CampaignName, DryRun, Json, ShopKey, moment_or_now, path
from notifier.cli.run_words import lapsed_sentence
from notifier.cli.terminal import remark, say, show, show_json
from notifier.cli.unfinished import Unfinished
from notifier.errors import BadInput
from notifier.locale import N_, _, ngettext
from notifier.locale.system import system_words
from notifier.reports.tables import table
from notifier.reports.titles import Titles

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.jobs.plan import PlannedRun, PlanResult
    from notifier.jobs.rehearsed import People
    from notifier.schedules import Schedules
    from notifier.wiring import House

__all__ = ["plan_command"]

SHOWN_ROWS = 20
"""Rows of a list that name nobody, on the terminal."""

ListFile = Annotated[
    Path | None,
    typer.Option(
        "--list", metavar="FILE", parser=path,
        help=N_("with --dry-run: the people and their texts as a table, .xlsx or .csv, with whole phones"),
    ),
]  # fmt: skip


def plan_command(
    at: At = None,
    campaign: CampaignName = None,
    *,
    shop: ShopKey = None,
    dry_run: DryRun = False,
    people_file: ListFile = None,
    as_json: Json = False,
) -> None:
    """Plan what is due."""
    from notifier.jobs.plan import plan
    from notifier.jobs.rehearsed import People

    _raise_if_no_list(people_file, dry_run=dry_run)
    with open_house() as house:
        for problem in house.publish_templates():
            remark(_("{problem} The last good version stays live.").format(problem=problem))
        people = People(house.store) if people_file is not None else None
        planner = replace(house.planner(), seen=people)
        result = plan(planner, moment_or_now(at), campaign=campaign, shop=shop, dry_run=dry_run)
        if as_json:
            show_json(result.document())
        else:
            unfinished = {each.key: Unfinished.of(house.at_shop(each.key)) for each in house.schedules.shops}
            _show(result, house.schedules, unfinished, dry_run=dry_run)
            say(*_expired(house, result.expired))
        if people is not None and people_file is not None:
            _write_people(people, people_file, quiet=as_json)


def _expired(house: House, run_ids: Sequence[int]) -> list[str]:
    """Runs nobody reviewed in time, each with the mend."""
    from notifier.store.runs import run_of

    titles = Titles(house.schedules.campaigns)
    with house.store.read() as session:
        return [lapsed_sentence(run_of(session, run_id), titles, first_shop(house).zone) for run_id in run_ids]


def _raise_if_no_list(file: Path | None, *, dry_run: bool) -> None:
    if file is None:
        return
    if not dry_run:
        raise BadInput(N_("--list goes with --dry-run; what was planned in earnest shows notifier runs show."))
    if file.suffix.lower() not in (".xlsx", ".csv"):
        raise BadInput(N_("--list {file} is neither .xlsx nor .csv; end its name with one of them."), file=str(file))


def _write_people(people: People, file: Path, *, quiet: bool) -> None:
    from notifier.jobs.rehearsed import HEADINGS
    from notifier.spreadsheets import write_texts

    try:
        written = write_texts(file, [_(heading) for heading in HEADINGS], people.cells(), sheet=_("Dry run"))
    except OSError as error:
        raise BadInput(
            N_("The list cannot be written to {file} ({detail}). Choose a folder that exists and has room."),
            file=str(file),
            detail=system_words(error),
        ) from error
    if not quiet:
        said = ngettext("The people, {count} row, are in {file}.", "The people, {count} rows, are in {file}.", written)
        say(said.format(count=written, file=file))


def _show(result: PlanResult, schedules: Schedules, unfinished: Mapping[str, Unfinished], *, dry_run: bool) -> None:
    titles = Titles(schedules.campaigns)
    if result.runs:
        show(_counts(result, titles))
        if reasons := list(_reasons(result, titles)):
            listed = table("", "", "", right=(2,))
            for row in reasons:
                listed.add_row(*row)
            say("", _("Left out (for good) and put off (looked at again by the next run):"))
            show(listed)
    say(*_remarks(result, schedules, unfinished, dry_run=dry_run))


def _counts(result: PlanResult, titles: Titles) -> Table:
    made = table(
        _("Campaign"), _("Planned"), _("Withheld"), _("Left out"), _("Put off"), right=(1, 2, 3, 4)
    )  # fmt: skip
    for run in result.runs:
        tally = run.tally
        figures = (tally.planned, tally.withheld, tally.excluded.total(), tally.deferred.total())
        made.add_row(_title(result, run, titles), *map(str, figures))
    if len(result.runs) > 1:
        total = result.total
        figures = (total.planned, total.withheld, total.excluded.total(), total.deferred.total())
        made.add_row(_("Total"), *map(str, figures), style="bold")
    return made


def _title(result: PlanResult, run: PlannedRun, titles: Titles) -> str:
    """The campaign; of a group with the shop's key before it."""
    return f"{run.shop} · {titles.of_key(run.campaign)}" if result.is_group else titles.of_key(run.campaign)


def _reasons(result: PlanResult, titles: Titles) -> Iterator[tuple[str, str, str]]:
    from notifier.jobs.reasons import short_words

    for run in result.runs:
        for words, counts in ((_("left out"), run.tally.excluded), (_("put off"), run.tally.deferred)):
            for reason, number in Counter(counts).most_common():
                yield _title(result, run, titles), f"{words}: {short_words(reason)}", str(number)


def _remarks(
    result: PlanResult, schedules: Schedules, unfinished: Mapping[str, Unfinished], *, dry_run: bool
) -> Iterator[str]:
    from notifier.domain.rules import RULES
    from notifier.jobs.reasons import short_words

    titles = Titles(schedules.campaigns)
    yield from map(str, result.problems)
    for (shop, key), reason in result.waits.items():
        if reason in ("cannot_be_sent", "list_unreadable"):
            continue  # the problem above says more
        here = schedules.of_shop(shop)
        reads = [kind for kind in RULES[here.campaign(key).rule].reads if _may_be_stale(kind, here, reason)]
        mends = unfinished[shop].mends(reads) if reason == "import_unfinished" else map(_import_of, reads)
        mend = " · ".join(f"{each} --shop {shop}" if result.is_group else each for each in mends)
        yield _("{campaign} waits: {reason}. Mend: {mend}").format(
            campaign=titles.of_key(key), reason=short_words(reason), mend=mend
        )
    unknown = result.total.excluded["consent_unknown"]
    if unknown:
        yield _(
            "{number} texts were left out because nobody knows whether the customer agreed to marketing. Import the "
            "consent column, or say where it comes from: notifier import customers FILE --consent SOURCE"
        ).format(number=unknown)
    for run in result.runs:
        yield from _about_audience(run, titles.of_key(run.campaign))
    for run in result.runs:
        if run.state == "review" and run.tally.planned:
            yield _("Run {run} of {campaign} waits for a person: notifier runs show {run}").format(
                run=run.run_id, campaign=titles.of_key(run.campaign)
            )
    if not result.runs and not result.waiting:
        yield _("No campaign is due now. notifier schedules next says when one is.")
    if dry_run:
        yield _("This was a dry run: nothing was kept.")


def _about_audience(run: PlannedRun, title: str) -> Iterator[str]:
    """What the campaign's filter leaves, and which rows of its list name nobody."""
    from notifier.jobs.reasons import unknown_words

    if run.reach is not None:
        yield _("{campaign}: its audience leaves {left} of {due} that are due today.").format(
            campaign=title, left=run.reach.left, due=run.reach.due
        )
    if run.unknown:
        yield ngettext(
            "{campaign}: {number} row of its list names nobody we know, and nobody is texted for it:",
            "{campaign}: {number} rows of its list name nobody we know, and nobody is texted for them:",
            len(run.unknown),
        ).format(campaign=title, number=len(run.unknown))
    for row in run.unknown[:SHOWN_ROWS]:
        yield _("line {line}: {value}, {why}").format(line=row.line, value=row.shown, why=unknown_words(row.why))
    if len(run.unknown) > SHOWN_ROWS:
        yield _("and {number} more; --json lists them all.").format(number=len(run.unknown) - SHOWN_ROWS)


def _import_of(kind: str) -> str:
    return f"notifier import {kind} FILE"


def _may_be_stale(kind: str, schedules: Schedules, reason: str) -> bool:
    """An import without a limit never makes a campaign wait for its age."""
    return reason != "data_too_old" or kind in schedules.guards.data_max_age
