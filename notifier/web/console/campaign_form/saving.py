"""Before schedules.yaml is saved: what changes in it, line by line, and what follows; and what others changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from notifier.jobs.schedule_edits import ChangedMeanwhile, Edited
from notifier.locale import _
from notifier.schedules.consequences import Consequence
from notifier.schedules.line_changes import Line
from notifier.schedules.writing import written_out

__all__ = ["ask_to_save", "notes", "settle", "yaml_lines"]

MINE = "mine"


def yaml_lines(lines: Sequence[Line]) -> None:
    """The lines that differ, as the file has them: comments and all."""
    with ui.element("div").classes("scroll-x yaml-difference").props("tabindex=0 role=region") as box:
        box.props["aria-label"] = _("What changes in schedules.yaml")
        for line in lines:
            kind = {"+": "is-new", "-": "is-gone", "…": "is-cut"}.get(line.sign, "")
            with ui.element("div").classes(f"yaml-line {kind}"):
                ui.label(str(line.new or line.old or "")).classes("yaml-number")
                ui.label(line.sign).classes("yaml-sign")
                ui.label(line.text).classes("yaml-text")


def notes(consequences: Sequence[Consequence]) -> None:
    """What a person must hear before saving, the grave first."""
    for each in sorted(consequences, key=lambda each: not each.is_grave):
        ui.label(str(each)).classes(f"note {'warn' if each.is_grave else ''}")


async def ask_to_save(title: str, lines: Sequence[Line], consequences: Sequence[Consequence], yes: str) -> bool:
    """Show all of it and ask. False where nothing shall be saved."""
    with ui.dialog() as dialog, ui.card().classes("yaml-dialog"):
        _heading(title)
        notes(consequences)
        ui.label(_("In schedules.yaml; every other line stays as it is, comments included:")).classes("quiet small")
        yaml_lines(lines)
        with ui.element("div").classes("row-of dialog-doings"):
            ui.button(yes, on_click=lambda: dialog.submit(True)).props("no-caps unelevated color=primary")
            ui.button(_("Go on editing"), on_click=lambda: dialog.submit(False)).props("no-caps flat")
    try:
        answer = await dialog
    finally:
        dialog.clear()
        if not dialog.is_deleted:  # the browser may have gone meanwhile, and its page with it
            dialog.delete()
    return bool(answer)


async def settle(conflict: ChangedMeanwhile, over: Callable[[], Awaitable[Edited | None]]) -> Edited | None:
    """Somebody else was faster: show both, ask, and put one's own changes over theirs by `over` if that is wanted."""
    with ui.dialog() as dialog, ui.card().classes("yaml-dialog"):
        _heading(_("Somebody else has changed schedules.yaml meanwhile"))
        if conflict.who is not None:
            said = _("{name} saved it here. Nothing is lost: below is what they changed, and what you changed.")
            ui.label(said.format(name=conflict.who))
        else:
            ui.label(_("It was changed outside this console. Nothing is lost: below is what changed there, and what "
                       "you changed."))  # fmt: skip
        _clashes(conflict)
        with ui.element("div").classes("yaml-both"):
            for title, lines in ((_("Their changes"), conflict.theirs), (_("Your changes"), conflict.mine)):
                with ui.element("div").classes("stack"):
                    with ui.element("h3"):
                        ui.label(title)
                    yaml_lines(lines)
        with ui.element("div").classes("row-of dialog-doings"):
            words = _("Save mine for these values") if conflict.clashes else _("Save mine on top of theirs")
            ui.button(words, on_click=lambda: dialog.submit(MINE)).props("no-caps unelevated color=primary")
            ui.button(_("Go on editing"), on_click=lambda: dialog.submit(None)).props("no-caps flat")
    try:
        answer = await dialog
    finally:
        dialog.clear()
        if not dialog.is_deleted:  # the browser may have gone meanwhile, and its page with it
            dialog.delete()
    return await over() if answer == MINE else None


def _clashes(conflict: ChangedMeanwhile) -> None:
    if not conflict.clashes:
        ui.label(_("The changes are about different values, so both can stand.")).classes("note good")
        return
    said = ", ".join(f"{'.'.join(each.path)}: {written_out(each.after) if each.after else '–'}"
                     for each in conflict.clashes)  # fmt: skip
    ui.label(_("Both of you changed the same value. Yours would be: {values}").format(values=said)).classes("note warn")


def _heading(title: str) -> None:
    with ui.element("h2"):
        ui.label(title)
