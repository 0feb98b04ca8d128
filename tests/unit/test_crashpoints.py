"""Places where a test may kill the process: all of them real, none passed in vain, and off by default."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.crashpoints import CALLS, POINTS, STEPS, VARIABLE, arm, crash_point

ROOT = Path(__file__).parents[2]
PASSES_THREE_TIMES = "from notifier.crashpoints import crash_point\n" + "crash_point('send.claim.after_commit')\n" * 3


def run_with(place: str, program: str) -> subprocess.CompletedProcess[str]:
    """Python with that place named, in a process of its own."""
    environment = {**os.environ, VARIABLE: place}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("place", "dies"),
    [
        ("send.claim.after_commit", True),
        ("send.claim.after_commit:3", True),
        ("send.claim.after_commit:4", False),
        ("send.claim.before_commit", False),
        ("", False),
    ],
)
def test_the_process_dies_when_it_has_passed_as_often_as_said(place: str, dies: bool) -> None:
    """By SIGKILL, so that nothing is cleaned up."""
    done = run_with(place, PASSES_THREE_TIMES)
    assert done.returncode == (-signal.SIGKILL if dies else 0), done.stderr


@pytest.mark.parametrize("place", ["send.clam.after_commit", "send.claim", "post.before:0", "post.before:often"])
def test_a_place_that_does_not_exist_is_refused_at_the_start(place: str) -> None:
    """In one sentence that lists the places: a test that kills nobody would prove nothing."""
    done = run_with(place, "from notifier.cli import main; main()")
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert VARIABLE in sentence
    assert "send.claim.after_commit" in sentence


def test_a_process_that_was_forked_takes_its_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command arms itself from its environment; without a place nothing happens."""
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr("notifier.crashpoints.os.kill", lambda *told: killed.append(told))
    try:
        arm({VARIABLE: "list.after:2"})
        for point in ("list.after", "list.before", "list.after"):
            crash_point(point)
    finally:
        arm({})
    crash_point("list.after")
    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_every_name_is_passed_somewhere_and_every_place_has_its_name() -> None:
    """What the code names, the registry holds, and the other way round."""
    named = [
        str(node.args[0].value)
        for path in (ROOT / "notifier").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("write", "crash_point")
    ]  # fmt: skip
    calls = {name for name in named if name.endswith((".before", ".after"))}
    assert calls == {f"{call}.{side}" for call in CALLS for side in ("before", "after")}
    handed_on = {"write", "send.record", "send.record_singly", "plan.chunk"}  # by a default, or as an argument
    assert set(named) - calls == set(STEPS) - handed_on
    assert len(set(POINTS)) == 2 * (len(STEPS) + len(CALLS))
