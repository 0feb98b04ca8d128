"""What `doctor` says of a Twilio account: one (ok, sentence with its mend) a line."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import urlsplit

from notifier.locale import _

Line = tuple[bool, str]

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class TwilioSettings(Protocol):
    """What the checks need to know of a gateway."""

    @property
    def account_sid(self) -> str: ...
    @property
    def messaging_service_sid(self) -> str | None: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def public_url(self) -> str | None: ...
    @property
    def mainland_china(self) -> bool: ...


def set_up(settings: TwilioSettings) -> list[Line]:
    """What can be said without asking Twilio."""
    lines = [_account_line(settings.account_sid), _sender_line(settings), _public_url_line(settings.public_url)]
    if settings.mainland_china:
        lines.append(
            (
                True,
                _(
                    "Twilio to mainland China has neither replies nor links: the way out is the shop's phone. "
                    "For replies, use a Chinese provider."
                ),
            )
        )
    return lines


def asked(
    *, status: str | None = None, trial: bool = False, refused: str | None = None, unreachable: str | None = None
) -> list[Line]:
    """What Twilio's answer about the account means: its status, the code it refused with, or no answer at all."""
    if unreachable is not None:
        return [
            (
                False,
                _("Twilio could not be reached ({detail}). Check this machine's way to api.twilio.com.").format(
                    detail=unreachable
                ),
            )
        ]
    if refused is not None:
        return [
            (
                False,
                _("Twilio refuses the account (code {code}). Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.").format(
                    code=refused
                ),
            )
        ]
    if status != "active":
        return [(False, _("The Twilio account is {status}. Make it active in Twilio's console.").format(status=status))]
    lines = [(True, _("Twilio knows the account, and it is active."))]
    if trial:
        lines.append(
            (
                False,
                _(
                    "It is a trial account: it texts only numbers verified in Twilio's console and puts its own words "
                    "in front. Upgrade it before texting customers."
                ),
            )
        )
    return lines


def _account_line(account_sid: str) -> Line:
    if _ACCOUNT.fullmatch(account_sid):
        return True, _("TWILIO_ACCOUNT_SID looks right.")
    return False, _("TWILIO_ACCOUNT_SID is not an account SID: copy it from Twilio's console (AC and 32 characters).")


def _sender_line(settings: TwilioSettings) -> Line:
    service = settings.messaging_service_sid
    if service and _SERVICE.fullmatch(service):
        return True, _("Texts go out through the messaging service of TWILIO_MESSAGING_SERVICE_SID.")
    if service:
        return False, _(
            "TWILIO_MESSAGING_SERVICE_SID is not a messaging service: copy it from Twilio's console "
            "(MG and 32 characters)."
        )
    if settings.sender:
        return True, _("Texts go out from {sender}.").format(sender=settings.sender)
    return False, _("No sender: set TWILIO_MESSAGING_SERVICE_SID, or TWILIO_FROM.")


def _public_url_line(public_url: str | None) -> Line:
    if public_url is None:
        return True, _(
            "No NOTIFIER_PUBLIC_URL: statuses and replies are fetched from Twilio's listing, a little later than "
            "callbacks would bring them."
        )
    host = urlsplit(public_url).hostname or ""
    if not host or "_" in host:
        return False, _(
            "NOTIFIER_PUBLIC_URL ({url}) has no host name Twilio accepts: write it like https://sms.example.com, "
            "without an underscore."
        ).format(url=public_url)
    if not public_url.startswith("https://"):
        return False, _(
            "NOTIFIER_PUBLIC_URL ({url}) is not https: replies would cross the network in the clear. Put it behind TLS."
        ).format(url=public_url)
    return True, _("Twilio reports statuses and replies to {url}.").format(url=public_url)
