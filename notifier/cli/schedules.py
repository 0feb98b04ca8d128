"""`notifier schedules check` and `next`: what is wrong with schedules.yaml, and what will run when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, Json, moment_or_now, whole_number
from notifier.cli.terminal import say, show_json
from notifier.errors import BadInput, ScheduleError
from notifier.locale import N_, _, listed

if TYPE_CHECKING:
    from notifier.wiring import House

__all__ = ["check_command", "next_command"]

MOST_DAYS = 366

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
        switched_off = [campaign.key for campaign in schedules.campaigns if not campaign.enabled]
        if switched_off:
            say(_("Switched off: {campaigns}.").format(campaigns=listed(switched_off)))
        say(_("{file} is fine: {count} campaigns.").format(file=schedules.path, count=len(schedules.campaigns)))


def _template_problems(house: House) -> list[str]:
    return [str(problem) for problem in house.publish_templates()]


def next_command(days: Days = 7, at: At = None, as_json: Json = False) -> None:
    """What runs in the next days, in the shop's time, and how many texts it will about be."""
    from notifier.cli.forecast_page import print_forecast
    from notifier.jobs.forecast import forecast

    if not 1 <= days <= MOST_DAYS:
        raise BadInput(N_("--days {days} is no range to look ahead; give 1 to {most}."), days=days, most=MOST_DAYS)
    with open_house() as house:
        house.publish_templates()
        found = forecast(house.planner(), moment_or_now(at), days)
        if as_json:
            show_json(found.document())
        elif found.runs:
            print_forecast(found, house.schedules)
        else:
            raise ScheduleError(N_("Nothing runs in the next {days} days; look at “when” in {file}."), days=days,
                                file=str(house.schedules.path), line=1, key="")  # fmt: skip
