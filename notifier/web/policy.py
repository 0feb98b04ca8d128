"""What the console's pages may load and run, and the proof each of their scripts carries."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

from jinja2 import Environment
from jinja2.ext import Extension
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CONSOLE", "Policy", "ScriptsWithNonce", "content_security_policy"]

CONSOLE = "/console"
ASSETS = f"{CONSOLE}/_nicegui/"  # each below the version it belongs to
MADE_ANEW = ("/dynamic_resources/", "/client/", "/auto/")
STATIC = f"{CONSOLE}/static/"

_nonce: ContextVar[str] = ContextVar("notifier_nonce", default="")
_SCRIPT_TAG = re.compile(r"<script\b(?![^>]*\bnonce=)")


def content_security_policy(nonce: str) -> str:
    """As strict as NiceGUI allows.

    'unsafe-eval': Vue compiles the templates of slots in the browser, and NiceGUI evaluates the properties and calls
    its server sends; what it evaluates comes from our code, never from a stored text. 'unsafe-inline' for styles:
    Quasar sets positions and sizes on elements, and NiceGUI adds each component's style sheet as an element. No script
    without the nonce of its own answer runs, nothing comes from another host, and no other page may frame us.
    """
    return "; ".join((
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ))  # fmt: skip


class ScriptsWithNonce(Extension):
    """Gives each script of a template the nonce of the answer it is rendered for.

    It works on the template's own text, before any value is put in: a script tag smuggled into a value gets none.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["csp_nonce"] = _nonce.get

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """The template with an attribute more in each opening script tag."""
        return _SCRIPT_TAG.sub('<script nonce="{{ csp_nonce() }}"', source)


class Policy:
    """ASGI middleware: a fresh nonce for each answer below the console's path, and the policy that names it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not (scope["path"] + "/").startswith(CONSOLE + "/"):
            await self._app(scope, receive, send)
            return
        # NiceGUI would put it before every address of its page; ours stand below one path, whoever passes them on.
        scope["headers"] = [header for header in scope["headers"] if header[0] != b"x-forwarded-prefix"]
        nonce, path = secrets.token_urlsafe(16), scope["path"]
        _nonce.set(nonce)

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", content_security_policy(nonce))
                if message["status"] in (200, 304) and (kept := _may_be_kept(path)):
                    headers["Cache-Control"] = kept
            await send(message)

        await self._app(scope, receive, send_with_policy)


def _may_be_kept(path: str) -> str | None:
    """What a browser may do with an asset: those of a version never change, ours are asked about by their tag."""
    if path.startswith(STATIC):
        return "no-cache"
    if path.startswith(ASSETS) and not any(part in path for part in MADE_ANEW):
        return "public, max-age=31536000, immutable"
    return None
