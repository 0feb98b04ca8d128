"""Twilio's webhooks: are they Twilio's, and what do they say?

Check against the configured public URL, never the Host header: behind a TLS proxy they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from notifier.errors import BadInput
from notifier.gateways.base import InboundText, StatusReport
from notifier.gateways.twilio_codes import error_code_of, event_of, policy_of
from notifier.locale import N_

GATEWAY = "twilio"
_LARGEST_ID = 2**63 - 1


class _Form(dict[str, list[str]]):
    """A form with repeated names, in the shape the SDK's validator asks for."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def is_signed(auth_token: str, url: str, params: Iterable[tuple[str, str]], signature: str | None) -> bool:
    """Did the holder of `auth_token` sign this request?

    `url`: the public URL with its query, as Twilio was given it. `params`: every pair of the form, blank values and
    repeated names included. `signature`: the X-Twilio-Signature header; None (missing) is never signed.
    """
    if not signature:
        return False
    from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

    form = _Form()
    for name, value in params:
        form.setdefault(name, []).append(value)
    return bool(RequestValidator(auth_token).validate(url, form, signature))


def status_report(form: Mapping[str, str], query: Mapping[str, str]) -> StatusReport:
    """A status callback. `query` carries our own `m` (message) and `a` (attempt); fields we do not know are kept.

    Raises BadInput where MessageSid or MessageStatus is missing.
    """
    code = error_code_of(form.get("ErrorCode"))
    status = _required(form, "MessageStatus", "SmsStatus")
    return StatusReport(
        gateway=GATEWAY,
        sid=_required(form, "MessageSid", "SmsSid"),
        status=status,
        event=event_of(status),
        error_code=code,
        policy=policy_of(code) if code else None,
        message_id=_id(query.get("m")),
        attempt_n=_id(query.get("a")),
        payload=dict(form),
    )


def inbound_text(form: Mapping[str, str]) -> InboundText:
    """A text from a customer. Advanced Opt-Out names the stops and starts Twilio has already obeyed.

    Raises BadInput where MessageSid or From is missing.
    """
    opt_out_type = form.get("OptOutType", "").upper()
    return InboundText(
        gateway=GATEWAY,
        provider_id=_required(form, "MessageSid", "SmsMessageSid", "SmsSid"),
        sender=_required(form, "From"),
        text=form.get("Body", ""),
        to=form.get("To") or None,
        opted_out=opt_out_type == "STOP",
        opted_in=opt_out_type == "START",
        payload=dict(form),
    )


def _required(form: Mapping[str, str], *names: str) -> str:
    for name in names:
        if form.get(name):
            return form[name]
    raise BadInput(N_("The webhook has no field {name}. Only Twilio should call this address."), name=names[0])


def _id(raw: str | None) -> int | None:
    """One of our ids from a URL anybody may have edited, or None."""
    if raw is None or not raw.isascii() or not raw.isdigit() or len(raw) > 19:
        return None
    number = int(raw)
    return number if number <= _LARGEST_ID else None
