"""scripts/setup.sh and the Makefile: what a newcomer meets first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE = """#!/bin/sh
case "$2" in
    *ensurepip*) exit {venv} ;;
    *version_info\\[:2\\]*) echo 3.12 ;;
    *) exit {version} ;;
esac
"""


def _setup(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts/setup.sh"), *arguments],
        env={**os.environ, "PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _fake_python(folder: Path, name: str, *, version: int = 0, venv: int = 0) -> Path:
    path = folder / name
    path.write_text(FAKE.format(version=version, venv=venv))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("mode", "requirements", "stamps"),
    [("runtime", "requirements.txt", [".runtime"]), ("dev", "requirements-dev.txt", [".runtime", ".dev"])],
)
def test_a_dry_run_says_each_step(tmp_path: Path, mode: str, requirements: str, stamps: list[str]) -> None:
    """A new environment, the pinned requirements by their hashes, the package itself, and a stamp a mode."""
    venv = tmp_path / "venv"
    done = _setup(mode, "--venv", str(venv), "--dry-run")
    pip = f"{venv}/bin/python -m pip install -qq --disable-pip-version-check"
    assert done.stdout.splitlines() == [
        f"{sys.executable} -m venv --clear {venv}",
        f"{pip} --require-hashes -r {requirements}",
        f"{pip} --no-deps --no-build-isolation -e .",
        *(f"touch {venv}/{stamp}" for stamp in stamps),
    ]
    assert not venv.exists()


def test_an_environment_that_works_is_kept() -> None:
    """Set up again installs what changed, and does not begin anew."""
    done = _setup("--venv", sys.prefix, "--dry-run")
    assert done.returncode == 0
    assert "-m venv" not in done.stdout


@pytest.mark.parametrize("arguments", [["prod"], ["--venv"], ["runtime", "--force"]])
def test_an_argument_it_does_not_know_is_refused(arguments: list[str]) -> None:
    """One sentence with the usage, and nothing is done."""
    done = _setup(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Use: scripts/setup.sh [runtime|dev]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_python_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Only an old python3 on the path: the sentence says what to install, or how to name another."""
    _fake_python(tmp_path, "python3", version=1)
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    done = _setup("--dry-run", PYTHON="", PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("Notifier needs Python 3.11 or newer, and there is none here: install it")
    assert len(done.stderr.splitlines()) == 1


def test_a_newer_python_is_found_behind_an_old_python3(tmp_path: Path) -> None:
    """python3 is old here, python3.12 is not: that one is taken."""
    _fake_python(tmp_path, "python3", version=1)
    _fake_python(tmp_path, "python3.11", version=127)  # a version manager's empty promise
    _fake_python(tmp_path, "python3.12")
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = _setup("--venv", str(tmp_path / "venv"), "--dry-run", PYTHON="", PATH=str(tmp_path))
    assert done.stdout.startswith("python3.12 -m venv")


def test_a_named_python_that_is_too_old_is_refused(tmp_path: Path) -> None:
    """Who names an interpreter hears about that one, and no other is taken in its place."""
    old = _fake_python(tmp_path, "python3.9", version=1)
    done = _setup("--dry-run", PYTHON=str(old))
    assert (done.returncode, done.stderr) == (
        1,
        f"PYTHON={old} is not a Python 3.11 or newer: name another one.\n",
    )


def test_a_python_without_venv_names_the_package(tmp_path: Path) -> None:
    """Debian splits venv off: the sentence names the package of that very version."""
    bare = _fake_python(tmp_path, "python3.12", venv=1)
    done = _setup("--dry-run", PYTHON=str(bare))
    assert done.returncode == 1
    assert "install the package python3.12-venv" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_bare_make_explains_its_targets() -> None:
    """Each target of the README is listed with what it does; also where `make test` runs this, which tells its own."""
    of_a_person = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make"], cwd=ROOT, env=of_a_person, capture_output=True, text=True, check=True, timeout=60)
    listed = [line.split(None, 2) for line in done.stdout.splitlines()]
    assert [words[1] for words in listed] == (
        [
            "help",
            "setup",
            "demo",
            "test",
            "properties",
            "faults",
            "check",
            "run",
            "bench",
            "docs",
            "screens",
            "pin",
            "fmt",
        ]
    )
    assert all(len(words) == 3 for words in listed)


@pytest.mark.parametrize("script", [*sorted(path.name for path in (ROOT / "scripts").glob("*.sh")), "../.ci/run"])
def test_scripts_can_be_run_and_parsed(script: str) -> None:
    """Executable, and without a syntax error in the shell that its first line names."""
    path = ROOT / "scripts" / script
    assert os.access(path, os.X_OK)
    shell = "bash" if "bash" in path.read_text(encoding="utf-8").splitlines()[0] else "sh"
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0


def test_ci_runs_what_make_check_runs() -> None:
    """One list of checks: CI's entry and the Makefile name the same script."""
    assert "exec scripts/check.sh" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "@scripts/check.sh" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(("failing", "tests", "code"), [("", 0, 0), ("ruff", 0, 1), ("", 5, 5), ("mypy", 1, 1)])
def test_check_runs_everything_and_fails_for_any(tmp_path: Path, failing: str, tests: int, code: int) -> None:
    """A failed lint does not hide the tests; the tests' summary is the last line; any failure is the exit code."""
    for tool in ("ruff", "lint-imports", "mypy", "python"):
        (tmp_path / tool).write_text(f"#!/bin/sh\nexit {int(tool == failing)}\n")
    (tmp_path / "pytest").write_text(f"#!/bin/sh\necho 3 passed\nexit {tests}\n")
    for made in tmp_path.iterdir():
        made.chmod(0o755)
    done = subprocess.run(
        [str(ROOT / "scripts/check.sh")],
        env={**os.environ, "CHECK_BIN": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == "3 passed"
    assert ("NOT GREEN" in done.stdout) == bool(failing)
