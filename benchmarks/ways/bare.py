"""The bare work: the official SDK's asynchronous client, no database, as many in flight as the lane has.

python -m benchmarks.ways.bare PROVIDER TEXTS
"""

from __future__ import annotations

import asyncio
import sys

from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from benchmarks.ways.way import ACCOUNT_SID, AUTH_TOKEN, IN_FLIGHT, SENDER, TEXT, phone, tell_done, wait_for_start


async def send(provider: str, texts: int) -> None:
    """So many texts, fifty at a time."""
    http = AsyncTwilioHttpClient()
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
    client.api.base_url = provider
    numbers = iter(range(texts))

    async def one_after_the_other() -> None:
        for number in numbers:
            await client.messages.create_async(to=phone(number), body=TEXT, from_=SENDER)

    wait_for_start()
    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    await http.close()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], int(sys.argv[2])))
    tell_done()
