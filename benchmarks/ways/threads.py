"""The official SDK's synchronous client in fifty threads, no database.

python -m benchmarks.ways.threads PROVIDER TEXTS
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import local

from twilio.rest import Client  # type: ignore[import-untyped]

from benchmarks.ways.way import ACCOUNT_SID, AUTH_TOKEN, IN_FLIGHT, SENDER, TEXT, phone, tell_done, wait_for_start


def send(provider: str, texts: int) -> None:
    """So many texts; each thread keeps a client, and so a connection, of its own."""
    mine = local()

    def make_client() -> None:
        mine.client = Client(ACCOUNT_SID, AUTH_TOKEN)
        mine.client.api.base_url = provider

    def post(number: int) -> None:
        mine.client.messages.create(to=phone(number), body=TEXT, from_=SENDER)

    with ThreadPoolExecutor(IN_FLIGHT, initializer=make_client) as threads:
        wait_for_start()
        for done in threads.map(post, range(texts)):
            assert done is None


if __name__ == "__main__":
    send(sys.argv[1], int(sys.argv[2]))
    tell_done()
