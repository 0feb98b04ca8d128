"""`notifier explain PHONE|VIN`: why this customer gets, or does not get, a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, CampaignName, Json, moment_or_now
from notifier.cli.terminal import say, show, show_json
from notifier.locale import N_, _
from notifier.locale.mends import with_mend
from notifier.reports.pause_words import pause_sentences
from notifier.reports.tables import table
from notifier.reports.titles import Titles

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.jobs.explain import Answer, Explained, Explanation
    from notifier.schedules import Schedules

__all__ = ["explain_command"]

MARKS = {"passed": "✓", "deferred": "·"}
STOPPED = "✗"

Who = Annotated[
    str, typer.Argument(metavar="PHONE|VIN", help=N_("a customer's mobile number, or the VIN of a car of theirs"))
]


All = Annotated[bool, typer.Option("--all", help=N_("every guard one after the other, with its value and source"))]


def explain_command(
    who: Who, campaign: CampaignName = None, at: At = None, *, walked: All = False, as_json: Json = False
) -> None:
    """Explain one customer."""
    from notifier.jobs.explain import explain

    with open_house(makes_database=False) as house:
        found = explain(
            house.planner(), house.secret, who, moment_or_now(at), campaign=campaign, walked=walked or as_json
        )
        if as_json:
            show_json(found.document())
        else:
            _show(found, house.schedules, walked=walked)
            with house.store.read() as session:
                paused = pause_sentences(session, found.pauses)
            say(*("", *paused) if paused else ())


def _show(found: Explanation, schedules: Schedules, *, walked: bool) -> None:
    from notifier.domain.phone import mask

    titles = Titles(schedules.campaigns)
    phone = mask(found.phone) if found.phone else "–"
    if found.stopped is not None:
        say(_("{phone} gets no text at all: {why}.").format(phone=phone, why=found.stopped))
    for customer in found.customers:
        heading = _heading(customer, phone)
        say(f"{customer.shop} · {heading}" if schedules.is_group else heading, "")
        show(_answers(customer, titles))
        for answer in customer.answers:
            if walked and answer.guards:
                say("", _walk_heading(answer, titles))
                show(_walk(answer))
    if not found.customers:
        say(_("No customer is known under this phone."))


def _heading(explained: Explained, phone: str) -> str:
    person = explained.customer
    consent = {"yes": _("agreed to marketing"), "no": _("refused marketing")}.get(
        person.consent, _("consent to marketing unknown: service reminders only")
    )
    return _("{name}, {phone}: {consent}").format(name=person.name or _("without a name"), phone=phone, consent=consent)


def _answers(explained: Explained, titles: Titles) -> Table:
    from notifier.jobs.explain_words import rows

    made = table(_("Campaign"), _("Car"), _("What and why"))
    for row in rows(explained, titles.of_key):
        made.add_row(row.title, row.car, with_mend(row.sentence, row.mend.in_terminal() if row.mend else ""))
    return made


def _walk_heading(answer: Answer, titles: Titles) -> str:
    """The campaign, and what of it."""
    from notifier.jobs.explain_words import about

    return " · ".join(filter(None, (titles.of_key(answer.campaign), about(answer))))


def _walk(answer: Answer) -> Table:
    from notifier.jobs.walk import TITLES

    made = table("", _("Guard"), _("What it sees"), _("From where"))
    for step in answer.guards:
        made.add_row(MARKS.get(step.verdict, STOPPED), _(TITLES.get(step.guard, step.guard)),
                     step.value or "–", step.source or "–")  # fmt: skip
    return made
