"""The SDK's asynchronous HTTP client, made safe: a time limit a request, a pool for the window, another address.

Imported late: the SDK costs 184 ms and 19 MB.
"""

from __future__ import annotations

import math
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

POOL_SIZE = 100  # the sender keeps up to 50 POSTs in flight; listings come on top


@dataclass(slots=True)
class Exchange:
    """One request as the caller sees it: its time limit in seconds, then the answer's own wish to wait."""

    timeout: float
    retry_after: float | None = None


current_exchange: ContextVar[Exchange] = ContextVar("twilio_exchange")

# Raised by aiohttp only while it has no connection yet, so nothing was handed over.
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Create inside a running loop, close in the same.

    The SDK's own `timeout` is ignored by its asynchronous client and its `max_retries` posts a text again after a
    503, so neither is used; its `request` logs URLs with phones in them, so this one takes its place.
    """

    def __init__(self, api_base_url: str | None = None) -> None:
        super().__init__(pool_connections=False)
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=POOL_SIZE))
        self._api_base = urlsplit(api_base_url) if api_base_url else None
        self._address = lru_cache(16)(self._elsewhere)  # nearly every request goes to the same

    async def request(  # noqa: PLR0917 (the SDK's signature)
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: Any = None,  # noqa: ARG002
        allow_redirects: bool = False,
    ) -> Any:
        """One request within the current exchange's limit. Transport errors come raw."""
        exchange = current_exchange.get()
        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        # aiohttp rounds limits above five seconds up to a whole second unless told not to.
        limit = aiohttp.ClientTimeout(total=exchange.timeout, ceil_threshold=math.inf)
        # Encoded here: aiohttp makes a form ready for files first, at a quarter of the cost of the whole request.
        body = None if data is None else urlencode(data).encode()
        async with self.session.request(
            method.upper(),
            self._address(url),
            params=params,
            data=body,
            headers=headers,
            timeout=limit,
            allow_redirects=allow_redirects,
        ) as response:
            exchange.retry_after = _seconds(response.headers.get("Retry-After"))
            return Response(response.status, await response.text(), response.headers)

    def _elsewhere(self, url: str) -> str:
        if self._api_base is None:
            return url
        return urlunsplit(urlsplit(url)._replace(scheme=self._api_base.scheme, netloc=self._api_base.netloc))


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, would be measured by a clock we do not know."""
    try:
        seconds = float(retry_after or "nan")
    except ValueError:
        return None
    return seconds if seconds >= 0 and math.isfinite(seconds) else None
