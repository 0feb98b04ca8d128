"""`notifier runs …` and `notifier campaigns …`: what a person releases, rejects, pauses."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import whole_number
from notifier.cli.terminal import say, show, table
from notifier.cli.titles import campaign_title, state_word
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.store.runs import RunRow
    from notifier.wiring import House

__all__ = ["approve_command", "list_command", "pause_command", "reject_command", "resume_command", "show_command"]

LATEST = 20
SAMPLES_A_STAGE = 3

RunId = Annotated[int, typer.Argument(metavar="ID", parser=whole_number, help=N_("the run's number"))]
Campaign = Annotated[str, typer.Argument(metavar="NAME", help=N_("the campaign, as in schedules.yaml"))]


def list_command() -> None:
    """The latest runs, newest first."""
    from notifier.store.runs import recent_runs

    with open_house() as house:
        zone = first_shop(house).zone
        with house.store.read() as session:
            runs = recent_runs(session, LATEST)
        made = table(
            _("Run"), _("Campaign"), _("Planned for"), _("State"), _("Planned"), _("Withheld"), right=(0, 4, 5)
        )
        for run in runs:
            made.add_row(
                str(run.id), campaign_title(_key(run)), _local(run.planned_for, zone), state_word(run.state),
                str(run.counts.get("planned", "–")), str(run.counts.get("withheld", "–")),
            )  # fmt: skip
        if runs:
            show(made)
        else:
            say(_("Nothing has been planned yet: notifier plan."))


def _key(run: RunRow) -> str:
    return str(run.settings.get("key", run.campaign_id))


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def show_command(run_id: RunId) -> None:
    """A run's counts, cost and sample texts."""
    from notifier.store.reviews import run_totals, sample_texts
    from notifier.store.runs import run_of

    with open_house() as house:
        shop = first_shop(house)
        with house.store.read() as session:
            run = run_of(session, run_id)
            totals, samples = run_totals(session, run_id), sample_texts(session, run_id, SAMPLES_A_STAGE)
        say(_("Run {run}: {campaign}, planned for {moment}, {state}").format(
            run=run.id, campaign=campaign_title(_key(run)), moment=_local(run.planned_for, shop.zone),
            state=state_word(run.state)), "")  # fmt: skip
        made = table(_("Stage"), _("State"), _("Texts"), _("Segments"), _("Cost"), right=(2, 3, 4))
        for row in totals:
            paid = row.state != "withheld"
            made.add_row(
                row.stage, state_word(row.state), str(row.messages), str(row.segments if paid else 0),
                f"{row.cost_micros / 1_000_000 if paid else 0:.2f} {shop.currency}",
            )  # fmt: skip
        show(made)
        if samples:
            say("", _("Samples, the longest first:"))
        say(*(f"{sample.stage} · {sample.language} · {sample.segments}: {sample.text}" for sample in samples))
        if run.state == "review" and run.review_until is not None:
            say("", _("To send it: notifier runs approve {run}. Not to send it: notifier runs reject {run}.").format(
                run=run.id))  # fmt: skip
            say(_("After {moment} it is void by itself.").format(moment=_local(run.review_until, shop.zone)))


def approve_command(run_id: RunId) -> None:
    """Release a run: the next send takes it."""
    from notifier.store.runs import approve

    with open_house() as house:
        with house.store.write() as session:
            approve(session, run_id, by="cli")
        say(_("Run {run} is released: notifier send takes it.").format(run=run_id))


def reject_command(run_id: RunId) -> None:
    """Make a wholly unsent run void: its customers are looked at again by the next."""
    from notifier.store.runs import void

    with open_house() as house:
        with house.store.write() as session:
            cancelled = void(session, run_id, by="cli")
        say(_("Run {run} is void: {count} texts are cancelled, and its customers are looked at again.").format(
            run=run_id, count=cancelled))  # fmt: skip


def pause_command(campaign: Campaign) -> None:
    """Stop planning and sending a campaign at once; what is planned waits."""
    with open_house() as house:
        _pause(house, campaign, paused=True)
        sentence = _(
            "{campaign} is paused: nothing of it is planned or sent. notifier campaigns resume {key} ends that."
        )
        say(sentence.format(campaign=campaign_title(campaign), key=campaign))


def resume_command(campaign: Campaign) -> None:
    """Let a paused campaign go on."""
    with open_house() as house:
        _pause(house, campaign, paused=False)
        say(_("{campaign} goes on.").format(campaign=campaign_title(campaign)))


def _pause(house: House, name: str, *, paused: bool) -> None:
    from notifier.store.campaigns import pause

    campaign = house.schedules.campaign(name)
    with house.store.write() as session:
        pause(session, campaign.id, paused=paused)
