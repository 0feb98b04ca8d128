"""Twilio's webhooks: proven to be Twilio's, read, committed, and only then answered."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response

from notifier.errors import BadInput
from notifier.gateways.twilio_signature import inbound_text, is_signed, status_report
from notifier.web.metrics import Metrics
from notifier.web.parts import TwilioDoor
from notifier.web.writer import Item, Writer

__all__ = ["webhook_router"]

log = structlog.get_logger(__name__)

STATUS_PATH = "/webhooks/twilio/status"
INBOUND_PATH = "/webhooks/twilio/inbound"
LARGEST_BODY = 64 * 1024
MOST_FIELDS = 200
NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class _Refused(Exception):
    """The request is answered with this status and nothing else."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def webhook_router(door: TwilioDoor | None, writer: Writer, metrics: Metrics) -> APIRouter:
    """The routes; without a `door` every request is refused as unsigned."""
    router = APIRouter()

    async def kept(item: Item, kind: str) -> bool:
        is_kept = await writer.keep(item)
        metrics.received(kind, kept=is_kept)
        return is_kept

    @router.post(STATUS_PATH)
    async def status(request: Request) -> Response:
        try:
            form = await _signed_form(door, STATUS_PATH, request)
            report = status_report(form, request.query_params)
        except _Refused as refused:
            return Response(status_code=refused.status)
        except BadInput:
            return Response(status_code=400)
        return Response(status_code=204 if await kept(report, "status") else 503)

    @router.post(INBOUND_PATH)
    async def inbound(request: Request) -> Response:
        try:
            form = await _signed_form(door, INBOUND_PATH, request)
            text = inbound_text(form)
        except _Refused as refused:
            return Response(status_code=refused.status)
        except BadInput:
            return Response(status_code=400)
        if not await kept(text, "reply"):
            return Response(status_code=503)
        return Response(NO_REPLY, media_type="text/xml")

    return router


async def _signed_form(door: TwilioDoor | None, path: str, request: Request) -> Mapping[str, str]:
    """The form of a request that Twilio has signed. Raises _Refused: 403 unsigned, 413 too large, 400 no form."""
    signature = request.headers.get("X-Twilio-Signature")
    if door is None or not signature:
        raise _Refused(403)
    pairs = _pairs(await _body(request))
    url = door.url_of(path, request.url.query)
    if not is_signed(door.auth_token, url, pairs, signature):
        log.warning("webhook_wrongly_signed", route=path)
        raise _Refused(403)
    # PostgreSQL keeps no NUL in a text; nobody means one.
    return {name: value.replace("\x00", "") for name, value in pairs}


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _Refused(413)
    return bytes(body)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    """Every field of the form, blank ones too: they are signed like the others."""
    try:
        text = body.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise _Refused(400) from error
