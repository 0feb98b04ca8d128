"""`notifier pause` and `notifier resume`: everything, or one shop, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import Json, user_name
from notifier.cli.terminal import remark, say, show_json
from notifier.errors import StoreError
from notifier.locale import N_, _
from notifier.reports.pause_words import pause_sentences, still_claiming_sentence

if TYPE_CHECKING:
    from notifier.wiring import House

__all__ = ["pause_command", "resume_command", "still_claiming"]

Paused = Annotated[
    str | None, typer.Option("--shop", metavar="KEY", help=N_("only this shop, by its key in schedules.yaml"))
]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help=N_("who pauses, told with the pause; left out: the user"))
]


def pause_command(shop: Paused = None, by: By = None, as_json: Json = False) -> None:
    """Send nothing more; what is planned stays planned."""
    from notifier.store.messages import waiting_count
    from notifier.store.overview import under_way
    from notifier.store.pauses import claims_are_over, pause, pauses_in_force

    with open_house(makes_database=False) as house:
        _raise_if_not_made(house)
        _raise_if_unknown(house, shop)
        with house.store.write() as session:
            is_new = pause(session, shop, by=by or user_name())
        is_settled = claims_are_over(house.store, house.settings.gateway)
        with house.store.read() as session:
            found, waiting, sending = pauses_in_force(session), waiting_count(session), under_way(session)["sending"]
            said = pause_sentences(session, [each for each in found if each.shop == shop])
    if as_json:
        show_json({"changed": is_new, "paused": [each.document() for each in found], "waiting": waiting,
                   "sending": sending, "still_claiming": not is_settled})  # fmt: skip
    else:
        say(*said, *_what_becomes_of_them(waiting, sending))
    if not is_settled:
        remark(still_claiming())


def still_claiming() -> str:
    """For whoever has paused: what is to be ended, and how they learn that it has."""
    return f"{still_claiming_sentence()} {_('Then give this command again: it says no more of it.')}"


def _what_becomes_of_them(waiting: int, sending: int) -> list[str]:
    said = [
        _(
            "Planned and not sent in all: {count}. They wait, and planning goes on; a text whose last day passes "
            "meanwhile is cancelled (validity_over)."
        ).format(count=f"{waiting:,}")
    ]
    if sending:
        said.append(_("Handed over at this very moment, and not to be called back: {count}.").format(count=sending))
    return said


def _raise_if_not_made(house: House) -> None:
    """Whoever stops everything must not take a database that is not there for one where nothing waits."""
    from notifier.store.migrations import missing_file

    if file := missing_file(house.settings.database_url):
        raise StoreError(
            N_("There is no database at {file}, so nothing was paused or resumed: whatever is sending uses another "
               "one. Check NOTIFIER_DATABASE_URL and the folder you are in."),
            file=str(file),
        )  # fmt: skip


def _raise_if_unknown(house: House, shop: str | None) -> None:
    """A shop the database knows can be paused whatever schedules.yaml says, or however broken it is.

    Before the transaction that pauses: to read schedules.yaml publishes templates, in one of its own.
    """
    from notifier.store.shops import find_shop

    if shop is None:
        return
    with house.store.read() as session:
        is_known = find_shop(session, shop) is not None
    if not is_known:
        house.schedules.shop(shop)


def resume_command(shop: Paused = None, as_json: Json = False) -> None:
    """Let it go on: everything and a lane that stopped over our set-up, or one shop."""
    from notifier.jobs.send import start_lane
    from notifier.store.lanes import lane_of
    from notifier.store.pauses import pauses_in_force, resume

    with open_house(makes_database=False) as house:
        _raise_if_not_made(house)
        _raise_if_unknown(house, shop)
        gateway = house.settings.gateway
        with house.store.write() as session:
            was_paused = resume(session, shop)
            was_stopped = shop is None and lane_of(session, gateway).stopped is not None
        if was_stopped:
            start_lane(house.store, gateway)
        with house.store.read() as session:
            left = pauses_in_force(session)
            said = pause_sentences(session, left)
    document: dict[str, Any] = {"changed": was_paused, "lane_started": was_stopped}
    if as_json:
        show_json(document | {"paused": [each.document() for each in left]})
        return
    say(_resumed(shop, was_paused=was_paused))
    if was_stopped:
        say(_("The lane of {gateway}, which had stopped over our set-up, tries again.").format(gateway=gateway))
    say(*said)


def _resumed(shop: str | None, *, was_paused: bool) -> str:
    if shop is not None:
        sentence = _("The pause of {shop} is over.") if was_paused else _("{shop} was not paused.")
        return sentence.format(shop=shop)
    return _("The pause of everything is over.") if was_paused else _("There was no pause of everything.")
