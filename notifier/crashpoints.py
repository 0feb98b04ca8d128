"""Named places where a test may kill the process, as a power cut would; off, they cost next to nothing.

For tests only: ``NOTIFIER_CRASH_AT="send.claim.after_commit:3"`` ends the process with SIGKILL when it passes that
place for the third time. Every transaction of a named step passes one place before its COMMIT and one after it, every
call to the provider one before and one after.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["CALLS", "POINTS", "STEPS", "VARIABLE", "Call", "Step", "arm", "crash_point"]

VARIABLE = "NOTIFIER_CRASH_AT"

Step = Literal[
    "write",  # a transaction that has no name of its own
    "send.prepare", "send.rerender", "send.claim", "send.record", "send.record_singly", "send.finish",
    "reconcile.lapse", "reconcile.settle", "reconcile.keep_statuses", "reconcile.keep_replies", "reconcile.polled",
    "reconcile.finish",
    "web.receive",
    "plan.open_run", "plan.chunk", "plan.finish",
    "template.publish",
]  # fmt: skip
"""What a write transaction is for."""
Call = Literal["post", "list", "pull"]
"""What a provider is asked: to send a text, what it sent to one phone, what is new."""

STEPS: tuple[Step, ...] = get_args(Step)
CALLS: tuple[Call, ...] = get_args(Call)
POINTS = tuple(f"{step}.{side}_commit" for step in STEPS for side in ("before", "after")) + tuple(
    f"{call}.{side}" for call in CALLS for side in ("before", "after")
)
"""Every place there is."""

_at: str | None = None
_passings_left = 0


def crash_point(name: str) -> None:
    """The process dies here if a test has asked for it."""
    if _at is not None and name == _at:
        _pass_by()


def _pass_by() -> None:
    global _passings_left  # noqa: PLW0603 (of the process, as its death is)
    _passings_left -= 1
    if _passings_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def arm(environ: Mapping[str, str]) -> None:
    """Take the place, and the how-manieth passing, from the environment.

    Raises SystemExit with a sentence where there is no such place: a test that never kills would prove nothing.
    """
    global _at, _passings_left
    name, _, times = environ.get(VARIABLE, "").partition(":")
    times = times or "1"
    if name and (name not in POINTS or not times.isdecimal() or int(times) < 1):
        raise SystemExit(f"{VARIABLE} names no crash point; write NAME:N, where NAME is one of: {', '.join(POINTS)}.")
    _at, _passings_left = name or None, int(times)


arm(os.environ)  # also in the processes that a process starts
