"""The sliding window: what flies, what waits behind it, and what goes back without having begun."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from notifier.gateways.base import Answer, AnswerKind, Policy
from notifier.jobs import window
from notifier.jobs.record import GIVEN_BACK
from notifier.jobs.window import Window
from notifier.store.claims import Claimed

ACCEPTED = Answer(AnswerKind.ACCEPTED, sid="SM1")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The window's clock goes on by a test's own doing: how long the machine takes proves nothing here."""
    moved = Clock()
    monkeypatch.setattr(window, "time", moved)
    return moved


class Clock:
    """A clock that is moved by hand, and by a microsecond whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        self.now += 1e-6
        return self.now


class Line:
    """A provider that answers when it is told to."""

    def __init__(self, size: int) -> None:
        self.open = True
        self.begun: list[int] = []
        self.answers: dict[int, asyncio.Future[Answer]] = {}
        self.window = Window(self._post, size, may_begin=lambda: self.open)

    def take(self, *numbers: int) -> None:
        """Claim these texts."""
        self.window.take([claimed(number) for number in numbers], 0.0)

    async def answers_to(self, number: int, answer: Answer = ACCEPTED) -> None:
        """This text's POST comes back."""
        self.answers[number].set_result(answer)
        await pause()

    async def _post(self, text: Claimed, _claimed_at: float) -> Answer:
        self.begun.append(text.message_id)
        self.answers[text.message_id] = asyncio.get_running_loop().create_future()
        return await self.answers[text.message_id]

    def landed(self) -> dict[int, str | None]:
        """Message → the code of its answer, of what has come back."""
        return {item.text.message_id: item.answer.code for item in self.window.landed()}


def claimed(number: int) -> Claimed:
    """One text."""
    return Claimed(number, 1, "+8613900000000", "Your car is due.", 1, datetime(2026, 3, 20, tzinfo=UTC))


async def pause() -> None:
    """The loop takes the steps it has."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_comes_back_makes_place_for_the_next_by_itself() -> None:
    """Nobody has to claim or write anything down for it."""
    line = Line(2)
    line.take(1, 2, 3)
    await pause()
    assert line.begun == [1, 2]
    await line.answers_to(2)
    assert line.begun == [1, 2, 3]
    assert line.landed() == {2: None}


async def test_what_has_come_back_is_kept_until_it_is_written_down() -> None:
    """A commit that fails is repeated with all of it."""
    line = Line(2)
    line.take(1, 2)
    await pause()
    await line.answers_to(1)
    assert len(line.window.landed()) == len(line.window.landed()) == 1
    await line.answers_to(2)
    line.window.written_down(1)
    assert line.landed() == {2: None}
    assert not line.window.is_empty
    line.window.written_down(1)
    assert line.window.is_empty


@pytest.mark.parametrize("policy", [Policy.RETRY, Policy.STOP_LANE])
async def test_when_the_provider_asks_for_a_pause_what_waits_never_begins(policy: Policy) -> None:
    """Two are in flight when the first of them hears "too many requests"; the third is given back."""
    line = Line(2)
    line.take(1, 2, 3)
    await pause()
    await line.answers_to(1, Answer(AnswerKind.FREE, code="20429", policy=policy))
    assert line.begun == [1, 2]
    assert line.landed() == {1: "20429", 3: GIVEN_BACK}


async def test_a_provider_that_goes_silent_gets_none_of_what_waits() -> None:
    """Two POSTs without an answer are an accident, a third in a row is not; what had begun by then is in flight."""
    line = Line(3)
    line.take(1, 2, 3, 4, 5, 6)
    await pause()
    for number in (1, 2, 3):
        await line.answers_to(number, Answer(AnswerKind.AMBIGUOUS, code="time_out", policy=Policy.AMBIGUOUS))
    assert line.begun == [1, 2, 3, 4, 5]
    assert line.landed() == {1: "time_out", 2: "time_out", 3: "time_out", 6: GIVEN_BACK}


async def test_time_outs_among_posts_that_went_well_are_no_silence() -> None:
    """They come back last, one after the other; what began after them has been taken meanwhile."""
    line = Line(4)
    line.take(1, 2, 3, 4, 5)
    await pause()
    await line.answers_to(4)
    for number in (1, 2, 3):
        await line.answers_to(number, Answer(AnswerKind.AMBIGUOUS, code="time_out", policy=Policy.AMBIGUOUS))
    assert line.window.doubts == 0
    assert line.begun == [1, 2, 3, 4, 5]


async def test_what_was_claimed_while_the_provider_asked_for_a_pause_never_begins() -> None:
    """The lane's row does not know of the refusal before it is written down; until then nothing begins."""
    line = Line(2)
    line.take(1)
    await pause()
    await line.answers_to(1, Answer(AnswerKind.FREE, code="20429", policy=Policy.RETRY))
    line.take(2)
    assert line.landed() == {1: "20429", 2: GIVEN_BACK}
    line.window.written_down(2)
    line.take(3)
    await pause()
    assert line.begun == [1, 3]


