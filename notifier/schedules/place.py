"""schedules.yaml on the disk: opened to be changed, and replaced as a whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from notifier.errors import Refused, ScheduleError
from notifier.locale import N_
from notifier.schedules.parse import read_text

__all__ = ["OpenFile", "fingerprint_of", "held", "open_file", "raise_if_not_writable", "replace_file"]

_BOM = b"\xef\xbb\xbf"
_IN_PLACE_ONLY = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM)
"""What renaming onto a file answers that is mounted by itself, or kept by its owner."""

_NO_NEIGHBOURS = (errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """The file as it was read. `fingerprint`: SHA-256 of its text."""

    path: Path
    text: str
    fingerprint: str


def open_file(path: Path) -> OpenFile:
    """The file as it is now. Raises ScheduleProblems where it cannot be read."""
    text = read_text(path)
    return OpenFile(path, text, fingerprint_of(text))


def fingerprint_of(text: str) -> str:
    """SHA-256 of the text, as `Schedules.fingerprint` has it."""
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else who asks here changes the file meanwhile. Editors do not ask, so look at the file again inside."""
    # The folder is locked: the file itself is another one after each replacing, and a lock file would lie about.
    folder = os.open(_real(path).parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace_file(path: Path, text: str) -> None:
    """Write the text in place of the file's, keeping its owner, its rights, and the mark at its start.

    A crash leaves the old file or the new one. Raises Refused where the file may not be written.
    """
    target = _real(path)
    try:
        with target.open("r+b") as file:  # renaming over it would ask for rights to the folder alone
            mark = _BOM if file.read(len(_BOM)) == _BOM else b""
        _replace(target, mark + text.encode())
    except OSError as error:
        raise _not_written(path, error) from error


def raise_if_not_writable(path: Path) -> None:
    """Raise Refused, before anybody fills in a form, where the file could not be saved afterwards."""
    try:
        _real(path).open("r+b").close()
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> Refused:
    return Refused(
        N_("{file} cannot be written ({detail}), so nothing was changed. Give the account Notifier runs under the "
           "right to write it and its folder, or change it in an editor."),
        file=str(path), detail=error.strerror or str(error),
    )  # fmt: skip


def _replace(target: Path, content: bytes) -> None:
    try:
        scratch = _scratch_beside(target, content)
    except OSError as error:
        if error.errno not in _NO_NEIGHBOURS:
            raise
        _write_over(target, content)  # the file is ours to write, its folder is not
        return
    try:
        scratch.replace(target)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink()
        if error.errno not in _IN_PLACE_ONLY:
            raise
        _write_over(target, content)
    else:
        _sync_folder(target.parent)


def _scratch_beside(target: Path, content: bytes) -> Path:
    """A file of its own with the content, on disk, owned and protected as the target is."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            known = target.stat()
            os.fchmod(file.fileno(), known.st_mode & 0o7777)
            with suppress(PermissionError):  # only the superuser gives files away
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise
    return scratch


def _write_over(target: Path, content: bytes) -> None:
    """For a file that cannot be renamed over. One write and then the cut: a reader never sees a file that is short."""
    with target.open("r+b", buffering=0) as file:
        file.write(content)
        file.truncate(len(content))
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _real(path: Path) -> Path:
    """Where a link leads: the link itself stays."""
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise ScheduleError(
            N_("{file} cannot be read ({detail}); check the path and its permissions."),
            file=str(path), line=1, key="", detail=error.strerror or str(error),
        ) from error  # fmt: skip
