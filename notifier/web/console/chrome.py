"""What every page has around its own part: the bar with shop and person, the way to the other pages, a page's head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from nicegui import context, ui
from nicegui.element import Element

from notifier.domain.roles import Permission
from notifier.locale import N_, _
from notifier.reports import numbers
from notifier.reports.role_words import role_word
from notifier.web.console.desk import Desk

__all__ = ["frame", "head", "main_part", "sorry"]

NAVIGATION = (
    ("/", N_("Today"), "today", Permission.LOOK),
    ("/campaigns", N_("Campaigns"), "campaign", Permission.LOOK),
    ("/reviews", N_("Review"), "fact_check", Permission.LOOK),
    ("/templates", N_("Templates"), "sms", Permission.LOOK),
    ("/customers", N_("Find customers"), "people", Permission.LOOK),
    ("/users", N_("Team"), "manage_accounts", Permission.MANAGE_USERS),
    ("/audit", N_("Audit log"), "history", Permission.READ_AUDIT),
)


def frame(desk: Desk, path: str) -> None:
    """Bar and navigation, before the page in reading order; `path`: of the page that is open."""
    with context.client.layout:
        parts = [_skip(), _bar(desk), _navigation(desk, path), *([_demo(desk)] if desk.parts.is_demo else [])]
    for place, part in enumerate(parts):
        part.move(target_index=place)


def _skip() -> Element:
    with ui.element("a").classes("skip").props('href="#main"') as link:
        ui.label(_("Skip to the page"))
    return link


def _bar(desk: Desk) -> Element:
    with ui.element("header").classes("bar") as bar:
        with ui.link(target="/").classes("brand"):
            ui.icon("notifications_active").props("aria-hidden=true")
            ui.label("Notifier")
        _shop(desk)
        ui.element("div").classes("grow")
        _person(desk)
    return bar


def _demo(desk: Desk) -> Element:
    """Nobody must take made-up figures for their own, nor wonder at the date."""
    with ui.element("aside").classes("demo small") as strip:
        strip.props["aria-label"] = _("About this demo")
        ui.icon("theater_comedy").props("aria-hidden=true")
        said = _("Demo: the customers are made up, no text leaves this machine, and today is {day}.")
        ui.label(said.format(day=numbers.long_day(desk.now().astimezone(desk.zone).date())))
    return strip


def _navigation(desk: Desk, path: str) -> Element:
    with ui.element("nav").classes("side") as navigation:
        navigation.props["aria-label"] = _("Pages")
        for target, title, icon, needs in NAVIGATION:
            if desk.may(needs):
                _entry(target, _(title), icon, is_here=_is_below(path, target))
    return navigation


def _is_below(path: str, target: str) -> bool:
    return path == target or (target != "/" and path.startswith(f"{target}/"))


def _entry(target: str, title: str, icon: str, *, is_here: bool) -> None:
    with ui.link(target=target).classes("entry") as link:
        if is_here:
            link.classes("here").props("aria-current=page")
        ui.icon(icon).props("aria-hidden=true")
        ui.label(title)


def _shop(desk: Desk) -> None:
    """The shop's name; in a group a menu of those the person may look at."""
    if len(desk.shops) == 1:
        ui.label(desk.shop.name).classes("shop ellipsis")
        return
    with ui.button(desk.shop.name, icon="store", color=None).props("flat no-caps dense").classes("shop") as button:
        button.props["aria-label"] = _("Shop: {name}. Choose another").format(name=desk.shop.name)
        with ui.menu(), ui.element("ul").classes("menu"):
            for shop in desk.shops:
                with ui.element("li"):
                    ui.link(shop.name, f"/shop/{quote(shop.key, safe='')}")


def _person(desk: Desk) -> None:
    with ui.button(icon="account_circle", color=None).props("flat round dense").classes("person") as button:
        button.props["aria-label"] = _("{name}: language, password, sign out").format(name=desk.person.name)
        with ui.menu(), ui.element("div").classes("menu"):
            ui.label(desk.person.name).classes("strong")
            ui.label(role_word(desk.person.role)).classes("quiet")
            ui.link(_("Language, light, password"), "/profile")
            ui.link(_("Sign out"), "/sign-out")


@contextmanager
def main_part() -> Iterator[Element]:
    """The page's own part, where the skip link leads."""
    with ui.element("div").classes("page").props('id="main" tabindex="-1"') as main:
        yield main


@contextmanager
def head(title: str, about: str | None = None) -> Iterator[None]:
    """A page's heading, a sentence below it, and inside the `with`: what one can do, at its right."""
    with ui.element("div").classes("head"):
        with ui.element("div").classes("head-words"):
            with ui.element("h1"):
                ui.label(title)
            if about:
                ui.label(about).classes("quiet")
        with ui.element("div").classes("head-doings"):
            yield


def sorry(title: str, sentence: str, *, has_pages: bool = True) -> None:
    """A page that cannot be shown says why, and leads on: to the first one, or out for whom there is none."""
    with ui.element("div").classes("card sorry").props("role=alert"):
        with ui.element("h1"):
            ui.label(title)
        ui.label(sentence)
        ui.link(_("To Today"), "/") if has_pages else ui.link(_("Sign out"), "/sign-out")
