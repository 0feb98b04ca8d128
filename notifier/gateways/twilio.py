"""Twilio by its official SDK, with the traps we know handled.

There is no idempotency key on Messages: a POST whose answer was lost stays ambiguous until a callback (it names
our message and attempt) or a complete listing settles it. Nothing here posts a text a second time.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from notifier.errors import GatewayError
from notifier.gateways.base import (
    Answer,
    AnswerKind,
    Capabilities,
    InboundText,
    ListedText,
    Outgoing,
    Policy,
    Pulled,
    StatusReport,
)
from notifier.gateways.twilio_checks import asked, set_up
from notifier.gateways.twilio_codes import error_code_of, kind_of, policy_of
from notifier.gateways.twilio_rows import heard, listed, reported
from notifier.locale import N_

LIST_TIMEOUT = 15.0
PAGE_SIZE = 1000
LARGEST_VALIDITY = 36_000
LOOK_BACK = timedelta(hours=24)  # 10 h in Twilio's queue, then the carrier's receipt
CLOCK_MARGIN = timedelta(minutes=5)
STATUS_PATH = "/webhooks/twilio/status"


class TwilioGateway:
    """Texts through one messaging service, or one sender, of one Twilio account.

    `public_url`: where Twilio reaches us; without it no callback is asked for and statuses are pulled.
    `api_base_url`: scheme and host to talk to instead of api.twilio.com. `price_micros`: per segment.
    `mainland_china`: the shop's customers are there, where Twilio offers neither replies nor links.
    """

    name = "twilio"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        messaging_service_sid: str | None = None,
        sender: str | None = None,
        public_url: str | None = None,
        api_base_url: str | None = None,
        price_micros: int = 0,
        units_per_second: float = 10.0,
        mainland_china: bool = False,
    ) -> None:
        self.account_sid = account_sid
        self.messaging_service_sid = messaging_service_sid
        self.sender = sender
        self.public_url = public_url.rstrip("/") if public_url else None
        self.mainland_china = mainland_china
        self.capabilities = Capabilities(
            two_way=not mainland_china,
            links=not mainland_china,
            units_per_second=units_per_second,
            price_micros=price_micros,
        )
        self._auth_token = auth_token
        self._api_base_url = api_base_url
        self._client: Any = None

    async def __aenter__(self) -> Self:
        from twilio.rest import Client  # type: ignore[import-untyped]

        from notifier.gateways.twilio_http import HttpClient

        self._client = Client(self.account_sid, self._auth_token, http_client=HttpClient(self._api_base_url))
        self._messages  # noqa: B018  # its modules are loaded now, not while claimed texts wait and gather
        return self

    async def __aexit__(self, *error: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.http_client.close()

    async def post(self, text: Outgoing, *, timeout: float, now: datetime) -> Answer:  # noqa: ARG002
        """Hand over one text within `timeout` seconds; what is not proven otherwise is ambiguous."""
        from aiohttp import ClientError
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

        from notifier.gateways.twilio_http import NEVER_LEFT, Exchange, current_exchange

        exchange = Exchange(timeout)
        messages, parameters = self._messages, self._parameters(text)
        token = current_exchange.set(exchange)
        try:
            row = await messages.create_async(**parameters)
        except TwilioException as error:
            return _answer_of(error, exchange.retry_after)
        except NEVER_LEFT as error:
            return Answer(AnswerKind.FREE, code="connect", text=type(error).__name__, policy=Policy.RETRY)
        except (ClientError, TimeoutError, OSError) as error:
            return _ambiguous("time_out" if isinstance(error, TimeoutError) else "transport", error)
        except (ValueError, TypeError, AttributeError) as error:  # a 2xx that is not a message resource
            return _ambiguous("unreadable", error)
        finally:
            current_exchange.reset(token)
        return Answer(AnswerKind.ACCEPTED, sid=row.sid) if row.sid else _ambiguous("unreadable", None)

    async def list_sent(self, to: str, since: datetime, until: datetime) -> list[ListedText] | None:
        """Every text of ours to `to` created in [since, until]; None where a page or a row could not be read.

        No DateSent filter: rows not yet sent may be missing from it. Twilio's times have whole seconds, so `since`
        is taken down to its second.
        """
        first, last = since.astimezone(UTC).replace(microsecond=0), until.astimezone(UTC)
        found: list[ListedText] = []
        try:
            async with aclosing(self._rows(to=to)) as rows:
                async for row in rows:
                    if not self._sent_by_us(row):
                        continue
                    if row.date_created is None:
                        return None
                    if first <= row.date_created <= last:
                        found.append(listed(row))
        except GatewayError:
            return None
        return found

    async def pull(self, since: datetime, now: datetime) -> Pulled:  # noqa: ARG002
        """Statuses and replies that changed after `since` (real time), read from the account's listing.

        Twilio lists newest first and cannot filter by change, nor by DateSent without losing what is still queued.
        So each pull reads every row created since `since` less a day, in and out, of all senders of the account:
        one request per 1,000 of them. A receipt that comes later than a day after its text, and before the next
        pull looks, is missed: a public URL has no such limit. The margins return some rows again.
        """
        changed_since = since.astimezone(UTC) - CLOCK_MARGIN
        oldest = since.astimezone(UTC) - LOOK_BACK
        statuses: list[StatusReport] = []
        replies: list[InboundText] = []
        try:
            async with aclosing(self._rows()) as rows:
                async for row in rows:
                    if row.date_created is not None and row.date_created < oldest:
                        break
                    if changed_since > (row.date_updated or row.date_created or changed_since):
                        continue
                    if self._sent_by_us(row):
                        statuses.append(reported(row))
                    elif self._heard_by_us(row):
                        replies.append(heard(row))
        except GatewayError:
            return Pulled(statuses, replies, complete=False)
        return Pulled(statuses, replies)

    async def check(self) -> list[tuple[bool, str]]:
        """Is it set up? Looks at the settings, then asks Twilio for the account."""
        from aiohttp import ClientError
        from twilio.base.exceptions import TwilioException

        from notifier.gateways.twilio_http import Exchange, current_exchange

        token = current_exchange.set(Exchange(LIST_TIMEOUT))
        try:
            account = await self._client.api.v2010.accounts(self.account_sid).fetch_async()
            answer = asked(status=str(account.status), trial=str(account.type) == "Trial")
        except TwilioException as error:
            answer = asked(refused=_code_of(error) or str(getattr(error, "status", "?")))
        except (ClientError, TimeoutError, OSError, ValueError, TypeError, AttributeError) as error:
            answer = asked(unreachable=type(error).__name__)
        finally:
            current_exchange.reset(token)
        return [*set_up(self), *answer]

    @property
    def _messages(self) -> Any:
        return self._client.api.v2010.accounts(self.account_sid).messages

    def _parameters(self, text: Outgoing) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "to": text.to,
            "body": text.body,
            "validity_period": min(max(text.validity_seconds, 1), LARGEST_VALIDITY),
            "smart_encoded": False,  # our own lint names odd characters; the body must stay what we stored
        }
        if self.messaging_service_sid:
            parameters["messaging_service_sid"] = self.messaging_service_sid
        elif self.sender:
            parameters["from_"] = self.sender
        if self.public_url:
            parameters["status_callback"] = f"{self.public_url}{STATUS_PATH}?m={text.message_id}&a={text.attempt_n}"
        return parameters

    async def _rows(self, **filters: str) -> AsyncGenerator[Any, None]:
        """Every row of a listing, over all its pages. Raises GatewayError where a page cannot be read."""
        rows, following = await self._page(self._messages.page_async, page_size=PAGE_SIZE, **filters)
        seen: set[str] = set()
        while True:
            for row in rows:
                yield row
            if not following:
                return
            if following in seen:
                raise GatewayError(N_("Twilio's listing leads back to a page already read."))
            seen.add(following)
            rows, following = await self._page(self._messages.get_page_async, following)

    async def _page(self, ask: Any, *arguments: str, **filters: Any) -> tuple[list[Any], str | None]:
        """The rows of one page, and the address of the next one if there is one."""
        from aiohttp import ClientError
        from twilio.base.exceptions import TwilioException

        from notifier.gateways.twilio_http import Exchange, current_exchange

        token = current_exchange.set(Exchange(LIST_TIMEOUT))
        try:
            page = await ask(*arguments, **filters)
            return list(page), page.next_page_url
        except (TwilioException, ClientError, OSError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise GatewayError(
                N_("Twilio's listing could not be read ({detail})."), detail=type(error).__name__
            ) from error
        finally:
            current_exchange.reset(token)

    def _sent_by_us(self, row: Any) -> bool:
        if not str(row.direction).startswith("outbound"):
            return False
        if self.messaging_service_sid:
            return bool(row.messaging_service_sid == self.messaging_service_sid)
        return bool(row.from_ == self.sender)

    def _heard_by_us(self, row: Any) -> bool:
        """Under a service, a row that names none is taken too: a stop heard twice is better than one missed."""
        if str(row.direction) != "inbound":
            return False
        if self.messaging_service_sid:
            return row.messaging_service_sid in (None, self.messaging_service_sid)
        return bool(row.to == self.sender)


def _answer_of(error: Any, retry_after: float | None) -> Answer:
    status = getattr(error, "status", None)
    if status is None:
        return _ambiguous("sdk", error)
    code = _code_of(error)
    policy = policy_of(code, status)
    words = _without_phones(str(getattr(error, "msg", None) or getattr(error, "title", "")))
    return Answer(kind_of(policy), None, code or f"http_{status}", words, policy, retry_after)


def _ambiguous(code: str, error: Exception | None) -> Answer:
    """`code` is ours, since Twilio gave none: time_out, transport, unreadable, sdk."""
    name = type(error).__name__ if error is not None else None
    return Answer(AnswerKind.AMBIGUOUS, code=code, text=name, policy=Policy.AMBIGUOUS)


def _code_of(error: Any) -> str | None:
    """Twilio's own code; the SDK puts the HTTP status there where the answer had none."""
    code = error_code_of(getattr(error, "code", None))
    return None if code == str(getattr(error, "status", None)) else code


def _without_phones(words: str) -> str:
    return re.sub(r"\+?\d{6,}", "…", words)[:200]
