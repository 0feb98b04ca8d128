"""Around every request: security headers, one log line without personal data, and no error that tells too much."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier.web.metrics import Metrics

__all__ = ["Door"]

log = structlog.get_logger(__name__)

HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)
HTTPS_HEADER = ("Strict-Transport-Security", "max-age=31536000")
QUIET_ROUTES = ("/healthz", "/readyz", "/metrics")
UNKNOWN_ROUTE = "-"


class Door:
    """ASGI middleware. The log names the route, never the path: a short link's code stands for a person."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, is_https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers: Iterable[tuple[str, str]] = (*HEADERS, HTTPS_HEADER) if is_https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        statuses: list[int] = []

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in self._headers:
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed", alert=True, route=_route(scope))
            if not statuses:
                await send_with_headers({"type": "http.response.start", "status": 500, "headers": []})
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._tell(scope, statuses[0] if statuses else 0, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.answered(route, status, seconds)
        level = log.debug if route in QUIET_ROUTES and status < 400 else log.info
        level("request", method=_known_method(scope), route=route, status=status, ms=round(seconds * 1000, 1))


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return f"{scope.get('root_path', '')}{path}" if path else UNKNOWN_ROUTE


def _known_method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST") else "other"
