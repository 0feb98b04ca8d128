"""`notifier status`: waiting, sending, unknown, rate, oldest, pauses, the lane and its last trouble; once, or live."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import At, Json, moment_or_now
from notifier.cli.sync_words import failed_sync
from notifier.cli.terminal import say, show, show_json
from notifier.locale import N_, _
from notifier.reports.pause_words import pause_sentences
from notifier.reports.run_words import LAPSED_TOLD

if TYPE_CHECKING:
    from notifier.cli.status_page import Picture
    from notifier.domain.sending_hours import SendingHours
    from notifier.wiring import House

__all__ = ["status_command"]

EVERY = 2.0
SHORTEST, LONGEST = 0.1, 3600

Watch = Annotated[bool, typer.Option("--watch", help=N_("go on showing it as it changes, until Ctrl-C"))]


def seconds(text: str) -> float:
    """``2`` or ``0.5``."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not SHORTEST <= found <= LONGEST:
        said = _("{value} is no number of seconds from {shortest} to {longest}.")
        raise typer.BadParameter(said.format(value=text, shortest=SHORTEST, longest=LONGEST))
    return found


Every = Annotated[
    float | None,
    typer.Option(
        "--every", metavar="SECONDS", parser=seconds, help=N_("how often to look, 2 if left out; means --watch")
    ),
]


def status_command(*, watching: Watch = False, every: Every = None, at: At = None, as_json: Json = False) -> None:
    """How the lane stands now."""
    from notifier.cli.status_watch import watch

    with open_house(makes_database=False) as house:
        look = partial(_look, house, at)
        if watching or every is not None:
            watch(look, every or EVERY, as_json=as_json)
            return
        picture = look()
        if as_json:
            show_json(picture.document())
        else:
            show(picture.table())
            say(*picture.sentences())


def _look(house: House, at: datetime | None) -> Picture:
    from notifier.cli.status_page import Picture
    from notifier.reports.titles import titles_of
    from notifier.store.beats import liveness
    from notifier.store.campaigns import paused_campaigns
    from notifier.store.lanes import lane_of
    from notifier.store.overview import lane_state, standing
    from notifier.store.pauses import pauses_in_force
    from notifier.store.runs import lapsed_runs, runs_in_review

    now, gateway = moment_or_now(at), house.settings.gateway
    with house.store.read() as session:
        found, lane, pauses = standing(session, now), lane_of(session, gateway), pauses_in_force(session)
        return Picture(
            now=now,
            zone=first_shop(house).zone,
            standing=found,
            lane=lane,
            lane_state=lane_state(lane, found),
            pauses=pauses,
            pause_words=pause_sentences(session, pauses),
            paused_campaigns=paused_campaigns(session),
            reviews=runs_in_review(session),
            lapsed=lapsed_runs(session, now - LAPSED_TOLD),
            quiet_until=_quiet_until(house, now),
            failed_sync=failed_sync(house) if house.settings.dms_url is not None else None,
            life=liveness(session),
            titles=titles_of(session, house.schedules),
        )


def _quiet_until(house: House, now: datetime) -> datetime | None:
    """When the first of the shops lets reminders leave again; None where one does now, or asks the phone's clock."""
    opens = [_hours(house, shop.key).next_open(now) for shop in house.schedules.shops]
    by_phone = any(_hours(house, shop.key).by_phone for shop in house.schedules.shops)
    return None if by_phone or min(opens) == now else min(opens)


def _hours(house: House, shop: str) -> SendingHours:
    here = house.schedules.of_shop(shop)
    return here.guards.hours(here.shops[0].zone)
