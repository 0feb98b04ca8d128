"""The sliding window of POSTs: what is in flight, what comes next, and what has come back and is not written down yet.

While the database is asked, POSTs go on: whatever comes back makes place for the next text, which is claimed already.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.gateways.base import Answer, AnswerKind, Policy
from notifier.jobs.record import GIVEN_BACK, NOT_BEGUN, OUR_OWN_DOING, Answered
from notifier.store.claims import Claimed

__all__ = ["Window"]

AHEAD = 0.1
"""Seconds a claimed text may wait for its place: what a stop or a pause meanwhile cannot reach any more."""
TOO_LONG = 1.0
"""Seconds after which a text that found no place, since POSTs have become slow, is given back to be claimed anew."""
WEIGHT_OF_LATEST = 0.1
DOUBTS_IN_A_ROW = 3
"""POSTs without a clear answer, and none with one begun since, after which nothing that waits begins.

Each of those may be one more text nobody can tell of.
"""


@dataclass(slots=True)
class Window:
    """Up to `size` POSTs at once, and behind them about as many texts as find a place within a tenth of a second.

    `post` hands over one text, told when its claim began; `may_begin` says whether POSTs may begin still.
    """

    post: Callable[[Claimed, float], Coroutine[Any, Any, Answer]]
    size: int
    may_begin: Callable[[], bool]
    _flying: dict[asyncio.Task[Answer], tuple[Claimed, float]] = field(default_factory=dict)
    _ahead: deque[tuple[Claimed, float, float]] = field(default_factory=deque)  # when claimed, when taken
    _landed: list[Answered] = field(default_factory=list)
    _came_back: asyncio.Event = field(default_factory=asyncio.Event)
    _doubtful: list[float] = field(default_factory=list)  # when the POSTs without a clear answer began
    _clear_until: float = 0.0  # when the last one began that came to a clear answer
    _seconds: float = 1.0  # what a POST takes, on the average: slow until it has shown otherwise
    _slow_start: int | None = None  # places since trouble upon trouble; None = all there are
    _slow_since: float = 0.0

    @property
    def room(self) -> int:
        """How many more texts there is a place for, in flight or behind.

        After trouble a POST that hangs from before it takes a place, but not one of the few there are for new ones.
        """
        room = self._all_places - len(self._flying)
        if self._slow_start is not None:
            young = sum(began >= self._slow_since for _text, began in self._flying.values())
            room = min(room, self._slow_start - young)
        return room - len(self._ahead)

    @property
    def claim_at_least(self) -> int:
        """Places before it is worth a claim, which is a commit; one slow POST must not hold up the others."""
        places = self._all_places
        return max(1, (places if self._slow_start is None else min(places, self._slow_start)) // 5)

    @property
    def _all_places(self) -> int:
        return self.size + int(self.size * min(3.0, AHEAD / max(self._seconds, 1e-6)))

    def narrow(self) -> None:
        """There is trouble upon trouble: from now on one text at a time, until the provider answers clearly again."""
        self._slow_start, self._slow_since = 1, time.monotonic()

    def widen(self, answered: int) -> None:
        """So many were taken or refused: a place more for each, so that as many again may be under way, up to all."""
        if self._slow_start is not None:
            wider = self._slow_start + answered
            self._slow_start = wider if wider < self._all_places else None

    @property
    def doubts(self) -> int:
        """How many POSTs came to no clear answer that began after every one that did.

        Counted by when they began, for time-outs come back late: among others that went well they are an accident.
        """
        return len(self._doubtful)

    @property
    def is_flying(self) -> bool:
        """Whether any POST is under way."""
        return bool(self._flying)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is under way, nothing waits, and all that came back is written down."""
        return not (self._flying or self._ahead or self._landed)

    def take(self, texts: Sequence[Claimed], claimed_at: float) -> None:
        """These texts are ours alone now; `claimed_at` = when their claim began, as `post` measures it."""
        taken_at = time.monotonic()
        self._ahead.extend((text, claimed_at, taken_at) for text in texts)
        if any(self._asks_for_a_pause(item.answer) for item in self._landed):
            self.give_back()  # heard while these were claimed; the lane does not know of it yet
        self._begin()

    def landed(self) -> list[Answered]:
        """What has come back and is not written down yet."""
        return list(self._landed)

    def written_down(self, number: int) -> None:
        """The first `number` of those are committed."""
        del self._landed[:number]

    async def wait(self, seconds: float | None) -> None:
        """Until a POST has come back, at most so long."""
        if self._landed:
            return
        self._came_back.clear()
        try:
            await asyncio.wait_for(self._came_back.wait(), seconds)
        except TimeoutError:
            return

    async def land(self) -> None:
        """What waits goes back; what is in flight comes in."""
        self.give_back()
        if self._flying:
            await asyncio.wait(self._flying)

    def interrupt(self) -> None:
        """Wait no longer for what is in flight: nobody can tell whether it arrived."""
        self.give_back()
        for task in self._flying:
            task.cancel()

    def give_back(self) -> None:
        """What has not begun yet never begins, so it may be claimed anew."""
        while self._ahead:
            self._come_back(self._ahead.popleft()[0], Answer(AnswerKind.FREE, code=GIVEN_BACK))

    def _begin(self) -> None:
        if not self.may_begin():
            self.give_back()
        while self._ahead and len(self._flying) < self.size:
            text, claimed_at, taken_at = self._ahead.popleft()
            if time.monotonic() - taken_at > TOO_LONG:
                self._come_back(text, Answer(AnswerKind.FREE, code=GIVEN_BACK))
                continue
            task = asyncio.create_task(self.post(text, claimed_at))
            self._flying[task] = text, time.monotonic()
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Answer]) -> None:
        text, began = self._flying.pop(task)
        answer = _answer_of(task)
        self._seconds += WEIGHT_OF_LATEST * (time.monotonic() - began - self._seconds)
        self._come_back(text, answer)
        self._learn(answer, began)
        if self._asks_for_a_pause(answer):
            self.give_back()
        self._begin()

    def _asks_for_a_pause(self, answer: Answer) -> bool:
        """The provider says so, or has gone silent."""
        is_silent = answer.kind is AnswerKind.AMBIGUOUS and self.doubts >= DOUBTS_IN_A_ROW
        return is_silent or answer.policy in (Policy.RETRY, Policy.STOP_LANE)

    def _learn(self, answer: Answer, began: float) -> None:
        if answer.code in OUR_OWN_DOING or answer.code == NOT_BEGUN:
            return
        if answer.kind is AnswerKind.AMBIGUOUS:
            self._doubtful.append(began)
        else:
            self._clear_until = max(self._clear_until, began)
        self._doubtful = [moment for moment in self._doubtful if moment > self._clear_until]

    def _come_back(self, text: Claimed, answer: Answer) -> None:
        self._landed.append(Answered(text, answer))
        self._came_back.set()


def _answer_of(task: asyncio.Task[Answer]) -> Answer:
    """The answer of a POST that has ended; one cancelled before its first step never began."""
    return Answer(AnswerKind.FREE, code=GIVEN_BACK) if task.cancelled() else task.result()
