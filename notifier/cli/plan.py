"""`notifier plan`: what was planned, what was left out and why, and what waits for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from notifier.cli.opening import open_house
from notifier.cli.options import At, CampaignName, DryRun, Json, moment_or_now
from notifier.cli.terminal import remark, say, show, show_json, table
from notifier.cli.titles import campaign_title
from notifier.locale import _

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.jobs.plan import PlanResult
    from notifier.schedules import Schedules

__all__ = ["plan_command"]


def plan_command(at: At = None, campaign: CampaignName = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Plan what is due."""
    from notifier.jobs.plan import plan

    with open_house() as house:
        for problem in house.publish_templates():
            remark(_("{problem} The last good version stays live.").format(problem=problem))
        result = plan(house.planner(), moment_or_now(at), campaign=campaign, dry_run=dry_run)
        if as_json:
            show_json(result.document())
        else:
            _show(result, house.schedules, dry_run=dry_run)


def _show(result: PlanResult, schedules: Schedules, *, dry_run: bool) -> None:
    if result.runs:
        show(_counts(result))
        if reasons := list(_reasons(result)):
            listed = table("", "", "", right=(2,))
            for row in reasons:
                listed.add_row(*row)
            say("", _("Left out (for good) and put off (looked at again by the next run):"))
            show(listed)
    say(*_remarks(result, schedules, dry_run=dry_run))


def _counts(result: PlanResult) -> Table:
    made = table(
        _("Campaign"), _("Planned"), _("Withheld"), _("Left out"), _("Put off"), right=(1, 2, 3, 4)
    )  # fmt: skip
    for run in result.runs:
        tally = run.tally
        figures = (tally.planned, tally.withheld, tally.excluded.total(), tally.deferred.total())
        made.add_row(campaign_title(run.campaign), *map(str, figures))
    if len(result.runs) > 1:
        total = result.total
        figures = (total.planned, total.withheld, total.excluded.total(), total.deferred.total())
        made.add_row(_("Total"), *map(str, figures), style="bold")
    return made


def _reasons(result: PlanResult) -> Iterator[tuple[str, str, str]]:
    from notifier.jobs.reasons import short_words

    for run in result.runs:
        for words, counts in ((_("left out"), run.tally.excluded), (_("put off"), run.tally.deferred)):
            for reason, number in Counter(counts).most_common():
                yield campaign_title(run.campaign), f"{words}: {short_words(reason)}", str(number)


def _remarks(result: PlanResult, schedules: Schedules, *, dry_run: bool) -> Iterator[str]:
    from notifier.domain.rules import RULES
    from notifier.jobs.reasons import short_words

    yield from map(str, result.problems)
    for key, reason in result.waiting.items():
        if reason == "cannot_be_sent":
            continue
        reads = [kind for kind in RULES[schedules.campaign(key).rule].reads if _may_be_stale(kind, schedules, reason)]
        mend = " · ".join(f"notifier import {kind} FILE" for kind in reads)
        yield _("{campaign} waits: {reason}. Mend: {mend}").format(
            campaign=campaign_title(key), reason=short_words(reason), mend=mend
        )
    unknown = result.total.excluded["consent_unknown"]
    if unknown:
        yield _(
            "{number} texts were left out because nobody knows whether the customer agreed to marketing. Import the "
            "consent column, or say where it comes from: notifier import customers FILE --consent SOURCE"
        ).format(number=unknown)
    for run in result.runs:
        if run.state == "review" and run.tally.planned:
            yield _("Run {run} of {campaign} waits for a person: notifier runs show {run}").format(
                run=run.run_id, campaign=campaign_title(run.campaign)
            )
    for run_id in result.expired:
        yield _("Run {run} was not reviewed in time and is void; its customers are looked at again.").format(run=run_id)
    if not result.runs and not result.waiting:
        yield _("No campaign is due now. notifier schedules next says when one is.")
    if dry_run:
        yield _("This was a dry run: nothing was kept.")


def _may_be_stale(kind: str, schedules: Schedules, reason: str) -> bool:
    """An import without a limit never makes a campaign wait for its age."""
    return reason != "data_too_old" or kind in schedules.guards.data_max_age
