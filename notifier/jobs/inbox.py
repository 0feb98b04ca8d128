"""One round through the watched folder: every file that is ready is imported once, then filed with its report.

Customers go before visits before renewals, within a kind the file written first. A file that cannot be used is filed
under rejected with one sentence; it stays where it is when we are at fault (the database is away), and is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from notifier.dms import inbox
from notifier.dms.columns import KINDS
from notifier.dms.file_names import shown_name
from notifier.dms.imports import import_table
from notifier.dms.inbox import Claimed, Mark
from notifier.dms.mappings import Mappings, read_mappings
from notifier.dms.readers import Table
from notifier.dms.rejects import is_mended
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.domain.contacts import CONTACT_HOLD_DAYS
from notifier.errors import DATABASE_SILENT, UNEXPECTED, BadInput, ImportBrokenOff, NotifierError
from notifier.jobs.inbox_choice import opened
from notifier.jobs.inbox_papers import Import, write_report, write_why
from notifier.locale import N_, _, language
from notifier.locale.system import system_words
from notifier.schedules import ShopSettings
from notifier.store.engine import Store
from notifier.store.trouble import is_database_trouble, trouble_words

__all__ = ["Filed", "InboxDesk", "InboxResult", "import_folder", "in_one_document"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InboxDesk:
    """Whose files they are, and with what they are imported. Blanket consent is never given by a folder."""

    store: Store
    shop_id: int
    shop: ShopSettings
    secret: bytes
    progress: Callable[[int], None] | None = None
    contact_hold_days: int = CONTACT_HOLD_DAYS


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one file. `state`: done, rejected, waiting (it is still there, and is tried again), or left (where
    it lies: of a folder that is nobody's inbox only what is surely meant is taken).

    `sentence`: why it is not done. `filed`: where it lies now, seen from the folder.
    """

    file: str
    state: str
    done: Import | None = None
    filed: str | None = None
    sentence: str | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        head = {"file": self.file, "state": self.state, "filed": self.filed, "sentence": self.sentence}
        return head | {"import": self.done.document() if self.done else None}


@dataclass(slots=True)
class InboxResult:
    """What a round came to. `trouble`: why it ended before its last file; null where it did not."""

    files: list[Filed] = field(default_factory=list)
    trouble: str | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"files": [filed.document() for filed in self.files], "trouble": self.trouble}


