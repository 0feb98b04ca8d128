"""Why a provider refuses our set-up, and what to do about it, in words."""

from __future__ import annotations

from notifier.gateways.codes import reason_of
from notifier.locale import N_, _

__all__ = ["lane_mend"]

_MENDS = {
    "credentials": N_("The account's key is wrong: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."),
    "account_unknown": N_("The provider knows no such account: check TWILIO_ACCOUNT_SID."),
    "account_suspended": N_("The account with the provider is suspended: top it up, or ask the provider why."),
    "bad_sender": N_("The sender's number is none: check TWILIO_FROM."),
    "sender_missing": N_("There is no sender: set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID."),
    "sender_not_ours": N_("The sender's number does not belong to the account: check TWILIO_FROM."),
    "sender_unregistered": N_("The sender's number must be registered with the provider first."),
    "region_not_allowed": N_("The account may not send to this country: allow it with the provider."),
    "callback_url": N_("The provider cannot use our address: check NOTIFIER_PUBLIC_URL."),
    "service_without_sender": N_("The messaging service has no sender: add one with the provider."),
    "service_unknown": N_("There is no such messaging service: check TWILIO_MESSAGING_SERVICE_SID."),
}


def lane_mend(gateway: str, code: str) -> str:
    """What to do where the lane of this gateway stands still over this code."""
    then = _("Then, on the server: notifier resume")
    sentence = _MENDS.get(reason_of(gateway, code) or "")
    why = _(sentence) if sentence else _("Ask whoever set Notifier up: notifier doctor says what to mend.")
    return _("{why} {then}").format(why=why, then=then)
