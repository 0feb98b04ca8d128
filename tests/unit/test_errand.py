"""notifier/engines/errand.py: real processes that end well, badly, or when told to."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import uvloop

from notifier.engines import errand as errand_module
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


def hear_ctrl_c() -> str:
    """An errand in whose terminal Ctrl-C is pressed."""
    os.kill(os.getpid(), signal.SIGINT)
    return "went on"


def linger(folder: Path) -> None:
    """An errand that takes its time, and tidies up."""
    try:
        (folder / "begun").write_text(str(os.getpid()))
        time.sleep(600)
    finally:
        (folder / "tidied").touch()


async def test_it_runs_in_a_process_of_its_own() -> None:
    """And its result comes back, however long."""
    found = await run_errand(partial(greet, "陈女士"))
    assert found["greeting"] == "您好,陈女士"
    assert found["pid"] != os.getpid()


async def test_ctrl_c_is_for_the_parent_to_hear() -> None:
    """A terminal tells every process of its group; a child that is still starting would end with a traceback."""
    assert await run_errand(hear_ctrl_c) == "went on"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize(("errand", "code"), [(refuse, "refused"), (crash, "crashed"), (die, "ended")])
async def test_what_went_wrong_is_told(errand: object, code: str) -> None:
    """Refused by a rule, crashed over a defect, or killed from outside."""
    with pytest.raises(ErrandFailed) as failure:
        await run_errand(errand)  # type: ignore[arg-type]
    assert failure.value.code == code


async def test_cancelled_it_unwinds_and_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM leaves time to roll back and to give up locks; a busy machine needs more of it."""
    monkeypatch.setattr(errand_module, "END_WITHIN", 60.0)
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


async def test_while_it_takes_its_time_it_keeps_no_thread_from_others(tmp_path: Path) -> None:
    """Where there is one thread only, what else needs one is still done."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    task = asyncio.create_task(run_errand(partial(linger, tmp_path)))
    while not (tmp_path / "begun").exists():
        await asyncio.sleep(0.02)
    assert await asyncio.wait_for(asyncio.to_thread(os.getpid), 60) == os.getpid()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_much_comes_back_over_the_loop_of_the_web_process() -> None:
    """uvicorn runs on uvloop, which treats pipes in its own way."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(run_errand(partial(greet, "陈女士")))
    assert len(found["much"]) == 300_000
