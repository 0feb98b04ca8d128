"""What one can do with a wording: save, submit, publish, take back, drop, try; and what to do where two texts meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs import wording as jobs
from notifier.jobs import wording_publish as publishing
from notifier.jobs.wording import DraftConflict, may_publish
from notifier.jobs.wording_files import FileLook
from notifier.jobs.wording_publish import BehindLive, FileConflict
from notifier.locale import _
from notifier.web.console.confirming import Choice, confirmed
from notifier.web.console.templates.conflict import ask_between, beside
from notifier.web.console.templates.sheet import Sheet
from notifier.web.console.templates.trial import ask_for_test

__all__ = ["Doings"]


class Doings:
    """The buttons at the top of the editor."""

    def __init__(
        self, sheet: Sheet, *, refresh: Callable[[], Awaitable[None]], keep_theirs: Callable[[str, str], Any]
    ) -> None:
        """`refresh`: show what is stored now. `keep_theirs(title, source)`: a colleague's text beside the editor."""
        self.sheet = sheet
        self._refresh = refresh
        self._keep_theirs = keep_theirs
        with ui.element("div").classes("head-doings"):
            self._test = self._button(_("Test send"), self._ask_for_test, look="outline", icon="phone_iphone")
            self._drop = self._button(_("Drop draft"), self._drop_draft, look="flat")
            self._take_back = self._button(_("Take back"), self._taken_back, look="outline")
            self._save = self._button(_("Save draft"), self._save_draft, look="outline")
            self._submit = self._button(_("Submit for review"), self._submit_draft, look="unelevated")
            self._publish = self._button(
                _("Publish"), self._ask_and_publish, look="unelevated", needs=Permission.PUBLISH_TEMPLATES
            )
        self.show()

    def show(self) -> None:
        """The buttons that make sense now: they stay the same ones, so that no click is lost to a new drawing."""
        sheet, desk = self.sheet, self.sheet.desk
        may_edit = desk.may(Permission.EDIT_TEMPLATES)
        goes_on = sheet.in_review or not sheet.shelf.needs_second_person
        is_good = sheet.check is None or sheet.check.can_be_published
        is_theirs = sheet.draft is None or may_publish(sheet.shelf, sheet.draft, desk.person)
        for button, is_there, is_on in (
            (self._test, may_edit, is_good),
            (self._drop, may_edit and sheet.draft is not None, True),
            (self._take_back, may_edit and sheet.in_review, True),
            (self._save, may_edit and not sheet.in_review, sheet.is_unsaved),
            (self._submit, may_edit and not goes_on, sheet.differs_from_live and is_good),
            (
                self._publish,
                desk.may(Permission.PUBLISH_TEMPLATES) and goes_on,
                sheet.differs_from_live and is_good and is_theirs,
            ),
        ):
            button.set_visibility(is_there)
            button.set_enabled(is_on)

    def _button(
        self,
        label: str,
        doing: Callable[[], Awaitable[None]],
        *,
        look: str,
        icon: str | None = None,
        needs: Permission = Permission.EDIT_TEMPLATES,
    ) -> ui.button:
        button = ui.button(label, icon=icon, on_click=self.sheet.desk.does(doing, needs=needs))
        return button.props(f"no-caps {look} color=primary")

    async def _save_draft(self) -> None:
        if await self._saved():
            self.sheet.desk.tell(_("The draft is saved. What is live has not changed."))
        await self._refresh()

    async def _saved(self) -> bool:
        """The sheet is stored as the draft; False where a conflict is left open."""
        sheet, desk = self.sheet, self.sheet.desk
        if not sheet.is_unsaved:
            return True
        try:
            draft = await desk.work(jobs.save_draft, sheet.hand(), sheet.source, sheet.revision)
        except DraftConflict as conflict:
            return await self._two_drafts(conflict)
        sheet.keep(draft)
        return True

    async def _two_drafts(self, conflict: DraftConflict) -> bool:
        sheet, desk, theirs = self.sheet, self.sheet.desk, conflict.theirs
        if theirs is None:
            await sheet.look_again()
            sheet.keep_behind(None)
            raise conflict
        at = theirs.changed_at.astimezone(desk.zone)
        answer = await ask_between(
            _("Somebody else has saved this text"),
            _("{name} saved it at {time}, after you opened it. Nothing is overwritten until you choose.").format(
                name=theirs.edited_by, time=f"{at:%H:%M}"
            ),
            ((_("Saved by {name}").format(name=theirs.edited_by), theirs.source), (_("Yours"), sheet.source)),
            (
                Choice("mine", _("Keep mine"), _("yours becomes the draft")),
                Choice("theirs", _("Take theirs"), _("your changes are given up")),
                Choice("merge", _("Merge by hand"), _("yours stays in the editor, theirs stands beside it")),
            ),
        )
        if answer == "theirs":
            await sheet.take_stored()
        elif answer == "merge":
            self._merge(_("Saved by {name}").format(name=theirs.edited_by), theirs.source)
            sheet.keep_behind(theirs)
        elif answer == "mine":
            sheet.keep_behind(theirs)
            return await self._saved()
        return False

    def _merge(self, title: str, source: str) -> None:
        self._keep_theirs(title, source)
        self.sheet.desk.tell(_("Their text stands beside yours; take over what you need, then save."))

    async def _submit_draft(self) -> None:
        sheet, desk = self.sheet, self.sheet.desk
        if await self._drafted():
            draft = await desk.work(jobs.submit, sheet.hand(), sheet.revision, bench=sheet.bench)
            sheet.keep(draft)
            desk.tell(_("It waits for a colleague to publish it."))
        sheet.changed()
        await self._refresh()

    async def _drafted(self) -> bool:
        """There is a stored draft with what stands on the screen."""
        return await self._saved() and self.sheet.draft is not None

    async def _taken_back(self) -> None:
        sheet, desk = self.sheet, self.sheet.desk
        draft = await desk.work(jobs.take_back, sheet.hand(), sheet.revision)
        sheet.keep(draft)
        sheet.changed()
        await self._refresh()

    async def _drop_draft(self) -> None:
        sheet, desk = self.sheet, self.sheet.desk
        sentence = _("What was written since the live version is given up. What is live does not change.")
        if await confirmed(_("Drop the draft?"), [sentence], _("Drop draft"), is_dangerous=True):
            await desk.work(jobs.drop, sheet.hand(), sheet.revision)
            if sheet.wording.live is None and sheet.wording.file.state == "missing":  # nothing of it is left
                sheet.put_source(sheet.saved)
                ui.navigate.to("/templates")
                return
            await sheet.take_stored()
            await self._refresh()

    async def _ask_and_publish(self) -> None:
        sheet = self.sheet
        sentence = _("From now on new messages use it. Messages already planned keep the words they have.")
        live = sheet.live_source
        both = partial(beside, (_("Live now"), live), (_("After publishing"), sheet.source)) if live else None
        if not await confirmed(_("Publish this text?"), [sentence], _("Publish"), body=both):
            return
        if await self._drafted():
            await self._published()
        await self._refresh()

    async def _published(self, over: FileLook | None = None) -> None:
        """`over`: the file whose words are given up, as it was shown."""
        sheet, desk = self.sheet, self.sheet.desk
        try:
            number = await desk.work(publishing.publish, sheet.hand(), sheet.revision, over=over, bench=sheet.bench)
        except DraftConflict as conflict:
            await self._two_drafts(conflict)
        except BehindLive as behind:
            await self._behind(behind)
        except FileConflict as conflict:
            await self._other_file(conflict)
        else:
            desk.tell(_("Version {number} is live.").format(number=number))
            await sheet.take_stored()

    async def _behind(self, behind: BehindLive) -> None:
        """Another version went live since the draft began."""
        sheet, desk = self.sheet, self.sheet.desk
        answer = await ask_between(
            _("Another version went live meanwhile"),
            _("Your draft began from an older one. Nothing is overwritten until you choose."),
            ((_("Live now"), behind.live.source), (_("Yours"), sheet.source)),
            (
                Choice("mine", _("Publish mine"), _("yours takes the place of what is live")),
                Choice("theirs", _("Keep what is live"), _("your draft is dropped")),
                Choice("merge", _("Merge by hand"), _("yours stays in the editor, the live text stands beside it")),
            ),
        )
        if answer == "theirs":
            await desk.work(jobs.drop, sheet.hand(), sheet.revision)
            await sheet.take_stored()
        elif answer in ("mine", "merge"):
            sheet.keep(await desk.work(jobs.rebase, sheet.hand(), sheet.revision))
            if answer == "merge":
                self._merge(_("Live now"), behind.live.source)
                return
            await self._published()

    async def _other_file(self, conflict: FileConflict) -> None:
        """The file on disk holds words the database has never seen."""
        sheet = self.sheet
        answer = await ask_between(
            _("The file was changed on the disk"),
            _("Somebody changed {file}. Nothing is overwritten until you choose.").format(file=conflict.file.path),
            ((_("In the file"), conflict.file_source or ""), (_("Yours"), sheet.source)),
            (
                Choice("mine", _("Publish mine"), _("yours is written into the file")),
                Choice("merge", _("Merge by hand"), _("yours stays in the editor, the file's text stands beside it")),
            ),
        )
        if answer == "merge":
            self._merge(_("In the file"), conflict.file_source or "")
        elif answer == "mine":
            await self._published(over=conflict.file)

    async def _ask_for_test(self) -> None:
        await ask_for_test(self.sheet)
