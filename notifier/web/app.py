"""The web app: webhooks, short links, health and the console, behind one door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from notifier.gateways.twilio_signature import is_signed
from notifier.web.door import Door
from notifier.web.health import health_router
from notifier.web.links import link_router
from notifier.web.metrics import Metrics
from notifier.web.parts import ConsoleParts, WebParts
from notifier.web.policy import Policy
from notifier.web.webhooks import webhook_router
from notifier.web.writer import Writer

__all__ = ["create_app"]


def create_app(parts: WebParts) -> FastAPI:
    """The app; its writer starts and ends with the app's lifespan. No pages describe its routes."""
    writer = Writer(parts.store, secret=parts.secret, region=parts.region, clock=parts.clock)
    metrics = Metrics(parts)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        writer.start()
        if parts.twilio is not None:  # its SDK takes 0.2 s to import: now, not within the first webhook
            await asyncio.to_thread(is_signed, parts.twilio.auth_token, parts.twilio.public_url, (), "-")
        try:
            yield
        finally:
            await asyncio.to_thread(writer.stop)

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    if parts.console is not None:
        _add_console(app, parts, parts.console)
    app.add_middleware(Door, metrics=metrics, is_https=parts.is_https)
    app.add_exception_handler(HTTPException, _quiet)
    app.include_router(webhook_router(parts.twilio, writer, metrics))
    app.include_router(link_router(parts.store, writer, metrics))
    app.include_router(health_router(parts.store, writer, metrics))
    return app


def _add_console(app: FastAPI, parts: WebParts, console: ConsoleParts) -> None:
    """Sign-in and pages; whoever is behind a request is known before its page is asked for."""
    from notifier.web.auth import Visitors
    from notifier.web.console import add_console  # NiceGUI: a second to import, for this process alone
    from notifier.web.sign_in import sign_in_router

    app.include_router(sign_in_router(console, region=parts.region))
    add_console(app, console)
    app.add_middleware(
        Visitors, store=parts.store, clock=parts.clock, is_https=parts.is_https, region=parts.region,
        public_url=console.public_url,
    )  # fmt: skip
    app.add_middleware(Policy)


async def _quiet(_request: Request, error: Exception) -> Response:
    """A status and no words: what is not here, or not allowed, is nobody's business."""
    return Response(status_code=error.status_code if isinstance(error, HTTPException) else 500)
