"""Is it alive, is it ready, how does it stand: for service managers, proxies and monitors."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from notifier.errors import StoreError
from notifier.store.engine import Store
from notifier.store.migrations import is_usable
from notifier.web.metrics import Metrics
from notifier.web.writer import Writer

__all__ = ["health_router"]

ASK_WITHIN = 2.5  # seconds; the container's own check waits 3


def health_router(store: Store, writer: Writer, metrics: Metrics) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``; reasons are fixed words that tell nothing about the set-up."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def readyz() -> Response:
        reasons = [await _trouble_of_database(store), None if writer.is_alive else "writer_stopped"]
        found = [reason for reason in reasons if reason is not None]
        return JSONResponse({"ready": not found, "reasons": found}, status_code=503 if found else 200)

    @router.get("/metrics")
    async def figures() -> Response:
        text = await asyncio.to_thread(generate_latest, metrics.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


async def _trouble_of_database(store: Store) -> str | None:
    try:
        async with asyncio.timeout(ASK_WITHIN):
            return None if await asyncio.to_thread(is_usable, store) else "database_not_migrated"
    except (StoreError, TimeoutError):
        return "database_unreachable"
