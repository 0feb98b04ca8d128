"""One command, two processes: if either ends, both end, and the service manager starts them again."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

from notifier.engines.child import CONTEXT, GRACE, end_with_parent, start
from notifier.errors import NotifierError

__all__ = ["supervise"]

log = structlog.get_logger(__name__)


def supervise(parts: Mapping[str, Callable[[], int]]) -> int:
    """Run each part (name → picklable callable that returns an exit code) in a process of its own until one ends.

    SIGTERM and SIGINT are passed on. Returns 0 after a clean stop that was asked for, else 1.
    """
    with _told_to_stop() as stop:
        children = [CONTEXT.Process(target=_child, args=(run,), name=name) for name, run in parts.items()]
        for child in children:
            start(child)
        log.info("started", parts={child.name: child.pid for child in children})
        ready = wait([stop, *(child.sentinel for child in children)])
        was_told = stop in ready
        for child in children:
            if child.sentinel in ready and not was_told:
                child.join()
                log.error("part_ended", alert=True, part=child.name, exit_code=child.exitcode)
        is_clean = _end(children)
    log.info("stopped", clean=is_clean)
    return 0 if was_told and is_clean else 1


def _end(children: Sequence[BaseProcess]) -> bool:
    """SIGTERM to all, SIGKILL to who is left at the end; did all end cleanly?"""
    deadline = time.monotonic() + GRACE
    for child in children:
        child.terminate()
    for child in children:
        child.join(max(0.0, deadline - time.monotonic()))
        if child.is_alive():
            log.error("part_killed", alert=True, part=child.name)
            child.kill()
            child.join()
    # A child that SIGTERM met while it was still starting has done nothing yet.
    return all(child.exitcode in (0, -signal.SIGTERM) for child in children)


@contextmanager
def _told_to_stop() -> Iterator[int]:
    """A file descriptor that becomes readable with the first SIGTERM or SIGINT."""
    reader, writer = os.pipe()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: os.write(writer, b".") and None) for number in numbers}
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _child(run: Callable[[], int]) -> None:
    end_with_parent()
    try:
        code = run()
    except NotifierError as error:
        log.error("part_refused", alert=True, reason=str(error))  # noqa: TRY400  # a sentence for people, no trace
        code = 1
    sys.exit(code)
