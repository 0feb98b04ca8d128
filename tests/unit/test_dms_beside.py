"""Steps give the same answers in a process of their own and here, also when that process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.dms.beside import Assistant, Beside, Steps
from notifier.errors import BadInput
from notifier.locale import N_

STEPS = f"{__name__}:counting"


def counting(begin: int, refused: int | None = None, *, skip: int = 0) -> Steps:
    """Each message is answered by it, the next number and the process; `refused`: the number that is an error."""
    yield from _answers(begin + skip, refused)


def _answers(number: int, refused: int | None) -> Steps:
    message = yield
    while number < 100:
        if number == refused:
            raise BadInput(N_("{path}, line {line}: mend it."), path="visits.csv", line=number)
        message = yield message, number, os.getpid()
        number += 1


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    """A second process."""
    with Assistant(str(tmp_path / "folder"), []) as process:
        yield process


@pytest.mark.parametrize("is_beside", [True, False])
def test_messages_are_answered_in_turn(assistant: Assistant, is_beside: bool) -> None:
    """Several may be under way; after the last answer comes None, and then the assistant is free for other steps."""
    beside = Beside(assistant if is_beside else None, STEPS, 98)
    for message in ("早", "好", None):
        beside.ask(message)
    (first, pid), second = beside.take()[::2], beside.take()[:2]
    assert (first, second) == ("早", ("好", 99))
    assert (pid != os.getpid()) is is_beside
    beside.end()
    again = Beside(assistant if is_beside else None, STEPS, 5)
    again.ask("again")
    assert again.take()[:2] == ("again", 5)


@pytest.mark.parametrize("is_beside", [True, False])
def test_an_error_comes_back_as_it_was(assistant: Assistant, is_beside: bool) -> None:
    """The same sentence with the same fields."""
    beside = Beside(assistant if is_beside else None, STEPS, 3, 4)
    beside.ask()
    beside.ask()
    assert beside.take()[1] == 3
    with pytest.raises(BadInput) as refusal:
        beside.take()
    assert str(refusal.value) == "visits.csv, line 4: mend it."


def test_the_work_of_a_killed_process_is_done_here(assistant: Assistant) -> None:
    """From where it left: no answer is missing, none comes twice."""
    beside = Beside(assistant, STEPS, 1)
    beside.ask("one")
    _message, number, pid = beside.take()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    numbers = [number]
    for message in ("two", "three"):
        beside.ask(message)
        answer = beside.take()
        numbers.append(answer[1])
        assert (answer[0], answer[2]) == (message, os.getpid())
    assert numbers == [1, 2, 3]


_PARENT = f"""
import sys, time
from notifier.dms.beside import Assistant, Beside
with Assistant(sys.argv[1], []) as assistant:
    beside = Beside(assistant, {STEPS!r}, 1)
    beside.ask()
    print(beside.take()[2], flush=True)
    time.sleep(60)
"""


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Killed without a chance to say so, the import leaves no process behind, and no folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(folder)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
    assert not folder.exists()
