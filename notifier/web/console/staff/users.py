"""Who may come in: added, given another role, ended; each change at once and written down. For owners."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from nicegui import context, ui

from notifier.domain.roles import Permission, Role
from notifier.jobs import staff
from notifier.jobs.welcome import link_token
from notifier.locale import N_, _
from notifier.reports.role_words import ROLE_MEANINGS, role_word
from notifier.reports.run_words import local
from notifier.store.engine import Session
from notifier.store.shops import shop_keys
from notifier.store.users import UserRow, last_seen, user_by_id, users
from notifier.web.browsers import address_for_others
from notifier.web.console.chrome import head
from notifier.web.console.confirming import confirmed
from notifier.web.console.desk import Desk
from notifier.web.console.frame import Console
from notifier.web.console.staff.user_dialogs import Post, ask_newcomer, ask_post, show_link

__all__ = ["add_pages"]

NEEDS = Permission.MANAGE_USERS


def add_pages(console: Console) -> None:
    """One page, for owners."""

    @console.page("/users", title=N_("Team"), needs=NEEDS)
    async def team(desk: Desk) -> None:
        page = TeamPage(desk)
        page.draw()
        await page.refresh()


@dataclass(frozen=True, slots=True)
class _Team:
    people: tuple[UserRow, ...]
    seen: Mapping[int, datetime]
    shop_ids: Mapping[str, int]  # key → id


def _team(session: Session) -> _Team:
    ids = {key: shop_id for shop_id, key in shop_keys(session).items()}
    return _Team(tuple(users(session)), last_seen(session), ids)


class TeamPage:
    """Everybody, and what an owner does about them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.base = address_for_others(context.client.request, desk.parts.public_url)
        self.team = _Team((), {}, {})

    def draw(self) -> None:
        """Everything but the rows."""
        with head(_("Team"), _("Who may sign in here, and what they may do.")):
            self._button(_("Add a person"), self._add, icon="person_add").props("unelevated color=primary")
        self._list = ui.element("div").classes("card flush")
        with self._list:
            self._rows = ui.element("div")
        with ui.element("div").classes("card"):
            with ui.element("h2"):
                ui.label(_("What each role may do"))
            with ui.element("dl").classes("role-meanings"):
                for role in Role:
                    with ui.element("dt").classes("strong"):
                        ui.label(role_word(role))
                    with ui.element("dd"):
                        ui.label(_(ROLE_MEANINGS[role]))

    async def refresh(self) -> None:
        """The rows as they are now."""
        self.team = await self.desk.read(_team)
        self._rows.clear()
        with self._rows, ui.element("ul").classes("plain"):
            for user in self.team.people:
                with ui.element("li").classes("user-row"):
                    self._row(user)

    def _row(self, user: UserRow) -> None:
        with ui.element("div").classes("user-who"):
            with ui.element("div").classes("row-of"):
                ui.label(user.name).classes("strong wrap-any")
                if user.id == self.desk.person.id:
                    ui.label(_("you")).classes("tag info")
                if not user.is_active:
                    ui.label(_("ended")).classes("tag")
                elif user.password_hash is None:
                    ui.label(_("has no password yet")).classes("tag warn")
            ui.label(self._seen(user)).classes("quiet small")
        with ui.element("div").classes("user-role"):
            ui.label(role_word(user.role))
            if len(self.desk.shops) > 1:
                ui.label(self._shop_of(user)).classes("quiet small")
        with ui.element("div").classes("row-of user-doings"):
            self._doings(user)

    def _seen(self, user: UserRow) -> str:
        seen = self.team.seen.get(user.id)
        if seen is None:
            return _("not signed in")
        return _("last here {moment}").format(moment=local(seen, self.desk.zone))

    def _shop_of(self, user: UserRow) -> str:
        if user.shop_id is None:
            return _("every shop")
        names = {self.team.shop_ids.get(shop.key): shop.name for shop in self.desk.shops}
        return names.get(user.shop_id, "–")

    def _doings(self, user: UserRow) -> None:
        if not user.is_active:
            again, about = lambda: self._let_in_again(user), _("Let {name} in again")
            self._button(_("Let in again"), again, about=about, user=user)
            return
        self._button(_("Change role"), lambda: self._change_role(user), about=_("Change the role of {name}"), user=user)
        self._button(_("New link"), lambda: self._link(user), about=_("New one-time link for {name}"), user=user)
        if user.id != self.desk.person.id:
            end = self._button(_("End"), lambda: self._end(user), about=_("End the access of {name}"), user=user)
            end.props("color=negative")

    def _button(
        self, words: str, doing: Callable[[], Awaitable[None]], *, icon: str | None = None, about: str | None = None,
        user: UserRow | None = None,
    ) -> ui.button:  # fmt: skip
        async def handler() -> None:
            with self._list:  # the button itself may be gone when it has been answered
                await doing()

        button = ui.button(words, icon=icon, on_click=self.desk.does(handler, needs=NEEDS)).props("no-caps")
        if about is not None and user is not None:
            button.props("dense outline color=primary").props["aria-label"] = about.format(name=user.name)
        return button

    async def _add(self) -> None:
        wanted = await ask_newcomer(self.desk)
        if wanted is None:
            return
        name, post = wanted
        desk = self.desk

        def add(session: Session) -> tuple[UserRow, str]:
            shop_id = self.team.shop_ids.get(post.shop) if post.shop else None
            made = staff.add_user(session, name, post.role, shop_id, by=desk.person.actor, now=desk.now())
            return made, link_token(session, made, by=desk.person.actor, now=desk.now())

        made, token = await desk.write(add)
        await self.refresh()
        await show_link(made.name, f"{self.base}/welcome/{token}")

    async def _change_role(self, user: UserRow) -> None:
        keys = {shop_id: key for key, shop_id in self.team.shop_ids.items()}
        post = await ask_post(self.desk, user.name, Post(user.role, keys.get(user.shop_id or 0)))
        if post is None:
            return
        desk = self.desk

        def change(session: Session) -> None:
            shop_id = self.team.shop_ids.get(post.shop) if post.shop else None
            staff.change_role(session, user.id, post.role, shop_id, by=desk.person.actor, now=desk.now())

        await desk.write(change)
        desk.tell(_("{name} has another role and signs in again.").format(name=user.name))
        await self.refresh()

    async def _link(self, user: UserRow) -> None:
        sentences = [_("With it they choose a new password. It works once, for a day; an earlier one stops working.")]
        if await confirmed(_("A new link for {name}?").format(name=user.name), sentences, _("Make the link")):
            await self._show_new_link(user)

    async def _show_new_link(self, user: UserRow) -> None:
        desk = self.desk

        def make(session: Session) -> str:
            current = user_by_id(session, user.id) or user
            return link_token(session, current, by=desk.person.actor, now=desk.now())

        token = await desk.write(make)
        await show_link(user.name, f"{self.base}/welcome/{token}")

    async def _end(self, user: UserRow) -> None:
        sentences = [
            _("Whatever they have open stops working at once, and they cannot sign in any more."),
            _("What they did keeps their name in the audit log."),
        ]
        title = _("End the access of {name}?").format(name=user.name)
        if not await confirmed(title, sentences, _("End it"), is_dangerous=True):
            return
        desk = self.desk
        await desk.write(staff.end_user, user.id, by=desk.person.actor, now=desk.now())
        desk.tell(_("{name} may not sign in any more.").format(name=user.name))
        await self.refresh()

    async def _let_in_again(self, user: UserRow) -> None:
        desk = self.desk
        await desk.write(staff.let_in_again, user.id, by=desk.person.actor, now=desk.now())
        await self.refresh()
        await self._show_new_link(user)
