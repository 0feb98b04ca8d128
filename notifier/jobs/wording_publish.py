"""Publishing: the file first, then the version, so that a crash in between is seen and ended by the daemon's next look.

Before the file is touched the draft notes down who publishes it. So whoever finds those words in the file, this
process or the daemon's next look, can end what was begun, under the right name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from notifier.errors import NotFound, Refused, TemplateError
from notifier.jobs.wording import DraftConflict, Hand, Shelf, Who, draft_to_change, may_publish, note_down
from notifier.jobs.wording_check import Bench
from notifier.jobs.wording_files import FileLook, look_at, write_whole
from notifier.jobs.wording_fitness import raise_if_not_publishable
from notifier.locale import N_
from notifier.store import audit
from notifier.store.engine import Session
from notifier.store.template_drafts import Draft, Version, change_draft, open_draft, versions
from notifier.store.templates import publish as publish_version

__all__ = ["BehindLive", "FileConflict", "end_publication", "publish", "take_up_file", "write_live_to_file"]


class BehindLive(Refused):
    """The draft began from a version that is no longer live."""

    code: ClassVar[str] = "behind_live"

    def __init__(self, live: Version, draft: Draft) -> None:
        super().__init__(
            N_(
                "Version {live} went live after this draft was begun from version {base}. Compare both; then go on "
                "from what is live, or publish over it knowingly."
            ),
            live=live.version,
            base=draft.base_version or "–",
        )
        self.live, self.draft = live, draft


class FileConflict(Refused):
    """The file does not say what is live: somebody edited it outside the console."""

    code: ClassVar[str] = "file_conflict"

    def __init__(self, file: FileLook, live: Version | None) -> None:
        super().__init__(
            N_(
                "{file} was changed outside the console and does not say what is live. Compare both; then take the "
                "file's words up, or write the live ones to the file."
            ),
            file=str(file.path),
        )
        self.file, self.live = file, live

    @property
    def file_source(self) -> str | None:
        """What the file says; None where it cannot be read."""
        return self.file.source

    @property
    def live_source(self) -> str | None:
        """What is live; None where nothing is."""
        return self.live.source if self.live else None


@dataclass(frozen=True, slots=True)
class _Begun:
    draft: Draft
    file: FileLook


def publish(hand: Hand, revision: int, *, over: FileLook | None = None, bench: Bench | None = None) -> int:
    """Make the draft the live version, in its file and in the database; returns the version's number.

    `over`: the file as somebody has seen it, and whose words they give up; the audit log keeps them. `bench`: what the
    words are measured against.

    Raises Refused (a second person is needed; nothing differs; the folder takes no files), TemplateError (not a valid
    template, or words that must not go out), DraftConflict, BehindLive, FileConflict. What was refused has changed
    nothing.
    """
    begun = _begin(hand, revision, over, bench)
    draft, file = begun.draft, begun.file
    if file.source != draft.source:
        try:
            write_whole(file, draft.source)
        except (Refused, TemplateError):
            _forget(hand.shelf, draft)
            raise
    with hand.shelf.store.write("template.publish") as session:
        end_publication(session, draft, hand.now)
        live = next(version for version in versions(session, hand.name, hand.language) if version.live)
    if live.source != draft.source:
        raise DraftConflict(None)
    return live.version


def _begin(hand: Hand, revision: int, over: FileLook | None, bench: Bench | None) -> _Begun:
    """Everything that can be refused is refused here; then the draft says who publishes it."""
    who = hand.who
    with hand.shelf.store.write() as session:
        draft = draft_to_change(session, hand, revision)
        _raise_if_second_person_is_needed(hand.shelf, draft, who)
        raise_if_not_publishable(draft.source, hand.name, hand.language, hand.origin, bench)
        live, file = _both(session, hand)
        _raise_if_words_would_be_lost(draft, live, file, over)
        if file.is_conflict and file.source != draft.source:
            note_down(session, hand, "template.write_file", _as_found(file))
        return _Begun(change_draft(session, draft, publishing_by=who.name, publishing_by_id=who.id), file)


def _both(session: Session, hand: Hand) -> tuple[Version | None, FileLook]:
    """The live version and the file."""
    known = versions(session, hand.name, hand.language)
    live = next((version for version in known if version.live), None)
    return live, look_at(hand.shelf.folder, hand.name, hand.language, known)


def _raise_if_words_would_be_lost(draft: Draft, live: Version | None, file: FileLook, over: FileLook | None) -> None:
    if live is not None and live.source == draft.source and file.state == "same":
        raise Refused(N_("The draft says what is live already, so there is nothing to publish. Drop it."))
    if live is not None and draft.base_version != live.version and live.source != draft.source:
        raise BehindLive(live, draft)
    is_given_up = over is not None and over.found is not None and over.found == file.found
    if file.is_conflict and file.source != draft.source and not is_given_up:
        raise FileConflict(file, live)


def _raise_if_second_person_is_needed(shelf: Shelf, draft: Draft, who: Who) -> None:
    if may_publish(shelf, draft, who):
        return
    if draft.state != "review":
        raise Refused(
            N_("Here a second person looks at every text before it goes live. Hand the draft in for review first.")
        )
    raise Refused(
        N_("Here a second person publishes: somebody other than {editor}, who wrote it, and {submitter}, who handed "
           "it in."), editor=draft.edited_by, submitter=draft.submitted_by or draft.edited_by,
    )  # fmt: skip


def _forget(shelf: Shelf, draft: Draft) -> None:
    """Nobody publishes it: the file could not be written."""
    with shelf.store.write() as session:
        now_open = open_draft(session, draft.name, draft.language, to_change=True)
        if now_open is not None and now_open.id == draft.id:
            change_draft(session, now_open, publishing_by=None, publishing_by_id=None)


def end_publication(session: Session, draft: Draft, now: datetime) -> int | None:
    """The draft's words stand in the file: make them the live version under the publisher's name, and close the draft.

    May be done twice, by whoever comes first: returns the new version's number, None where it was live already. A draft
    that was saved again in between stays open.
    """
    known = versions(session, draft.name, draft.language)
    before = next((version for version in known if version.live), None)
    number = publish_version(
        session, name=draft.name, language=draft.language, source=draft.source, by=draft.publishing_by
    )
    now_open = open_draft(session, draft.name, draft.language, to_change=True)
    if now_open is not None and (now_open.id, now_open.revision) == (draft.id, draft.revision):
        change_draft(session, now_open, state="published", changed_at=now)
    if number is not None:
        audit.record(
            session, at=now, who=draft.publishing_by or "–", user_id=draft.publishing_by_id,
            action="template.publish", subject_type="template", subject=f"{draft.language}/{draft.name}",
            before={"version": before.version, "text": before.source} if before else None,
            after={"version": number, "text": draft.source},
        )  # fmt: skip
    return number


def write_live_to_file(hand: Hand, seen: FileLook) -> None:
    """Mend a conflict: the live version wins, the file says it again. What the file said stays in the audit log.

    Raises FileConflict where the file is not as it was `seen`.
    """
    with hand.shelf.store.write() as session:
        live, file = _both(session, hand)
        if live is None:
            raise NotFound(
                N_("No version of {name} in {language} is live yet."), name=hand.name, language=hand.language
            )
        if file.state != "same":
            _raise_unless_as_seen(file, seen, live)
            note_down(session, hand, "template.write_file", _as_found(file))
            write_whole(file, live.source)


def take_up_file(hand: Hand, seen: FileLook) -> int | None:
    """Mend a conflict: the file's words become the next version. Raises the file's own problem where it has one.

    Raises FileConflict where the file is not as it was `seen`.
    """
    with hand.shelf.store.write() as session:
        live, file = _both(session, hand)
        if file.state == "refused" and file.problem is not None:
            raise file.problem
        if file.source is None or file.state == "same":
            return None
        _raise_unless_as_seen(file, seen, live)
        note_down(session, hand, "template.take_up_file", _as_found(file))
        return publish_version(session, name=hand.name, language=hand.language, source=file.source, by=hand.who.name)


def _raise_unless_as_seen(file: FileLook, seen: FileLook, live: Version | None) -> None:
    """Nobody decides about words they have not read."""
    if file.found != seen.found:
        raise FileConflict(file, live)


def _as_found(file: FileLook) -> dict[str, str | None]:
    return {"state": file.state, "file": file.source}
