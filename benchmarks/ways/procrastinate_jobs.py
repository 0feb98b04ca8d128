"""One Procrastinate job per text, on PostgreSQL: one worker, fifty jobs at once, each posting with the SDK.

python -m benchmarks.ways.procrastinate_jobs PROVIDER TEXTS DATABASE_URL
"""

from __future__ import annotations

import asyncio
import logging
import sys

from procrastinate import App, PsycopgConnector
from procrastinate.types import JSONDict
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from benchmarks.ways.way import ACCOUNT_SID, AUTH_TOKEN, IN_FLIGHT, SENDER, TEXT, phone, tell_done, wait_for_start

BATCH = 1_000


async def send(provider: str, texts: int, database: str) -> None:
    """Defer a job a text, in batches; then work them off."""
    logging.disable(logging.WARNING)
    http = AsyncTwilioHttpClient()
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
    client.api.base_url = provider
    app = App(connector=PsycopgConnector(conninfo=database))

    @app.task(name="post")
    async def post(to: str, body: str) -> None:
        await client.messages.create_async(to=to, body=body, from_=SENDER)

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for start in range(0, texts, BATCH):
            jobs: list[JSONDict] = [
                {"to": phone(number), "body": TEXT} for number in range(start, min(start + BATCH, texts))
            ]
            await post.batch_defer_async(*jobs)
        wait_for_start()
        await app.run_worker_async(wait=False, concurrency=IN_FLIGHT, install_signal_handlers=False)
    await http.close()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
    tell_done()