async def test_who_finds_no_place_for_a_second_is_given_back(clock: Clock) -> None:
    """POSTs have become slow; a stop or a pause may have come meanwhile, so it is claimed anew."""
    line = Line(1)
    line.take(1, 2, 3)
    await pause()
    clock.now += 1.1
    await line.answers_to(1)
    assert line.begun == [1]
    assert line.landed() == {1: None, 2: GIVEN_BACK, 3: GIVEN_BACK}


async def test_nothing_begins_once_it_is_to_stop() -> None:
    """What is in flight comes in; what waited is free."""
    line = Line(1)
    line.take(1, 2)
    await pause()
    line.open = False
    await line.answers_to(1)
    line.take(3)
    assert line.begun == [1]
    assert line.landed() == {1: None, 2: GIVEN_BACK, 3: GIVEN_BACK}


async def test_an_interrupted_post_that_never_had_its_first_step_is_free() -> None:
    """It was cancelled before anything could leave."""
    line = Line(1)
    line.take(1, 2)
    line.window.interrupt()
    await line.window.land()
    assert line.landed() == {2: GIVEN_BACK, 1: GIVEN_BACK}


async def test_as_many_wait_as_find_a_place_within_a_tenth_of_a_second() -> None:
    """Few where a POST takes a second, as is thought of a new line; more once it has shown to be quick."""
    line = Line(50)
    assert line.window.room == 55
    for number in range(60):
        line.take(number)
        await pause()
        await line.answers_to(number)
    assert line.window.room > 150


async def test_after_trouble_upon_trouble_each_clear_answer_makes_one_more_place() -> None:
    """However the answers come back, together or one by one; and all places there are come back in the end."""
    line = Line(4)
    line.window.narrow()
    assert line.window.room == 1
    line.take(1)
    await pause()
    assert line.window.room == 0
    await line.answers_to(1)
    line.window.widen(1)
    assert line.window.room == 2
    line.take(2, 3)
    await pause()
    await line.answers_to(2)
    line.window.widen(1)
    assert line.window.room == 2, "one is under way still"
    await line.answers_to(3)
    line.window.widen(20)
    assert line.window.room >= 4
    line.window.widen(1)
    assert line.window.room >= 4


async def test_what_hangs_from_before_the_trouble_holds_up_no_probe() -> None:
    """It takes a place of all there are, and none of the few for new ones."""
    line = Line(4)
    line.take(1, 2, 3)
    await pause()
    line.window.narrow()
    assert line.window.room == 1
    line.take(4)
    await pause()
    assert line.begun == [1, 2, 3, 4]
    assert line.window.room == 0
    await line.answers_to(4)
    line.window.widen(1)
    assert line.window.room == 1, "of four places three are taken still"
    for number in (1, 2, 3):
        await line.answers_to(number)
    assert line.window.room == 2
