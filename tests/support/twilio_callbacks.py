"""How the local Twilio calls back: signed as the provider documents it, in the order a test asks for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, Row


@dataclass(frozen=True, slots=True)
class CallbackPlan:
    """Which statuses a text goes through after its first, and how they are told.

    `order`: right, shuffled or doubled. `before_answer`: they arrive before the POST is answered. `base_url`: where
    they are delivered; the signature is always made over the public URL, as behind a proxy. `share`: of the texts,
    those that are told of at all.
    """

    statuses: Sequence[str] = ("sent", "delivered")
    order: str = "right"
    before_answer: bool = False
    delay: float = 0.0
    base_url: str | None = None
    error_code: int | None = None
    token: str = AUTH_TOKEN
    share: float = 1.0

    def is_for(self, seed: str) -> bool:
        """Whether this text is told of; drawn from `seed`."""
        return random.Random(seed).random() < self.share

    def sequence(self, seed: str) -> list[str]:
        """The statuses in the order they are told."""
        told = [status for status in self.statuses for _ in range(2 if self.order == "doubled" else 1)]
        if self.order == "shuffled":
            random.Random(seed).shuffle(told)
        return told


def signature(token: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """base64(HMAC-SHA1(token, url + sorted names and values)), from the provider's documentation."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def redirected(url: str, base_url: str | None) -> str:
    """`url` at another scheme and host."""
    if base_url is None:
        return url
    base = urlsplit(base_url)
    return urlunsplit(urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc))


async def post_signed(
    session: aiohttp.ClientSession, url: str, form: Mapping[str, str], *, base_url: str | None, token: str = AUTH_TOKEN
) -> int:
    """Deliver one webhook; the HTTP status, or 0 where nobody answers."""
    headers = {"X-Twilio-Signature": signature(token, url, form.items())}
    try:
        limit = aiohttp.ClientTimeout(total=15)
        async with session.post(redirected(url, base_url), data=form, headers=headers, timeout=limit) as response:
            return response.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


def advance(row: Row, plan: CallbackPlan) -> None:
    """The text reaches the last of the plan's statuses."""
    if plan.statuses:
        row.status, row.updated, row.error_code = plan.statuses[-1], time.time(), plan.error_code


def status_form(row: Row, status: str, error_code: int | None) -> dict[str, str]:
    """A status callback, with a blank and an unheard-of field as the provider adds them over the years."""
    form = {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "MessageSid": row.sid,
        "MessageStatus": status,
        "SmsSid": row.sid,
        "SmsStatus": status,
        "To": row.to,
        "From": row.sender or "",
        "FieldOfTomorrow": "yes & no",
    }
    if status in ("undelivered", "failed") and error_code is not None:
        form["ErrorCode"] = str(error_code)
    return form


def inbound_form(row: Row, opt_out_type: str | None) -> dict[str, str]:
    """An inbound text as a webhook."""
    form: dict[str, Any] = {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "MessageSid": row.sid,
        "SmsMessageSid": row.sid,
        "SmsSid": row.sid,
        "From": row.sender or "",
        "To": row.to,
        "Body": row.body,
        "NumMedia": "0",
        "NumSegments": "1",
        "FromCity": "",
    }
    if opt_out_type is not None:
        form["OptOutType"] = opt_out_type
    return form
