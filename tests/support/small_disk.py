"""A disk of a few megabytes that can really be full: a tmpfs, mounted for the length of one test.

Whoever may not mount runs the test in a namespace of its own (`unshare`), where it may.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec

import pytest

P = ParamSpec("P")
_CHUNK = 4096


class SmallDisk:
    """A folder on a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Not a byte more finds room."""
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(_CHUNK))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def make_room(self) -> None:
        """Somebody has tidied up."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of that size at `folder`, for a test that runs `on_a_small_disk`."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def on_a_small_disk(test: Callable[P, None]) -> Callable[P, None]:
    """The test is run where a disk may be mounted: here, or in a namespace. Where neither is allowed it fails in CI."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if _may_mount():
            test(*args, **kwargs)
        elif _may_mount("unshare", "-rm"):
            name = os.environ["PYTEST_CURRENT_TEST"].rsplit(" ", 1)[0]
            command = ["unshare", "-rm", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        else:
            refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            refuse("no small disk can be mounted here, neither as root nor by unshare -rm")

    return run


@cache
def _may_mount(*prefix: str) -> bool:
    """Is the process, or one behind this prefix, allowed to?"""
    with TemporaryDirectory() as folder:
        tried = 'mount -t tmpfs tmpfs "$0" && umount "$0"'
        try:
            done = subprocess.run([*prefix, "sh", "-c", tried, folder], capture_output=True, check=False)
        except FileNotFoundError:
            return False
    return done.returncode == 0
