"""What an owner is asked about a person, and the link that is shown once."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from notifier.domain.roles import Role
from notifier.locale import _
from notifier.reports.role_words import ROLE_MEANINGS, role_word
from notifier.web.console.confirming import answered, dialog_called
from notifier.web.console.desk import Desk

__all__ = ["Post", "ask_newcomer", "ask_post", "show_link"]

# A page that did not come over https has no clipboard; there what is selected can still be copied.
_COPY = """() => {
  const field = document.querySelector(".one-time input");
  field.select();
  if (navigator.clipboard) navigator.clipboard.writeText(field.value); else document.execCommand("copy");
}"""


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is, and the key of the only shop they look at; None = every shop."""

    role: str
    shop: str | None = None


async def ask_newcomer(desk: Desk) -> tuple[str, Post] | None:
    """A name and a post; None where the owner thought better of it."""
    with dialog_called(_("Add a person")) as dialog:
        name = ui.input(_("Name")).props("outlined stack-label autofocus maxlength=60 autocomplete=off")
        name.props["hint"] = _("As colleagues know them; they sign in with it.")
        asked = _PostFields(desk, Post(Role.MARKETING))
        answer = await answered(dialog, _("Add and make a link"))
        return (name.value or "", asked.post) if answer else None


async def ask_post(desk: Desk, name: str, now: Post) -> Post | None:
    """Another post for somebody; None where nothing is to change."""
    with dialog_called(_("The role of {name}").format(name=name)) as dialog:
        asked = _PostFields(desk, now)
        ui.label(_("Whatever they have open closes, and they sign in again.")).classes("quiet small")
        answer = await answered(dialog, _("Change it"))
        return asked.post if answer and asked.post != now else None


async def show_link(name: str, link: str) -> None:
    """The one-time link, to be handed on: it is stored nowhere and shown this once."""
    with dialog_called(_("The link for {name}").format(name=name)) as dialog:
        ui.label(_("Send it to them alone. Whoever opens it chooses the password. It works once, for a day, and is "
                   "not shown again.")).classes("wrap-any")  # fmt: skip
        ui.input(_("One-time link"), value=link).props("outlined stack-label readonly autofocus").classes(
            "mono one-time"
        )
        copy = ui.button(_("Copy the link"), on_click=lambda: ui.notify(_("Copied."), type="positive", position="top"))
        copy.on("click", js_handler=_COPY).props("no-caps unelevated color=primary")
        await answered(dialog, None, no=_("Done"))


class _PostFields:
    """The role with its meaning below it; of a group the shop."""

    def __init__(self, desk: Desk, now: Post) -> None:
        roles = {str(role): role_word(role) for role in Role}
        self._role = ui.select(roles, value=now.role, label=_("Role"), on_change=self._explain)
        self._role.props("outlined stack-label options-dense")
        self._meaning = ui.label().classes("quiet small")
        shops = {"": _("every shop"), **{shop.key: shop.name for shop in desk.shops}}
        self._shop = ui.select(shops, value=now.shop or "", label=_("Shop")).props("outlined stack-label options-dense")
        self._is_group = len(desk.shops) > 1
        self._explain()

    def _explain(self) -> None:
        self._meaning.set_text(_(ROLE_MEANINGS[self._role.value]))
        self._shop.set_visibility(self._is_group and self._role.value != Role.OWNER)

    @property
    def post(self) -> Post:
        """As it stands in the fields; owners answer for every shop."""
        return Post(self._role.value, None if self._role.value == Role.OWNER else self._shop.value or None)
