"""`notifier runs …` and `notifier campaigns …`: what a person releases, rejects, pauses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import first_shop, open_house, shop_of_run
from notifier.cli.options import At, moment_or_now, user_name, whole_number
from notifier.cli.pauses import still_claiming
from notifier.cli.run_words import lapsed_sentence
from notifier.cli.terminal import remark, say, show
from notifier.locale import N_, _
from notifier.reports.run_words import LAPSED_TOLD, departure_sentences, local, run_state
from notifier.reports.tables import table
from notifier.reports.titles import Titles

if TYPE_CHECKING:
    from notifier import schedules
    from notifier.store.runs import RunRow
    from notifier.wiring import House

__all__ = ["approve_command", "list_command", "pause_command", "reject_command", "resume_command", "show_command"]

LATEST = 20

RunId = Annotated[int, typer.Argument(metavar="ID", parser=whole_number, help=N_("the run's number"))]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help=N_("who decides, kept with the run; left out: the user"))
]
Campaign = Annotated[str, typer.Argument(metavar="NAME", help=N_("the campaign, as in schedules.yaml"))]


def list_command() -> None:
    """The latest runs, newest first."""
    from notifier.store.runs import recent_runs

    with open_house() as house:
        zone, titles = first_shop(house).zone, Titles(house.schedules.campaigns)
        with house.store.read() as session:
            runs = recent_runs(session, LATEST)
        made = table(
            _("Run"), _("Campaign"), _("Planned for"), _("State"), _("Planned"), _("Withheld"), right=(0, 4, 5)
        )
        for run in runs:
            shop, title = shop_of_run(house, run), titles.of_run(run)
            named, zone = f"{shop.key} · {title}" if house.schedules.is_group else title, shop.zone
            made.add_row(
                str(run.id), named, local(run.planned_for, zone), run_state(run, zone),
                str(run.counts.get("planned", "–")), str(run.counts.get("withheld", "–")),
            )  # fmt: skip
        if runs:
            show(made)
            say(*(lapsed_sentence(run, titles, shop_of_run(house, run).zone) for run in _lapsed(house)))
        else:
            say(_("Nothing has been planned yet: notifier plan."))


def _lapsed(house: House) -> list[RunRow]:
    from notifier.store.runs import lapsed_runs

    with house.store.read() as session:
        return lapsed_runs(session, datetime.now(UTC) - LAPSED_TOLD)


def show_command(run_id: RunId, at: At = None) -> None:
    """What a person looks at before releasing a run."""
    from notifier.cli.run_page import print_run

    with open_house() as house:
        print_run(house, run_id, moment_or_now(at))


def approve_command(run_id: RunId, by: By = None, at: At = None) -> None:
    """Release a run: the next send takes it."""
    from notifier.jobs.review import approve

    with open_house() as house:
        found = approve(house.planner(), run_id, moment_or_now(at), by=by or user_name())
        say(_("Run {run} is released: notifier send takes it.").format(run=run_id))
        say(*departure_sentences(found, first_shop(house).zone))


def reject_command(run_id: RunId, by: By = None, at: At = None) -> None:
    """Make a wholly unsent run void: its customers are looked at again by the next."""
    from notifier.jobs.review import reject

    with open_house() as house:
        cancelled = reject(house.planner(), run_id, moment_or_now(at), by=by or user_name())
        say(_("Run {run} is void: {count} texts are cancelled, and its customers are looked at again.").format(
            run=run_id, count=cancelled))  # fmt: skip


def pause_command(campaign: Campaign) -> None:
    """Stop planning and sending a campaign at once; what is planned waits."""
    from notifier.store.pauses import claims_are_over

    with open_house() as house:
        found = _pause(house, campaign, paused=True)
        is_settled = claims_are_over(house.store, house.settings.gateway)
        sentence = _(
            "{campaign} is paused: nothing of it is planned or sent. notifier campaigns resume {key} ends that."
        )
        say(sentence.format(campaign=found.title, key=found.key))
        if not is_settled:
            remark(still_claiming())


def resume_command(campaign: Campaign) -> None:
    """Let a paused campaign go on."""
    with open_house() as house:
        found = _pause(house, campaign, paused=False)
        say(_("{campaign} goes on.").format(campaign=found.title))


def _pause(house: House, name: str, *, paused: bool) -> schedules.Campaign:
    from notifier.store.campaigns import pause

    campaign = house.schedules.campaign(name)
    with house.store.write() as session:
        pause(session, campaign.id, paused=paused)
    return campaign
