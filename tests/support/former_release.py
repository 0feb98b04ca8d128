"""The former release's own code, kept as an archive: its commands run beside those of this tree, on one database."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.prepared_cli import PYTHON, ROOT, CliParent

ARCHIVES = ROOT / "tests" / "data" / "releases"
FORKING = ("tests/__init__.py", "tests/support/__init__.py", "tests/support/cli_parent.py",
           "tests/support/prepared_cli.py")  # fmt: skip
"""What a release needs beside it to have its commands forked as this tree's are."""


class FormerRelease:
    """The newest archived release, unpacked in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        with tarfile.open(max(ARCHIVES.glob("notifier-*.tar.gz"), key=_version)) as archive:
            archive.extractall(folder, filter="data")
        for name in FORKING:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
        self._parent: CliParent | None = None

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """This installation's environment, with the release's code in the place of this tree's."""
        return {**environment, "PYTHONPATH": str(self.root)}

    def run(self, folder: Path, environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the release to its end."""
        if self._parent is None:
            self._parent = CliParent(self.environment(environment), self.root)
        return self._parent.run(words, folder, self.environment(environment))

    def start(self, folder: Path, environment: Mapping[str, str], *words: str) -> subprocess.Popen[str]:
        """A command of the release, running."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*PYTHON, "notifier.cli", *words], cwd=folder, env=self.environment(environment), stdout=pipe, stderr=pipe,
            text=True,
        )  # fmt: skip

    def close(self) -> None:
        """No more commands."""
        if self._parent is not None:
            self._parent.end()


def _version(archive: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in archive.name.removeprefix("notifier-").removesuffix(".tar.gz").split("."))
