"""Our lane: the outbox of a house, drained through its Twilio gateway towards the provider.

python -m benchmarks.ways.lane PROVIDER TEXTS DATABASE_URL SCHEDULES
"""

from __future__ import annotations

import asyncio
import sys

import notifier.gateways.twilio_http  # noqa: F401 (imported with the first text: half a second no round should pay)
from benchmarks.ways.outbox import NOW, house_of
from benchmarks.ways.way import tell_done, wait_for_start
from notifier.jobs.send import Lane


async def send(lane: Lane, texts: int) -> None:
    """Drain until so many are accepted, or none is left."""
    stopping = asyncio.create_task(_stop_after(lane, texts))
    wait_for_start()
    await lane.drain(until_empty=True)
    stopping.cancel()


async def _stop_after(lane: Lane, texts: int) -> None:
    while lane.result.accepted < texts:
        await asyncio.sleep(0.1)
    lane.stopping.set()


if __name__ == "__main__":
    house = house_of(sys.argv[3], sys.argv[4], provider=sys.argv[1])
    asyncio.run(send(house.lane(lambda: NOW), int(sys.argv[2])))
    tell_done()
    house.close()
