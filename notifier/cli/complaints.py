"""`notifier complaints …`: customers who were not content, until somebody has settled it."""

from __future__ import annotations

from typing import Annotated

import typer

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import At, moment_or_now, whole_number
from notifier.cli.terminal import say, show
from notifier.locale import N_, _
from notifier.reports.tables import table

__all__ = ["close_command", "list_command"]

ComplaintId = Annotated[
    int,
    typer.Argument(metavar="ID", parser=whole_number, help=N_("the complaint's number in notifier complaints list")),
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help=N_("what was done about it"))]


def list_command() -> None:
    """Who waits to be called, the oldest first; a manager within two days."""
    from notifier.domain.phone import mask
    from notifier.store.complaints import open_complaints

    with open_house() as house:
        with house.store.read() as session:
            found = open_complaints(session)
        made = table(_("Complaint"), _("Since"), _("Customer"), _("Phone"), _("Reply"), right=(0,))
        for each in found:
            phone = mask(each.phone) if each.phone else "–"
            made.add_row(str(each.id), each.opened_on.isoformat(), each.name or "–", phone, each.words or "–")
        if found:
            show(made)
            say("", _("Once it is settled: notifier complaints close ID. Until then nothing else is sent to them."))
        else:
            say(_("No complaint is open."))


def close_command(complaint_id: ComplaintId, note: Note = None, at: At = None) -> None:
    """It is settled: what it held back may go out again."""
    from notifier.store.complaints import close_complaint

    with open_house() as house:
        day = moment_or_now(at).astimezone(first_shop(house).zone).date()
        with house.store.write() as session:
            close_complaint(session, complaint_id, day=day, note=note)
        say(_("Complaint {id} is settled.").format(id=complaint_id))
