"""Signing in and out, and choosing a password by a one-time link: plain pages that need no script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from notifier.errors import NotFound, NotifierError, Refused
from notifier.jobs.access import SignedIn, person_by_token, sign_in, sign_out
from notifier.jobs.lockouts import LockedOut
from notifier.jobs.passwords import LEAST
from notifier.jobs.welcome import Invited, choose_password, invited
from notifier.locale import N_, _, language
from notifier.schedules import Schedules
from notifier.store.engine import Store
from notifier.web.auth import SIGN_IN
from notifier.web.browsers import SECURE, SESSION_COOKIE, Site, asked_language, local_page, token_of
from notifier.web.door_page import Field, Link, door_page
from notifier.web.forms import FORM_COOKIE, FormRefused, form_token, posted_form
from notifier.web.policy import CONSOLE

__all__ = ["sign_in_router"]

SIGN_OUT, WELCOME = f"{CONSOLE}/sign-out", f"{CONSOLE}/welcome"
AT_ONCE = 2  # a password's hash takes 64 MB
COOKIES = (SESSION_COOKIE, SECURE + SESSION_COOKIE)
HOME = f"{CONSOLE}/"

Page = Callable[[Request], Awaitable[Response]]


class DoorParts(Protocol):
    """What of the console's parts its door needs."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def schedules(self) -> Callable[[], Schedules]: ...
    @property
    def is_https(self) -> bool: ...
    @property
    def public_url(self) -> str | None: ...


def sign_in_router(console: DoorParts, *, region: str) -> APIRouter:
    """``/console/sign-in``, ``/console/sign-out``, ``/console/welcome/<token>``; `region`: as in `Visitors`."""
    door = _Door(console, region)
    router = APIRouter()
    router.add_api_route(SIGN_IN, door.spoken(door.ask_who), methods=["GET", "HEAD"])
    router.add_api_route(SIGN_IN, door.spoken(door.let_in), methods=["POST"])
    router.add_api_route(SIGN_OUT, door.spoken(door.ask_whether), methods=["GET", "HEAD"])
    router.add_api_route(SIGN_OUT, door.spoken(door.let_out), methods=["POST"])
    router.add_api_route(f"{WELCOME}/{{token}}", door.spoken(door.ask_password), methods=["GET", "HEAD"])
    router.add_api_route(f"{WELCOME}/{{token}}", door.spoken(door.keep_password), methods=["POST"])
    return router


@dataclass(frozen=True, slots=True)
class _Told:
    """What a page says beside its questions."""

    status: int = 200
    error: str | None = None
    retry_after: int | None = None


