"""A wording from the first draft to the live version: draft → review → live, in the database and in its file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from notifier.errors import BadInput, NotFound, Refused
from notifier.jobs.wording_check import Bench
from notifier.jobs.wording_files import FileLook, look_at
from notifier.jobs.wording_fitness import raise_if_not_publishable
from notifier.locale import N_
from notifier.store import audit
from notifier.store.engine import Session, Store
from notifier.store.template_drafts import Draft, Version, add_draft, change_draft, open_draft, versions
from notifier.templating import TemplateFolder, raise_if_not_storable

__all__ = [
    "DraftConflict", "Hand", "Shelf", "Who", "Wording", "draft_to_change", "drop", "look", "make_draft",
    "may_publish", "note_down", "rebase", "save_draft", "starting_source", "submit", "take_back",
]  # fmt: skip

_NAME = re.compile(r"[^\W_][\w-]{0,59}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_STARTS = {
    "zh": "---\ntitle: \nkind: service\n---\n{{ 客户.称呼 }}您好，\n",
    "en": "---\ntitle: \nkind: service\n---\nDear {{ customer.salutation }}, \n",
}


class Who(Protocol):
    """A person at the console."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where wordings are kept: the database and the folder. `needs_second_person`: nobody publishes their own words."""

    store: Store
    folder: Path
    needs_second_person: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A template in a language as an editor opens it."""

    name: str
    language: str
    live: Version | None
    draft: Draft | None
    file: FileLook

    @property
    def is_behind(self) -> bool:
        """Did the draft begin from a version that is no longer live?"""
        return self.draft is not None and self.draft.base_version != (self.live.version if self.live else None)

    @property
    def source(self) -> str:
        """What the editor shows: the draft, else what is live, else the file."""
        if self.draft is not None:
            return self.draft.source
        return self.live.source if self.live else self.file.source or ""


@dataclass(frozen=True, slots=True)
class Hand:
    """One person at work on one template in one language, at one moment of business time."""

    shelf: Shelf
    name: str
    language: str
    who: Who
    now: datetime

    @property
    def origin(self) -> str:
        """How errors call the text: as its file."""
        return f"{self.language}/{self.name}.j2"


class DraftConflict(Refused):
    """Somebody else has saved, published or dropped the draft meanwhile. `theirs` None = there is no draft any more."""

    code: ClassVar[str] = "draft_conflict"

    def __init__(self, theirs: Draft | None) -> None:
        if theirs is None:
            super().__init__(
                N_("The draft was published or dropped meanwhile. Nothing of yours was saved: keep it, and look again.")
            )
        else:
            super().__init__(
                N_("{name} changed the draft meanwhile. Nothing was overwritten: compare both, then save again."),
                name=theirs.edited_by,
            )
        self.theirs = theirs


def look(shelf: Shelf, name: str, language: str) -> Wording:
    """The wording with its live version, its open draft and its file. Raises NotFound where there is none of them."""
    with shelf.store.read() as session:
        known, draft = versions(session, name, language), open_draft(session, name, language)
    live = next((version for version in known if version.live), None)
    is_named = _NAME.fullmatch(name) and _LANGUAGE.fullmatch(language)
    if not (known or draft or is_named):
        raise _not_there(name, language)
    file = look_at(shelf.folder, name, language, known)
    if not known and draft is None and file.state == "missing":
        raise _not_there(name, language)
    return Wording(name, language, live, draft, file)


def _not_there(name: str, language: str) -> NotFound:
    return NotFound(N_("There is no template {name} in {language}."), name=name, language=language)


def starting_source(shelf: Shelf, name: str, language: str) -> str:
    """What a new template begins with; a new language of one, with the head of another language."""
    beginning = _STARTS["zh" if language.lower().startswith("zh") else "en"]
    folder = TemplateFolder(shelf.folder)
    for other in folder.languages(name):
        source = folder.load(name, other).source
        head, fence, _text = source.removeprefix("---").partition("\n---")
        return f"---{head}{fence}\n{beginning.rpartition('---')[2].lstrip()}"
    return beginning


def make_draft(hand: Hand, source: str) -> Draft:
    """The first draft of a new template, or of a known one in another language.

    Raises BadInput for a name or language no file can have, Refused where there is such a template.
    """
    name, language = unicodedata.normalize("NFC", hand.name.strip()), hand.language.strip()
    hand = replace(hand, name=name, language=language)
    _raise_if_no_file_can_be_called(name, language)
    raise_if_not_storable(source, hand.origin)
    with hand.shelf.store.write() as session:
        draft = open_draft(session, name, language, to_change=True)
        known = versions(session, name, language)
        if draft or known or look_at(hand.shelf.folder, name, language, known).state != "missing":
            raise Refused(
                N_("There is a template {name} in {language} already. Open it, or choose another name."),
                name=name,
                language=language,
            )
        return _begin_draft(session, hand, source, None)


def _raise_if_no_file_can_be_called(name: str, language: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadInput(
            N_("{name} cannot be a template's name. Use letters, digits and _, at most 60, like winter_check."),
            name=name or "–",
        )
    if not _LANGUAGE.fullmatch(language):
        raise BadInput(N_("{language} is not a language's short name. Write it like zh-CN or en."), language=language)


def _begin_draft(session: Session, hand: Hand, source: str, base: int | None) -> Draft:
    draft = add_draft(
        session, name=hand.name, language=hand.language, source=source, base_version=base,
        edited_by=hand.who.name, edited_by_id=hand.who.id, created_at=hand.now, changed_at=hand.now,
    )  # fmt: skip
    note_down(session, hand, "template.draft", after={"base": base, "text": source})
    return draft


def save_draft(hand: Hand, source: str, revision: int, *, note: str | None = None) -> Draft:
    """Save the words. `revision`: that of the draft as the editor last saw it; 0 = there was none, so make one.

    Raises DraftConflict, which holds the other's draft, where somebody saved meanwhile: nothing is overwritten.
    """
    raise_if_not_storable(source, hand.origin)
    with hand.shelf.store.write() as session:
        draft = open_draft(session, hand.name, hand.language, to_change=True)
        if draft is None and revision == 0:
            return _begin_draft(session, hand, source, _live_number(session, hand))
        if draft is None or draft.revision != revision:
            raise DraftConflict(draft)
        if draft.state == "review":
            raise Refused(N_("The draft waits for its review. Take it back to change it."))
        if (draft.source, draft.note) == (source, note or draft.note):
            return draft
        note_down(session, hand, "template.save", {"text": draft.source}, {"text": source})
        return change_draft(
            session, draft, source=source, note=note or draft.note, revision=revision + 1, changed_at=hand.now,
            edited_by=hand.who.name, edited_by_id=hand.who.id, publishing_by=None, publishing_by_id=None,
        )  # fmt: skip


def submit(hand: Hand, revision: int, *, bench: Bench | None = None) -> Draft:
    """draft → review. Raises TemplateError where the words could not be published, DraftConflict as `save_draft`."""
    with hand.shelf.store.write() as session:
        draft = draft_to_change(session, hand, revision)
        raise_if_not_publishable(draft.source, hand.name, hand.language, hand.origin, bench)
        note_down(session, hand, "template.submit", after={"text": draft.source})
        return change_draft(
            session, draft, state="review", revision=revision + 1, changed_at=hand.now,
            submitted_by=hand.who.name, submitted_by_id=hand.who.id,
        )  # fmt: skip


def take_back(hand: Hand, revision: int) -> Draft:
    """review → draft, to change it or because the reviewer wants it changed."""
    with hand.shelf.store.write() as session:
        draft = draft_to_change(session, hand, revision)
        note_down(session, hand, "template.take_back")
        return change_draft(
            session, draft, state="draft", revision=revision + 1, changed_at=hand.now,
            submitted_by=None, submitted_by_id=None, publishing_by=None, publishing_by_id=None,
        )  # fmt: skip


def rebase(hand: Hand, revision: int, *, source: str | None = None) -> Draft:
    """The editor has seen what is live now, and goes on from there knowingly; with other words where `source` says."""
    raise_if_not_storable(source or "", hand.origin)
    with hand.shelf.store.write() as session:
        draft = draft_to_change(session, hand, revision)
        base = _live_number(session, hand)
        note_down(session, hand, "template.rebase", {"base": draft.base_version}, {"base": base})
        edited = {} if source in (None, draft.source) else {
            "source": source, "edited_by": hand.who.name, "edited_by_id": hand.who.id, "state": "draft",
            "publishing_by": None, "publishing_by_id": None,
        }  # fmt: skip
        return change_draft(session, draft, base_version=base, revision=revision + 1, changed_at=hand.now, **edited)


def drop(hand: Hand, revision: int) -> None:
    """Give the draft up; its words stay in the audit log."""
    with hand.shelf.store.write() as session:
        draft = draft_to_change(session, hand, revision)
        note_down(session, hand, "template.drop", before={"text": draft.source})
        change_draft(session, draft, state="dropped", revision=revision + 1, changed_at=hand.now)


def may_publish(shelf: Shelf, draft: Draft, who: Who) -> bool:
    """Whether this person may publish this draft: where two are needed, neither its last editor nor its submitter."""
    if not shelf.needs_second_person:
        return True
    return draft.state == "review" and who.id not in (draft.edited_by_id, draft.submitted_by_id)


def draft_to_change(session: Session, hand: Hand, revision: int) -> Draft:
    """The draft as its editor last saw it, held until the transaction ends. Raises DraftConflict where it is not so."""
    draft = open_draft(session, hand.name, hand.language, to_change=True)
    if draft is None or draft.revision != revision:
        raise DraftConflict(draft)
    return draft


def note_down(
    session: Session,
    hand: Hand,
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write what was done with a wording into the audit log."""
    audit.record(
        session, at=hand.now, who=hand.who.name, user_id=hand.who.id, action=action, subject_type="template",
        subject=f"{hand.language}/{hand.name}", before=before, after=after,
    )  # fmt: skip


def _live_number(session: Session, hand: Hand) -> int | None:
    known = versions(session, hand.name, hand.language)
    return next((version.version for version in known if version.live), None)
