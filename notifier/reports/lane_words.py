"""Why a provider refuses our set-up, and who can do something about it, in words for the console's readers."""

from __future__ import annotations

from notifier.gateways.codes import reason_of
from notifier.locale import N_, _

__all__ = ["lane_mend"]

_CAUSES = {
    "credentials": N_("The key of the account with the provider is wrong."),
    "account_unknown": N_("The provider knows no account of this number."),
    "account_suspended": N_("The account with the provider is suspended: top it up, or ask the provider why."),
    "bad_sender": N_("The number texts are sent from is no number."),
    "sender_missing": N_("No number is set to send texts from."),
    "sender_not_ours": N_("The number texts are sent from does not belong to the account."),
    "sender_unregistered": N_("The sender's number must be registered with the provider first."),
    "region_not_allowed": N_("The account may not send to this country: allow it with the provider."),
    "callback_url": N_("The provider cannot use the address our console is reached at."),
    "service_without_sender": N_("The messaging service has no sender: add one with the provider."),
    "service_unknown": N_("The provider knows no messaging service of this number."),
}


def lane_mend(gateway: str, code: str) -> str:
    """What to do where the lane of this gateway stands still over this code."""
    then = _("Ask whoever looks after the server to put it right there and let sending go on.")
    sentence = _CAUSES.get(reason_of(gateway, code) or "")
    return _("{why} {then}").format(why=_(sentence), then=then) if sentence else then
