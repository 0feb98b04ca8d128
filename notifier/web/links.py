"""Short links: one click kept, and on to where the link leads."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from notifier.jobs.clicks import target_of
from notifier.store.engine import Store
from notifier.web.metrics import Metrics
from notifier.web.writer import LinkOpened, Writer

__all__ = ["link_router"]

WAIT_FOR_CLICK = 2.0  # seconds; a customer who waits longer is worth more than a click that is counted


def link_router(store: Store, writer: Writer, metrics: Metrics) -> APIRouter:
    """``GET /l/<code>``: a redirect, or a quiet 404."""
    router = APIRouter()

    def target(code: str) -> str | None:
        with store.read() as session:
            return target_of(session, code)

    @router.get("/l/{code}")
    async def follow(code: str) -> Response:
        url = await asyncio.to_thread(target, code)
        if url is None:
            return Response(status_code=404)
        is_kept = await writer.keep(LinkOpened(code), within=WAIT_FOR_CLICK)
        metrics.received("click", kept=is_kept)
        return RedirectResponse(url, status_code=302)

    return router
