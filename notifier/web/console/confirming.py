"""The one dialog of the console: called by its title, modal; Escape is “no”, and the focus goes back where it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.locale import _
from notifier.web.console.desk import Desk

__all__ = ["Choice", "answered", "asked_to_do", "chosen", "confirmed", "dialog_called"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a dialog: `key` is what is answered, `about` says what happens then."""

    key: str
    label: str
    about: str = ""


@contextmanager
def dialog_called(title: str, *, is_wide: bool = False) -> Iterator[ui.dialog]:
    """A dialog under its title; what is made inside the `with` stands in it. It is gone once it has been closed."""
    with ui.dialog() as dialog, ui.card().classes("dialog-card is-wide" if is_wide else "dialog-card"):
        with ui.element("h2") as heading:
            ui.label(title)
        dialog.props("role=dialog aria-modal=true").props["aria-labelledby"] = heading.html_id
        # Not at once when it is answered: what is gone before it is hidden gives no focus back.
        dialog.on("hide", lambda: None if dialog.is_deleted else dialog.delete())
        yield dialog


async def answered(dialog: ui.dialog, yes: str | None, *, no: str | None = None) -> bool:
    """Put the buttons below some fields and wait. False for `no`, Escape, and a browser that has gone.

    `yes` None: there is nothing to say yes to.
    """
    with _buttons():
        if yes is not None:
            _yes_button(yes).on_click(lambda: dialog.submit(True))
        _no_button(no or _("Cancel")).on_click(lambda: dialog.submit(False))
    return bool(await dialog)


async def confirmed(
    title: str, sentences: Sequence[str], yes: str, *, no: str | None = None, is_dangerous: bool = False,
    body: Callable[[], None] | None = None,
) -> bool:  # fmt: skip
    """Whether the person says yes. `sentences`: what happens then, one paragraph each; `body` draws more below them."""
    with dialog_called(title, is_wide=body is not None) as dialog:
        _draw(sentences, body)
        with _buttons():
            _yes_button(yes, is_dangerous=is_dangerous).on_click(lambda: dialog.submit(True))
            _no_button(no or _("Cancel")).on_click(lambda: dialog.submit(False)).props("autofocus")
        return bool(await dialog)


async def chosen(
    title: str, sentences: Sequence[str], choices: Sequence[Choice], *, body: Callable[[], None] | None = None
) -> str | None:
    """The key of what was chosen. None where nothing shall happen yet."""
    with dialog_called(title, is_wide=body is not None) as dialog:
        _draw(sentences, body)
        with ui.element("div").classes("dialog-choices"):
            for choice in choices:
                if choice.about:
                    ui.label(f"{choice.label} — {choice.about}").classes("quiet small")
        with _buttons():
            for choice in choices:
                button = ui.button(choice.label, on_click=lambda _event, key=choice.key: dialog.submit(key))
                button.props("no-caps outline color=primary")
            _no_button(_("Do nothing yet")).on_click(lambda: dialog.submit(None)).props("autofocus")
        answer = await dialog
    return None if answer is None else str(answer)


@contextmanager
def asked_to_do(
    desk: Desk, title: str, yes: str, doing: Callable[[], Awaitable[bool]], *, needs: Permission,
    is_dangerous: bool = False,
) -> Iterator[None]:  # fmt: skip
    """Fields to fill in, made inside the `with`. `yes` does it at once, and a refusal leaves the dialog open.

    `doing` says whether the dialog is done with.
    """
    with dialog_called(title) as dialog:
        yield

        async def do() -> None:
            if await doing() and not dialog.is_deleted:
                dialog.close()

        with _buttons():
            _yes_button(yes, is_dangerous=is_dangerous).on_click(desk.does(do, needs=needs))
            _no_button(_("Cancel")).on_click(dialog.close)
    dialog.open()


def _draw(sentences: Sequence[str], body: Callable[[], None] | None) -> None:
    for sentence in sentences:
        ui.label(sentence).classes("wrap-any")
    if body is not None:
        body()


def _buttons() -> ui.element:
    return ui.element("div").classes("row-of dialog-doings")


def _yes_button(words: str, *, is_dangerous: bool = False) -> ui.button:
    colour = "negative" if is_dangerous else "primary"
    return ui.button(words).props(f"no-caps unelevated color={colour}")


def _no_button(words: str) -> ui.button:
    return ui.button(words).props("no-caps flat color=primary")
