"""notifier/engines/errand.py: real processes that end well, badly, or when told to."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from notifier.engines.errand import ErrandFailed, run_errand
from notifier.errors import Refused
from notifier.locale import N_


def greet(name: str) -> dict[str, object]:
    """An errand that says where it ran, and brings much back."""
    return {"greeting": f"您好,{name}", "pid": os.getpid(), "much": "x" * 300_000}


def refuse() -> None:
    """An errand that is refused."""
    raise Refused(
        N_("Another process is planning for this shop right now. Wait until it has finished, then try again.")
    )


def crash() -> None:
    """An errand with a defect."""
    raise ZeroDivisionError


def die() -> None:
    """An errand that is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def linger(folder: Path) -> None:
    """An errand that takes its time, and tidies up."""
    try:
        (folder / "begun").write_text(str(os.getpid()))
        time.sleep(60)
    finally:
        (folder / "tidied").touch()


async def test_it_runs_in_a_process_of_its_own() -> None:
    """And its result comes back, however long."""
    found = await run_errand(partial(greet, "陈女士"))
    assert found["greeting"] == "您好,陈女士"
    assert found["pid"] != os.getpid()


@pytest.mark.parametrize(("errand", "code"), [(refuse, "refused"), (crash, "crashed"), (die, "ended")])
async def test_what_went_wrong_is_told(errand: object, code: str) -> None:
    """Refused by a rule, crashed over a defect, or killed from outside."""
    with pytest.raises(ErrandFailed) as failure:
        await run_errand(errand)  # type: ignore[arg-type]
    assert failure.value.code == code


async def test_cancelled_it_unwinds_and_is_gone(tmp_path: Path) -> None:
    """SIGTERM leaves time to roll back and to give up locks."""
    task = asyncio.create_task(run_errand(partial(linger, tmp_path)))
    while not (tmp_path / "begun").exists():
        await asyncio.sleep(0.02)
    while not (pid := (tmp_path / "begun").read_text()):
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (tmp_path / "tidied").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
