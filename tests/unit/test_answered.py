"""An errand for somebody who waits: its answer, or a sentence why there is none."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import pytest

from notifier.errors import Refused
from notifier.wiring.errands import answered
from tests.unit.test_errand import crash, refuse


async def test_the_answer_is_handed_back() -> None:
    """Whatever the function returns."""
    assert await answered(partial(divmod, 7, 3), 60) == (2, 1)


async def test_a_refusal_keeps_its_own_sentence() -> None:
    """As planning by hand would have said it."""
    with pytest.raises(Refused, match="planning for this shop right now"):
        await answered(refuse, 60)


async def test_a_crash_says_nothing_of_its_inside() -> None:
    """The log does."""
    with pytest.raises(Refused, match="broke off; the log says why"):
        await answered(crash, 60)


async def test_what_takes_too_long_is_ended() -> None:
    """With the limit in minutes."""
    started = time.monotonic()
    with pytest.raises(Refused, match="took longer than 0 minutes and was ended"):
        await answered(partial(time.sleep, 100), 0.5)
    assert time.monotonic() - started < 50


async def test_whoever_cancels_ends_the_process() -> None:
    """And waits for nothing."""
    waiting = asyncio.create_task(answered(partial(time.sleep, 100), 60))
    await asyncio.sleep(0.3)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
