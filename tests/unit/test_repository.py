"""The repository itself: nothing of one machine, no registry's address, no secret, no dead link."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written with brackets so that the patterns do not find themselves.
REGISTRY = re.compile(
    r"(?:--)(?:extra-)?index-url[ =]|index[-_]url *=|find[-]links|trusted[-]host|registry *= *\S*://|"
    r"https?:[/][/][^\s\"')]*(?:pypi|pythonhosted|npmjs|artifactory|nexus|/simple\b)",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.~<{-])[/](?:home|root|Users|work|workspace|mnt)[/][\w.-]")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bxox[bp]-\w{10}|\bghp_\w{20}")


def _tracked() -> list[Path]:
    """Every file that is, or could be, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def _found(pattern: re.Pattern[str]) -> list[str]:
    hits = []
    for path in _tracked():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if match := pattern.search(line):
                hits.append(f"{path.relative_to(ROOT)}:{number}: {match.group()}")
    return hits


def test_no_file_holds_a_registrys_address() -> None:
    """Which registry a machine installs from is that machine's business."""
    assert _found(REGISTRY) == []


def test_no_file_holds_a_path_of_one_machine() -> None:
    """Neither a home or working folder, nor where this checkout happens to lie."""
    assert _found(MACHINE) == []
    if len(ROOT.parts) > 3:
        assert _found(re.compile(re.escape(str(ROOT)) + r"(?![\w-])")) == []


def test_no_file_holds_a_secret() -> None:
    """No private key, no access token."""
    assert _found(SECRET) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "--" + "index-url https:" + "//mirror.example/simple"),
        (REGISTRY, "url = 'https:" + "//files.python" + "hosted.org/packages/x.whl'"),
        (MACHINE, "cd /" + "home/ann/notifier"),
        (MACHINE, "path = '/" + "root/.cache'"),
        (SECRET, "-----BEGIN " + "RSA PRIVATE KEY-----"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], line: str) -> None:
    """A search that finds nothing anywhere would prove nothing."""
    assert pattern.search(line)


def test_no_lock_file_with_addresses_is_kept() -> None:
    """Pins are hashed requirements; lock files of uv, poetry and pdm record where each file came from."""
    assert [path.name for path in _tracked() if re.fullmatch(r"(uv|poetry|pdm)\.lock|pylock.*\.toml", path.name)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"])
def test_every_pin_has_its_hashes(name: str) -> None:
    """Each requirement is one exact version with at least one hash."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(pins) > 30
    assert [pin for pin in pins if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin)] == []


def test_links_between_the_pages_lead_somewhere() -> None:
    """scripts/docs.py finds no dead link in README, CONTRIBUTING, docs/ …"""
    done = _docs()
    assert done.returncode == 0, done.stderr
    assert "docs/architecture.md" in done.stdout


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    """A missing file and a missing heading are named with their page; links to the web and in code are not followed."""
    (tmp_path / "README.md").write_text(
        "# Shop\n[a](docs/b.md) [c](#shop) [d](#nowhere) [e](https://example.org/x)\n```\n[f](g.md)\n```\n"
    )
    done = _docs(str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "README.md: the link to docs/b.md leads nowhere",
        "README.md: the link to #nowhere leads nowhere",
    ]


def _docs(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts/docs.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
