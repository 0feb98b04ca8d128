"""`notifier explain PHONE|VIN`: why this customer gets, or does not get, a message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, CampaignName, Json, moment_or_now
from notifier.cli.terminal import say, show, show_json, table
from notifier.cli.titles import campaign_title
from notifier.locale import N_, _

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.jobs.explain import Explained, Explanation

__all__ = ["explain_command"]

Who = Annotated[
    str, typer.Argument(metavar="PHONE|VIN", help=N_("a customer's mobile number, or the VIN of a car of theirs"))
]


def explain_command(who: Who, campaign: CampaignName = None, at: At = None, as_json: Json = False) -> None:
    """Explain one customer."""
    from notifier.jobs.explain import explain

    with open_house() as house:
        found = explain(house.planner(), house.secret, who, moment_or_now(at), campaign=campaign)
        if as_json:
            show_json(found.document())
        else:
            _show(found)


def _show(found: Explanation) -> None:
    from notifier.domain.phone import mask

    phone = mask(found.phone) if found.phone else "–"
    if found.stopped is not None:
        say(_("{phone} gets no text at all: {why}.").format(phone=phone, why=found.stopped))
    for customer in found.customers:
        say(_heading(customer, phone), "")
        show(_answers(customer))
    if not found.customers:
        say(_("No customer is known under this phone."))


def _heading(explained: Explained, phone: str) -> str:
    person = explained.customer
    consent = {"yes": _("agreed to marketing"), "no": _("refused marketing")}.get(
        person.consent, _("consent to marketing unknown: service reminders only")
    )
    return _("{name}, {phone}: {consent}").format(name=person.name or _("without a name"), phone=phone, consent=consent)


def _answers(explained: Explained) -> Table:
    made = table(_("Campaign"), _("Car"), _("What and why"))
    for row in _rows(explained):
        made.add_row(*row)
    return made


def _rows(explained: Explained) -> Iterator[tuple[str, str, str]]:
    for answer in explained.answers:
        yield campaign_title(answer.campaign), answer.plate or answer.vin or "", answer.sentence
