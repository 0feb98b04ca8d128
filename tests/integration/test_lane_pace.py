"""The pace of several senders together, and of one that has just begun."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

from notifier.store.engine import Store
from notifier.store.tables import Attempt
from tests.support.outbox import Outbox
from tests.support.sending import SHOP_KEY, lane_of, twilio_at
from tests.support.twilio_server import running_twilio

RATE = 100
MOST = 107  # a second's units, the burst of a twentieth, the one that passes last, and one for the edges of the second


async def test_four_senders_hand_over_no_more_than_the_pace_in_any_second(
    postgres_url: str, open_store: Callable[[str], Store]
) -> None:
    """By the moments of their claims, whose clock they share: however slow this machine is, that bound holds."""
    stores = [open_store(postgres_url) for _ in range(4)]
    outbox = Outbox(stores[0], key=SHOP_KEY)
    outbox.texts(230)
    with running_twilio(seed=1) as twilio:
        lanes = [lane_of(outbox, twilio_at(twilio.url, units_per_second=RATE)) for _ in stores]
        for lane, store in zip(lanes, stores, strict=True):
            lane.store = store
        results = await asyncio.gather(*(lane.drain(until_empty=True) for lane in lanes))
        accepted = Counter(row["to"] for row in twilio.accepted())
    moments = sorted(row["claimed_at"].timestamp() for row in outbox.rows(Attempt))
    assert max(bisect_left(moments, moment + 1.0) - index for index, moment in enumerate(moments)) <= MOST
    assert sum(result.accepted for result in results) == len(accepted) == accepted.total() == 230


BEGINS = """
import asyncio, sys
from notifier.gateways.twilio import TwilioGateway

async def begin():
    async with TwilioGateway("AC1", "token", sender="+15005550006"):
        assert "twilio.rest.api.v2010.account.message" in sys.modules

asyncio.run(begin())
"""


def test_the_sdk_is_loaded_before_the_first_claim() -> None:
    """Its modules take a tenth of a second: texts claimed meanwhile would leave together, 120 in the first second."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", BEGINS], check=True, timeout=60)
