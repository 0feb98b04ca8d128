"""`notifier unknown …`: texts nobody can tell of, their evidence, and a person's word about them."""

from __future__ import annotations

from typing import Annotated

import typer

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import At, moment_or_now, whole_number
from notifier.cli.terminal import say
from notifier.errors import NotFound
from notifier.locale import N_, _
from notifier.reports.titles import titles_of

__all__ = ["list_command", "not_sent_command", "sent_command"]

MessageId = Annotated[
    int, typer.Argument(metavar="ID", parser=whole_number, help=N_("the message's number in notifier unknown list"))
]


def list_command() -> None:
    """Each unknown attempt with all that is known of it."""
    from notifier.domain.phone import mask
    from notifier.store.reviews import unknown_evidence

    with open_house() as house:
        zone = first_shop(house).zone
        with house.store.read() as session:
            found, titles = unknown_evidence(session), titles_of(session, house.schedules)
        for each in found:
            say(
                _("Message {message}, attempt {n}: {campaign} to {phone} by {gateway}, begun {begun}").format(
                    message=each.message_id, n=each.n, campaign=titles.of_id(each.campaign_id),
                    phone=mask(each.phone) if each.phone else "–", gateway=each.gateway,
                    begun=f"{each.claimed_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
                ),
                _("  what came back: {code} {text}; provider's id: {sid}").format(
                    code=each.error_code or "–", text=each.error_text or "", sid=each.provider_sid or "–"
                ),
                _("  first complete list without it: {listed}; worth sending until {valid}").format(
                    listed=f"{each.empty_listing_at.astimezone(zone):%H:%M:%S}" if each.empty_listing_at else "–",
                    valid=f"{each.valid_until.astimezone(zone):%Y-%m-%d %H:%M}",
                ),
                f"  {each.text or '–'}",
                "",
            )  # fmt: skip
        if found:
            say(_("Look each up in the provider's console, then say: notifier unknown sent ID, or not-sent ID."))
        else:
            say(_("Nothing is unknown."))


def sent_command(message_id: MessageId, at: At = None) -> None:
    """The provider's console shows the text: it was sent."""
    _settle(message_id, at, sent=True)


def not_sent_command(message_id: MessageId, at: At = None) -> None:
    """The provider's console does not show it: it was not sent, and goes out again while it is still worth it."""
    _settle(message_id, at, sent=False)


def _settle(message_id: int, at: At, *, sent: bool) -> None:
    from notifier.jobs.reconcile import settle_by_hand

    with open_house() as house:
        if not settle_by_hand(house.store, message_id, sent=sent, now=moment_or_now(at)):
            raise NotFound(
                N_("Message {message} has nothing unknown. notifier unknown list shows those that have."),
                message=message_id,
            )
    if sent:
        say(_("Message {message} counts as sent.").format(message=message_id))
    else:
        say(_("Message {message} counts as not sent; notifier send takes it up while it is worth it.").format(
            message=message_id))  # fmt: skip
