"""The console: pages for staff, made with NiceGUI on the web app. One page a module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse
from nicegui import client as nicegui_client
from nicegui import ui
from starlette.staticfiles import StaticFiles

from notifier.errors import NotFound
from notifier.locale import N_
from notifier.web.console.campaign_form import pages as campaign_form
from notifier.web.console.campaigns import listing as campaigns
from notifier.web.console.campaigns import reviews
from notifier.web.console.customers import search as customers
from notifier.web.console.desk import Desk
from notifier.web.console.frame import SHOP_COOKIE, Console
from notifier.web.console.open_pages import keep_messages_to_their_pages
from notifier.web.console.staff import audit, profile, users
from notifier.web.console.templates import listing as templates
from notifier.web.console.today import page as today
from notifier.web.parts import ConsoleParts
from notifier.web.policy import CONSOLE, ScriptsWithNonce

__all__ = ["add_console"]

STATIC = Path(__file__).parent / "static"
RECONNECT_WITHIN = 60.0  # seconds; a phone that slept for a moment keeps its page
PAGES: Sequence[Callable[[Console], None]] = (
    today.add_pages,
    campaign_form.add_pages,
    campaigns.add_pages,
    reviews.add_pages,
    templates.add_pages,
    customers.add_pages,
    users.add_pages,
    audit.add_pages,
    profile.add_pages,
)


def add_console(app: FastAPI, parts: ConsoleParts) -> None:
    """Put the console below its path. Once in a process: NiceGUI has one app."""
    nicegui_client.templates.env.add_extension(ScriptsWithNonce)
    keep_messages_to_their_pages()
    app.mount(f"{CONSOLE}/static", StaticFiles(directory=STATIC))
    app.add_api_route("/", _to_the_console)
    app.add_api_route(CONSOLE, _to_the_console)
    app.add_api_route(f"{CONSOLE}/shop/{{key}}", _choose_shop)
    console = Console(parts)
    for add_pages in PAGES:
        add_pages(console)
    _add_missing_page(console)
    ui.add_head_html(_HEAD, shared=True)
    icon = (STATIC / "favicon.svg").read_text()
    ui.run_with(
        app, title="Notifier", favicon=icon, mount_path=CONSOLE, tailwind=False, dark=None,
        reconnect_timeout=RECONNECT_WITHIN, show_welcome_message=False,
    )  # fmt: skip


_HEAD = f'<link rel="stylesheet" href="{CONSOLE}/static/console.css">'


async def _to_the_console() -> Response:
    return RedirectResponse(f"{CONSOLE}/", status_code=307)


async def _choose_shop(key: str) -> Response:
    """Remember the shop to look at; a page asks whether the person may before it shows anything of it."""
    answer = RedirectResponse(f"{CONSOLE}/", status_code=303)
    answer.set_cookie(SHOP_COOKIE, quote(unquote(key), safe=""), path=CONSOLE, httponly=True, samesite="lax")
    return answer


def _add_missing_page(console: Console) -> None:
    @console.page("/{path:path}", title=N_("Not here"))
    async def missing(desk: Desk, path: str) -> None:  # noqa: ARG001
        raise NotFound(N_("There is no such page."))
