"""Who asks for a page of the console: found from the cookie, before anything below /console is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from notifier.jobs.access import Person, person_by_token
from notifier.locale import language
from notifier.store.engine import Store
from notifier.web.browsers import Site, asked_language, token_of
from notifier.web.policy import CONSOLE

__all__ = ["SIGN_IN", "Visitors", "current_person"]

SIGN_IN = f"{CONSOLE}/sign-in"
POLICY_VIOLATION = 1008  # of RFC 6455; before the handshake the server makes a 403 of it

OPEN_TO_ALL = (f"{CONSOLE}/static/", f"{CONSOLE}/_nicegui/", f"{CONSOLE}/welcome/")
OPEN_PAGES = (SIGN_IN, f"{CONSOLE}/sign-out", f"{CONSOLE}/favicon.ico")
NOT_OPEN = (f"{CONSOLE}/_nicegui/client/", f"{CONSOLE}/_nicegui/auto/")  # uploads, and files of one page

current_person: ContextVar[Person | None] = ContextVar("notifier_person", default=None)
"""Who asked for what is being done; an open page must ask again (jobs.access.person_now) before it does anything."""


class Visitors:
    """ASGI middleware for what lies below /console: nobody passes without an open session, nor from another site.

    The person stands in ``scope["state"]["person"]`` and in `current_person`, and sentences are in their language.
    `region`: the shops', for a browser that asks for no language of ours.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        store: Store,
        clock: Callable[[], datetime],
        is_https: bool,
        region: str,
        public_url: str | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self._clock = clock
        self._site = Site(is_https, public_url)
        self._region = region

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one connection that stays open."""
        if scope["type"] not in ("http", "websocket") or not _is_guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if self._site.is_foreign(connection):
            await _refuse(403, scope, receive, send)
            return
        person = await self._person(connection)
        if person is None:
            await _send_to_sign_in(connection, scope, receive, send)
            return
        scope.setdefault("state", {})["person"] = person
        token = current_person.set(person)
        try:
            with language(
                person.language or asked_language(connection.headers.get("accept-language", ""), self._region)
            ):
                await self._app(scope, receive, send)
        finally:
            current_person.reset(token)

    async def _person(self, connection: HTTPConnection) -> Person | None:
        token = token_of(connection)
        if not token:
            return None
        return await asyncio.to_thread(person_by_token, self._store, token, self._clock())


def _is_guarded(path: str) -> bool:
    if not f"{path}/".startswith(f"{CONSOLE}/"):
        return False
    return path.startswith(NOT_OPEN) or not (path in OPEN_PAGES or path.startswith(OPEN_TO_ALL))


async def _send_to_sign_in(connection: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> None:
    """A page is asked for again after signing in; whatever else a browser fetches is only refused."""
    is_page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    if not is_page or "text/html" not in connection.headers.get("accept", "text/html"):
        await _refuse(403 if scope["type"] == "websocket" else 401, scope, receive, send)
        return
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = quote(scope["path"]) + (f"?{query}" if query else "")
    answer = RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='')}", status_code=303)
    await answer(scope, receive, send)


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    await Response(status_code=status)(scope, receive, send)
