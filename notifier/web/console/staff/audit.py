"""The audit log: who did what and when, the newest first, and how it was before."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.schedule_edits import SUBJECT_TYPE, saved_changes
from notifier.locale import N_, _, ngettext
from notifier.reports.numbers import count
from notifier.reports.run_words import local
from notifier.reports.setting_changes import changes_of_paths
from notifier.reports.titles import Titles, titles_of
from notifier.store.audit import Entry, entries
from notifier.store.audit_subjects import Named, named
from notifier.store.users import user_names
from notifier.web.console.chrome import head
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console
from notifier.web.console.staff.audit_subjects import Known, Subject, about_of, subject_of
from notifier.web.console.staff.audit_words import (
    ACTION_WORDS,
    Difference,
    action_word,
    deed_words,
    differences,
    line_changes,
    who_words,
)

__all__ = ["add_pages"]

SHOWN = 40
MOST_LINES = 30


def add_pages(console: Console) -> None:
    """One page, for owners."""

    @console.page("/audit", title=N_("Audit log"), needs=Permission.READ_AUDIT)
    async def audit(desk: Desk, person: int | None = None, action: str = "", before: int | None = None) -> None:
        names = await desk.read(user_names)
        wanted = action if action in ACTION_WORDS else None
        found = await desk.read(entries, before_id=before, user_id=person, action=wanted, limit=SHOWN + 1)
        titles = await desk.read(titles_of, desk.parts.schedules())
        known = _known(desk, await desk.read(named, found[:SHOWN]), titles)
        with head(_("Audit log"), _("Who did what and when. Nothing here can be changed or removed.")):
            pass
        _filters(person, action, names)
        _entries(desk, found[:SHOWN], known)
        _pages(found, person, action, is_first=before is None)


def _known(desk: Desk, names: Named, titles: Titles) -> Known:
    schedules = desk.parts.schedules()
    campaigns = {name: each for each in schedules.campaigns for name in (each.id, each.key)}
    shops = {shop.key: shop.name for shop in schedules.shops}
    return Known(names, desk.shop_id, desk.zone, campaigns, shops, titles)


def _address(person: int | None, action: str, before: int | None = None) -> str:
    asked = {"person": person, "action": action, "before": before}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/audit?{query}" if query else "/audit"


def _filters(person: int | None, action: str, names: dict[int, str]) -> None:
    people = {0: _("Everybody"), **names}
    actions = {"": _("Everything"), **{known: action_word(known) for known in ACTION_WORDS}}
    with ui.element("div").classes("row-of"):
        who = ui.select(people, value=person if person in people else 0, label=_("Person"))
        what = ui.select(actions, value=action if action in actions else "", label=_("What was done"))

    def go() -> None:
        ui.navigate.to(_address(who.value or None, what.value or ""))

    for chosen in (who, what):
        chosen.props("outlined dense options-dense").classes("audit-filter").on_value_change(go)


def _entries(desk: Desk, found: Sequence[Entry], known: Known) -> None:
    with ui.element("div").classes("card flush"):
        if not found:
            ui.label(_("Nothing of that kind has been done.")).classes("empty")
            return
        with ui.element("ol").classes("plain audit"):
            for entry in found:
                with ui.element("li").classes("audit-row"):
                    _entry(desk, entry, known)


def _entry(desk: Desk, entry: Entry, known: Known) -> None:
    ui.label(local(entry.at, desk.zone)).classes("quiet small audit-at")
    with ui.element("div").classes("audit-what"):
        with ui.element("div").classes("audit-line"):
            ui.label(who_words(entry)).classes("strong wrap-any")
            ui.label(deed_words(entry))
            _subject(subject_of(entry, known))
        for difference in differences(entry, known.titles):
            _difference(difference)
        if entry.subject_type == SUBJECT_TYPE:
            for change in changes_of_paths(saved_changes(entry), about_of(entry, known)):
                _difference(Difference(change.name, change.before, change.after))
        _lines(line_changes(entry))


def _subject(subject: Subject) -> None:
    if subject.address is not None:
        ui.link(subject.words, subject.address).classes("wrap-any")
    elif subject.words:
        ui.label(subject.words).classes("wrap-any")


def _difference(difference: Difference) -> None:
    """“role: Reader → Manager”, read aloud as it stands; the arrow only where there was something before."""
    with ui.element("div").classes("audit-line small"):
        ui.label(_("{name}:").format(name=difference.label)).classes("quiet")
        if difference.before is not None and difference.before != difference.after:
            ui.label(difference.before).classes("wrap-any audit-before")
            ui.label("→" if difference.after is not None else _("(taken out)")).classes("quiet")
        if difference.after is not None:
            ui.label(difference.after).classes("wrap-any")


def _lines(changes: Sequence[tuple[str, str]]) -> None:
    """Of a file or a wording: the lines that went and came, folded away at first."""
    if not changes:
        return
    told = ngettext("{count} line differs", "{count} lines differ", len(changes)).format(count=count(len(changes)))
    with ui.expansion(told).props("dense").classes("audit-lines"):
        for sign, line in changes[:MOST_LINES]:
            ui.label(f"{sign} {line}").classes("mono small wrap-any").classes("is-came" if sign == "+" else "is-gone")
        if len(changes) > MOST_LINES:
            rest = len(changes) - MOST_LINES
            ui.label(ngettext("and {count} line more", "and {count} lines more", rest).format(count=count(rest)))


def _pages(found: Sequence[Entry], person: int | None, action: str, *, is_first: bool) -> None:
    if is_first and len(found) <= SHOWN:
        return
    with ui.element("nav").classes("row-of") as pages:
        pages.props["aria-label"] = _("Pages of the log")
        if not is_first:
            ui.link(_("Newest"), _address(person, action)).classes("audit-page")
        if len(found) > SHOWN:
            ui.link(_("Older"), _address(person, action, found[SHOWN - 1].id)).classes("audit-page")