def in_one_document(rounds: Mapping[str, InboxResult]) -> dict[str, Any]:
    """The rounds of the shops of a group, by key, as JSON of one: every file with the shop's key before its name."""
    files = [filed.document() | {"file": f"{key}/{filed.file}"} for key, each in rounds.items() for filed in each.files]
    return {"files": files, "trouble": next((each.trouble for each in rounds.values() if each.trouble), None)}


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a file stays. `is_lasting`: the next one would fare no better."""

    sentence: str
    is_lasting: bool


def import_folder(desk: InboxDesk, folder: Path, ready: Mapping[str, Mark], now: datetime) -> InboxResult:
    """Import the `ready` files of `folder` and what a round that died has left; business time is `now`.

    The records of a file are as fresh as the file: as its last writing, at most `now`. One that lay there for three
    days knows nothing of these days. Raises BadInput where the folder or a mapping in it cannot be used, Refused where
    another round is under way.
    """
    with inbox.folder_lock(folder):
        try:
            return _Round(desk, folder, read_mappings(folder), now).run(ready)
        except OSError as error:  # of moving files to and fro; that of a file is told with the file
            raise inbox.unusable(folder, error) from error


@dataclass(frozen=True, slots=True)
class _Round:
    desk: InboxDesk
    folder: Path
    mappings: Mappings
    now: datetime

    def run(self, ready: Mapping[str, Mark]) -> InboxResult:
        result = InboxResult()
        for claimed in self._claimed(ready):
            try:
                result.files.append(self._take(claimed))
            except Exception as error:  # noqa: BLE001 — told in the result; one file never stops the next
                inbox.put_back(self.folder, claimed)
                trouble = _trouble(error)
                result.files.append(Filed(claimed.name, "waiting", sentence=trouble.sentence))
                if trouble.is_lasting:
                    result.trouble = trouble.sentence
                    break
            except BaseException:  # told to end: the next round begins with it
                inbox.put_back(self.folder, claimed)
                raise
        return result

    def _claimed(self, ready: Mapping[str, Mark]) -> Iterator[Claimed]:
        """Each file, made ours when its turn comes: a round that is stopped leaves the others untouched."""
        left = {claimed.path: claimed for claimed in inbox.leftovers(self.folder)}
        for path in self._ordered({path: claimed.mark for path, claimed in left.items()}):
            if claimed := inbox.take_up(self.folder, left[path]):
                yield claimed
        names = {self.folder / name: name for name in ready}
        for path in self._ordered({path: ready[name] for path, name in names.items()}):
            if claimed := inbox.claim(self.folder, names[path], ready[names[path]]):
                yield claimed

    def _ordered(self, files: Mapping[Path, Mark]) -> list[Path]:
        if len(files) < 2:
            return list(files)
        return sorted(files, key=lambda path: (self._rank(path), files[path].written, path.name))

    def _rank(self, path: Path) -> int:
        """The place of the file's kind in the order of work; last where it has none."""
        try:
            return list(KINDS).index(opened(path, shown_name(path.name), self.mappings)[1])
        except Exception:  # noqa: BLE001 — what is wrong with it is said when its turn comes
            return len(KINDS)

    def _take(self, claimed: Claimed) -> Filed:
        """Import a file of ours and file it. Raises what is not the file's fault: then it has to stay."""
        if claimed.tries > inbox.TRIES:
            return self._rejected(claimed, BadInput(GIVEN_UP, tries=inbox.TRIES))
        try:
            table, done = self._imported(claimed)
        except Exception as error:
            if _is_ours(error):
                raise
            return self._unless_written_to(claimed) or self._rejected(claimed, _in_a_sentence(error, claimed.name))
        return self._unless_written_to(claimed) or self._done(claimed, table, done)

    def _imported(self, claimed: Claimed) -> tuple[Table, Import]:
        table, kind, mapping = opened(claimed.path, claimed.name, self.mappings)
        shop = self.desk.shop
        as_of = min(self.now, claimed.mark.written_at)
        settings = ImportSettings(
            now=self.now, as_of=as_of, secret=self.desk.secret, region=shop.region, zone=shop.zone, mapping=mapping,
            progress=self.desk.progress or _nobody_watches, contact_hold_days=self.desk.contact_hold_days,
        )  # fmt: skip
        report: ImportReport = import_table(kind, self.desk.store, self.desk.shop_id, table, settings)
        return table, Import(claimed.name, self.now, None if is_mended(table) else as_of, report)

    def _unless_written_to(self, claimed: Claimed) -> Filed | None:
        """A copy that had only paused goes on in the file we have moved: it is read again when it is whole."""
        if claimed.is_as_it_was:
            return None
        inbox.put_back(self.folder, claimed)
        return Filed(claimed.name, "waiting", sentence=_(WRITTEN_TO))

    def _done(self, claimed: Claimed, table: Table, done: Import) -> Filed:
        target = self._shelf(inbox.DONE, claimed)
        with language(self.desk.shop.language):
            write_report(target, table, done, self.desk.shop.zone)
        inbox.move_new(claimed.path, target)
        return Filed(claimed.name, "done", done, str(target.relative_to(self.folder)))

    def _rejected(self, claimed: Claimed, error: NotifierError) -> Filed:
        if "path" in error.fields:
            error.fields["path"] = claimed.name  # it lies elsewhere by the time it is read
        target = self._shelf(inbox.REJECTED, claimed)
        with language(self.desk.shop.language):
            write_why(target, str(error))
        inbox.move_new(claimed.path, target)
        return Filed(claimed.name, "rejected", filed=str(target.relative_to(self.folder)), sentence=str(error))

    def _shelf(self, end: str, claimed: Claimed) -> Path:
        return inbox.shelf(self.folder, end, claimed.name, self.now.astimezone(self.desk.shop.zone))


def _nobody_watches(done: int) -> None:
    del done


def _is_ours(error: Exception) -> bool:
    """Is it no fault of the file, so that it may be imported later as it is?"""
    if isinstance(error, BadInput):
        cause = error.__cause__  # a share that is gone for a moment; a file we may not read stays one
        return isinstance(cause, OSError) and cause.errno is not None and not isinstance(cause, PermissionError)
    if isinstance(error, NotifierError):
        return not isinstance(error, ImportBrokenOff)
    return is_database_trouble(error)


def _trouble(error: Exception) -> _Trouble:
    if isinstance(error, NotifierError):
        return _Trouble(str(error), is_lasting=not isinstance(error, BadInput))
    if isinstance(error, OSError):
        return _Trouble(_(UNREADABLE).format(detail=system_words(error)), is_lasting=False)
    if _is_ours(error):
        return _Trouble(_(DATABASE_SILENT).format(detail=trouble_words(error)), is_lasting=True)
    log.exception("inbox_file_crashed", alert=True)
    return _Trouble(_(UNEXPECTED).format(detail=type(error).__name__), is_lasting=False)


def _in_a_sentence(error: Exception, file: str) -> NotifierError:
    if isinstance(error, NotifierError) and not isinstance(error, ImportBrokenOff):
        return error
    log.exception("inbox_file_crashed", alert=True, file=file)
    if isinstance(error, ImportBrokenOff):
        return error
    return NotifierError(UNEXPECTED, detail=type(error).__name__)


GIVEN_UP = N_(
    "Importing this file was broken off {tries} times without a word, as when no memory is left; split it into smaller "
    "files, or import it by hand and see."
)
WRITTEN_TO = N_("The file was still being written; it is imported when it has come to rest.")
UNREADABLE = N_("The file cannot be read or moved at this moment ({detail}); it is tried again.")
