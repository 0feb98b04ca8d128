"""What stands around every page: title, navigation, shop, person; and how a page is opened, refused or fails."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote, unquote

import structlog
from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from nicegui import context
from nicegui.page import page as nicegui_page

from notifier.domain.roles import Permission
from notifier.errors import NotFound, NotifierError
from notifier.jobs.access import Person
from notifier.locale import N_, _, current_language
from notifier.schedules import ShopSettings
from notifier.store.shops import keep_shop, shop_keys
from notifier.web.auth import current_person
from notifier.web.console.chrome import frame, main_part, sorry
from notifier.web.console.desk import Desk
from notifier.web.console.open_pages import OpenPages
from notifier.web.parts import ConsoleParts
from notifier.web.policy import CONSOLE

__all__ = ["Console", "PageBuilder"]

log = structlog.get_logger(__name__)

PageBuilder = Callable[..., Awaitable[Response | None]]
SHOP_COOKIE = "notifier_shop"
BUILD_WITHIN = 20.0  # seconds
_NUMBER = re.compile("[0-9]{1,18}")  # what a database takes for one


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a page says before it is built: its title (an English sentence), and what one must be allowed to do."""

    title: str
    needs: Permission


class _Page(nicegui_page):
    """A page in the language and the light of whoever opens it."""

    def resolve_language(self) -> Any:
        return "zh-CN" if current_language() == "zh-CN" else "en-US"

    def resolve_dark(self) -> bool | None:
        person = current_person.get()
        return {"dark": True, "light": False}.get((person and person.theme) or "")


class Console:
    """Where pages are declared, and what they work with."""

    def __init__(self, parts: ConsoleParts) -> None:
        self.parts = parts
        self._open_pages = OpenPages(parts.store, parts.clock)

    def page(self, path: str, *, title: str, needs: Permission = Permission.LOOK) -> Callable[[PageBuilder], None]:
        """Declare a page: `build(desk, …)` fills it; its other arguments come from the path and the query.

        `title`: an English sentence marked for translation. Who lacks `needs` is told so, with status 403.
        """

        def declare(build: PageBuilder) -> None:
            @wraps(build)
            async def opened(request: Request, **given: Any) -> Response | None:
                person = current_person.get()
                if person is None:
                    return RedirectResponse(f"{CONSOLE}/sign-in?next={quote(request.url.path)}", status_code=303)
                self._open_pages.keep(context.client, person)
                chosen = unquote(request.cookies.get(SHOP_COOKIE, ""))
                try:
                    desk = await asyncio.to_thread(self._seat, person, chosen)
                except NotFound as missing:
                    _shopless(missing)
                    return None
                return await _built(path, _Opening(title, needs), desk, lambda: build(desk, **_told(build, given)))

            opened.__signature__ = _with_request(build)  # type: ignore[attr-defined]
            _Page(path, title=None, response_timeout=BUILD_WITHIN)(opened)

        return declare

    def _seat(self, person: Person, wanted: str) -> Desk:
        """At the shop the person belongs to; else at the one chosen last; else at the first. Raises NotFound."""
        shops = self.parts.schedules().shops
        ids = self._ids(shops)
        mine = [shop for shop in shops if person.shop_id in (None, ids[shop.key])]
        if not mine:
            raise NotFound(N_("The shop you belong to is not in schedules.yaml any more; ask the owner."))
        shop = next((each for each in mine if each.key == wanted), mine[0])
        return Desk(self.parts, person, shop, ids[shop.key], mine)

    def _ids(self, shops: Sequence[ShopSettings]) -> dict[str, int]:
        """Each shop's row, by key; made for those nothing was ever planned for."""
        with self.parts.store.read() as session:
            known = {key: shop_id for shop_id, key in shop_keys(session).items()}
        missing = [shop for shop in shops if shop.key not in known]
        if missing:
            with self.parts.store.write() as session:
                known |= {shop.key: keep_shop(session, shop) for shop in missing}
        return known


def _with_request(build: PageBuilder) -> inspect.Signature:
    """What FastAPI fills in: the request, and what the page asks for beside its desk."""
    _desk, *others = inspect.signature(build, eval_str=True).parameters.values()
    keyword_only = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=_as_typed(each.annotation)) for each in others
    ]
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    return inspect.Signature([request, *keyword_only])


def _as_typed(annotation: Any) -> Any:
    """Numbers are read here: FastAPI would answer a wrong one in its own words, not on a page."""
    return {int: str, int | None: str | None}.get(annotation, annotation)


def _told(build: PageBuilder, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the address says, numbers as numbers. Raises NotFound for an address no page can have."""
    wanted = inspect.signature(build, eval_str=True).parameters
    told = dict(given)
    for name, value in given.items():
        is_number = wanted[name].annotation in (int, int | None)
        if isinstance(value, str) and ("\x00" in value or (is_number and not _NUMBER.fullmatch(value))):
            raise NotFound(N_("There is no such page."))
        if isinstance(value, str) and is_number:
            told[name] = int(value)
    return told


def _shopless(missing: NotFound) -> None:
    """Without a shop there is no frame to put it in."""
    context.client.status_code = 409
    with main_part() as main:
        main.classes("frameless")
        sorry(_("That did not work"), missing.in_console(), has_pages=False)


async def _built(
    path: str, opening: _Opening, desk: Desk, build: Callable[[], Awaitable[Response | None]]
) -> Response | None:
    """The page inside its frame; a page that fails says so inside the same frame, with a status that says so too."""
    client = context.client
    client.title = f"{_(opening.title)} · {desk.shop.name}"
    frame(desk, path)
    with main_part() as main:
        if not desk.may(opening.needs):
            client.status_code = 403
            sorry(_("This page is not for your role"), _("Ask the owner of this console if you need it."))
            return None
        try:
            return await build()
        except NotFound as missing:
            client.status_code, sentence = 404, missing.in_console()
        except NotifierError as refused:
            client.status_code, sentence = 409, refused.in_console()
        except Exception:
            log.exception("console_page_failed", alert=True, page=path)
            client.status_code = 500
            sentence = _("The page could not be made; the people who run this server can read why in its log.")
        main.clear()
        with main:
            sorry(_("That did not work"), sentence)
    return None
