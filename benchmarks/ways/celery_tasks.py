"""One Celery task per text, on Redis, each posting with the SDK's synchronous client; runs in .venv-bench.

BROKER=… PROVIDER=… celery -A benchmarks.ways.celery_tasks worker …
BROKER=… python -m benchmarks.ways.celery_tasks TEXTS
"""

from __future__ import annotations

import os
import sys
from threading import local

from celery import Celery  # type: ignore[import-not-found]
from twilio.rest import Client  # type: ignore[import-untyped]

from benchmarks.ways.way import ACCOUNT_SID, AUTH_TOKEN, SENDER, TEXT, phone, tell_done, wait_for_start

QUEUE = "texts"
app = Celery("sending", broker=os.environ["BROKER"])
app.conf.update(task_ignore_result=True, task_default_queue=QUEUE)
_mine = local()


def _post(to: str, body: str) -> None:
    if not hasattr(_mine, "client"):  # each process or thread of the worker keeps one, and so a connection
        _mine.client = Client(ACCOUNT_SID, AUTH_TOKEN)
        _mine.client.api.base_url = os.environ["PROVIDER"]
    _mine.client.messages.create(to=to, body=body, from_=SENDER)


post = app.task(_post, name="post")


def main(texts: int) -> None:
    """Queue so many tasks while the worker listens elsewhere; then let it come."""
    while not app.control.ping(timeout=0.5):
        pass
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(texts):
            post.apply_async((phone(number), TEXT), producer=producer)
    wait_for_start()
    app.control.add_consumer(QUEUE, reply=True)
    tell_done()


if __name__ == "__main__":
    main(int(sys.argv[1]))
