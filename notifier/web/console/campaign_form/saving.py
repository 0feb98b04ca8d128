"""Before schedules.yaml is saved: what changes, in words and as lines, and what follows; and what others changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from nicegui import ui

from notifier.jobs.schedule_edits import ChangedMeanwhile, Edited
from notifier.locale import _, ngettext
from notifier.reports.setting_changes import SettingChange, change_line, changes_of_paths, comes_or_goes
from notifier.reports.setting_words import About
from notifier.schedules.consequences import Consequence
from notifier.schedules.editing import Changes
from notifier.schedules.line_changes import Line
from notifier.web.console.confirming import confirmed

__all__ = ["ask_to_save", "changes_list", "clash_words", "notes", "settle"]


def changes_list(changes: Sequence[SettingChange]) -> None:
    """One line a setting: what it is called, what it says, what it will say."""
    with ui.element("dl").classes("setting-changes"):
        for change in changes:
            with ui.element("dt"):
                ui.label(change.name)
            with ui.element("dd"):
                if change.before is not None:
                    ui.label(change.before).classes("wrap-any was")
                    ui.label("→").classes("quiet").props("aria-hidden=true")
                ui.label(change.after or _("taken out")).classes("wrap-any strong")


def notes(consequences: Sequence[Consequence]) -> None:
    """What a person must hear before saving, the grave first."""
    for each in sorted(consequences, key=lambda each: not each.is_grave):
        ui.label(str(each)).classes(f"note {'warn' if each.is_grave else ''}")


async def ask_to_save(
    title: str, changes: Sequence[SettingChange], lines: Sequence[Line], consequences: Sequence[Consequence], yes: str
) -> bool:
    """Show all of it and ask. False where nothing shall be saved."""

    def draw() -> None:
        changes_list(changes)
        notes(consequences)
        _folded(lines)

    return await confirmed(title, (), yes, no=_("Go on editing"), body=draw)


async def settle(
    conflict: ChangedMeanwhile, about: About, over: Callable[[], Awaitable[Edited | None]]
) -> Edited | None:
    """Somebody else was faster: show both, ask, and put one's own changes over theirs by `over` if that is wanted."""
    if conflict.who is not None:
        said = _("{name} saved it here. Nothing is lost: below is what they changed, and what you changed.")
        sentence = said.format(name=conflict.who)
    else:
        sentence = _("It was changed outside this console. Nothing is lost: below is what changed there, and what "
                     "you changed.")  # fmt: skip
    title = _("Somebody else has changed schedules.yaml meanwhile")
    is_mine = await confirmed(
        title, [sentence], _yes(conflict.clashes), no=_("Go on editing"), body=partial(_draw_both, conflict, about)
    )  # fmt: skip
    return await over() if is_mine else None


def _draw_both(conflict: ChangedMeanwhile, about: About) -> None:
    _clashes(conflict, about)
    with ui.element("div").classes("yaml-both"):
        for title, lines in ((_("Their changes"), conflict.theirs), (_("Your changes"), conflict.mine)):
            with ui.element("div").classes("stack"):
                with ui.element("h3"):
                    ui.label(title)
                _yaml_lines(lines)


def _clashes(conflict: ChangedMeanwhile, about: About) -> None:
    if not conflict.clashes:
        ui.label(_("The changes are about different values, so both can stand.")).classes("note good")
        return
    ui.label(clash_words(conflict.clashes, about)).classes("note warn")


def clash_words(clashes: Changes, about: About) -> str:
    """What one's own changes do to values that somebody else has changed meanwhile."""
    if comes_or_goes(clashes):
        if _takes_out(clashes):
            return _("They changed the campaign that you remove. If you go on, it is gone, with what they changed.")
        return _("Both of you added a campaign of this short name. If you go on, yours takes the place of theirs.")
    said = "; ".join(change_line(each) for each in changes_of_paths(clashes, about))
    if not said:
        return _("Both of you changed the same value. If you go on, it is as it was before they changed it.")
    return _("Both of you changed the same value. Yours would be: {values}").format(values=said)


def _takes_out(clashes: Changes) -> bool:
    return any(each.after is None for each in clashes if comes_or_goes([each]))


def _yes(clashes: Changes) -> str:
    if not clashes:
        return _("Save mine on top of theirs")
    return _("Remove it all the same") if _takes_out(clashes) else _("Save mine for these values")


def _folded(lines: Sequence[Line]) -> None:
    count = max(sum(line.sign == sign for line in lines) for sign in "+-")
    words = ngettext("Advanced: {count} line of schedules.yaml", "Advanced: {count} lines of schedules.yaml", count)
    with ui.expansion(words.format(count=count)).props("dense").classes("yaml-folded"):
        ui.label(_("Every other line stays as it is, comments included:")).classes("quiet small")
        _yaml_lines(lines)


def _yaml_lines(lines: Sequence[Line]) -> None:
    """The lines that differ, as the file has them: comments and all."""
    with ui.element("div").classes("scroll-x yaml-difference").props("tabindex=0 role=region") as box:
        box.props["aria-label"] = _("What changes in schedules.yaml")
        for line in lines:
            kind = {"+": "is-new", "-": "is-gone", "…": "is-cut"}.get(line.sign, "")
            with ui.element("div").classes(f"yaml-line {kind}"):
                ui.label(str(line.new or line.old or "")).classes("yaml-number")
                ui.label(line.sign).classes("yaml-sign")
                ui.label(line.text).classes("yaml-text")
