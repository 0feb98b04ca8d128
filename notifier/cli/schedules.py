"""`notifier schedules check` and `next`: what is wrong with schedules.yaml, and what will run when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, moment_or_now, whole_number
from notifier.cli.terminal import say, show, table
from notifier.cli.titles import campaign_title
from notifier.errors import ScheduleError
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.wiring import House

__all__ = ["check_command", "next_command"]

Days = Annotated[
    int, typer.Option("--days", metavar="N", parser=whole_number, help=N_("how many days to look ahead; left out: 7"))
]


def check_command() -> None:
    """Every problem in one sentence with its line (exit 1); what may disappoint is said too (exit 0)."""
    from notifier.schedules import warnings_of

    with open_house() as house:
        for problem in _template_problems(house):
            say(problem)
        schedules = house.schedules  # raises ScheduleProblems with every problem
        say(*(_("Worth a look: {warning}").format(warning=warning) for warning in warnings_of(schedules)))
        for campaign in schedules.campaigns:
            if not campaign.enabled:
                say(_("{campaign} is switched off.").format(campaign=campaign.key))
        say(_("{file} is fine: {count} campaigns.").format(file=schedules.path, count=len(schedules.campaigns)))


def _template_problems(house: House) -> list[str]:
    return [str(problem) for problem in house.publish_templates()]


def next_command(days: Days = 7, at: At = None) -> None:
    """What runs in the next days, in the shop's time."""
    with open_house() as house:
        now = moment_or_now(at)
        schedules = house.schedules
        zone = schedules.shops[0].zone
        due = sorted(
            (moment, campaign.key)
            for campaign in schedules.campaigns
            if campaign.enabled
            for moment in campaign.runs_between(now, now + timedelta(days=days), zone)
        )
        if not due:
            raise ScheduleError(N_("Nothing runs in the next {days} days; look at “when” in {file}."), days=days,
                                file=str(schedules.path), line=1, key="")  # fmt: skip
        made = table(_("When"), _("Campaign"))
        for moment, key in due:
            made.add_row(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}", campaign_title(key))
        show(made)