class _Door:
    """The three pages before the console."""

    def __init__(self, console: DoorParts, region: str) -> None:
        self._console = console
        self._region = region
        self._site = Site(console.is_https, console.public_url)
        self._hashing = asyncio.Semaphore(AT_ONCE)

    def spoken(self, page: Page) -> Page:
        """The page in the language the browser asks for; a form that is refused says why, on a page of its own."""

        async def answered(request: Request) -> Response:
            with language(asked_language(request.headers.get("accept-language", ""), self._region)):
                try:
                    return await page(request)
                except FormRefused as refused:
                    again = Link(_("Open the page again"), request.url.path)
                    return self._page(request, title=_("That was refused"), told=_say(refused), links=[again])

        return answered

    async def _now(self) -> datetime:
        """Sentences tell the time by the shop's clock. The schedules may be read anew, which takes a thread."""
        schedules = await asyncio.to_thread(self._console.schedules)
        return self._console.clock().astimezone(schedules.shops[0].zone)

    # ── signing in ──

    async def ask_who(self, request: Request) -> Response:
        """The form; whoever is signed in already goes on at once."""
        wanted = local_page(request.query_params.get("next", ""))
        token = token_of(request)
        person = (
            await asyncio.to_thread(person_by_token, self._console.store, token, self._console.clock())
            if token
            else None
        )
        if person is not None:
            return RedirectResponse(wanted, status_code=303)
        good = _("You are signed out.") if "out" in request.query_params else None
        answer = self._sign_in_page(request, wanted, good=good)
        _forget_session(request, answer)
        return answer

    async def let_in(self, request: Request) -> Response:
        """Name and password are right, or the same form again with a sentence."""
        form = await posted_form(request, self._site)
        name, wanted = form.get("name", ""), local_page(form.get("next", ""))
        address, now = self._site.address_of(request), await self._now()
        try:
            async with self._hashing:
                signed_in = await asyncio.to_thread(
                    sign_in, self._console.store, name, form.get("password", ""), address=address, now=now
                )
        except Refused as refused:
            return self._sign_in_page(request, wanted, name=name, told=_say(refused))
        return await self._admitted(request, signed_in, wanted)

    def _sign_in_page(
        self, request: Request, wanted: str, *, name: str = "", good: str | None = None, told: _Told | None = None
    ) -> Response:
        fields = [
            Field("name", _("Name"), "text", "username", value=name, has_focus=not name),
            Field("password", _("Password"), "password", "current-password", has_focus=bool(name)),
        ]
        return self._page(
            request, title=_("Sign in"), fields=fields, button=_("Sign in"), next=wanted, good=good, told=told,
            action=SIGN_IN, after=_("Forgotten it, or new here? The owner of this console makes you a link."),
        )  # fmt: skip

    async def _admitted(self, request: Request, signed_in: SignedIn, page: str) -> Response:
        """With the new session in its cookie, and whichever was open in this browser before at its end."""
        former = token_of(request)
        if former:
            await asyncio.to_thread(sign_out, self._console.store, former, self._console.clock())
        answer = RedirectResponse(page, status_code=303)
        _forget_session(request, answer)
        self._set_cookie(request, answer, SESSION_COOKIE, signed_in.token)
        return answer

    # ── signing out ──

    async def ask_whether(self, request: Request) -> Response:
        """Signing out changes something, so it takes a button."""
        back = Link(_("Back to the console"), HOME)
        return self._page(request, title=_("Sign out"), button=_("Sign out"), links=[back], action=SIGN_OUT)

    async def let_out(self, request: Request) -> Response:
        """The session ends here and in the database."""
        await posted_form(request, self._site)
        token = token_of(request)
        if token:
            await asyncio.to_thread(sign_out, self._console.store, token, self._console.clock())
        answer = RedirectResponse(f"{SIGN_IN}?out", status_code=303)
        _forget_session(request, answer)
        return answer

    # ── one-time links ──

    async def ask_password(self, request: Request) -> Response:
        """Whom the link lets in, and the form; or that it leads nowhere."""
        try:
            guest = await self._guest(request)
        except NotFound as dead:
            return self._dead_link(request, dead)
        return self._welcome_page(request, guest)

    async def keep_password(self, request: Request) -> Response:
        """The link is used up and its person is in, or the same form again with a sentence."""
        form = await posted_form(request, self._site)
        name, password, now = form.get("name", ""), form.get("password", ""), await self._now()
        try:
            guest = await self._guest(request)
            if password != form.get("again", ""):
                raise Refused(N_("The two passwords are not the same."))
            async with self._hashing:
                signed_in = await asyncio.to_thread(
                    choose_password, self._console.store, request.path_params["token"], password, name,
                    address=self._site.address_of(request), now=now,
                )  # fmt: skip
        except NotFound as dead:
            return self._dead_link(request, dead)
        except NotifierError as refused:
            return self._welcome_page(request, guest, name=name, told=_Told(422, refused.in_console()))
        return await self._admitted(request, signed_in, HOME)

    async def _guest(self, request: Request) -> Invited:
        def ask() -> Invited:
            with self._console.store.read() as session:
                return invited(session, request.path_params["token"], self._console.clock())

        return await asyncio.to_thread(ask)

    def _dead_link(self, request: Request, dead: NotFound) -> Response:
        to_door = Link(_("Sign in"), SIGN_IN)
        told = _Told(404, str(dead))
        return self._page(request, title=_("This link leads nowhere"), told=told, links=[to_door])

    def _welcome_page(self, request: Request, guest: Invited, *, name: str = "", told: _Told | None = None) -> Response:
        hint = _("At least {least} characters; a sentence is easy to remember.").format(least=LEAST)
        is_first = guest.name is None
        fields = [
            Field("name", _("Name"), "text", "username", value=guest.name or name, is_fixed=not is_first,
                  has_focus=is_first, hint=_("As colleagues know you; you sign in with it.") if is_first else None),
            Field("password", _("New password"), "password", "new-password", hint=hint, has_focus=not is_first),
            Field("again", _("The same once more"), "password", "new-password"),
        ]  # fmt: skip
        about = _("You become the owner of this console: you see everything, and let others in.") if is_first else None
        return self._page(
            request, title=_("Welcome") if is_first else _("Choose a password"), about=about, fields=fields,
            button=_("Keep it and go in"), told=told, action=request.url.path,
        )  # fmt: skip

    # ── what every page is ──

    def _page(self, request: Request, *, told: _Told | None = None, **shown: Any) -> Response:
        form, told = form_token(request), told or _Told()
        answer = door_page(status=told.status, error=told.error, form=form, **shown)
        if told.retry_after is not None:
            answer.headers["Retry-After"] = str(told.retry_after)
        self._set_cookie(request, answer, FORM_COOKIE, form)
        return answer

    def _set_cookie(self, request: Request, answer: Response, name: str, value: str) -> None:
        """Gone when the browser closes: the computers of a workshop have many hands."""
        is_secure = self._site.is_secure(request)
        answer.set_cookie(
            f"{SECURE}{name}" if is_secure else name, value, path=CONSOLE, secure=is_secure, httponly=True,
            samesite="lax",
        )  # fmt: skip


def _say(refused: NotifierError) -> _Told:
    if isinstance(refused, LockedOut):
        return _Told(429, refused.in_console(), refused.seconds)
    return _Told(refused.status if isinstance(refused, FormRefused) else 403, refused.in_console())


def _forget_session(request: Request, answer: Response) -> None:
    for name in COOKIES:
        if name in request.cookies:
            answer.delete_cookie(name, path=CONSOLE, secure=name.startswith(SECURE), httponly=True, samesite="lax")
