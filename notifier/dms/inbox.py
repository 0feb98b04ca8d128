"""The watched folder: which files lie ready in it, who has taken one, and where it goes in the end.

Files only; what is in them is the round's affair (jobs/inbox.py). A file is taken by one rename, so each is somebody's
or nobody's, also where a process dies: what lies in ``working/`` without a holder of the lock was left behind.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from notifier.dms.file_names import is_never_data, shown_name
from notifier.errors import BadInput, Refused
from notifier.locale import N_
from notifier.locale.system import system_words
from notifier.store.filelock import try_file_lock

__all__ = [
    "DONE", "PAPERS", "REJECTED", "TRIES", "WORKING", "Claimed", "FolderWatch", "Mark", "Sighting", "claim",
    "folder_lock", "is_worked_in", "leftovers", "move_new", "put_back", "rejected_names", "shelf", "take_up",
    "unusable",
]  # fmt: skip

WORKING, DONE, REJECTED = "working", "done", "rejected"
_LOCK = ".lock"
TRIES = 5
"""How often a file is taken up whose import ended without a word (killed, no memory left) before it is given up."""
PAPERS = ("", ".report.txt", ".report.json", ".why.txt", ".rejects.xlsx", ".rejects.csv")
"""What a filed file leaves under its name: itself and what is laid beside it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file's content is told by while nobody reads it: its size, and when it was last written (ns)."""

    size: int
    written: int

    @property
    def written_at(self) -> datetime:
        """The moment of the last writing."""
        return datetime.fromtimestamp(self.written / 1e9, UTC)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look into the folder. `ready`: files that have lain unchanged for long enough; `settling`: those that have
    not; `passed_over`: what is no plain file (folders, links); `left_behind`: somebody died over a file.
    """

    ready: Mapping[str, Mark]
    settling: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    left_behind: bool = False


@dataclass
class FolderWatch:
    """Looks into `folder` again and again; a file is ready when nothing of it changed for `settles`.

    A copy under way changes size or time from look to look. One look can never tell, so the first finds nothing ready.
    """

    folder: Path
    settles: timedelta
    _seen: dict[str, tuple[Mark, datetime]] = field(default_factory=dict)

    def look(self, now: datetime) -> Sighting:
        """What lies there. Raises BadInput where the folder cannot be read."""
        marks, passed_over = _files_of(self.folder)
        seen = {}
        for name, mark in marks.items():
            known, since = self._seen.get(name, (None, now))
            seen[name] = (mark, since if known == mark else now)
        self._seen = seen
        ready = {name: mark for name, (mark, since) in seen.items() if self._is_old(since, now)}
        settling = tuple(name for name in seen if name not in ready)
        try:
            return Sighting(ready, settling, passed_over, bool(leftovers(self.folder)))
        except OSError as error:
            raise unusable(self.folder, error) from error

    def _is_old(self, since: datetime, now: datetime) -> bool:
        return now > since and now - since >= self.settles


def _files_of(folder: Path) -> tuple[dict[str, Mark], tuple[str, ...]]:
    marks, passed_over = {}, []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_never_data(entry.name):
                    continue
                if mark := _mark_of(Path(entry.path)):
                    marks[entry.name] = mark
                elif entry.name not in (WORKING, DONE, REJECTED):
                    passed_over.append(shown_name(entry.name))
    except OSError as error:
        raise unusable(folder, error) from error
    return marks, tuple(sorted(passed_over))


def _mark_of(path: Path) -> Mark | None:
    """None for what is no plain file, links included: a link could lead anywhere. None also for what is gone."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return Mark(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


