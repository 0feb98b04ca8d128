"""What was said between shop and customer, as a phone shows it: ours right, theirs left, the newest at the bottom."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from nicegui import ui

from notifier.jobs.customer_page import TalkPlaces, conversation
from notifier.jobs.customer_words import MEANING_WORDS, state_words, word
from notifier.locale import _
from notifier.reports.numbers import long_day
from notifier.store.dossier_talks import ReplyRow, TextRow

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["Conversation"]

MARKS = {
    "delivered": ("done_all", "good"),
    "sent": ("done", ""),
    "accepted": ("done", ""),
    "sending": ("schedule", ""),
    "planned": ("schedule", "info"),
    "withheld": ("visibility_off", ""),
    "cancelled": ("block", ""),
    "undelivered": ("error_outline", "bad"),
    "failed": ("error_outline", "bad"),
    "unknown": ("help_outline", "warn"),
}
UNSENT = frozenset({"withheld", "cancelled", "planned"})
ANSWERS_WITHIN = 20.0
"""Seconds: a browser on a poor line takes longer than the one NiceGUI would wait for it."""


class Conversation:
    """The newest page; older ones come on top when asked for."""

    def __init__(self, page: CustomerPage) -> None:
        self.page = page
        self.desk = page.desk
        self._older: TalkPlaces | None = None

    async def draw(self) -> None:
        """The card with its newest page."""
        with ui.element("section").classes("card flush talk-card") as card:
            card.props["aria-label"] = _("Messages and replies")
            with ui.element("div").classes("talk-head"), ui.element("h2"):
                ui.label(_("Messages and replies"))
            self._scroll = ui.element("div").classes("talk").props("tabindex=0 role=log")
            self._scroll.props["aria-label"] = _("Messages and replies, the newest last")
        with self._scroll:
            self._more = ui.button(_("Older messages"), on_click=self.desk.does(self._show_older))
            self._more.props("no-caps flat dense color=primary").classes("talk-more")
            self._items = ui.element("div").classes("talk-items")
        await self._show_page(None)
        ui.timer(0.1, self._to_the_end, once=True)

    def _to_the_end(self) -> None:
        ui.run_javascript(f"const e = getHtmlElement({self._scroll.id}); if (e) e.scrollTop = e.scrollHeight")

    async def _show_older(self) -> None:
        """What was in view stays in view."""
        asked = f"return getHtmlElement({self._scroll.id}).scrollHeight"
        height = await ui.run_javascript(asked, timeout=ANSWERS_WITHIN)
        await self._show_page(self._older)
        ui.run_javascript(
            f"setTimeout(() => {{ const e = getHtmlElement({self._scroll.id}); "
            f"e.scrollTop += e.scrollHeight - {int(height)} }}, 50)"
        )

    async def _show_page(self, behind: TalkPlaces | None) -> None:
        talk = await self.desk.read(conversation, self.page.customer_id, behind)
        self._older = talk.older
        self._more.set_visibility(talk.older is not None)
        with self._items, ui.element("div").classes("talk-page") as page:
            if not talk.items and behind is None:
                ui.label(_("Nothing was said yet.")).classes("empty")
            shown: date | None = None
            for item in talk.items:
                on = item.at.astimezone(self.desk.zone).date()
                if on != shown:
                    ui.label(long_day(on)).classes("talk-day")
                shown = on
                if isinstance(item, TextRow):
                    self._text(item)
                else:
                    self._reply(item)
        page.move(target_index=0)

    def _text(self, row: TextRow) -> None:
        icon, tone = MARKS.get(row.state, ("sms", ""))
        with ui.element("article").classes(f"bubble ours {'unsent' if row.state in UNSENT else ''}"):
            words = row.text or _no_words(row.state)
            if words:
                ui.label(words).classes("wrap-any")
            with ui.element("div").classes(f"bubble-state {tone}"):
                ui.icon(icon).props("aria-hidden=true")
                ui.label(state_words(row, self.desk.zone)).classes("wrap-any")
            about = " · ".join((self.page.campaign(row.campaign_id), self._clock(row.at)))
            ui.label(about).classes("bubble-about")

    def _reply(self, row: ReplyRow) -> None:
        with ui.element("article").classes("bubble theirs"):
            ui.label(row.text or _("(no wording kept)")).classes("wrap-any")
            words = [self._clock(row.at), word(MEANING_WORDS, row.meaning)]
            if row.handled_by:
                words.append(_("done by {name}").format(name=row.handled_by))
            ui.label(" · ".join(words)).classes("bubble-about")

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.desk.zone):%H:%M}"


def _no_words(state: str) -> str:
    """What stands in the place of a text that has none: one that never was to leave needs nothing."""
    if state in ("withheld", "cancelled"):
        return ""
    return _("(being worded anew)") if state == "planned" else _("(no wording kept)")
