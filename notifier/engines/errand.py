"""An errand: one function in a process of its own, so that heavy work never slows the lane."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn

import structlog

from notifier.engines.child import CONTEXT, end_with_parent, start
from notifier.errors import NotifierError
from notifier.store.trouble import is_database_away, trouble_words

__all__ = ["ErrandFailed", "run_errand"]

log = structlog.get_logger(__name__)

END_WITHIN = 3.0  # seconds from SIGTERM to SIGKILL
DATABASE = "database"


class ErrandFailed(Exception):
    """The errand did not come to its end.

    `code`: of the error it was refused with, or "database" (which is away), "crashed", "ended".
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code

    @property
    def is_over_the_database(self) -> bool:
        """Was the database at fault, so that the same may be done later?"""
        return self.code == DATABASE


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the child hands back: the function's result, or why there is none."""

    result: Any = None
    code: str | None = None
    detail: str = ""


async def run_errand(function: Callable[[], Any]) -> Any:
    """Run `function` in a process of its own and return its result; both must be picklable.

    Cancelled, it ends the process: SIGTERM, which leaves no transaction open, then SIGKILL.
    Raises ErrandFailed where the function raised or the process died; what it raised is in the log.
    """
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_run, args=(function, sender), daemon=True)
    start(process)
    sender.close()
    try:
        await _readable(receiver)
        outcome = await asyncio.to_thread(_heard, receiver)
    finally:
        await asyncio.to_thread(_end, process)
        receiver.close()
    if outcome is None:
        raise ErrandFailed("ended", f"exit code {process.exitcode}")
    if outcome.code is not None:
        raise ErrandFailed(outcome.code, outcome.detail)
    return outcome.result


async def _readable(receiver: Connection) -> None:
    """Wait until the child has said something or has died. An errand of minutes must not keep a thread others need."""
    loop, spoken = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(receiver.fileno(), spoken.set)
    try:
        await spoken.wait()
    finally:
        loop.remove_reader(receiver.fileno())
        os.set_blocking(receiver.fileno(), True)  # uvloop leaves it otherwise, and much is not read at once


def _heard(receiver: Connection) -> _Outcome | None:
    """What the child says; None where it died without a word."""
    try:
        outcome: _Outcome = receiver.recv()
    except EOFError:
        return None
    return outcome


def _end(process: BaseProcess) -> None:
    """The child has spoken, has died, or is to end now."""
    process.terminate()
    process.join(END_WITHIN)
    if process.is_alive():
        process.kill()
        process.join()


def _run(function: Callable[[], Any], sender: Connection) -> None:
    """In the child. Ctrl-C reaches the whole terminal; here only the parent's word counts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    end_with_parent()
    try:
        outcome = _Outcome(function())
    except Exception as error:  # noqa: BLE001  # it goes to the parent, or into the log
        outcome = _failed(error)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sender.send(outcome)
    sender.close()


def _failed(error: Exception) -> _Outcome:
    if is_database_away(error):
        return _Outcome(code=DATABASE, detail=trouble_words(error))
    if isinstance(error, NotifierError):
        return _Outcome(code=error.code, detail=str(error))
    log.error("errand_crashed", exc_info=error)
    return _Outcome(code="crashed", detail=type(error).__name__)


def _leave(*_arguments: object) -> NoReturn:
    """Unwinds the stack, so that an open transaction is rolled back and locks are given up."""
    sys.exit(0)
