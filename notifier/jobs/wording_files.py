"""The file of a wording and its live version: are they one truth, and making them so again without half a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notifier.errors import NotifierError, Refused, TemplateError
from notifier.locale import N_
from notifier.store.template_drafts import Version
from notifier.templating import parse_template

__all__ = ["FileLook", "file_of", "is_old_copy", "look_at", "old_copy_problem", "write_whole"]

NEW_FILE_MODE = 0o644
CLOCKS_AGREE = timedelta(seconds=2)
"""Some disks note times to two seconds only, and the machine's clock is not the database's."""


@dataclass(frozen=True, slots=True)
class FileLook:
    """How a file stands to the live version. `problem` says what is wrong, and how to mend it.

    same · missing · edited (valid, not taken up yet) · refused (not a valid template) · stale (words of a former
    version, older than what is live: another machine's copy, or a restored backup). `source` None = it cannot be read.
    """

    path: Path
    state: str
    source: str | None = None
    problem: NotifierError | None = None
    found: bytes | None = None
    """What the file held, byte for byte; None where there is none or it cannot be read."""

    @property
    def is_conflict(self) -> bool:
        """Would publishing lose words that nobody has taken up?"""
        return self.state in ("edited", "refused", "stale")


def file_of(folder: Path, name: str, language: str) -> Path:
    """Where the file of a wording is."""
    return folder / language / f"{name}.j2"


def look_at(folder: Path, name: str, language: str, known: Sequence[Version]) -> FileLook:
    """How the file stands to the live one of the `known` versions of this wording."""
    path = file_of(folder, name, language)
    live = next((version for version in known if version.live), None)
    found: bytes | None = None
    try:
        found, written_at = _read(path)
        if found is None:
            return FileLook(path, "missing")
        source = _decoded(found, path)
        if live is not None and source == live.source:
            return FileLook(path, "same", source, found=found)
        parse_template(source, name=name, language=language, origin=str(path))
    except TemplateError as problem:
        shown = None if found is None else found.decode("utf-8", errors="replace")
        return FileLook(path, "refused", shown, problem, found)
    if live is not None and is_old_copy(source, written_at, live, known):
        former = next(version for version in known if version.source == source)
        return FileLook(path, "stale", source, old_copy_problem(path, former, live), found)
    return FileLook(path, "edited", source, found=found)


def is_old_copy(source: str, written_at: datetime, live: Version, known: Sequence[Version]) -> bool:
    """Are these the words of a former version, in a file written before the live one was published?"""
    is_former = any(version.source == source for version in known if not version.live)
    return is_former and written_at < live.published_at - CLOCKS_AGREE


def old_copy_problem(path: Path, former: Version, live: Version) -> TemplateError:
    """What is said of an old copy."""
    return TemplateError(
        N_(
            "{file} holds the words of version {former} and is older than version {live}, which is live: a copy of "
            "another machine, or a restored backup. It was not taken up. To keep version {live}, write it to the file "
            "on the template's page in the console; to go back to version {former}, save the file once more."
        ),
        file=str(path),
        former=former.version,
        live=live.version,
    )


def _read(path: Path) -> tuple[bytes | None, datetime]:
    """What the file holds, None where there is none, and when it was written."""
    try:
        return path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (FileNotFoundError, NotADirectoryError):
        return None, datetime.now(UTC)
    except OSError as error:
        raise TemplateError(
            N_("{file} cannot be read ({detail}). Give this program the right to read it."),
            file=str(path),
            detail=error.strerror or type(error).__name__,
        ) from error


def _decoded(found: bytes, path: Path) -> str:
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(
            N_("{file} is not written in UTF-8. Save it again as UTF-8 (in Notepad: Save as, Encoding)."),
            file=str(path),
        ) from error


def write_whole(seen: FileLook, source: str) -> None:
    """Put `source` in the file's place in one step, with the file's own mode: whoever reads sees the old or the new.

    `seen`: the file as it was looked at. Raises Refused, having written nothing, where it has been changed since, or
    where the folder takes no files.
    """
    path = seen.path
    target = path.resolve()  # of a link, what it points at: the link stays
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(source.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777 if target.exists() else NEW_FILE_MODE)
        _raise_if_changed(seen)
        Path(name).replace(target)
        _keep_name(target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _raise_if_changed(seen: FileLook) -> None:
    found, _written_at = _read(seen.path)
    if found != seen.found:
        raise Refused(
            N_("{file} was changed at this very moment by somebody else. Look at it again, then publish."),
            file=str(seen.path),
        )


def _keep_name(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on the disk too, where the disk can be asked for that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cannot_write(path: Path, error: OSError) -> Refused:
    return Refused(
        N_(
            "{file} cannot be written ({detail}), and what is live must also stand in its file, so nothing was "
            "published. Give this program the right to write to {folder}, or edit the file itself."
        ),
        file=str(path),
        folder=str(path.parent),
        detail=error.strerror or type(error).__name__,
    )
