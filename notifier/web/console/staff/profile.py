"""What everybody sets for themselves: language, light, password; and signing out everywhere."""

from __future__ import annotations

from nicegui import ui

from notifier.jobs.access import change_own_password, change_preferences, sign_out_everywhere
from notifier.jobs.passwords import LEAST
from notifier.locale import N_, _
from notifier.reports.role_words import role_word
from notifier.web.console.chrome import head
from notifier.web.console.confirming import confirmed
from notifier.web.console.desk import SIGN_IN, Desk
from notifier.web.console.frame import Console

__all__ = ["add_pages"]


def add_pages(console: Console) -> None:
    """One page, for everybody."""

    @console.page("/profile", title=N_("Language, light, password"))
    async def profile(desk: Desk) -> None:
        with head(_("Language, light, password"), f"{desk.person.name} · {role_word(desk.person.role)}"):
            pass
        with ui.element("div").classes("columns profile"):
            _looks(desk)
            _password(desk)
            _sessions(desk)


def _card(title: str) -> ui.element:
    card = ui.element("section").classes("card")
    with card, ui.element("h2"):
        ui.label(title)
    return card


def _looks(desk: Desk) -> None:
    with _card(_("Language and light")):
        languages = {"": _("As the browser asks"), "zh-CN": "中文", "en": "English"}
        themes = {"": _("As the device is set"), "light": _("Light"), "dark": _("Dark")}
        spoken = ui.select(languages, value=desk.person.language or "", label=_("Language"))
        light = ui.select(themes, value=desk.person.theme or "", label=_("Light or dark"))
        for chosen in (spoken, light):
            chosen.props("outlined stack-label options-dense")

        async def keep() -> None:
            await desk.write(
                change_preferences, desk.person, language=spoken.value or None, theme=light.value or None,
                now=desk.now(),
            )  # fmt: skip
            ui.navigate.reload()

        ui.button(_("Save"), on_click=desk.does(keep)).props("no-caps unelevated color=primary").classes("self-start")


def _password(desk: Desk) -> None:
    with _card(_("Password")):
        old = _secret(_("Current password"), "current-password")
        new = _secret(_("New password"), "new-password")
        new.props["hint"] = _("At least {least} characters; a sentence is easy to remember.").format(least=LEAST)
        again = _secret(_("The same once more"), "new-password")

        async def change() -> None:
            if new.value != again.value:
                desk.warn(_("The two passwords are not the same."))
                return
            await desk.work(
                change_own_password, desk.parts.store, desk.person, old.value or "", new.value or "",
                desk.now().astimezone(desk.zone),
            )  # fmt: skip
            for field in (old, new, again):
                field.set_value("")
            desk.tell(_("The password is changed. Everywhere else you are signed out."))

        button = ui.button(_("Change the password"), on_click=desk.does(change))
        button.props("no-caps unelevated color=primary").classes("self-start")


def _secret(label: str, autocomplete: str) -> ui.input:
    return ui.input(label, password=True).props(f"outlined stack-label maxlength=200 autocomplete={autocomplete}")


def _sessions(desk: Desk) -> None:
    with _card(_("Signed in elsewhere")):
        ui.label(_("On a phone that was lost, on a colleague's computer: end it everywhere, here too.")).classes(
            "quiet"
        )

        async def leave() -> None:
            sentences = [_("You sign in again with your password, here too.")]
            if await confirmed(_("Sign out everywhere?"), sentences, _("Sign out everywhere")):
                await desk.write(sign_out_everywhere, desk.person, desk.now())
                ui.navigate.to(SIGN_IN)

        button = ui.button(_("Sign out everywhere"), on_click=desk.does(leave))
        button.props("no-caps outline color=negative").classes("self-start")
