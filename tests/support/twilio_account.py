"""The account behind the local Twilio: what it accepted and heard, as message resources and pages of them."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "local-token"  # of a server that exists only while tests run
SERVICE_SID = "MG" + "0" * 31 + "2"
SENDER = "+15005550006"
REQUEST_FIELDS = frozenset(
    ("To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod", "SmartEncoded", "RiskCheck")
)
LARGEST_BODY = 1600


@dataclass
class Row:
    """One message. Times are seconds since the epoch."""

    sid: str
    direction: str
    to: str
    sender: str | None
    service: str | None
    body: str
    status: str
    created: float
    updated: float
    callback: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    error_code: int | None = None

    def resource(self) -> dict[str, Any]:
        """The message resource, with every field the provider's specification names."""
        uri = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{self.sid}"
        waiting = self.status in ("accepted", "queued", "sending")
        return {
            "account_sid": ACCOUNT_SID,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": _rfc2822(self.created),
            "date_sent": None if waiting else _rfc2822(self.updated),
            "date_updated": _rfc2822(self.updated),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else "not delivered",
            "from": self.sender,
            "messaging_service_sid": self.service,
            "num_media": "0",
            "num_segments": "0" if waiting and self.service else "1",
            "price": None,
            "price_unit": None if waiting else "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }

    @property
    def message(self) -> str | None:
        """The callback's m."""
        found: list[str | None] = [*parse_qs(urlsplit(self.callback).query).get("m", [])]
        return found[0] if found else None

    def as_json(self) -> dict[str, Any]:
        """What acceptance tests count by: `message` and `attempt` are the callback's m and a."""
        query = parse_qs(urlsplit(self.callback).query)
        return {
            "sid": self.sid,
            "to": self.to,
            "body": self.body,
            "callback": self.callback,
            "message": query.get("m", [None])[0],
            "attempt": query.get("a", [None])[0],
            "created": self.created,
            "status": self.status,
            "fields": self.fields,
        }


class Account:
    """Messages, newest last. Sids come from the seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rows: list[Row] = []
        self.accepted: list[Row] = []
        """What was accepted for sending, in order."""
        self._by_sid: dict[str, Row] = {}
        self._by_phone: dict[str, list[Row]] = {}

    def accept(self, form: Mapping[str, str]) -> Row:
        """Take a text for sending."""
        service = form.get("MessagingServiceSid")
        return self._add(
            direction="outbound-api",
            to=form["To"],
            sender=form.get("From"),
            service=service,
            body=form["Body"],
            status="accepted" if service else "queued",
            callback=form.get("StatusCallback", ""),
            fields=dict(form),
        )

    def hear(self, sender: str, body: str, *, to: str = SENDER, service: str | None = SERVICE_SID) -> Row:
        """A text from a customer."""
        return self._add(direction="inbound", to=to, sender=sender, service=service, body=body, status="received")

    def find(self, sid: str) -> Row | None:
        """The row with this sid."""
        return self._by_sid.get(sid)

    def page(self, query: Mapping[str, str], *, lag: float, limit: int) -> dict[str, Any]:
        """One page of the listing, newest first; rows younger than `lag` seconds are not in it yet."""
        visible_until = time.time() - lag
        asked = self._by_phone.get(query["To"], []) if "To" in query else self.rows
        rows = [
            row for row in reversed(asked) if row.created <= visible_until and query.get("From") in (None, row.sender)
        ]
        size = min(int(query.get("PageSize", "50")), limit)
        number = int(query.get("Page", "0"))
        start = number * size
        more = start + size < len(rows)
        return {
            "end": max(min(start + size, len(rows)) - 1, 0),
            "first_page_uri": _page_uri(query, 0),
            "messages": [row.resource() for row in rows[start : start + size]],
            "next_page_uri": _page_uri(query, number + 1) if more else None,
            "page": number,
            "page_size": size,
            "previous_page_uri": _page_uri(query, number - 1) if number else None,
            "start": start,
            "uri": _page_uri(query, number),
        }

    def _add(self, **fields: Any) -> Row:
        now = time.time()
        digest = hashlib.sha256(f"{self.seed}:{len(self.rows)}".encode()).hexdigest()[:32]
        row = Row(sid=f"SM{digest}", created=now, updated=now, **fields)
        self.rows.append(row)
        self._by_sid[row.sid] = row
        self._by_phone.setdefault(row.to, []).append(row)
        if row.direction == "outbound-api":
            self.accepted.append(row)
        return row


def refusal_of(form: Mapping[str, str]) -> tuple[int, str] | None:
    """The code and words with which the provider refuses a request that is wrong in itself."""
    to, validity = form.get("To", ""), form.get("ValidityPeriod", "1")
    callback_host = urlsplit(form.get("StatusCallback", "")).hostname or ""
    checks = (
        (bool(set(form) - REQUEST_FIELDS), 20001, "Unknown parameter"),
        (not to, 21604, "A 'To' phone number is required."),
        (not re.fullmatch(r"\+[1-9]\d{6,14}", to), 21211, f"Invalid 'To' Phone Number: {to}"),
        (not (form.get("From") or form.get("MessagingServiceSid")), 21603, "A 'From' phone number is required."),
        (not form.get("Body"), 21602, "Message body is required."),
        (len(form.get("Body", "")) > LARGEST_BODY, 21617, "The concatenated message body exceeds the limit."),
        ("_" in callback_host, 21609, "Invalid 'StatusCallback' URL."),
        (not validity.isdigit() or not 1 <= int(validity) <= 36_000, 20001, "ValidityPeriod out of range"),
    )
    return next(((code, words) for wrong, code, words in checks if wrong), None)


def _page_uri(query: Mapping[str, str], number: int) -> str:
    kept = {name: value for name, value in query.items() if name not in ("Page", "PageToken")}
    pairs = urlencode({**kept, "Page": number, "PageToken": f"PA{number}"})
    return f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json?{pairs}"


def _rfc2822(seconds: float) -> str:
    return formatdate(int(seconds), usegmt=False).replace("-0000", "+0000")
