"""What the web app needs from the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from notifier.store.engine import Store

__all__ = ["TwilioDoor", "WebParts"]


@dataclass(frozen=True, slots=True)
class TwilioDoor:
    """What proves that a webhook is Twilio's: the account's token, and the public URL Twilio was given.

    The Host header proves nothing: anybody may send any, and behind a TLS proxy it is another.
    """

    auth_token: str = field(repr=False)
    public_url: str

    def url_of(self, path: str, query: str) -> str:
        """The address as Twilio signed it."""
        return f"{self.public_url}{path}?{query}" if query else f"{self.public_url}{path}"


@dataclass(frozen=True, slots=True)
class WebParts:
    """The database, the key of remembered phones, the region replies are read in, and business time.

    `gateway`: whose lane the metrics show. `twilio` is None where Twilio has no way to reach us: its webhooks are
    then refused like unsigned ones.
    """

    store: Store
    secret: bytes = field(repr=False)
    region: str
    gateway: str
    clock: Callable[[], datetime]
    twilio: TwilioDoor | None = None
    is_https: bool = False
