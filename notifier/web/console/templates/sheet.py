"""One wording on somebody's desk: what is stored of it, what they have made of it so far, and what was found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from notifier.domain.roles import Permission
from notifier.jobs.wording import Hand, Shelf, Wording, look
from notifier.jobs.wording_check import Bench, SourceCheck, check_source
from notifier.store.template_drafts import Draft
from notifier.templating.sources import FrontMatter, front_of, parts_of, with_body, with_front
from notifier.web.console.desk import Desk

__all__ = ["Sheet", "open_sheet", "shelf_of"]


def shelf_of(desk: Desk) -> Shelf:
    """Where the wordings of this house are kept."""
    return Shelf(desk.parts.store, desk.parts.templates_folder, desk.parts.needs_second_person)


@dataclass
class Sheet:
    """`source`: as it stands on the screen; `saved`: as it was opened or saved last; `wording`: as it is stored.

    `listeners` are called after each change of `source` that did not come from the editor of the words.
    """

    desk: Desk
    shelf: Shelf
    bench: Bench
    name: str
    language: str
    wording: Wording
    source: str
    saved: str
    check: SourceCheck | None = None
    listeners: list[Callable[[], Any]] = field(default_factory=list)

    def hand(self) -> Hand:
        """This person, about to change something now."""
        return Hand(self.shelf, self.name, self.language, self.desk.person, self.desk.now())

    @property
    def key(self) -> tuple[str, str]:
        """What tells this wording from others."""
        return self.name, self.language

    @property
    def draft(self) -> Draft | None:
        """The open draft."""
        return self.wording.draft

    @property
    def revision(self) -> int:
        """Of the draft this sheet began from; 0 = there was none."""
        return self.draft.revision if self.draft else 0

    @property
    def live_source(self) -> str | None:
        """The file that is live."""
        return self.wording.live.source if self.wording.live else None

    @property
    def is_unsaved(self) -> bool:
        """Would something be lost if the page closed now?"""
        return self.source != self.saved

    @property
    def in_review(self) -> bool:
        """It waits for a second person, and nobody types meanwhile."""
        return self.draft is not None and self.draft.state == "review"

    @property
    def is_readonly(self) -> bool:
        """Nobody types here now: it waits for review, or this person may only look."""
        return self.in_review or not self.desk.may(Permission.EDIT_TEMPLATES)

    @property
    def differs_from_live(self) -> bool:
        """Is there anything to publish?"""
        return self.source != self.live_source

    @property
    def body(self) -> str:
        """The words alone."""
        return parts_of(self.source).body

    @property
    def body_at(self) -> int:
        """Where the words begin in the source."""
        return len(parts_of(self.source).head)

    @property
    def front(self) -> FrontMatter:
        """What the form shows."""
        return front_of(self.source)

    def put_body(self, body: str) -> None:
        """Other words under the same head."""
        self.source = with_body(self.source, body)

    def put_body_and_tell(self, body: str) -> None:
        """Other words from elsewhere than the editor."""
        self.put_body(body)
        self.changed()

    def put_front(self, front: FrontMatter) -> None:
        """Another head above the same words."""
        self.source = with_front(self.source, front)
        self.changed()

    def put_source(self, source: str) -> None:
        """Another text altogether: an old version, or a colleague's."""
        self.source = source
        self.changed()

    def changed(self) -> None:
        """Everything that shows the source looks again."""
        for listener in self.listeners:
            listener()

    async def look_again(self) -> None:
        """What is stored now; what stands on the screen stays."""
        self.wording = await self.desk.work(look, self.shelf, self.name, self.language)

    async def take_stored(self) -> None:
        """Show what is stored instead of what stands on the screen."""
        await self.look_again()
        self.saved = self.wording.source
        self.put_source(self.saved)

    def keep(self, draft: Draft) -> None:
        """What was just saved is the newest."""
        self.wording = replace(self.wording, draft=draft)
        self.saved = draft.source

    def keep_behind(self, theirs: Draft | None) -> None:
        """A colleague's draft is known; what stands on the screen is still unsaved, and goes on top of theirs."""
        self.wording = replace(self.wording, draft=theirs)
        self.saved = self.wording.source

    async def check_now(self) -> bool:
        """Look at the source as it is now. False where it changed meanwhile: another look is on its way."""
        source = self.source
        found = await self.desk.work(check_source, source, self.name, self.language, self.bench)
        if source != self.source:
            return False
        self.check = found
        return True


async def open_sheet(desk: Desk, shelf: Shelf, bench: Bench, name: str, language: str) -> Sheet:
    """What is stored, put on the desk."""
    wording = await desk.work(look, shelf, name, language)
    return Sheet(desk, shelf, bench, name, language, wording, wording.source, wording.source)
