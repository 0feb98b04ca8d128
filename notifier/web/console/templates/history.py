"""Every version a wording has had: when it was live, by whom, what it brought, what changed, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from nicegui import ui

from notifier.jobs.wording_list import VersionRow, versions
from notifier.locale import _, ngettext
from notifier.reports.numbers import count, money, share
from notifier.store.template_drafts import Version
from notifier.store.wording_figures import Brought
from notifier.web.console.templates.difference import difference_view
from notifier.web.console.templates.sheet import Sheet

__all__ = ["History", "brought_words"]


def brought_words(brought: Brought) -> list[str]:
    """412 messages, 98 % delivered, 31 replies, 12 visits: what is known of them, or nothing."""
    if not brought.sent:
        return []
    return [
        ngettext("{count} message", "{count} messages", brought.sent).format(count=count(brought.sent)),
        _("{share} delivered").format(share=share(brought.delivered / brought.sent)),
        ngettext("{count} reply", "{count} replies", brought.replied).format(count=count(brought.replied)),
        ngettext("{count} visit", "{count} visits", brought.came).format(count=count(brought.came)),
    ]


class History:
    """The card below the editor."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._shown: tuple[Sequence[VersionRow], bool] | None = None
        with ui.element("section").classes("card wording-history"):
            with ui.element("h2"):
                ui.label(_("Versions"))
            self._place = ui.element("div").classes("stack")

    async def show(self) -> None:
        """All versions, the newest first."""
        sheet = self.sheet
        rows: Sequence[VersionRow] = await sheet.desk.work(versions, sheet.shelf, sheet.name, sheet.language)
        if (rows, sheet.is_readonly) == self._shown:
            return
        self._shown = (rows, sheet.is_readonly)
        self._place.clear()
        with self._place:
            if not rows:
                ui.label(_("Nothing has been published yet.")).classes("quiet")
            for row, before in zip_longest(rows, rows[1:]):
                self._version(row, before)

    def _version(self, row: VersionRow, before: VersionRow | None) -> None:
        desk, version = self.sheet.desk, row.version
        with ui.element("div").classes("version"):
            with ui.element("div").classes("row-of"):
                ui.label(_("Version {number}").format(number=version.version)).classes("strong")
                if version.live:
                    ui.label(_("live")).classes("tag good")
                at = desk.in_business_time(version.published_at).astimezone(desk.zone)
                ui.label(f"{at:%Y-%m-%d %H:%M}").classes("quiet")
                ui.label(version.published_by or _("from the file")).classes("quiet")
                ui.element("div").classes("grow")
                if not version.live and not self.sheet.is_readonly:
                    ui.button(_("Restore"), icon="restore", on_click=lambda: self._restore(version)).props(
                        "flat dense no-caps color=primary"
                    )
            self._brought(row.brought)
            if before is not None:
                self._change(before.version, version)

    def _change(self, before: Version, after: Version) -> None:
        title = _("What changed since version {number}").format(number=before.version)
        with ui.expansion(title).props("dense").classes("version-change"), ui.element("div").classes("scroll-x"):
            difference_view(
                before.source, after.source,
                before_title=_("Version {number}").format(number=before.version),
                after_title=_("Version {number}").format(number=after.version),
            )  # fmt: skip

    def _brought(self, brought: Brought) -> None:
        said = brought_words(brought)
        if brought.came_minor:
            said.append(money(brought.came_minor, self.sheet.desk.shop.currency))
        with ui.element("div").classes("row-of brought"):
            for words in said:
                ui.label(words).classes("small")
            if not said:
                ui.label(_("no messages in the last 90 days")).classes("quiet small")

    def _restore(self, version: Version) -> None:
        """The old words stand in the editor; nothing is stored or live before somebody does that."""
        self.sheet.put_source(version.source)
        self.sheet.desk.tell(
            _("Version {number} stands in the editor; save or publish it.").format(number=version.version)
        )