# Taking a file, and giving it back


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file that is ours: where it lies now, what it looked like then, and which try this is."""

    path: Path
    mark: Mark
    tries: int = 1

    @property
    def name(self) -> str:
        """Its name, readable."""
        return self.path.name

    @property
    def is_as_it_was(self) -> bool:
        """Has nobody written to it since it was taken?"""
        return _mark_of(self.path) == self.mark


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """The folder for oneself, its subfolders made. Raises BadInput where it cannot be worked in, Refused where another
    process works in it at this moment.
    """
    with ExitStack() as held:
        try:
            for name in (WORKING, DONE, REJECTED):
                _own_subfolder(folder, name)
            is_ours = held.enter_context(try_file_lock(folder / WORKING / _LOCK))
        except OSError as error:
            raise unusable(folder, error) from error
        if not is_ours:
            raise Refused(
                N_("Another process imports from the folder {folder} at this moment; wait until it has finished."),
                folder=str(folder),
            )
        yield


def is_worked_in(folder: Path) -> bool:
    """Has this program worked in the folder before?"""
    return (folder / WORKING / _LOCK).exists()


def _own_subfolder(folder: Path, name: str) -> None:
    """Made where it is missing, in a folder that is there: an unmounted share must not be mistaken for an empty one."""
    path = folder / name
    if not folder.is_dir():
        next(folder.iterdir(), None)  # says what is wrong
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise NotADirectoryError(20, os.strerror(20), str(path))
    if not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(13, os.strerror(13), str(path))


def unusable(folder: Path, error: OSError) -> BadInput:
    """What to say of a folder in which `error` happened."""
    return BadInput(
        N_(
            "The folder {folder} cannot be worked in ({detail}: {place}); it must be there, and this program must be "
            "allowed to read and write in it."
        ),
        folder=str(folder),
        detail=system_words(error),
        place=shown_name(Path(str(error.filename)).name) if error.filename else "–",
    )


def claim(folder: Path, name: str, mark: Mark) -> Claimed | None:
    """Take the file by moving it; None where it is gone, has changed since it was marked, or is no plain file now."""
    path = folder / WORKING / "1" / shown_name(name)
    path.parent.mkdir(exist_ok=True)
    if path.exists() or _mark_of(folder / name) != mark:
        return None
    try:
        (folder / name).rename(path)
    except FileNotFoundError:
        return None
    claimed = Claimed(path, mark)
    if claimed.is_as_it_was:
        return claimed
    put_back(folder, claimed)
    return None


def leftovers(folder: Path) -> list[Claimed]:
    """Files that were taken by somebody who died: ours, for the holder of the lock. Most tries first."""
    found = []
    for place in sorted((folder / WORKING).glob("[1-9]"), reverse=True):
        for path in sorted(place.iterdir()):
            if mark := _mark_of(path):
                found.append(Claimed(path, mark, int(place.name)))
    return found


def take_up(folder: Path, claimed: Claimed) -> Claimed | None:
    """A file left behind, for one more try: the folder it lies in counts them. None where it must wait its turn."""
    tries = min(claimed.tries, TRIES) + 1
    path = folder / WORKING / str(tries) / claimed.name
    path.parent.mkdir(exist_ok=True)
    if path != claimed.path:
        try:
            move_new(claimed.path, path)
        except (FileExistsError, FileNotFoundError):
            return None
    return Claimed(path, claimed.mark, tries)


def put_back(folder: Path, claimed: Claimed) -> None:
    """As if it had not been taken; under a name of its own where another file has come under its name meanwhile."""
    for number in count(1):
        name = claimed.name if number == 1 else f"{claimed.path.stem}-{number}{claimed.path.suffix}"
        try:
            move_new(claimed.path, folder / name)
        except FileExistsError:
            continue
        except FileNotFoundError:  # somebody has taken it away
            return
        return


def move_new(source: Path, target: Path) -> None:
    """Move a file to a name nobody has. Raises FileExistsError, never overwrites."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # no such links on this file system (FAT, many shares)
        if os.path.lexists(target):
            raise FileExistsError(17, os.strerror(17), str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def shelf(folder: Path, end: str, name: str, at: datetime) -> Path:
    """Where a file goes that came to its `end` at that moment (of the shop's wall clock): a name nobody has.

    Done ones by month, since they are many; rejected ones together, since somebody has to look at them.
    """
    place = folder / end / f"{at:%Y-%m}" if end == DONE else folder / end
    place.mkdir(exist_ok=True)
    names = (f"{at:%Y%m%d-%H%M%S}{f'-{number}' if number > 1 else ''}-{name}" for number in count(1))
    return next(place / chosen for chosen in names if not _is_taken(place, chosen))


def rejected_names(folder: Path) -> list[str]:
    """The files that lie under rejected, without the papers beside them; the latest last. Raises BadInput where that
    cannot be read.
    """
    place = folder / REJECTED
    try:
        names = [shown_name(path.name) for path in place.iterdir()] if place.exists() else []
    except OSError as error:
        raise unusable(folder, error) from error
    return sorted(name for name in names if not is_never_data(name) and not name.endswith(PAPERS[1:]))


def _is_taken(place: Path, name: str) -> bool:
    return any((place / f"{name}{paper}").exists() for paper in PAPERS)
