"""Rows of Twilio's listing (the SDK's message resources) in the house's words."""

from __future__ import annotations

from typing import Any

from notifier.gateways.base import InboundText, ListedText, StatusReport
from notifier.gateways.twilio_codes import error_code_of, event_of, policy_of

GATEWAY = "twilio"


def listed(row: Any) -> ListedText:
    """An outbound row as a candidate for an attempt; its sender is the service where one is named."""
    status = str(row.status)
    return ListedText(
        sid=row.sid,
        to=row.to or "",
        body=row.body or "",
        created_at=row.date_created,
        sender=row.messaging_service_sid or row.from_,
        status=status,
        event=event_of(status),
        error_code=error_code_of(row.error_code),
    )


def reported(row: Any) -> StatusReport:
    """An outbound row as the status it shows. A listing does not name our message: the SID must be known."""
    status, code = str(row.status), error_code_of(row.error_code)
    return StatusReport(
        gateway=GATEWAY,
        sid=row.sid,
        status=status,
        event=event_of(status),
        error_code=code,
        policy=policy_of(code) if code else None,
    )


def heard(row: Any) -> InboundText:
    """An inbound row as a text from a customer."""
    return InboundText(gateway=GATEWAY, provider_id=row.sid, sender=row.from_ or "", text=row.body or "", to=row.to)
